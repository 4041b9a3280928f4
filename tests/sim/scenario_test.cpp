// The stories of docs/consensus.md: bugs of deployed systems, each told once with the production engine.
#include <set>

#include "consensus/codec.h"
#include "tests/sim/simulation.h"
#include "tests/support/catch.h"

namespace testamur::sim {
namespace {

using consensus::Act;

SimulationConfig lan(std::size_t nodes) {
  SimulationConfig config;
  config.nodes = nodes;
  config.profile = *find_profile("calm");
  return config;
}

// Started, calm, with one transaction final everywhere.
void settle(Simulation& simulation, TransactionNumber number = 1'000'000) {
  simulation.network().set_weather({.delay_us = 1'000, .jitter_us = 500});
  simulation.start_all();
  simulation.submit(0, number);
  REQUIRE(simulation.run_until([&] { return simulation.everybody_has(number); }, 5'000));
  simulation.run_for_ms(500);
}

void check_alive(Simulation& simulation, TransactionNumber number, std::uint64_t within_ms = 30'000) {
  for (std::size_t node = 0; node < simulation.size(); ++node) {
    if (simulation.node(node).is_up()) simulation.submit(node, number);
  }
  const bool alive = simulation.run_until(
      [&] {
        for (std::size_t node = 0; node < simulation.size(); ++node) {
          if (simulation.node(node).is_up() && !simulation.node(node).application().is_committed(number)) return false;
        }
        return true;
      },
      within_ms);
  INFO(simulation.checker().violation().value_or("no violation"));
  CHECK(alive);
  CHECK_FALSE(simulation.checker().violation().has_value());
}

std::optional<consensus::Vote> vote_in(const Packet& packet) {
  if (packet.channel != Channel::kConsensus) return std::nullopt;
  const auto message = consensus::decode_message(*packet.bytes);
  if (!message || !std::holds_alternative<consensus::Vote>(*message)) return std::nullopt;
  return std::get<consensus::Vote>(*message);
}

std::optional<consensus::Certificate> certificate_in(const Packet& packet) {
  if (packet.channel != Channel::kConsensus) return std::nullopt;
  const auto message = consensus::decode_message(*packet.bytes);
  if (!message || !std::holds_alternative<consensus::Certificate>(*message)) return std::nullopt;
  return std::get<consensus::Certificate>(*message);
}

bool is_about(const Packet& packet, Act act) {
  const auto vote = vote_in(packet);
  const auto certificate = certificate_in(packet);
  return (vote && vote->statement.act == act) || (certificate && certificate->statement.act == act);
}

bool is_proposal(const Packet& packet) {
  return packet.channel == Channel::kConsensus && !packet.bytes->empty() && packet.bytes->front() == 1;
}

std::size_t durable_votes(Simulation& simulation, std::size_t node, Act act, View above) {
  std::set<View> views;
  for (const auto& entry : simulation.node(node).journal().entries()) {
    if (entry.kind != consensus::RecordKind::kVote || entry.view <= above) continue;
    if (consensus::decode_vote_record(entry.bytes)->vote.statement.act == act) views.insert(entry.view);
  }
  return views.size();
}

void crash_all(Simulation& simulation) {
  for (std::size_t node = 0; node < simulation.size(); ++node) {
    if (simulation.node(node).is_up()) simulation.node(node).crash();
  }
}

View view_of(Simulation& simulation, std::size_t node) { return simulation.node(node).engine().status().view; }

}  // namespace

TEST_CASE("everybody crashes after journaling nullify: the ledger goes on", "[sim]") {
  Simulation simulation{lan(4)};
  settle(simulation);
  const View before = view_of(simulation, 0) - 1;
  simulation.network().set_filter([](const Packet& packet) { return !is_proposal(packet); });
  simulation.submit(0, 1);
  REQUIRE(simulation.run_until(
      [&] {
        std::size_t nullified = 0;
        for (std::size_t node = 0; node < 4; ++node)
          nullified += durable_votes(simulation, node, Act::kNullify, before) > 0 ? 1 : 0;
        return nullified == 4;
      },
      20'000));
  crash_all(simulation);
  simulation.network().set_filter({});
  simulation.start_all();
  check_alive(simulation, 2);
}

TEST_CASE("four crashes right after notarize: the block survives though every mempool is lost", "[sim]") {
  Simulation simulation{lan(4)};
  settle(simulation);
  const View before = view_of(simulation, 0) - 1;
  simulation.network().set_filter(
      [](const Packet& packet) { return !is_about(packet, Act::kNotarize) && !is_about(packet, Act::kFinalize); });
  simulation.submit(0, 42);
  REQUIRE(simulation.run_until(
      [&] {
        std::size_t notarized = 0;
        for (std::size_t node = 0; node < 4; ++node)
          notarized += durable_votes(simulation, node, Act::kNotarize, before) > 0 ? 1 : 0;
        return notarized == 4;
      },
      10'000));
  crash_all(simulation);
  simulation.network().set_filter({});
  simulation.start_all();
  CHECK(simulation.run_until([&] { return simulation.everybody_has(42); }, 60'000));
  check_alive(simulation, 2);
}

TEST_CASE("votes that were never synced are lost in a crash and nothing contradicts them afterwards", "[sim]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    auto config = lan(4);
    config.seed = seed;
    Simulation simulation{config};
    settle(simulation);
    for (TransactionNumber round = 1; round <= 10; ++round) {
      simulation.submit(round % 4, round);
      simulation.run_for_ms(2 + round % 5);
      simulation.node(round % 4).crash();
      simulation.node((round + 1) % 4).crash();
      simulation.start_all();
    }
    check_alive(simulation, 777);
  }
}

TEST_CASE("an equivocating leader: some notarize A, some B, all nullify and go on", "[sim]") {
  auto config = lan(4);
  config.liar = 1;
  config.lie = [](ScriptedNode& self, const consensus::Message& message) {
    const auto* proposal = std::get_if<consensus::Proposal>(&message);
    if (const auto* vote = std::get_if<consensus::Vote>(&message); vote && vote->statement.act == Act::kNotarize)
      return;
    if (!proposal) return self.say_to_all(message);
    auto header = *decode_toy_header(*proposal->header);
    header.time_ms += 1;
    consensus::Proposal other = *proposal;
    other.header = std::make_shared<const Bytes>(encode(header));
    const auto id = self.application().read_header(*other.header).id;
    const auto set = self.application().tip().validators;
    other.signature = self.sign(consensus::signing_digest(
        self.settings().engine.chain, set.digest(), {Act::kPropose, other.epoch, other.view, other.parent_view, id}));
    self.say(0, *proposal);
    self.say(2, other);
    self.say(3, other);
  };
  Simulation simulation{config};
  settle(simulation);
  for (TransactionNumber number = 1; number <= 8; ++number) check_alive(simulation, number);
  CHECK(simulation.node(0).engine().status().nullified_views > 0);
}

TEST_CASE("a sealing block that one node finalizes directly and another through a filler is one block", "[sim]") {
  auto config = lan(4);
  config.spare_nodes = 1;
  Simulation simulation{config};
  settle(simulation);
  const View sealing = view_of(simulation, 0);
  // Finalize votes of that view reach node 0 only.
  simulation.network().set_filter([&](const Packet& packet) {
    const auto vote = vote_in(packet);
    const auto certificate = certificate_in(packet);
    if (vote && vote->statement.act == Act::kFinalize && vote->statement.view == sealing) return packet.to == 0;
    if (certificate && certificate->statement.act == Act::kFinalize && certificate->statement.view == sealing)
      return false;
    return packet.channel != Channel::kBlockResponse &&
           !(packet.bytes->front() == 9 && packet.channel == Channel::kConsensus);
  });
  simulation.submit(0, kSetChange | 0b11111);
  REQUIRE(simulation.run_until(
      [&] {
        for (std::size_t node = 0; node < 4; ++node) {
          if (simulation.node(node).engine().status().epoch != Epoch{1}) return false;
        }
        return true;
      },
      60'000));
  simulation.network().set_filter({});
  check_alive(simulation, 3);
  const Height height{2};
  const auto direct = simulation.node(0).application().block_at(height);
  const auto through = simulation.node(2).application().block_at(height);
  REQUIRE(direct);
  REQUIRE(through);
  CHECK(*direct->header == *through->header);
  CHECK(direct->proof->links.empty());
  CHECK_FALSE(through->proof->links.empty());
}

TEST_CASE("a transaction that one node knows while the leader is down is committed", "[sim]") {
  Simulation simulation{lan(4)};
  settle(simulation);
  const std::size_t leader = view_of(simulation, 0).value % 4;
  simulation.node(leader).crash();
  simulation.network().set_filter([](const Packet& packet) { return packet.channel != Channel::kTransactions; });
  const std::size_t knows = (leader + 2) % 4;
  simulation.submit(knows, 5);
  simulation.run_for_ms(100);
  simulation.network().set_filter({});  // the first sending was lost; the timer sends again
  CHECK(simulation.run_until([&] { return simulation.node(knows).application().is_committed(5); }, 20'000));
}

TEST_CASE("notarized but split finalize votes, then idle: the block becomes final without another transaction",
          "[sim]") {
  Simulation simulation{lan(4)};
  settle(simulation);
  const View view = view_of(simulation, 0);
  simulation.network().set_filter([&](const Packet& packet) {
    const auto vote = vote_in(packet);
    return !(vote && vote->statement.act == Act::kFinalize && vote->statement.view == view);
  });
  simulation.submit(0, 5);
  CHECK(simulation.run_until([&] { return simulation.everybody_has(5); }, 10'000));
  simulation.run_for_ms(5'000);
  const auto status = simulation.node(0).engine().status();
  CHECK(status.waiting_for == "idle");
  CHECK(status.committed_height <= Height{3});  // no run of empty blocks behind it
}

TEST_CASE("one Byzantine nullify in every view does not slow the ledger down", "[sim]") {
  auto config = lan(4);
  config.liar = 1;
  config.lie = [](ScriptedNode& self, const consensus::Message& message) {
    self.say_to_all(message);
    if (const auto* vote = std::get_if<consensus::Vote>(&message); vote && vote->statement.act == Act::kNotarize) {
      self.say_to_all(self.signed_vote(
          {Act::kNullify, vote->statement.epoch, vote->statement.view.next(), View{0}, BlockId{}}, vote->voter));
    }
  };
  Simulation simulation{config};
  settle(simulation);
  for (TransactionNumber number = 1; number <= 20; ++number) {
    simulation.submit(0, number);
    REQUIRE(simulation.run_until([&] { return simulation.node(0).application().is_committed(number); }, 1'500));
  }
  CHECK(simulation.node(0).engine().status().delta_ms == 250);
}

TEST_CASE("a finalize and a nullify vote of one key in one view are reported as evidence", "[sim]") {
  auto config = lan(4);
  config.liar = 1;
  config.lie = [](ScriptedNode& self, const consensus::Message& message) {
    self.say_to_all(message);
    if (const auto* vote = std::get_if<consensus::Vote>(&message); vote && vote->statement.act == Act::kFinalize) {
      self.say_to_all(self.signed_vote({Act::kNullify, vote->statement.epoch, vote->statement.view, View{0}, BlockId{}},
                                       vote->voter));
    }
  };
  Simulation simulation{config};
  // Finality is slowed, so that the second vote is not too late to matter.
  simulation.network().set_filter([count = 0](const Packet& packet) mutable {
    const auto vote = vote_in(packet);
    return !(vote && vote->statement.act == Act::kFinalize && packet.from == 2 && ++count < 20);
  });
  settle(simulation);
  CHECK(simulation.node(0).evidence_seen() + simulation.node(2).evidence_seen() + simulation.node(3).evidence_seen() >
        0);
}

TEST_CASE("old messages replayed at everybody change nothing", "[sim]") {
  Simulation simulation{lan(4)};
  std::vector<Packet> recorded;
  simulation.network().set_filter([&](const Packet& packet) {
    recorded.push_back(packet);
    return true;
  });
  settle(simulation);
  for (TransactionNumber number = 1; number <= 10; ++number) check_alive(simulation, number);
  simulation.network().set_filter({});
  const Height before = simulation.node(0).application().height();
  for (std::size_t target = 0; target < 4; ++target) {
    for (auto packet : recorded) {
      packet.to = target;
      if (packet.from != target) simulation.network().send(packet);
    }
  }
  simulation.run_for_ms(3'000);
  CHECK(simulation.node(0).application().height() == before);
  CHECK(simulation.node(2).evidence_seen() == 0);
  check_alive(simulation, 99);
}

TEST_CASE("many notarized views without finality, then calm: one finalization ends them all", "[sim]") {
  Simulation simulation{lan(4)};
  settle(simulation);
  const View before = view_of(simulation, 0);
  simulation.network().set_filter([](const Packet& packet) { return !is_about(packet, Act::kFinalize); });
  TransactionNumber number = 1;
  REQUIRE(simulation.run_until(
      [&] {
        if (simulation.node(0).application().pending().size() < 3) simulation.submit(number % 4, number), ++number;
        return view_of(simulation, 0) >= before + 30;
      },
      600'000));
  simulation.network().set_filter({});
  check_alive(simulation, 5'000'000, 60'000);
}

TEST_CASE("a node that was down for hundreds of blocks catches up by itself", "[sim]") {
  Simulation simulation{lan(4)};
  settle(simulation);
  simulation.node(3).crash();
  for (TransactionNumber number = 1; number <= 200; ++number) {
    simulation.submit(number % 3, number);
    REQUIRE(simulation.run_until([&] { return simulation.node(0).application().is_committed(number); }, 10'000));
  }
  simulation.node(3).start();
  CHECK(simulation.run_until([&] { return simulation.everybody_has(200); }, 10'000));
  check_alive(simulation, 201);
}

TEST_CASE("idle for an hour makes heartbeats only, and load after it is served at once", "[sim]") {
  Simulation simulation{lan(4)};
  settle(simulation);
  const Height before = simulation.node(0).application().height();
  simulation.run_for_ms(3'600'000);
  const std::uint64_t made = simulation.node(0).application().height().value - before.value;
  CHECK(made >= 110);
  CHECK(made <= 121);
  const std::uint64_t began = simulation.timeline().now_ms();
  check_alive(simulation, 1);
  CHECK(simulation.timeline().now_ms() - began < 100);
}

TEST_CASE("a block larger than the links carry in base delta becomes final: delta grows and blocks shrink", "[sim]") {
  Simulation simulation{lan(4)};
  settle(simulation);
  // 64 numbers and a header take more than a second to arrive; votes a quarter of one.
  simulation.network().set_weather({.delay_us = 1'000, .us_per_byte = 1'500});
  for (TransactionNumber number = 1; number <= 300; ++number) {
    for (std::size_t node = 0; node < 4; ++node) simulation.node(node).application().submit(number);
  }
  CHECK(simulation.run_until([&] { return simulation.everybody_has(300); }, 300'000));
  CHECK_FALSE(simulation.checker().violation().has_value());
}

TEST_CASE("a single validator commits, survives crashes and never contradicts itself", "[sim]") {
  Simulation simulation{lan(1)};
  settle(simulation);
  for (TransactionNumber number = 1; number <= 20; ++number) {
    simulation.submit(0, number);
    simulation.run_for_ms(number);
    simulation.node(0).crash();
    simulation.start_all();
  }
  check_alive(simulation, 100);
}

TEST_CASE("two of four down: the ledger stops, says why, and goes on when one returns", "[sim]") {
  Simulation simulation{lan(4)};
  settle(simulation);
  simulation.node(2).crash();
  simulation.node(3).crash();
  simulation.submit(0, 1);
  simulation.run_for_ms(10'000);
  CHECK_FALSE(simulation.node(0).application().is_committed(1));
  CHECK(simulation.node(0).engine().status().waiting_for == "too few validators: 2 of 4 heard of, 3 needed");
  simulation.node(3).start();
  CHECK(simulation.run_until([&] { return simulation.node(0).application().is_committed(1); }, 60'000));
}

TEST_CASE("one dead validator of four costs no timeout once it is known to be silent", "[sim]") {
  Simulation simulation{lan(4)};
  settle(simulation);
  simulation.node(1).crash();
  simulation.run_for_ms(4'000);
  const std::uint64_t began = simulation.timeline().now_ms();
  for (TransactionNumber number = 1; number <= 40; ++number) {
    simulation.submit(0, number);
    REQUIRE(simulation.run_until([&] { return simulation.node(0).application().is_committed(number); }, 10'000));
  }
  CHECK((simulation.timeline().now_ms() - began) / 40 < 60);
}

TEST_CASE("one clock an hour off stops nothing; everybody's clock an hour ahead and then corrected neither", "[sim]") {
  Simulation simulation{lan(4)};
  settle(simulation);
  simulation.node(1).clock_offset_ms = 3'600'000;
  for (TransactionNumber number = 1; number <= 8; ++number) check_alive(simulation, number);
  for (std::size_t node = 0; node < 4; ++node) simulation.node(node).clock_offset_ms = 3'600'000;
  check_alive(simulation, 9);
  for (std::size_t node = 0; node < 4; ++node) simulation.node(node).clock_offset_ms = 0;
  for (TransactionNumber number = 10; number <= 18; ++number) check_alive(simulation, number);
}

}  // namespace testamur::sim
