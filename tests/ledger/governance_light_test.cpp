// A light client follows a ledger whose set is changed by votes: from the genesis set to the last
// block.
#include "tests/ledger/governance_fixture.h"
#include "tests/support/catch.h"

namespace testamur::test {

namespace {

using ledger::Checkpoint;
using ledger::LightClient;
using ledger::SetChange;

// The finality of a sealing block through a filler, as a node has it whose block was not finalized
// itself.
ledger::FinalityProof through_filler(const GovernedLedger& ledger,
                                     const GovernedLedger::Block& sealing) {
  auto filler = sealing;
  filler.header.parent = ledger::block_id(sealing.header);
  filler.header.view = sealing.header.view.next();
  filler.header.filler = true;
  auto proof = ledger.finalize(filler);
  proof.links = {filler.header};
  return proof;
}

struct Sealing {
  GovernedLedger::Block block;
  ledger::CertifyingSet next;
};

// Adds two, replaces a key, removes one, suspends one: five epochs end.
std::vector<Sealing> changed_five_times(GovernedLedger& ledger) {
  const auto add = [&](const Actor& actor) {
    ledger.decide(ledger.with(actor, ledger.declare_ready(actor)));
  };

  add(ledger.candidates[0]);
  add(ledger.candidates[1]);

  ledger.add_consensus_key(ledger.validators[1], "v1/second");
  add(ledger.validators[1]);

  ledger.decide(ledger.without(ledger.validators[0]));

  const auto id = ledger.propose(
      ledger.validators[1], ledger.proposal(tx::SuspensionContent{ledger.candidates[0].id, false}));
  ledger.approve(id);
  ledger.block();
  ledger.block();

  std::vector<Sealing> sealings;
  for (const auto& block : ledger.blocks()) {
    if (!block.header.seals_epoch()) continue;
    sealings.push_back(
        {block, *ledger::validators_of_epoch(ledger.state(), block.header.epoch.next())});
  }
  return sealings;
}

LightClient client_of(const GovernedLedger& ledger) {
  return {ledger.chain(), Epoch{0}, ledger.blocks().front().set};
}

}  // namespace

TEST_CASE("a light client follows five set changes in both proof forms to the last block") {
  GovernedLedger ledger(4, 2);
  const auto sealings = changed_five_times(ledger);

  REQUIRE(sealings.size() == 5);

  for (const int form : {0, 1, 2}) {
    CAPTURE(form);

    auto client = client_of(ledger);
    for (std::size_t i = 0; i < sealings.size(); ++i) {
      CAPTURE(i);

      const auto& [block, next] = sealings[i];
      const bool by_filler = form == 1 || (form == 2 && i % 2 == 0);
      const auto proof = by_filler ? through_filler(ledger, block) : ledger.finalize(block);
      CHECK(client.follow({{block.header, proof}, next}).ok());
      CHECK(client.epoch() == block.header.epoch.next());
    }

    CHECK(client.set().digest() == ledger::read_validators(ledger.state()).digest());

    for (const auto& block : ledger.blocks()) {
      if (block.header.is_genesis()) continue;
      CHECK(client.verify({block.header, ledger.finalize(block)}).ok());
    }
  }
}

TEST_CASE(
    "a light client refuses a set that the sealing block does not commit, and an epoch that it "
    "skipped") {
  GovernedLedger ledger(4, 2);
  const auto sealings = changed_five_times(ledger);

  REQUIRE(sealings.size() == 5);
  const auto& [first, second_set] = sealings[0];
  const auto& [second, third_set] = sealings[1];

  auto client = client_of(ledger);

  CHECK_FALSE(client.follow({{first.header, ledger.finalize(first)}, third_set}).ok());
  CHECK_FALSE(client.follow({{second.header, ledger.finalize(second)}, third_set}).ok());
  CHECK(client.epoch() == Epoch{0});

  REQUIRE(client.follow({{first.header, ledger.finalize(first)}, second_set}).ok());
  CHECK(client.follow({{second.header, ledger.finalize(second)}, third_set}).ok());
}

TEST_CASE(
    "the next set does not certify its own coming, and a sealing block with an invented set is not "
    "final") {
  GovernedLedger ledger(4, 2);
  const auto sealings = changed_five_times(ledger);
  const auto& [sealing, next] = sealings[0];
  auto client = client_of(ledger);
  auto by_next_set = sealing;
  by_next_set.set = next;
  CHECK_FALSE(client.follow({{sealing.header, ledger.finalize(by_next_set)}, next}).ok());
  // Another set of the same size in the header of the same block: the old set's signatures are not
  // for that block.
  auto forged = sealing.header;
  forged.next_validator_set = sealings[2].next.digest();
  CHECK_FALSE(client.follow({{forged, ledger.finalize(sealing)}, sealings[2].next}).ok());
  // A block of the next epoch teaches no set.
  const auto& blocks = ledger.blocks();
  for (const auto& block : blocks) {
    if (block.header.epoch != Epoch{1}) continue;
    CHECK_FALSE(client.verify({block.header, ledger.finalize(block)}).ok());
  }
  CHECK(client.epoch() == Epoch{0});
}

}  // namespace testamur::test
