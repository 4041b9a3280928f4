// Random histories: what a proposer builds, every other node executes to the same roots.
#include <algorithm>

#include "tests/ledger/tx_fixture.h"
#include "tests/support/catch.h"

namespace testamur::test {

namespace {

// One transaction of a random kind, valid or not.
SharedTransaction random_transaction(TestLedger& ledger, Sequence& random,
                                     std::vector<TransactionId>& statements) {
  const std::vector<const Actor*> actors{&ledger.aurora, &ledger.borealis, &ledger.cygnus};
  const Actor& actor = *actors[random.below(3)];
  const Actor& subject = *actors[random.below(3)];
  const auto& about = subject.id == actor.id ? ledger.agency.id : subject.id;
  const auto number = static_cast<std::uint32_t>(1 + random.below(3));
  const auto slot = static_cast<std::uint16_t>(random.below(3));

  switch (random.below(13)) {
    case 0:
      return ledger.make(
          actor, sample_achievement(number, static_cast<std::uint16_t>(1 + random.below(2))),
          KeyPurpose::kGovern);
    case 1:
    case 2:
    case 3:
      return ledger.issue(actor, random.below(400), 1 + random.below(150), {actor.id, number, 1});
    case 4:
    case 5: {
      tx::StatusChangeContent change;
      change.action = static_cast<tx::StatusAction>(1 + random.below(4));
      change.target = std::vector<tx::IndexRangeContent>{
          {IssuerIndex{random.below(300)}, 1 + random.below(40)}};
      return ledger.make(actor, change, KeyPurpose::kIssue);
    }
    case 6: {
      auto transaction = ledger.make(actor, trust_in(about, slot), KeyPurpose::kGovern);
      statements.push_back(transaction->id());
      return transaction;
    }
    case 7: return ledger.make(actor, end_of(about, slot), KeyPurpose::kGovern);
    case 8: {
      const auto name = "new" + std::to_string(random.below(4));
      return ledger.registration(actor, name, registration_of(name, name + ".example"));
    }
    case 9: {
      const auto domain = "listed" + std::to_string(random.below(4)) + ".example";
      return ledger.make(ledger.agency,
                         tx::InstitutionListContent{registration_of("listed", domain).facts},
                         KeyPurpose::kGovern);
    }
    case 10: {
      tx::SuccessionContent content{
          tx::SuccessionKind::kMerge, true, ledger.borealis.id, {ledger.cygnus.id}, {}};
      content.successors = {content.heir};
      return ledger.make(random.below(2) == 0 ? ledger.cygnus : ledger.borealis, content,
                         KeyPurpose::kRoot);
    }
    case 11:
      return ledger.make(actor, tx::PolicyContent{hash_of(random.below(2)), ""},
                         KeyPurpose::kGovern);
    default:
      if (statements.empty())
        return ledger.make(ledger.agency, accredit(actor.id), KeyPurpose::kGovern);
      return ledger.make(actor, void_of(about, {statements[random.below(statements.size())]}),
                         KeyPurpose::kGovern);
  }
}

}  // namespace

TEST_CASE(
    "random blocks of a proposer replay to the same roots and states, on one state and on "
    "another's branches") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    TestLedger ledger;

    Sequence random(seed);
    std::vector<TransactionId> statements;
    ledger::MemoryState applied = ledger.state();  // follows block by block
    ledger::DeltaChain chain;                      // never applied

    auto context = ledger.next_block();
    std::size_t taken = 0;
    std::size_t refused = 0;

    for (int height = 0; height < 12; ++height) {
      const ledger::Overlay branch(ledger.state(), chain);
      ledger::BlockExecutor proposer(branch, context, ledger.verifier());
      std::vector<SharedTransaction> block;

      for (std::uint64_t i = random.below(8); i > 0; --i) {
        auto transaction = random_transaction(ledger, random, statements);
        const auto asked = proposer.check(transaction);
        const auto rejection = proposer.add(transaction);
        REQUIRE(code(asked) == code(rejection));
        if (!rejection) block.push_back(std::move(transaction));
        ++(rejection ? refused : taken);
      }

      const auto proposed = proposer.finish();
      const auto replayed = ledger::execute(applied, context, block, ledger.verifier());
      REQUIRE(std::holds_alternative<ledger::BlockEffects>(replayed));
      const auto& effects = std::get<ledger::BlockEffects>(replayed);
      REQUIRE(effects.roots == proposed.roots);
      REQUIRE(effects.delta->size_bytes() == proposed.delta->size_bytes());

      applied.apply(*effects.delta);
      chain.push_back(proposed.delta);
      context.height = context.height.next();
      context.time_ms += 1'000;
    }

    ledger::MemoryState flattened = ledger.state();
    for (const auto& delta : chain) flattened.apply(*delta);
    CHECK(flattened.digest() == applied.digest());

    CHECK(taken > 0);
    CHECK(refused > 0);
  }
}

TEST_CASE("what a refused transaction would have changed cannot be seen by those after it") {
  for (std::uint64_t seed = 100; seed < 106; ++seed) {
    INFO("seed " << seed);

    TestLedger ledger;
    Sequence random(seed);
    std::vector<TransactionId> statements;
    std::vector<SharedTransaction> all;
    for (int i = 0; i < 40; ++i) all.push_back(random_transaction(ledger, random, statements));

    ledger::BlockExecutor everything(ledger.state(), ledger.next_block(), ledger.verifier());
    std::vector<SharedTransaction> valid;

    for (const auto& transaction : all) {
      if (!everything.add(transaction)) valid.push_back(transaction);
    }

    const auto only_valid =
        ledger::execute(ledger.state(), ledger.next_block(), valid, ledger.verifier());
    REQUIRE(std::holds_alternative<ledger::BlockEffects>(only_valid));
    CHECK(std::get<ledger::BlockEffects>(only_valid).roots == everything.finish().roots);
  }
}

}  // namespace testamur::test
