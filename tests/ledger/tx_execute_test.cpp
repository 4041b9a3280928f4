// The envelope of every transaction, and the laws of executing a block.
#include "ledger/execute.h"

#include <algorithm>

#include "ledger/ledger_state.h"
#include "ledger/log.h"
#include "ledger/tx/kinds.h"
#include "tests/ledger/tx_fixture.h"
#include "tests/support/catch.h"

namespace testamur::test {

namespace {

// Carried bytes of a trust statement of `author` with a signature of choice.
SharedTransaction with_signature(TestLedger& ledger, const Actor& author, KeyId key,
                                 const SecretKey& signer) {
  auto built = tx::build(ledger.envelope(author.id), trust_in(ledger.borealis.id));
  const auto& body = std::get<tx::UnsignedTransaction>(built);
  auto decoded = tx::decode(ledger.chain(), tx::attach(body, {{key, signer.sign(body.id.view())}}));
  return std::get<SharedTransaction>(decoded);
}

}  // namespace

TEST_CASE(
    "a transaction commits when everything is in order, and its log leaf names author, key and "
    "kind") {
  TestLedger ledger;

  const auto transaction =
      ledger.make(ledger.aurora, trust_in(ledger.borealis.id), KeyPurpose::kGovern);
  REQUIRE(code(ledger.commit(transaction)) == std::nullopt);

  const auto leaf = ledger::Log(ledger.state()).leaf(LogIndex{0});
  REQUIRE(leaf);

  CHECK(leaf->transaction == transaction->id());
  CHECK(leaf->author == ledger.aurora.id);
  CHECK(leaf->key == ledger.aurora.key_of(KeyPurpose::kGovern));
  CHECK(leaf->kind == 90);
  CHECK(leaf->height == Height{1});
}

TEST_CASE("expired: the block's time may be the end of validity and no later") {
  TestLedger ledger;
  auto envelope = ledger.envelope(ledger.aurora.id);
  envelope.valid_until_ms = ledger.next_block().time_ms;
  const auto last_moment = ledger.sign(tx::build(envelope, trust_in(ledger.borealis.id)),
                                       ledger.aurora, KeyPurpose::kGovern);
  CHECK(code(ledger::check(ledger.state(), ledger.next_block(), last_moment, ledger.verifier())) ==
        std::nullopt);
  ledger.pass_ms(1);
  CHECK(code(ledger.commit(last_moment)) == RejectionCode::kExpired);
}

TEST_CASE("valid_too_long: the end of validity lies at most an hour after the block's time") {
  TestLedger ledger;
  auto envelope = ledger.envelope(ledger.aurora.id);
  envelope.valid_until_ms = ledger.next_block().time_ms + 3'600'001;
  const auto transaction = ledger.sign(tx::build(envelope, trust_in(ledger.borealis.id)),
                                       ledger.aurora, KeyPurpose::kGovern);
  CHECK(code(ledger.commit(transaction)) == RejectionCode::kValidTooLong);
  ledger.pass_ms(1);
  CHECK(code(ledger.commit(transaction)) == std::nullopt);
}

TEST_CASE(
    "replay: the same body commits once, in the same block or a later one, whatever its "
    "signature") {
  TestLedger ledger;

  const auto transaction =
      ledger.make(ledger.aurora, trust_in(ledger.borealis.id), KeyPurpose::kGovern);

  {
    ledger::BlockExecutor executor(ledger.state(), ledger.next_block(), ledger.verifier());
    CHECK(code(executor.add(transaction)) == std::nullopt);
    CHECK(code(executor.add(transaction)) == RejectionCode::kReplay);
  }

  REQUIRE(code(ledger.commit(transaction)) == std::nullopt);

  const auto signed_again = std::get<SharedTransaction>(tx::decode(
      ledger.chain(), tx::attach_signed({to_bytes(transaction->body()), transaction->id()},
                                        KeyPurpose::kGovern, *ledger.aurora.govern)));

  CHECK_FALSE(equal(signed_again->encoded(), transaction->encoded()));
  CHECK(code(ledger.commit(signed_again)) == RejectionCode::kReplay);
}

TEST_CASE("unknown_author: who is not registered has no voice") {
  TestLedger ledger;
  const Actor stranger{"stranger",           InstitutionId::prefix_of(hash_of(7).view()),
                       ledger.aurora.root,   ledger.aurora.issue,
                       ledger.aurora.govern, ledger.aurora.consensus};
  CHECK(code(ledger.commit(stranger, trust_in(ledger.borealis.id), KeyPurpose::kGovern)) ==
        RejectionCode::kUnknownAuthor);
}

TEST_CASE(
    "author_class: an accreditor does not issue, a university does not accredit, a listed "
    "institution does nothing") {
  TestLedger ledger;
  const auto achievement = ledger.publish(ledger.aurora);
  CHECK(code(ledger.commit(ledger.issue(ledger.agency, 0, 1, achievement))) ==
        RejectionCode::kAuthorClass);
  CHECK(code(ledger.commit(ledger.aurora, accredit(ledger.borealis.id), KeyPurpose::kGovern)) ==
        RejectionCode::kAuthorClass);
  CHECK(code(ledger.commit(ledger.draco, trust_in(ledger.borealis.id), KeyPurpose::kGovern)) ==
        RejectionCode::kAuthorClass);
}

TEST_CASE("author_not_in_good_standing: a suspended institution sends nothing") {
  TestLedger ledger;
  ledger::Overlay overlay(ledger.state());
  ledger::LedgerState state(overlay, ledger.next_block().height, ledger.next_block().time_ms);
  auto record = *tx::read_institution(ledger.state(), ledger.aurora.id);
  record.standing = tx::Standing::kSuspended;
  state.put_record({1, tx::registry_id(record.id)}, encode(record));
  state.seal();
  ledger.state().apply(*overlay.take());
  CHECK(code(ledger.commit(ledger.aurora, trust_in(ledger.borealis.id), KeyPurpose::kGovern)) ==
        RejectionCode::kAuthorNotInGoodStanding);
}

TEST_CASE(
    "unknown_key, key_of_another, bad_signature: only the author's own registered key speaks for "
    "it") {
  TestLedger ledger;
  const auto& aurora = ledger.aurora;
  const auto foreign = key_named("foreign");
  CHECK(code(ledger.commit(with_signature(
            ledger, aurora, key_id(KeyPurpose::kGovern, foreign.public_key()), foreign))) ==
        RejectionCode::kUnknownKey);
  CHECK(
      code(ledger.commit(with_signature(ledger, aurora, ledger.borealis.key_of(KeyPurpose::kGovern),
                                        *ledger.borealis.govern))) == RejectionCode::kKeyOfAnother);
  CHECK(code(ledger.commit(with_signature(ledger, aurora, aurora.key_of(KeyPurpose::kGovern),
                                          *ledger.borealis.govern))) ==
        RejectionCode::kBadSignature);
}

TEST_CASE("bad_signature: a transaction of another chain does not verify here") {
  TestLedger ledger;
  auto envelope = ledger.envelope(ledger.aurora.id);
  envelope.chain.bytes[0] ^= 1;
  CHECK(code(ledger.commit(ledger.sign(tx::build(envelope, trust_in(ledger.borealis.id)),
                                       ledger.aurora, KeyPurpose::kGovern))) ==
        RejectionCode::kBadSignature);
}

TEST_CASE("key_purpose: every kind is signed by keys of its purpose only") {
  TestLedger ledger;
  const auto achievement = ledger.publish(ledger.aurora);
  CHECK(code(ledger.commit(ledger.aurora, trust_in(ledger.borealis.id), KeyPurpose::kIssue)) ==
        RejectionCode::kKeyPurpose);
  CHECK(code(ledger.commit(ledger.aurora, sample_achievement(2), KeyPurpose::kRoot)) ==
        RejectionCode::kKeyPurpose);
  const tx::IssueListedContent batch{achievement, IssuerIndex{0}, hashes(1, 1)};
  CHECK(code(ledger.commit(ledger.aurora, batch, KeyPurpose::kGovern)) ==
        RejectionCode::kKeyPurpose);
  CHECK(code(ledger.commit(ledger.aurora, batch, KeyPurpose::kConsensus)) ==
        RejectionCode::kKeyPurpose);
}

TEST_CASE("key_retired: a retired key signs nothing more") {
  TestLedger ledger;
  const tx::KeyRetireContent retire{ledger.aurora.key_of(KeyPurpose::kGovern), 0};
  REQUIRE(code(ledger.commit(ledger.aurora, retire, KeyPurpose::kRoot)) == std::nullopt);
  CHECK(code(ledger.commit(ledger.aurora, trust_in(ledger.borealis.id), KeyPurpose::kGovern)) ==
        RejectionCode::kKeyRetired);
}

TEST_CASE(
    "block_full: what does not fit is left for the next block, and nothing is wrong with it") {
  auto input = sample_genesis_input();

  REQUIRE(input.parameters.set(ledger::Parameter::kBlockLimitWeight, 20'000).ok());
  TestLedger ledger(std::move(input));
  const auto achievement = ledger.publish(ledger.aurora);

  ledger::BlockExecutor executor(ledger.state(), ledger.next_block(), ledger.verifier());
  std::optional<Rejection> rejection;
  std::uint64_t taken = 0;

  while (!rejection) {
    rejection = executor.add(ledger.issue(ledger.aurora, taken * 1'000, 1'000, achievement));
    if (!rejection) ++taken;
  }

  CHECK(rejection->code == RejectionCode::kBlockFull);
  CHECK_FALSE(is_permanent(rejection->code));
  CHECK(executor.weight() <= 20'000);
  CHECK(executor.count() == taken);
  CHECK(taken > 10);
}

TEST_CASE("limit: a transaction that no block could bear is refused for that") {
  auto input = sample_genesis_input();
  REQUIRE(input.parameters.set(ledger::Parameter::kBlockLimitWeight, 20'000).ok());
  TestLedger ledger(std::move(input));
  tx::StatusChangeContent change;
  change.target = std::vector<tx::IndexRangeContent>{{IssuerIndex{0}, 60'000}};
  CHECK(code(ledger.commit(ledger.aurora, change, KeyPurpose::kIssue)) == RejectionCode::kLimit);
}

TEST_CASE("a block is invalid at the first transaction that is refused") {
  TestLedger ledger;
  const auto good = ledger.make(ledger.aurora, trust_in(ledger.borealis.id), KeyPurpose::kGovern);
  const auto bad = ledger.make(ledger.aurora, end_of(ledger.cygnus.id), KeyPurpose::kGovern);
  const std::vector<SharedTransaction> block{good, bad, good};
  const auto executed =
      ledger::execute(ledger.state(), ledger.next_block(), block, ledger.verifier());
  const auto* refused = std::get_if<ledger::BlockRejection>(&executed);
  REQUIRE(refused != nullptr);
  CHECK(refused->position == 1);
  CHECK(refused->rejection.code == RejectionCode::kNothingToEnd);
}

TEST_CASE("a refused transaction leaves roots and state of its block as they were without it") {
  TestLedger ledger;

  const auto achievement = ledger.publish(ledger.aurora);
  const auto first = ledger.issue(ledger.aurora, 0, 200, achievement);
  const auto overlapping = ledger.issue(ledger.aurora, 199, 10, achievement);
  const auto second = ledger.issue(ledger.aurora, 200, 10, achievement);

  ledger::BlockExecutor with(ledger.state(), ledger.next_block(), ledger.verifier());
  CHECK(code(with.add(first)) == std::nullopt);
  CHECK(code(with.add(overlapping)) == RejectionCode::kIndexOverlap);
  CHECK(code(with.add(second)) == std::nullopt);

  ledger::BlockExecutor without(ledger.state(), ledger.next_block(), ledger.verifier());
  CHECK(code(without.add(first)) == std::nullopt);
  CHECK(code(without.add(second)) == std::nullopt);

  const auto effects_with = with.finish();
  const auto effects_without = without.finish();
  CHECK(effects_with.roots == effects_without.roots);

  ledger::MemoryState a = ledger.state();
  ledger::MemoryState b = ledger.state();
  a.apply(*effects_with.delta);
  b.apply(*effects_without.delta);
  CHECK(a.digest() == b.digest());
}

TEST_CASE(
    "the order of a block decides: a revocation before its issue is refused, after it it holds") {
  TestLedger ledger;

  const auto achievement = ledger.publish(ledger.aurora);
  const auto issue = ledger.issue(ledger.aurora, 0, 4, achievement);

  tx::StatusChangeContent change;
  change.target = std::vector<IssuerIndex>{IssuerIndex{2}};
  const auto revoke = ledger.make(ledger.aurora, change, KeyPurpose::kIssue);

  const std::vector<SharedTransaction> backwards{revoke, issue};
  const auto refused =
      ledger::execute(ledger.state(), ledger.next_block(), backwards, ledger.verifier());
  REQUIRE(std::holds_alternative<ledger::BlockRejection>(refused));
  CHECK(std::get<ledger::BlockRejection>(refused).rejection.code == RejectionCode::kUnknownIndex);

  ledger.commit_all({issue, revoke});

  const ledger::Pages pages(ledger.state());
  CHECK(pages.status(*pages.find(ledger.aurora.id, IssuerIndex{2})) ==
        ledger::CredentialStatus::kRevoked);
  CHECK(pages.status(*pages.find(ledger.aurora.id, IssuerIndex{1})) ==
        ledger::CredentialStatus::kValid);
}

TEST_CASE(
    "what a block changed of keys, institutions and achievements holds for the rest of the block") {
  TestLedger ledger;
  const auto id = ledger.publish(ledger.aurora);

  ledger::BlockExecutor executor(ledger.state(), ledger.next_block(), ledger.verifier());
  const auto add = [&](const Actor& author, const auto& content, KeyPurpose purpose) {
    return code(executor.add(ledger.make(author, content, purpose)));
  };

  CHECK(add(ledger.aurora, trust_in(ledger.borealis.id), KeyPurpose::kGovern) == std::nullopt);
  CHECK(code(executor.add(ledger.issue(ledger.aurora, 0, 1, id))) == std::nullopt);
  CHECK(add(ledger.aurora, tx::AchievementRetireContent{1, 1}, KeyPurpose::kGovern) ==
        std::nullopt);
  CHECK(code(executor.add(ledger.issue(ledger.aurora, 1, 1, id))) ==
        RejectionCode::kAchievementRetired);

  const tx::KeyRetireContent retire{ledger.aurora.key_of(KeyPurpose::kGovern), 0};
  CHECK(add(ledger.aurora, retire, KeyPurpose::kRoot) == std::nullopt);
  CHECK(add(ledger.aurora, trust_in(ledger.borealis.id, 1), KeyPurpose::kGovern) ==
        RejectionCode::kKeyRetired);

  CHECK(add(ledger.agency, accredit(ledger.borealis.id), KeyPurpose::kGovern) == std::nullopt);
  auto facts = tx::read_institution(ledger.state(), ledger.agency.id)->facts;
  facts.parent = ledger.borealis.id;
  CHECK(add(ledger.agency, tx::InstitutionUpdateContent{facts}, KeyPurpose::kRoot) == std::nullopt);
  CHECK(add(ledger.agency, accredit(ledger.borealis.id), KeyPurpose::kGovern) ==
        RejectionCode::kAboutParent);
}

TEST_CASE("executing over a branch of deltas gives what executing over the applied state gives") {
  TestLedger ledger;
  const auto achievement = ledger.publish(ledger.aurora);

  const std::vector<SharedTransaction> parent{
      ledger.issue(ledger.aurora, 0, 300, achievement),
      ledger.make(ledger.borealis, trust_in(ledger.aurora.id), KeyPurpose::kGovern)};

  tx::StatusChangeContent change;
  change.action = tx::StatusAction::kSuspend;
  change.target = std::vector<tx::IndexRangeContent>{{IssuerIndex{100}, 100}};
  const std::vector<SharedTransaction> child{
      ledger.make(ledger.aurora, change, KeyPurpose::kIssue),
      ledger.issue(ledger.aurora, 300, 50, achievement),
      ledger.make(ledger.borealis, end_of(ledger.aurora.id), KeyPurpose::kGovern)};

  const auto context = ledger.next_block();
  const auto first = std::get<ledger::BlockEffects>(
      ledger::execute(ledger.state(), context, parent, ledger.verifier()));

  auto next = context;
  next.height = next.height.next();
  const ledger::Overlay branch(ledger.state(), {first.delta});
  const auto on_branch =
      std::get<ledger::BlockEffects>(ledger::execute(branch, next, child, ledger.verifier()));

  ledger::MemoryState applied = ledger.state();
  applied.apply(*first.delta);
  const auto on_applied =
      std::get<ledger::BlockEffects>(ledger::execute(applied, next, child, ledger.verifier()));

  CHECK(on_branch.roots == on_applied.roots);

  ledger::MemoryState a = applied;
  a.apply(*on_branch.delta);
  applied.apply(*on_applied.delta);
  CHECK(a.digest() == applied.digest());
}

TEST_CASE("the signatures that a transaction needs are known before it is executed") {
  TestLedger ledger;
  const auto transaction =
      ledger.make(ledger.aurora, trust_in(ledger.borealis.id), KeyPurpose::kGovern);
  const auto checks = ledger::signature_checks(ledger.state(), *transaction);
  REQUIRE(checks.size() == 1);
  CHECK(equal(checks[0].public_key, ledger.aurora.govern->public_key().bytes));
  CHECK(verify_bip340(checks[0].public_key, checks[0].message.view(), checks[0].signature));
}

TEST_CASE(
    "every kind declares the least that it writes: institutions change beside keys or successions "
    "only, and ids are "
    "those "
    "of the proto file") {
  for (const auto& row : tx::kind_rows()) {
    INFO(name(row.kind));
    CHECK(name(row.kind) != "unknown");

    const auto others = static_cast<unsigned>(row.privileges) &
                        ~static_cast<unsigned>(tx::Privilege::kInstitutions);
    const bool two =
        covers(tx::Privilege::kInstitutions | tx::Privilege::kKeys, row.privileges) ||
        covers(tx::Privilege::kInstitutions | tx::Privilege::kSuccessions, row.privileges);

    CHECK((std::popcount(static_cast<unsigned>(row.privileges)) == 1 ||
           (two && std::popcount(others) == 1)));

    CHECK(row.signers != 0);
    CHECK_FALSE(tx::is_one_of(row.authors, tx::InstitutionClass::kListed));
  }
}

}  // namespace testamur::test
