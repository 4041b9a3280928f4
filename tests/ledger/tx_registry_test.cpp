// Recognitions, accreditations, institutions and keys: one case a rule.
#include <algorithm>

#include "ledger/registry.h"
#include "tests/ledger/tx_fixture.h"
#include "tests/support/catch.h"
#include "trust/graph.h"

namespace testamur::test {

namespace {

constexpr auto kGovern = KeyPurpose::kGovern;
constexpr auto kRoot = KeyPurpose::kRoot;

TransactionId commit_id(TestLedger& ledger, const Actor& author,
                        const tx::StatementContent& content) {
  const auto transaction = ledger.make(author, content, kGovern);
  const auto rejection = ledger.commit(transaction);
  TM_CHECK(!rejection, to_text(rejection.value_or(Rejection{})));
  return transaction->id();
}

tx::KeyAddContent new_key(TestLedger& ledger, const Actor& actor, const std::string& name,
                          KeyPurpose purpose = KeyPurpose::kIssue) {
  const auto key = key_named(name);
  const auto message = possession_message(ledger.chain(), actor.id, purpose, key.public_key());
  return {purpose, key.public_key(), key.sign(message.view())};
}

ledger::GenesisInput with(ledger::Parameter parameter, std::uint64_t value) {
  auto input = sample_genesis_input();
  const auto set = input.parameters.set(parameter, value);
  TM_CHECK(set.ok(), set.message());
  return input;
}

}  // namespace

TEST_CASE(
    "what one institution says of another is one history: all slots, all kinds, in ledger order") {
  TestLedger ledger;
  auto scoped = trust_in(ledger.borealis.id, 2);
  scoped.scope.fields = trust::FieldMask::bit(3) | trust::FieldMask::bit(70);
  scoped.scope.levels = std::uint8_t{0b0110'0000};
  scoped.scope.award_types = std::uint16_t{1};
  scoped.scope.purposes = std::uint8_t{2};
  scoped.scope.achievements = {{ledger.borealis.id, 1}, {ledger.borealis.id, 7}};
  scoped.valid_until_ms = kGenesisTimeMs + 1'000'000'000;
  scoped.evidence_digest = hash_of(3);
  const auto first = commit_id(ledger, ledger.aurora, trust_in(ledger.borealis.id));
  const auto second = commit_id(ledger, ledger.aurora, scoped);
  const auto third = commit_id(ledger, ledger.aurora, end_of(ledger.borealis.id));
  const auto fourth = commit_id(ledger, ledger.aurora, void_of(ledger.borealis.id, {second}));
  commit_id(ledger, ledger.borealis, distrust_of(ledger.aurora.id));
  const auto history = tx::statements_between(ledger.state(), ledger.aurora.id, ledger.borealis.id);
  REQUIRE(history.size() == 4);
  CHECK(history[0].id == first);
  CHECK(history[0].content == trust_in(ledger.borealis.id));
  CHECK(history[1].id == second);
  CHECK(history[1].content == scoped);
  CHECK(history[2].id == third);
  CHECK(history[3].id == fourth);
  CHECK(history[3].content.names == std::vector{second});
  CHECK(history[3].at.seq == 4);
  CHECK(history[3].at.height == Height{4});
  CHECK(history[3].cause.log_index == LogIndex{3});
  CHECK(history[3].cause.key == ledger.aurora.key_of(kGovern));
  REQUIRE(tx::statement_count(ledger.state()) == 5);
  CHECK(tx::statement_at_ordinal(ledger.state(), 1).id == second);
  CHECK(tx::statement_at_ordinal(ledger.state(), 4).truster == ledger.borealis.id);
  CHECK(tx::read_statement(ledger.state(), third)->content.kind == tx::StatementKind::kEnd);
  CHECK_FALSE(tx::read_statement(ledger.state(), TransactionId{}));
}

TEST_CASE(
    "unknown_institution: a statement is about a registered institution, a listed one included") {
  TestLedger ledger;
  CHECK(code(ledger.commit(ledger.aurora, trust_in(InstitutionId::prefix_of(hash_of(5).view())),
                           kGovern)) == RejectionCode::kUnknownInstitution);
  CHECK(code(ledger.commit(ledger.aurora, trust_in(ledger.draco.id), kGovern)) == std::nullopt);
}

TEST_CASE("slot_limit: sixteen trust slots and 4096 accredit slots a pair") {
  TestLedger ledger;
  CHECK(code(ledger.commit(ledger.aurora, trust_in(ledger.borealis.id, 15), kGovern)) ==
        std::nullopt);
  CHECK(code(ledger.commit(ledger.aurora, trust_in(ledger.borealis.id, 16), kGovern)) ==
        RejectionCode::kSlotLimit);
  CHECK(code(ledger.commit(ledger.agency, accredit(ledger.borealis.id, 4'095), kGovern)) ==
        std::nullopt);
  CHECK(code(ledger.commit(ledger.agency, accredit(ledger.borealis.id, 4'096), kGovern)) ==
        RejectionCode::kSlotLimit);
}

TEST_CASE(
    "statement_limit: live slots are bounded; ends and voids make room, replacing does not need "
    "any") {
  TestLedger ledger(with(ledger::Parameter::kLiveStatementsLimit, 2));
  const auto& subject = ledger.borealis.id;
  const auto first = commit_id(ledger, ledger.aurora, trust_in(subject, 0));
  commit_id(ledger, ledger.aurora, trust_in(subject, 1));
  CHECK(code(ledger.commit(ledger.aurora, trust_in(subject, 2), kGovern)) ==
        RejectionCode::kStatementLimit);
  commit_id(ledger, ledger.aurora, distrust_of(subject, 1));
  commit_id(ledger, ledger.aurora, end_of(subject, 1));
  commit_id(ledger, ledger.aurora, trust_in(subject, 2));
  CHECK(code(ledger.commit(ledger.aurora, trust_in(subject, 1), kGovern)) ==
        RejectionCode::kStatementLimit);
  commit_id(ledger, ledger.aurora, end_of(subject, {first}));
  commit_id(ledger, ledger.aurora, trust_in(subject, 1));
  const auto again = tx::statements_between(ledger.state(), ledger.aurora.id, subject).back().id;
  CHECK(code(ledger.commit(ledger.aurora, trust_in(subject, 0), kGovern)) ==
        RejectionCode::kStatementLimit);
  commit_id(ledger, ledger.aurora, void_of(subject, {again}));
  CHECK(code(ledger.commit(ledger.aurora, trust_in(subject, 0), kGovern)) == std::nullopt);
  // Somebody else's statements count for themselves.
  CHECK(code(ledger.commit(ledger.borealis, trust_in(ledger.aurora.id), kGovern)) == std::nullopt);
}

TEST_CASE("change_rate: statement changes of a truster are bounded by the day of the header time") {
  TestLedger ledger(with(ledger::Parameter::kStatementChangesPerDay, 2));
  commit_id(ledger, ledger.aurora, trust_in(ledger.borealis.id));
  commit_id(ledger, ledger.aurora, end_of(ledger.borealis.id));
  const auto third = ledger.commit(ledger.aurora, trust_in(ledger.borealis.id), kGovern);
  CHECK(code(third) == RejectionCode::kChangeRate);
  CHECK_FALSE(is_permanent(third->code));
  CHECK(code(ledger.commit(ledger.agency, trust_in(ledger.borealis.id), kGovern)) == std::nullopt);
  ledger.pass_ms(86'400'000);
  CHECK(code(ledger.commit(ledger.aurora, trust_in(ledger.borealis.id), kGovern)) == std::nullopt);
}

TEST_CASE("nothing_to_end: the end of a slot follows a statement in it") {
  TestLedger ledger;
  CHECK(code(ledger.commit(ledger.aurora, end_of(ledger.borealis.id), kGovern)) ==
        RejectionCode::kNothingToEnd);
  commit_id(ledger, ledger.aurora, trust_in(ledger.borealis.id, 1));
  CHECK(code(ledger.commit(ledger.aurora, end_of(ledger.borealis.id, 0), kGovern)) ==
        RejectionCode::kNothingToEnd);
  CHECK(code(ledger.commit(ledger.aurora, end_of(ledger.borealis.id, 1), kGovern)) == std::nullopt);
  // A later end may set another date.
  CHECK(code(ledger.commit(ledger.aurora, end_of(ledger.borealis.id, 1), kGovern)) == std::nullopt);
}

TEST_CASE(
    "unknown_statement, statement_of_another: an end or void names the author's own statements of "
    "that subject") {
  TestLedger ledger;
  const auto& subject = ledger.borealis.id;
  const auto own = commit_id(ledger, ledger.aurora, trust_in(subject));
  const auto about_other = commit_id(ledger, ledger.aurora, trust_in(ledger.cygnus.id));
  const auto by_other = commit_id(ledger, ledger.agency, trust_in(subject));
  const auto refused = [&](const tx::StatementContent& content) {
    return code(ledger.commit(ledger.aurora, content, kGovern));
  };
  for (const auto& content :
       {end_of(subject, {TransactionId{}}), void_of(subject, {TransactionId{}})}) {
    CHECK(refused(content) == RejectionCode::kUnknownStatement);
  }
  for (const auto& content : {end_of(subject, {about_other}), void_of(subject, {about_other}),
                              end_of(subject, {by_other}), void_of(subject, {own, by_other})}) {
    CHECK(refused(content) == RejectionCode::kStatementOfAnother);
  }
  CHECK(refused(end_of(subject, {own})) == std::nullopt);
  // Recognitions and accreditations of one author are spaces of their own.
  const auto accreditation = commit_id(ledger, ledger.agency, accredit(subject));
  CHECK(code(ledger.commit(ledger.agency, void_of(subject, {accreditation}), kGovern)) ==
        RejectionCode::kStatementOfAnother);
}

TEST_CASE(
    "void_of_void and not_endable: a void stays, and only what states something can be ended") {
  TestLedger ledger;
  const auto& subject = ledger.borealis.id;
  const auto own = commit_id(ledger, ledger.aurora, trust_in(subject));
  const auto end = commit_id(ledger, ledger.aurora, end_of(subject));
  const auto annulled = commit_id(ledger, ledger.aurora, void_of(subject, {own}));
  CHECK(code(ledger.commit(ledger.aurora, void_of(subject, {annulled}), kGovern)) ==
        RejectionCode::kVoidOfVoid);
  CHECK(code(ledger.commit(ledger.aurora, end_of(subject, {annulled}), kGovern)) ==
        RejectionCode::kNotEndable);
  CHECK(code(ledger.commit(ledger.aurora, end_of(subject, {end}), kGovern)) ==
        RejectionCode::kNotEndable);
  CHECK(code(ledger.commit(ledger.aurora, void_of(subject, {end}), kGovern)) == std::nullopt);
}

TEST_CASE(
    "about_parent: nobody accredits its own parent; ends and voids of accreditations name them") {
  TestLedger ledger;
  auto facts = tx::read_institution(ledger.state(), ledger.agency.id)->facts;
  facts.parent = ledger.borealis.id;
  REQUIRE(code(ledger.commit(ledger.agency, tx::InstitutionUpdateContent{facts}, kRoot)) ==
          std::nullopt);
  CHECK(code(ledger.commit(ledger.agency, accredit(ledger.borealis.id), kGovern)) ==
        RejectionCode::kAboutParent);
  const auto id = commit_id(ledger, ledger.agency, accredit(ledger.cygnus.id));
  auto end = end_of(ledger.cygnus.id, {id});
  end.accreditation = true;
  CHECK(code(ledger.commit(ledger.agency, end, kGovern)) == std::nullopt);
  auto annul = void_of(ledger.cygnus.id, {id});
  annul.accreditation = true;
  CHECK(code(ledger.commit(ledger.agency, annul, kGovern)) == std::nullopt);
}

TEST_CASE("every statement that the ledger takes, the trust engine takes") {
  TestLedger ledger;
  trust::History history;
  for (std::uint64_t i = 0; i < tx::institution_count(ledger.state()); ++i) {
    const auto id = tx::institution_at_ordinal(ledger.state(), i);
    const auto record = tx::read_institution(ledger.state(), id);
    REQUIRE_FALSE(
        history.add_party(id, {}, record->institution_class == tx::InstitutionClass::kAccreditor));
  }
  const auto first = commit_id(ledger, ledger.aurora, trust_in(ledger.borealis.id));
  commit_id(ledger, ledger.aurora, distrust_of(ledger.cygnus.id, 3));
  commit_id(ledger, ledger.aurora, end_of(ledger.cygnus.id, 3));
  commit_id(ledger, ledger.aurora, end_of(ledger.borealis.id, {first}));
  commit_id(ledger, ledger.aurora, void_of(ledger.borealis.id, {first}));
  commit_id(ledger, ledger.agency, accredit(ledger.aurora.id, 9));
  for (std::uint64_t i = 0; i < tx::statement_count(ledger.state()); ++i) {
    const auto record = tx::statement_at_ordinal(ledger.state(), i);
    const auto& content = record.content;
    trust::Statement statement;
    statement.id = record.id;
    statement.truster = record.truster;
    statement.subject = content.subject;
    statement.kind = static_cast<trust::Kind>(content.kind);
    statement.amount = content.amount;
    statement.depth = content.depth;
    statement.scope = content.scope;
    statement.valid_from_ms = content.valid_from_ms;
    if (content.valid_until_ms != 0) statement.valid_until_ms = content.valid_until_ms;
    statement.slot = content.slot;
    statement.scheme = content.scheme;
    statement.names = content.names;
    statement.commit = {record.cause.log_index, record.at.height, record.at.time_ms,
                        record.cause.key};
    const auto wrong = history.append(statement);
    INFO((wrong ? to_text(*wrong) : std::string_view{}));
    CHECK_FALSE(wrong);
  }
}

TEST_CASE("institution_update replaces the facts, keeps what was, and is followed as a change") {
  TestLedger ledger;
  auto facts = tx::read_institution(ledger.state(), ledger.aurora.id)->facts;
  CHECK(code(ledger.commit(ledger.aurora, tx::InstitutionUpdateContent{facts}, kRoot)) ==
        RejectionCode::kFactsUnchanged);
  facts.legal_names.insert(facts.legal_names.begin(), {"de", "Universität Aurora"});
  REQUIRE(code(ledger.commit(ledger.aurora, tx::InstitutionUpdateContent{facts}, kRoot)) ==
          std::nullopt);
  const auto history = tx::institution_history(ledger.state(), ledger.aurora.id);
  REQUIRE(history.size() == 2);
  CHECK(history[0].facts.legal_names.size() == 1);
  CHECK(history[1].facts == facts);
  CHECK(history[1].institution_class == tx::InstitutionClass::kValidator);
  CHECK(tx::institution_at(ledger.state(), ledger.aurora.id, Height{0})->facts.legal_names.size() ==
        1);
  REQUIRE(tx::registry_change_count(ledger.state()) == 1);
  const auto seen = tx::registry_change_at_ordinal(ledger.state(), 0);
  CHECK(seen.institution == ledger.aurora.id);
  CHECK(seen.seq == 2);
  auto other_country = facts;
  other_country.country = "DE";
  CHECK(code(ledger.commit(ledger.aurora, tx::InstitutionUpdateContent{other_country}, kRoot)) ==
        RejectionCode::kFactsFrozen);
  auto orphan = facts;
  orphan.parent = InstitutionId::prefix_of(hash_of(1).view());
  CHECK(code(ledger.commit(ledger.aurora, tx::InstitutionUpdateContent{orphan}, kRoot)) ==
        RejectionCode::kUnknownInstitution);
}

TEST_CASE("at each height an institution is what its newest record at or below says") {
  TestLedger ledger;
  auto facts = tx::read_institution(ledger.state(), ledger.aurora.id)->facts;
  for (const char* name : {"Aurora", "Aurora again", "Aurora for good"}) {
    ledger.publish(ledger.borealis, static_cast<std::uint32_t>(std::string(name).size()));
    facts.legal_names = {{"en", name}};
    REQUIRE_FALSE(ledger.commit(ledger.aurora, tx::InstitutionUpdateContent{facts}, kRoot));
  }

  const auto history = tx::institution_history(ledger.state(), ledger.aurora.id);
  REQUIRE(history.size() == 4);
  for (Height height; height <= ledger.height(); height = height.next()) {
    std::size_t expected = 0;
    for (std::size_t i = 0; i < history.size(); ++i) {
      if (history[i].at.height <= height) expected = i;
    }
    const auto found = tx::institution_at(ledger.state(), ledger.aurora.id, height);
    REQUIRE(found);
    CAPTURE(height.value);
    CHECK(found->at.seq == expected + 1);
    CHECK(found->facts == history[expected].facts);
  }

  // One that registers later was nothing before, and one that never did is nothing at all.
  const auto late = ledger.join(ledger.aurora, "eridanus", "eridanus.example");
  CHECK_FALSE(tx::institution_at(ledger.state(), late.id, Height{1}));
  CHECK(tx::institution_at(ledger.state(), late.id, ledger.height()));
  CHECK_FALSE(tx::institution_at(ledger.state(), InstitutionId{}, ledger.height()));
}

TEST_CASE("key_add: a new key proves its possession here, and may sign from then on") {
  TestLedger ledger;
  auto content = new_key(ledger, ledger.aurora, "second issue key");
  auto stolen = content;
  stolen.possession = new_key(ledger, ledger.borealis, "second issue key").possession;
  CHECK(code(ledger.commit(ledger.aurora, stolen, kRoot)) == RejectionCode::kPossession);
  REQUIRE(code(ledger.commit(ledger.aurora, content, kRoot)) == std::nullopt);
  CHECK(code(ledger.commit(ledger.aurora, content, kRoot)) == RejectionCode::kKeyExists);
  CHECK(code(ledger.commit(ledger.borealis, new_key(ledger, ledger.borealis, "second issue key"),
                           kRoot)) == RejectionCode::kKeyExists);
  const auto keys = tx::keys_of(ledger.state(), ledger.aurora.id);
  CHECK(keys.size() == 5);
  CHECK(keys.back() == key_id(KeyPurpose::kIssue, content.key));
  const auto id = ledger.publish(ledger.aurora);
  auto signer = ledger.aurora;
  signer.issue = std::make_shared<const SecretKey>(key_named("second issue key"));
  CHECK(code(ledger.commit(ledger.issue(signer, 0, 1, id))) == std::nullopt);
}

TEST_CASE("limit: an institution has a bounded number of active keys") {
  TestLedger ledger(with(ledger::Parameter::kKeysPerInstitutionLimit, 8));
  for (const char* name : {"a", "b", "c", "d"}) {
    REQUIRE(code(ledger.commit(ledger.aurora, new_key(ledger, ledger.aurora, name), kRoot)) ==
            std::nullopt);
  }
  const auto ninth = new_key(ledger, ledger.aurora, "e");
  CHECK(code(ledger.commit(ledger.aurora, ninth, kRoot)) == RejectionCode::kLimit);
  const tx::KeyRotateContent rotate{ledger.aurora.key_of(KeyPurpose::kIssue), ninth};
  CHECK(code(ledger.commit(ledger.aurora, rotate, kRoot)) == std::nullopt);
}

TEST_CASE("limit: an institution registers a bounded number of keys in its life") {
  TestLedger ledger;
  ledger.take_effect([&](tx::StateWriter& writer) {
    for (std::uint64_t i = tx::keys_of(writer.state(), ledger.aurora.id).size(); i < 2'047; ++i) {
      const auto key = key_named("old " + std::to_string(i)).public_key();
      writer.add_key(ledger.aurora.id, KeyPurpose::kIssue, key);
      writer.retire_key(tx::read_key(writer.state(), key_id(KeyPurpose::kIssue, key))->added, 0);
    }
  });
  const auto rotate = [&](const std::string& from, const std::string& to) {
    const auto retired = key_id(KeyPurpose::kIssue, key_named(from).public_key());
    return code(ledger.commit(
        ledger.aurora, tx::KeyRotateContent{retired, new_key(ledger, ledger.aurora, to)}, kRoot));
  };
  REQUIRE(rotate("aurora/issue", "next") == std::nullopt);
  CHECK(rotate("next", "last") == RejectionCode::kLimit);
}

TEST_CASE("key_rotate: the new key takes the place of one of the same purpose") {
  TestLedger ledger;
  const auto added = new_key(ledger, ledger.aurora, "next");
  const auto refused = [&](const KeyId& retired) {
    return code(ledger.commit(ledger.aurora, tx::KeyRotateContent{retired, added}, kRoot));
  };
  CHECK(refused(KeyId{}) == RejectionCode::kUnknownKey);
  CHECK(refused(ledger.borealis.key_of(KeyPurpose::kIssue)) == RejectionCode::kKeyOfAnother);
  CHECK(refused(ledger.aurora.key_of(KeyPurpose::kGovern)) == RejectionCode::kFieldConflict);
  const auto old_key = ledger.aurora.key_of(KeyPurpose::kIssue);
  REQUIRE(refused(old_key) == std::nullopt);
  CHECK(tx::read_key(ledger.state(), old_key)->retired);
  CHECK_FALSE(tx::read_key(ledger.state(), key_id(KeyPurpose::kIssue, added.key))->retired);
  const auto again = new_key(ledger, ledger.aurora, "third");
  CHECK(code(ledger.commit(ledger.aurora, tx::KeyRotateContent{old_key, again}, kRoot)) ==
        RejectionCode::kKeyRetired);
}

TEST_CASE(
    "key_retire: own, active, never the last root, compromised only in the past and only where it "
    "means something") {
  TestLedger ledger;
  const auto retire = [&](const KeyId& key, std::uint64_t since_ms = 0) {
    return code(ledger.commit(ledger.aurora, tx::KeyRetireContent{key, since_ms}, kRoot));
  };
  const auto issue_key = ledger.aurora.key_of(KeyPurpose::kIssue);
  CHECK(retire(KeyId{}) == RejectionCode::kUnknownKey);
  CHECK(retire(ledger.borealis.key_of(KeyPurpose::kIssue)) == RejectionCode::kKeyOfAnother);
  CHECK(retire(ledger.aurora.key_of(kRoot)) == RejectionCode::kLastKey);
  CHECK(retire(issue_key, ledger.next_block().time_ms + 1) == RejectionCode::kCompromisedInFuture);
  CHECK(retire(ledger.aurora.key_of(KeyPurpose::kConsensus), kGenesisTimeMs) ==
        RejectionCode::kKeyInSet);
  CHECK(retire(issue_key, kGenesisTimeMs - 1) == std::nullopt);
  CHECK(retire(issue_key) == RejectionCode::kKeyRetired);
  const auto key = tx::read_key(ledger.state(), issue_key);
  REQUIRE(key->retired);
  CHECK(key->retired->compromised_since_ms == kGenesisTimeMs - 1);
  CHECK(key->added.compromised_since_ms == 0);
  const auto changes = tx::registry_change_count(ledger.state());
  CHECK(tx::registry_change_at_ordinal(ledger.state(), changes - 1).key == issue_key);
}

TEST_CASE(
    "key_retire: a theft may be declared of a retired key, once, from protocol version 4 on") {
  const auto input_of = [](std::uint16_t version) {
    auto input = sample_genesis_input();
    input.protocol_version = version;
    return input;
  };
  const auto retire = [](TestLedger& ledger, std::uint64_t since_ms) {
    const tx::KeyRetireContent content{ledger.aurora.key_of(KeyPurpose::kIssue), since_ms};
    return code(ledger.commit(ledger.aurora, content, kRoot));
  };

  TestLedger before(input_of(3));
  REQUIRE(retire(before, 0) == std::nullopt);
  CHECK(retire(before, kGenesisTimeMs) == RejectionCode::kKeyRetired);

  TestLedger ledger(input_of(4));
  const auto id = ledger.aurora.key_of(KeyPurpose::kIssue);
  REQUIRE(retire(ledger, 0) == std::nullopt);
  const auto retired_ms = tx::read_key(ledger.state(), id)->retired->at.time_ms;
  ledger.pass_ms(60'000);
  CHECK(retire(ledger, 0) == RejectionCode::kKeyRetired);
  CHECK(retire(ledger, retired_ms + 1) == RejectionCode::kFieldConflict);
  CHECK(code(ledger.commit(ledger.borealis, tx::KeyRetireContent{id, retired_ms}, kRoot)) ==
        RejectionCode::kKeyOfAnother);

  REQUIRE(retire(ledger, retired_ms) == std::nullopt);
  const auto key = tx::read_key(ledger.state(), id);
  CHECK(key->retired->at.time_ms == retired_ms);
  CHECK(key->retired->compromised_since_ms == 0);
  REQUIRE(key->stolen);
  CHECK(key->stolen->compromised_since_ms == retired_ms);
  CHECK(key->stolen->at.seq == 3);
  CHECK(retire(ledger, retired_ms - 1) == RejectionCode::kKeyRetired);
}

TEST_CASE("signature_threshold: as many root keys sign as the institution's threshold says") {
  auto input = sample_genesis_input();
  auto& party = input.parties[2];  // the issuer
  party.keys.push_back({kRoot, key_named("cygnus/root2").public_key(), {}});
  party.root_threshold = 2;
  const auto id = ledger::party_id(party);
  for (auto& key : party.keys) {
    const auto message = possession_message(ChainId{}, id, key.purpose, key.key);
    for (const char* label : {"root", "root2", "issue", "govern"}) {
      const auto secret = key_named(std::string("cygnus/") + label);
      if (secret.public_key() == key.key) key.possession = secret.sign(message.view());
    }
  }
  TestLedger ledger(std::move(input));
  const tx::KeyRetireContent retire{ledger.cygnus.key_of(KeyPurpose::kIssue), 0};
  CHECK(code(ledger.commit(ledger.cygnus, retire, kRoot)) == RejectionCode::kSignatureThreshold);
  const auto built = tx::build(ledger.envelope(ledger.cygnus.id), retire);
  const auto& body = std::get<tx::UnsignedTransaction>(built);
  const auto both = tx::attach(body, {tx::sign(body, kRoot, key_named("cygnus/root2")),
                                      tx::sign(body, kRoot, key_named("cygnus/root"))});
  CHECK(code(ledger.commit(std::get<SharedTransaction>(tx::decode(ledger.chain(), both)))) ==
        std::nullopt);
}

}  // namespace testamur::test
