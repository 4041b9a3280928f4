// Laws that hold whatever is proposed, voted, declared and retired, and in whatever order.
#include <algorithm>
#include <array>

#include "ledger/recognition_graph.h"
#include "tests/ledger/governance_fixture.h"
#include "tests/support/catch.h"

namespace testamur::test {

namespace {

using ledger::Parameter;
using tx::ProposalStatus;

// One random world: every step either commits a transaction, valid or not, or lets time pass.
class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed), ledger_(1 + random_.below(5), 3) {
    for (const auto& list : {ledger_.validators, ledger_.candidates})
      actors_.insert(actors_.end(), list.begin(), list.end());
  }

  void step() {
    switch (random_.below(16)) {
      case 0:
      case 1:
        return try_commit(ledger_.make(member(), ledger_.proposal(random_action(), random_time())));
      case 2:

        return try_commit(
            ledger_.make(anybody(), ledger_.proposal(random_action(), random_time())));
      case 3:

      case 4: {
        const auto& declarer = anybody();
        return try_commit(
            ledger_.make(declarer, ledger_.ready_of(declarer), KeyPurpose::kConsensus));
      }

      case 5:
        ledger_.pass_ms(random_.below(20) == 0 ? random_.below(2 * kDayMs)
                                               : random_.below(kHourMs));
        break;
      case 6: ledger_.block(); break;

      case 7: return renew_key();
      case 8: return vote(anybody());
      default: return vote(member());
    }
  }

  const GovernedLedger& ledger() const { return ledger_; }

 private:
  const Actor& anybody() { return actors_[random_.below(actors_.size())]; }
  const Actor& member() {
    for (;;) {
      const auto& actor = anybody();
      if (ledger_.sits(actor)) return actor;
    }
  }
  std::uint64_t random_time() {
    return random_.below(2) == 0 ? 0 : ledger_.time_ms() + random_.below(3 * kHourMs);
  }

  void try_commit(const SharedTransaction& transaction) {
    if (ledger_.commit(transaction)) ledger_.block();
  }

  void vote(const Actor& voter) {
    const auto open = tx::open_proposals(ledger_.state());
    if (open.empty()) return;
    const auto& id = open[random_.below(open.size())];
    try_commit(ledger_.make(voter, tx::VoteContent{id, random_.below(8) != 0, false}));
  }

  // A key that nobody had, in place of one that left the set or may leave it.
  void renew_key() {
    auto& chosen = actors_[random_.below(actors_.size())];
    if (ledger_.institution(chosen).standing != tx::Standing::kGood) return;
    ledger_.add_consensus_key(chosen, chosen.name + "/" + std::to_string(++renewals_));
  }

  tx::ProposedAction random_action() {
    const auto& subject = actors_[random_.below(actors_.size())];

    switch (random_.below(6)) {
      case 0: {
        auto fewer = ledger_.without(subject);
        return fewer.seats.empty() ? ledger_.seats() : std::move(fewer);
      }

      case 1:
      case 2: {
        const auto ready =
            tx::latest_ready(ledger_.state(), subject.key_of(KeyPurpose::kConsensus));
        return ledger_.with(subject, ready ? ready->cause.transaction : TransactionId{});
      }

      case 3: return tx::SuspensionContent{subject.id, random_.below(2) == 0};
      case 4: {
        static constexpr std::array kClasses = {tx::InstitutionClass::kIssuer,
                                                tx::InstitutionClass::kAccreditor,
                                                tx::InstitutionClass::kValidator};
        return tx::AdmissionContent{subject.id, kClasses[random_.below(3)], false};
      }
      default:
        return tx::ParameterChangeContent{
            {{Parameter::kHeartbeatMs, 10'000 + random_.below(10'000)}}};
    }
  }

  Sequence random_;
  GovernedLedger ledger_;
  std::vector<Actor> actors_;
  int renewals_ = 0;
};

}  // namespace

TEST_CASE(
    "law: no interleaving of proposals and votes empties the set, skips an epoch, or replays to "
    "other roots") {
  std::size_t seals = 0;
  std::size_t in_effect = 0;
  std::size_t voids = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    World world(seed);
    for (int i = 0; i < 150; ++i) world.step();
    const auto& ledger = world.ledger();
    ledger::MemoryState replayed;
    replayed.apply(*ledger::build_genesis_state(ledger.genesis()).delta);
    ledger::PlainVerifier verifier;
    ledger::RecognitionGraph graph;
    for (std::size_t i = 1; i < ledger.blocks().size(); ++i) {
      const auto& header = ledger.blocks()[i].header;
      const auto& parent = ledger.blocks()[i - 1].header;
      const auto epoch_before = ledger::read_epoch(replayed);
      const auto context = ledger::context_above(replayed, parent, header.time_ms);
      const auto executed =
          ledger::execute(replayed, context, ledger.blocks()[i].transactions, verifier);
      REQUIRE(std::holds_alternative<ledger::BlockEffects>(executed));
      const auto& effects = std::get<ledger::BlockEffects>(executed);
      REQUIRE(effects.roots == header.roots);
      REQUIRE(effects.next_validator_set == header.next_validator_set);
      REQUIRE(effects.parameters == header.parameters);
      replayed.apply(*effects.delta);
      REQUIRE(graph.follow(replayed).ok());
      const auto set = ledger::read_validators(replayed);
      REQUIRE(set.size() >= 1);
      REQUIRE(ledger::read_epoch(replayed).value - epoch_before.value ==
              (header.seals_epoch() ? 1U : 0U));
      for (const auto& member : set.members()) {
        REQUIRE(tx::read_institution(replayed, member.institution)->standing ==
                tx::Standing::kGood);
        REQUIRE_FALSE(tx::read_key(replayed, ledger::consensus_key_id(member))->retired);
      }
      seals += header.seals_epoch() ? 1 : 0;
    }
    REQUIRE(replayed.digest() == ledger.state().digest());
    for (std::uint64_t i = 0; i < tx::proposal_count(replayed); ++i) {
      const auto status =
          tx::read_proposal(replayed, tx::proposal_at_ordinal(replayed, i))->status();
      in_effect += status == ProposalStatus::kInEffect ? 1 : 0;
      voids += status == ProposalStatus::kVoid ? 1 : 0;
    }
  }
  // The worlds are rich enough to mean something.
  CHECK(seals > 20);
  CHECK(in_effect > seals);
  CHECK(voids > 0);
}

}  // namespace testamur::test
