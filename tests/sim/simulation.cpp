#include "tests/sim/simulation.h"

#include <algorithm>
#include <bit>
#include <iostream>

#include "common/check.h"
#include "tests/sim/byzantine_node.h"

namespace testamur::sim {

consensus::Validator member(std::size_t number) {
  const Hash256 seed = sha256(as_bytes("member " + std::to_string(number)));
  consensus::Validator member;
  // Ascending ids: a node's number is its validator index while all are members.
  member.id.bytes[0] = static_cast<std::uint8_t>(number + 1);
  std::copy(seed.bytes.begin(), seed.bytes.begin() + 15, member.id.bytes.begin() + 1);
  member.key = consensus::ConsensusKey::prefix_of(sha256(seed.view()).view());
  return member;
}

Membership members(std::size_t count) {
  Membership membership;
  for (std::size_t i = 0; i < count; ++i) membership.members.push_back(member(i));
  return membership;
}

Simulation::Simulation(SimulationConfig config)
    : config_(std::move(config)),
      random_(config_.seed * 0x2545f4914f6cdd1dU + config_.nodes),
      network_(timeline_, random_.fork(), [this](const Packet& packet) { deliver(packet); }),
      membership_(members(config_.nodes + config_.spare_nodes)),
      current_members_((std::uint32_t{1} << config_.nodes) - 1) {
  const std::size_t count = config_.nodes + config_.spare_nodes;
  for (std::size_t i = 0; i < count; ++i) {
    nodes_.push_back(make_node(i));
    if (!config_.verbose) continue;
    nodes_.back()->log = [this](const std::string& text) {
      std::cout << timeline_.now_ms() << " ms  " << text << "\n";
    };
  }
}

std::unique_ptr<SimNode> Simulation::make_node(std::size_t number) {
  auto settings = settings_of(number);
  if (config_.adjust) config_.adjust(settings);
  if (config_.liar == number) {
    return std::make_unique<ScriptedNode>(settings, timeline_, network_, checker_, random_.fork(), fresh_application(),
                                          config_.lie);
  }
  if (is_traitor(number) && config_.profile.traitor == Traitor::kByzantine) {
    return std::make_unique<ByzantineNode>(settings, timeline_, network_, checker_, random_.fork(),
                                           fresh_application());
  }
  return std::make_unique<SimNode>(settings, timeline_, network_, checker_, random_.fork(), fresh_application());
}

NodeSettings Simulation::settings_of(std::size_t number) const {
  NodeSettings settings;
  settings.number = number;
  settings.engine.chain = ChainId::prefix_of(sha256(as_bytes("simulated chain")).view());
  settings.engine.self = membership_.members.at(number).id;
  settings.engine.key = membership_.members.at(number).key;
  for (const auto& one : membership_.members) settings.everybody.push_back(one.id);
  return settings;
}

std::unique_ptr<Application> Simulation::fresh_application() const {
  return std::make_unique<ToyLedger>(membership_, (std::uint32_t{1} << config_.nodes) - 1);
}

// Number 1, so that every set of at least two contains it; only where one traitor is tolerated.
bool Simulation::is_traitor(std::size_t number) const {
  return config_.profile.traitor != Traitor::kNone && number >= 1 && number <= 1 + config_.more_traitors &&
         config_.nodes >= 4;
}

void Simulation::deliver(const Packet& packet) {
  if (is_traitor(packet.from) && config_.profile.traitor == Traitor::kSilent) return;
  checker_.observe(*packet.bytes);
  nodes_.at(packet.to)->receive(packet);
}

void Simulation::start_all() {
  for (auto& each : nodes_) {
    if (!each->is_up()) each->start();
  }
}

void Simulation::run_for_ms(std::uint64_t duration_ms) {
  run_until([] { return false; }, duration_ms);
}

bool Simulation::run_until(const std::function<bool()>& condition, std::uint64_t within_ms) {
  const std::uint64_t until_us = timeline_.now_us() + within_ms * 1000;
  while (!checker_.violation()) {
    if (condition()) return true;
    if (!timeline_.step(until_us)) return condition() && !checker_.violation();
  }
  return false;
}

bool Simulation::everybody_has(TransactionNumber transaction) const {
  return std::all_of(nodes_.begin(), nodes_.end(),
                     [&](const auto& each) { return each->is_up() && each->application().is_committed(transaction); });
}

void Simulation::load_event() {
  if (!faulty_) return;
  auto& chosen = *nodes_[random_.below(nodes_.size())];
  if (chosen.is_up()) chosen.submit(next_transaction_++);
  timeline_.after(random_.below(2 * config_.profile.transaction_every_ms * 1000), [this] { load_event(); });
}

void Simulation::crash_some(std::size_t number) {
  const bool everybody = random_.chance(100);
  for (auto& each : nodes_) {
    if (!each->is_up() || (!everybody && each->number() != number)) continue;
    each->crash();
    ++crashes_;
    timeline_.after(random_.between(10'000, 2'000'000), [node = each.get()] {
      if (!node->is_up()) node->start();
    });
  }
}

void Simulation::cut_some(std::size_t number) {
  const std::size_t other = random_.below(nodes_.size());
  network_.cut(number, other, true);
  if (random_.chance(500)) network_.cut(other, number, true);
  timeline_.after(random_.between(50'000, 3'000'000), [this, number, other] {
    network_.cut(number, other, false);
    network_.cut(other, number, false);
  });
}

// One validator more or less, never the traitor, at least four. Numbers differ, so that the same set can come again.
void Simulation::change_set(SimNode& through) {
  std::uint32_t mask = current_members_ ^ (std::uint32_t{1} << random_.below(membership_.members.size()));
  if (config_.nodes >= 4) mask |= 2;
  if (std::popcount(mask) < 4) return;
  current_members_ = mask;
  through.submit(kSetChange | (next_transaction_++ << 31) | mask);
}

// Backups are taken now and then; one node of a run loses its disk and comes back from one, or with nothing.
void Simulation::lose_disk(std::size_t number) {
  if (random_.chance(700)) {
    backups_.insert_or_assign(number, nodes_[number]->backup());
    return;
  }
  if (lost_disk_ || !nodes_[number]->is_up()) return;
  lost_disk_ = number;
  auto& node = *nodes_[number];
  node.crash();
  const auto backup = backups_.find(number);
  if (backup != backups_.end() && random_.chance(500)) {
    node.restore(std::move(backup->second));
    backups_.erase(backup);
  } else {
    node.wipe(fresh_application());
  }
  node.start(true);
}

void Simulation::fault_event() {
  if (!faulty_) return;
  const auto& profile = config_.profile;
  const std::size_t number = random_.below(nodes_.size());
  auto& chosen = *nodes_[number];
  if (random_.chance(profile.crashes_per_mille)) crash_some(number);
  if (random_.chance(profile.partitions_per_mille)) cut_some(number);
  if (random_.chance(profile.set_changes_per_mille) && chosen.is_up()) change_set(chosen);
  if (random_.chance(profile.restores_per_mille)) lose_disk(number);
  if (random_.chance(profile.pauses_per_mille)) chosen.pause_ms(random_.between(10, 3'000));
  if (random_.chance(profile.clock_jumps_per_mille)) {
    chosen.clock_offset_ms = static_cast<std::int64_t>(random_.below(40'000)) - 20'000;
  }
  if (random_.chance(profile.prunes_per_mille)) chosen.sync_and_prune();
  timeline_.after(random_.below(2 * profile.event_every_ms * 1000), [this] { fault_event(); });
}

void Simulation::calm() {
  faulty_ = false;
  network_.heal();
  network_.set_weather({.delay_us = 1'000, .jitter_us = 1'000});
  for (auto& each : nodes_) {
    each->clock_offset_ms = 0;
    if (!each->is_up()) each->start();
  }
}

// Everybody honest has the probes and whatever anyone acknowledged, at one height.
bool Simulation::recovered(TransactionNumber first_probe) const {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (is_traitor(i)) continue;
    const auto& application = nodes_[i]->application();
    if (application.height() != nodes_[0]->application().height()) return false;
    if (nodes_[i]->engine().status().voting == consensus::VotingState::kQuarantine) return false;
    for (TransactionNumber probe = first_probe; probe < next_transaction_; ++probe) {
      if (!application.is_committed(probe)) return false;
    }
  }
  return true;
}

Outcome Simulation::run() {
  network_.set_weather(config_.profile.weather);
  start_all();
  faulty_ = true;
  fault_event();
  load_event();
  run_for_ms(config_.profile.faults_ms);
  const std::uint64_t calm_since_ms = timeline_.now_ms();
  const TransactionNumber first_probe = next_transaction_;
  if (!checker_.violation()) {
    calm();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (!is_traitor(i)) nodes_[i]->submit(next_transaction_++);
    }
    if (!run_until([&] { return recovered(first_probe); }, config_.profile.recover_within_ms)) {
      std::string stuck = "no recovery within " + std::to_string(config_.profile.recover_within_ms) + " ms:";
      for (const auto& each : nodes_) {
        const auto status = each->engine().status();
        stuck += "\n  node " + std::to_string(each->number()) + " epoch " + std::to_string(status.epoch.value) +
                 " view " + std::to_string(status.view.value) + " height " +
                 std::to_string(status.committed_height.value) + " " + to_text(status.voting) + ", waits for " +
                 status.waiting_for;
      }
      checker_.violated(stuck);
    }
  }
  Outcome outcome;
  for (std::size_t i = 0; i < nodes_.size() && !checker_.violation(); ++i) {
    if (is_traitor(i)) continue;
    for (const auto transaction : checker_.acknowledged()) {
      if (!nodes_[i]->application().is_committed(transaction)) {
        checker_.violated("node " + std::to_string(i) + " lacks the acknowledged transaction " +
                          std::to_string(transaction));
      }
    }
    const auto status = nodes_[i]->engine().status();
    checker_.observe(status.committed_block.view());
    outcome.nullified_views += status.nullified_views;
    outcome.evidence += nodes_[i]->evidence_seen();
    outcome.height = std::max(outcome.height, status.committed_height);
    outcome.epoch = std::max(outcome.epoch, status.epoch);
  }
  outcome.violation = checker_.violation();
  outcome.state_hash = checker_.state_hash();
  outcome.virtual_ms = timeline_.now_ms() - 1'000;
  outcome.recovery_ms = timeline_.now_ms() - calm_since_ms;
  outcome.packets = network_.sent();
  outcome.crashes = crashes_;
  return outcome;
}

}  // namespace testamur::sim
