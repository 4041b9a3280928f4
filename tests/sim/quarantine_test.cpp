// Keys without their votes: restored backups, lost stores, wiped machines (docs/consensus.md "Quarantine").
#include "tests/sim/simulation.h"
#include "tests/support/catch.h"

namespace testamur::sim {
namespace {

SimulationConfig lan(std::size_t nodes) {
  SimulationConfig config;
  config.nodes = nodes;
  config.profile = *find_profile("calm");
  return config;
}

bool commits(Simulation& simulation, std::size_t at, TransactionNumber number, std::uint64_t within_ms = 30'000) {
  for (std::size_t node = 0; node < simulation.size(); ++node) {
    if (simulation.node(node).is_up()) simulation.submit(node, number);
  }
  const bool done =
      simulation.run_until([&] { return simulation.node(at).application().is_committed(number); }, within_ms);
  INFO(simulation.checker().violation().value_or("no violation"));
  CHECK_FALSE(simulation.checker().violation().has_value());
  return done;
}

void settle(Simulation& simulation) {
  simulation.network().set_weather({.delay_us = 1'000, .jitter_us = 500});
  simulation.start_all();
  for (TransactionNumber number = 1'000; number < 1'005; ++number) REQUIRE(commits(simulation, 0, number));
  simulation.run_for_ms(200);
}

void wipe_and_start(Simulation& simulation, std::size_t node) {
  simulation.node(node).crash();
  simulation.node(node).wipe(simulation.fresh_application());
  simulation.node(node).start(true);
}

consensus::VotingState voting(Simulation& simulation, std::size_t node) {
  return simulation.node(node).engine().status().voting;
}

}  // namespace

TEST_CASE("a wiped validator of four observes, is answered by the three others, and votes above its floor", "[sim]") {
  Simulation simulation{lan(4)};
  settle(simulation);
  wipe_and_start(simulation, 2);
  CHECK(voting(simulation, 2) == consensus::VotingState::kQuarantine);
  REQUIRE(simulation.run_until([&] { return voting(simulation, 2) != consensus::VotingState::kQuarantine; }, 10'000));
  for (TransactionNumber number = 1; number <= 8; ++number) CHECK(commits(simulation, 2, number));
  CHECK(voting(simulation, 2) == consensus::VotingState::kActive);
  // Its vote is needed now.
  simulation.node(0).crash();
  for (TransactionNumber number = 11; number <= 14; ++number) CHECK(commits(simulation, 2, number));
}

TEST_CASE("a wiped validator of two is answered by the other", "[sim]") {
  Simulation simulation{lan(2)};
  settle(simulation);
  wipe_and_start(simulation, 1);
  REQUIRE(simulation.run_until([&] { return voting(simulation, 1) != consensus::VotingState::kQuarantine; }, 10'000));
  // Both votes are needed, and it has none up to its floor: the command ends that.
  CHECK_FALSE(commits(simulation, 0, 1, 20'000));
  simulation.node(1).engine().resume_voting();
  simulation.node(1).submit(2);
  CHECK(commits(simulation, 0, 2));
}

TEST_CASE("a wiped single validator waits for the command", "[sim]") {
  Simulation simulation{lan(1)};
  settle(simulation);
  simulation.node(0).crash();
  simulation.node(0).start(true);  // the ledger came back from a backup, the votes are in doubt
  CHECK_FALSE(commits(simulation, 0, 1, 20'000));
  CHECK(simulation.node(0).engine().status().waiting_for == "in quarantine: only the command resume-voting ends it");
  simulation.node(0).engine().resume_voting();
  simulation.node(0).submit(2);
  CHECK(commits(simulation, 0, 2));
}

TEST_CASE("all four restored from backups stay quiet until the command", "[sim]") {
  Simulation simulation{lan(4)};
  settle(simulation);
  for (std::size_t node = 0; node < 4; ++node) simulation.node(node).crash();
  for (std::size_t node = 0; node < 4; ++node) simulation.node(node).start(true);
  CHECK_FALSE(commits(simulation, 0, 1, 20'000));
  for (std::size_t node = 0; node < 4; ++node) simulation.node(node).engine().resume_voting();
  CHECK(commits(simulation, 0, 2));
}

TEST_CASE("two of four restored one after the other end quarantine by themselves", "[sim]") {
  Simulation simulation{lan(4)};
  settle(simulation);
  for (const std::size_t node : {1U, 3U}) {
    simulation.node(node).crash();
    simulation.node(node).start(true);
    REQUIRE(
        simulation.run_until([&] { return voting(simulation, node) != consensus::VotingState::kQuarantine; }, 10'000));
    for (TransactionNumber number = 10 * node; number < 10 * node + 8; ++number)
      CHECK(commits(simulation, node, number));
  }
}

TEST_CASE("quarantine outlives a crash", "[sim]") {
  Simulation simulation{lan(4)};
  settle(simulation);
  simulation.network().set_filter([](const Packet& packet) { return packet.to != 2; });
  wipe_and_start(simulation, 2);
  simulation.run_for_ms(100);
  simulation.node(2).crash();
  simulation.node(2).start();
  CHECK(voting(simulation, 2) == consensus::VotingState::kQuarantine);
}

TEST_CASE("a restored copy that nobody marked finds its own votes at its peers and stops voting", "[sim]") {
  auto config = lan(4);
  Simulation simulation{config};
  settle(simulation);
  // The copy is taken now; then the node notarizes a block that does not become final.
  const SimJournal old_journal = simulation.node(2).journal();
  simulation.network().set_filter([](const Packet& packet) {
    return !(packet.channel == Channel::kConsensus && packet.bytes->front() != 6 && packet.bytes->size() > 1 &&
             (*packet.bytes)[1] == 4);
  });
  simulation.submit(0, 1);
  simulation.run_for_ms(400);
  simulation.node(2).crash();
  simulation.node(2).journal() = old_journal;
  // It is shown the others' certificates before it may act.
  simulation.network().cut(2, 0, true);
  simulation.network().cut(2, 1, true);
  simulation.network().cut(2, 3, true);
  simulation.node(2).start();
  CHECK(simulation.run_until([&] { return simulation.node(2).in_quarantine(); }, 10'000));
}

TEST_CASE("a store lost right after voting in view 1 of a new epoch binds the node in that view", "[sim]") {
  auto config = lan(4);
  config.spare_nodes = 1;
  Simulation simulation{config};
  settle(simulation);
  simulation.submit(0, kSetChange | 0b11111);
  REQUIRE(simulation.run_until([&] { return simulation.node(2).engine().status().epoch == Epoch{1}; }, 10'000));
  simulation.submit(2, 1);
  simulation.run_for_ms(4);
  wipe_and_start(simulation, 2);
  for (TransactionNumber number = 11; number <= 20; ++number) CHECK(commits(simulation, 2, number));
  CHECK(voting(simulation, 2) == consensus::VotingState::kActive);
}

TEST_CASE("validators are added and removed under load and nothing is missed", "[sim]") {
  auto config = lan(4);
  config.spare_nodes = 2;
  Simulation simulation{config};
  settle(simulation);
  TransactionNumber number = 1;
  Epoch epoch;
  for (const std::uint64_t members : {0b011111U, 0b111111U, 0b111110U, 0b111100U, 0b001111U}) {
    simulation.submit(number % 6, kSetChange | (number << 31) | members);
    epoch = epoch.next();
    for (int i = 0; i < 10; ++i, ++number) {
      simulation.submit(number % 6, number);
      simulation.run_for_ms(20);
    }
    REQUIRE(simulation.run_until(
        [&] {
          for (std::size_t node = 0; node < 6; ++node) {
            if (simulation.node(node).engine().status().epoch < epoch) return false;
          }
          return true;
        },
        30'000));
  }
  CHECK(commits(simulation, 5, number));
  simulation.run_for_ms(1'000);
  for (TransactionNumber each = 1; each <= number; ++each) CHECK(simulation.everybody_has(each));
}

}  // namespace testamur::sim
