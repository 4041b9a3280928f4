// Seeds of the simulator, what the protocol promises about time, and that the simulator sees what
// it claims to see.
#include "tests/sim/simulation.h"

#include <set>

#include "consensus/values/codec.h"
#include "tests/support/catch.h"
#include "tests/support/shared.h"

namespace testamur::sim {
namespace {

std::uint64_t times_more() { return test::long_tests() ? 20 : 1; }

void check_seed(const Profile& profile, std::size_t nodes, std::uint64_t seed, StoreKind store,
                Marks& marks) {
  SimulationConfig config{.seed = seed, .nodes = nodes, .store = store, .profile = profile};
  config.real_signatures = store == StoreKind::kReal;
  if (profile.set_changes_per_mille > 0) config.spare_nodes = 2;
  const Outcome one = Simulation{config}.run();
  const Outcome two = Simulation{config}.run();
  INFO("replay: testamur-sim --seed "
       << seed << " --nodes " << nodes << " --profile " << profile.name
       << (store == StoreKind::kReal ? " --store real --signatures real" : "") << " --verbose");
  INFO(one.violation.value_or("no violation"));
  CHECK_FALSE(one.violation.has_value());
  CHECK_FALSE(two.violation.has_value());
  // RocksDB's own threads have a say in which un-synced bytes a loss of power finds.
  if (store == StoreKind::kMemory) CHECK(one.state_hash == two.state_hash);
  CHECK(one.height > Height{0});
  marks.add(one.marks);
}

// Constant delays, a disk and other threads that take no time: what is left is the protocol.
SimulationConfig constant_delay(std::uint64_t delay_us) {
  SimulationConfig config;
  config.profile.weather = {.delay_us = delay_us};
  config.adjust = [](NodeSettings& settings) {
    settings.sync_us = settings.sync_jitter_us = settings.pool_us = 0;
  };
  return config;
}

// Started, with the achievements published, and quiet.
void settle(Simulation& simulation, const SimulationConfig& config) {
  simulation.network().set_weather(config.profile.weather);
  simulation.start_all();
  for (std::size_t node = 0; node < 4; ++node) simulation.submit(node, kPublish | node);
  const auto published = [&] {
    for (std::size_t node = 0; node < 4; ++node) {
      if (!simulation.everybody_has(kPublish | node)) return false;
    }
    return true;
  };
  REQUIRE(simulation.run_until(published, 10'000));
  simulation.run_for_ms(1'000);
}

}  // namespace

TEST_CASE(
    "seeds of every profile: no invariant breaks, everybody recovers, and a seed replays to the "
    "same state",
    "[sim]") {
  Marks marks;
  for (const auto& profile : profiles()) {
    for (std::uint64_t i = 0; i < times_more(); ++i)
      check_seed(profile, 4, 1000 + i, StoreKind::kMemory, marks);
  }
  for (std::uint64_t i = 0; i < times_more(); ++i) {
    check_seed(*find_profile("all"), 7, 2000 + i, StoreKind::kMemory, marks);
    check_seed(*find_profile("restore"), 7, 2000 + i, StoreKind::kMemory, marks);
    check_seed(*find_profile("all"), 5, 3000 + i, StoreKind::kMemory, marks);
    check_seed(*find_profile("storm"), 1, 4000 + i, StoreKind::kMemory, marks);
  }
  // The many-seeds run must reach all; these few must reach most.
  CHECK(marks.never().size() <= 12);
}

TEST_CASE(
    "the whole production stack: RocksDB and real signatures, one loss of power for both files",
    "[sim]") {
  Marks marks;
  for (const auto& name : {"crash", "epochs", "restore"}) {
    for (std::uint64_t i = 0; i < times_more(); ++i) {
      check_seed(*find_profile(name), 4, 5000 + i, StoreKind::kReal, marks);
    }
  }
  CHECK(marks.count("blocks are applied again from the journal") > 0);
}

TEST_CASE("a transaction is final three message delays after its leader proposes it", "[sim]") {
  constexpr std::uint64_t kDelay = 10'000;
  const auto config = constant_delay(kDelay);
  Simulation simulation{config};
  settle(simulation, config);
  const auto status = simulation.node(0).status();
  std::size_t leader = 0;
  while (simulation.node(leader).id() != status.leader) ++leader;
  const std::uint64_t began = simulation.timeline().now_us();
  simulation.submit(leader, 7);
  REQUIRE(simulation.run_until([&] { return simulation.node(leader).is_committed(7); }, 1'000));
  CHECK(simulation.timeline().now_us() - began == 3 * kDelay);
  simulation.run_for_ms(1);
  CHECK(simulation.everybody_has(7));
}

TEST_CASE("under load a block is made every two message delays", "[sim]") {
  constexpr std::uint64_t kDelay = 10'000;
  const auto config = constant_delay(kDelay);
  Simulation simulation{config};
  settle(simulation, config);
  // 16 KiB each, so that there is work for many blocks.
  for (TransactionNumber number = 1; number <= 120; ++number) simulation.submit(0, kLarge | number);
  const auto reached = [&](std::uint64_t height) {
    REQUIRE(simulation.run_until([&] { return simulation.node(0).height() >= Height{height}; },
                                 10'000));
    return simulation.timeline().now_us();
  };
  const std::uint64_t first = simulation.node(0).height().value + 5;
  const std::uint64_t began = reached(first);
  const std::uint64_t per_block = (reached(first + 10) - began) / 10;
  CHECK(per_block == 2 * kDelay);
}

// Finalize votes for sealing blocks reach node 0 only, as votes: the others need a filler.
static Network::Filter split_sealing(std::set<BlockId>& sealing) {
  return [&sealing](const Packet& packet) {
    if (is_catch_up(packet)) return false;
    const auto message = message_in(packet);
    if (!message) return true;
    if (const auto* proposal = std::get_if<consensus::Proposal>(&*message)) {
      const auto facts = node::header_facts(*proposal->header);
      if (facts.sealing) sealing.insert(facts.id);
    }
    if (const auto* vote = std::get_if<consensus::Vote>(&*message)) {
      const bool final = vote->statement.act == consensus::Act::kFinalize;
      return !final || !sealing.contains(vote->statement.block) || packet.to == 0;
    }
    if (const auto* certificate = std::get_if<consensus::Certificate>(&*message)) {
      return certificate->statement.act != consensus::Act::kFinalize ||
             !sealing.contains(certificate->statement.block);
    }
    return !std::holds_alternative<consensus::SealingFinality>(*message);
  };
}

TEST_CASE(
    "a sealing block that one node finalizes directly and another through a filler is one block",
    "[sim]") {
  auto config = constant_delay(2'000);
  config.spare_nodes = 1;
  Simulation simulation{config};
  settle(simulation, config);
  std::set<BlockId> sealing;
  simulation.network().set_filter(split_sealing(sealing));
  simulation.propose_set({0, 1, 2, 3, 4});
  const auto next_epoch = [&] {
    for (std::size_t node = 0; node < 4; ++node) {
      if (simulation.node(node).status().epoch != Epoch{1}) return false;
    }
    return true;
  };
  REQUIRE(simulation.run_until(next_epoch, 60'000));
  simulation.network().set_filter({});
  const auto proof_at = [&](std::size_t node) {
    for (Height height{1}; height <= simulation.node(node).height(); height = height.next()) {
      const auto header = simulation.node(node).state()->header(height);
      if (!header || !node::header_facts(*header).sealing) continue;
      return std::pair(*header, consensus::decode_finality_proof(
                                    *simulation.node(node).state()->certificate(height)));
    }
    return std::pair(Bytes{}, std::optional<consensus::FinalityProof>{});
  };
  const auto [direct_header, direct] = proof_at(0);
  const auto [through_header, through] = proof_at(2);
  REQUIRE(direct);
  REQUIRE(through);
  CHECK(direct_header == through_header);
  CHECK(direct->links.empty());
  CHECK_FALSE(through->links.empty());
  simulation.submit(3, 9);
  CHECK(simulation.run_until([&] { return simulation.everybody_has(9); }, 60'000));
  CHECK_FALSE(simulation.checker().violation().has_value());
}

TEST_CASE("a proposal that a peer altered on its way is not taken for the leader's", "[sim]") {
  const auto config = constant_delay(2'000);
  Simulation simulation{config};
  settle(simulation, config);
  std::size_t altered = 0;
  simulation.network().set_filter([&](const Packet& packet) {
    const auto message = message_in(packet);
    const auto* proposal = message ? std::get_if<consensus::Proposal>(&*message) : nullptr;
    if (proposal == nullptr || packet.to != 2) return true;
    // Node 3 sends what the leader said with another header under the leader's signature, first. It
    // is to blame for that, and the law that nobody honest is blamed does not speak of it.
    simulation.checker().marks().hit("a packet is changed");
    auto header = ledger::decode_header(*proposal->header).value();
    header.time_ms += 5;
    auto forged = *proposal;
    forged.header = std::make_shared<const Bytes>(ledger::encode(header));
    const auto bytes = consensus::encode(consensus::Message(forged));
    ++altered;
    simulation.timeline().after(0, [&simulation, bytes] {
      simulation.node(2).receive(
          {3, 2, node::net::encode(node::net::Frame(node::net::ConsensusMessage{bytes}))});
    });
    return true;
  });
  for (TransactionNumber number = 1; number <= 8; ++number) {
    simulation.submit(0, number);
    REQUIRE(simulation.run_until([&] { return simulation.node(2).is_committed(number); }, 5'000));
  }
  CHECK(altered > 0);
  CHECK(simulation.node(2).evidence_seen() == 0);
  CHECK_FALSE(simulation.checker().violation().has_value());
}

TEST_CASE("the simulator sees a fork when more than f validators lie", "[sim]") {
  // Two of four keys sign everything: the checker must find it, or its silence elsewhere means
  // nothing.
  SimulationConfig config{.nodes = 4, .more_traitors = 1, .profile = *find_profile("byzantine")};
  std::size_t violations = 0;
  for (config.seed = 1; config.seed <= 20 && violations == 0; ++config.seed) {
    const Outcome outcome = Simulation{config}.run();
    violations += outcome.violation.has_value() ? 1 : 0;
  }
  CHECK(violations > 0);
}

TEST_CASE("the simulator sees a node that votes before its journal is synced", "[sim]") {
  std::size_t seen = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SimulationConfig config{.seed = seed, .nodes = 4, .profile = *find_profile("crash")};
    config.adjust = [](NodeSettings& settings) { settings.lying_disk = true; };
    const Outcome outcome = Simulation{config}.run();
    seen +=
        outcome.violation && outcome.violation->find("before it was durable") != std::string::npos
            ? 1
            : 0;
  }
  CHECK(seen > 0);
}

}  // namespace testamur::sim
