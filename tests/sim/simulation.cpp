#include "tests/sim/simulation.h"

#include <algorithm>
#include <iostream>

#include "common/check.h"
#include "ledger/proofs/light.h"
#include "ledger/validators.h"
#include "node/chain/validator_sets.h"
#include "tests/sim/byzantine_node.h"

namespace testamur::sim {

Simulation::Simulation(SimulationConfig config)
    : config_(std::move(config)),
      random_(config_.seed * 0x2545f4914f6cdd1dU + config_.nodes),
      network_(timeline_, random_.fork(), checker_.marks(),
               [this](const Packet& packet) { deliver(packet); }),
      institutions_(Institutions::of(config_.nodes, config_.nodes + config_.spare_nodes)) {
  for (std::size_t i = 0; i < config_.nodes; ++i) members_.push_back(i);
  const bool twins = config_.profile.fault == FaultKind::kTwins && config_.nodes >= 4;
  const std::size_t count = institutions_.size() + (twins ? 1 : 0);
  if (!config_.colluding_nodes.empty()) {
    adversary_ = std::make_unique<Adversary>(institutions_, timeline_, random_.fork(),
                                             config_.strategy, config_.colluding_nodes);
    adversary_->set_votes(config_.votes);
  }
  for (std::size_t i = 0; i < count; ++i) {
    nodes_.push_back(make_node(i));
    if (!config_.verbose) continue;
    nodes_.back()->log = [this](const std::string& text) {
      std::cout << timeline_.now_ms() << " ms  " << text << "\n";
    };
  }
  for (std::size_t i = 0; i < count; ++i) dial(i);
}

NodeSettings Simulation::settings_of(std::size_t number) const {
  NodeSettings settings;
  settings.number = number;
  settings.seat = number < institutions_.size() ? number : 1;
  settings.institutions = &institutions_;
  settings.store = config_.store;
  settings.real_signatures = config_.real_signatures;
  settings.counts = !is_faulty(number);
  settings.honest = !is_faulty(number) || config_.profile.fault == FaultKind::kSilent;
  return settings;
}

std::unique_ptr<SimNode> Simulation::make_node(std::size_t number) {
  auto settings = settings_of(number);
  if (config_.adjust) config_.adjust(settings);
  std::unique_ptr<SimNode> node;
  if (config_.colluding_nodes.contains(number)) {
    node = std::make_unique<ColludingNode>(settings, timeline_, network_, checker_, random_.fork(),
                                           *adversary_);
  } else if (config_.scripted_node == number) {
    node = std::make_unique<ScriptedNode>(settings, timeline_, network_, checker_, random_.fork(),
                                          config_.script);
  } else if (is_faulty(number) && config_.profile.fault == FaultKind::kByzantine) {
    node = std::make_unique<ByzantineNode>(settings, timeline_, network_, checker_, random_.fork());
  } else {
    node = std::make_unique<SimNode>(settings, timeline_, network_, checker_, random_.fork());
  }
  node->finalize_loss_per_mille = config_.profile.finalize_loss_per_mille;
  if (config_.profile.drift_per_million > 0) {
    checker_.marks().hit("a clock drifts");
    const auto most = config_.profile.drift_per_million;
    node->clock.drift_per_million =
        static_cast<std::int64_t>(random_.below(2 * most)) - static_cast<std::int64_t>(most);
  }
  return node;
}

// Number 1, so that every set of at least two contains it; only where one faulty validator is
// tolerated.
bool Simulation::is_faulty(std::size_t number) const {
  if (config_.colluding_nodes.contains(number)) return true;
  if (config_.profile.fault == FaultKind::kNone || config_.nodes < 4) return false;
  return number >= institutions_.size() || (number >= 1 && number <= 1 + config_.more_traitors);
}

void Simulation::deliver(const Packet& packet) {
  if (is_faulty(packet.from) && config_.profile.fault == FaultKind::kSilent) return;
  nodes_.at(packet.to)->receive(packet);
}

// Every node tries its missing connections about twice a second.
void Simulation::dial(std::size_t number) {
  for (auto& other : nodes_) {
    if (other->number() != number && nodes_[number]->is_up()) nodes_[number]->link(*other);
  }
  timeline_.after(400'000 + random_.below(200'000), [this, number] { dial(number); });
}

void Simulation::start(SimNode& node) {
  if (node.is_up()) return;
  if (const auto status = node.start(); !status.ok()) {
    checker_.violated("node " + std::to_string(node.number()) +
                      " cannot start: " + status.message());
    return;
  }
  for (auto& other : nodes_) {
    if (other.get() != &node) node.link(*other);
  }
}

void Simulation::start_all() {
  for (auto& each : nodes_) start(*each);
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
  return std::all_of(nodes_.begin(), nodes_.end(), [&](const auto& each) {
    return each->is_up() && each->is_committed(transaction);
  });
}

// Mostly new transactions; now and then a revocation of something that may not be there yet, or a
// rival.
void Simulation::load_event() {
  if (!faulty_) return;
  auto& chosen = *nodes_[random_.below(nodes_.size())];
  if (chosen.is_up()) {
    const TransactionNumber number = next_transaction_++;
    chosen.submit(number);
    if (number % 8 != 3 && random_.chance(100)) chosen.submit(kRevoke | number);
    auto& other = *nodes_[random_.below(nodes_.size())];
    if (number % 8 != 3 && random_.chance(100) && other.is_up()) {
      other.submit(kRival | number);
      rivals_.push_back(number);
    }
  }
  timeline_.after(random_.below(2 * config_.profile.transaction_every_ms * 1000),
                  [this] { load_event(); });
}

void Simulation::crash_some(std::size_t number) {
  const bool everybody = random_.chance(100);
  if (everybody) checker_.marks().hit("everybody crashes");
  for (auto& each : nodes_) {
    if (!each->is_up() || (!everybody && each->number() != number)) continue;
    each->crash();
    ++crashes_;
    timeline_.after(random_.between(10'000, 2'000'000),
                    [this, node = each.get()] { start(*node); });
  }
}

void Simulation::cut_some(std::size_t number) {
  const std::size_t other = random_.below(nodes_.size());
  network_.cut(number, other, true);
  if (random_.chance(500)) {
    network_.cut(other, number, true);
  } else {
    checker_.marks().hit("a one-way partition");
  }
  timeline_.after(random_.between(50'000, 3'000'000), [this, number, other] {
    network_.cut(number, other, false);
    network_.cut(other, number, false);
  });
}

// One validator more or less, never the faulty one, at least four; nobody comes back, for keys are
// used once.
void Simulation::change_set() {
  if (set_change_) return;
  auto members = members_;
  const std::size_t chosen = random_.below(institutions_.size());
  const auto sits = std::find(members.begin(), members.end(), chosen);
  if (sits == members.end()) {
    if (left_.contains(chosen)) return;
    members.push_back(chosen);
  } else {
    if (members.size() <= 4 || chosen == 1 || !config_.colluding_nodes.empty()) return;
    members.erase(sits);
  }
  propose_set(members);
}

void Simulation::propose_set(const std::vector<std::size_t>& members) {
  for (const std::size_t member : members_) {
    if (std::find(members.begin(), members.end(), member) == members.end()) left_.insert(member);
  }
  members_ = members;
  set_change_ = std::make_unique<SetChange>(institutions_, members, next_change_++);
  checker_.marks().hit("a set change is proposed");
  drive_set_change();
}

// Somebody looks at the ledger a few times a second and says what is missing.
void Simulation::drive_set_change() {
  if (!set_change_) return;
  auto& through = *nodes_[random_.below(institutions_.size())];
  if (through.is_up() && !is_faulty(through.number()) && set_change_->step(through)) {
    set_change_.reset();
    return;
  }
  timeline_.after(300'000, [this] { drive_set_change(); });
}

// Backups are taken now and then; one node of a run loses its disk and comes back from a backup, or
// with nothing.
void Simulation::lose_disk(std::size_t number) {
  auto& marks = checker_.marks();
  auto& node = *nodes_[number];
  if (is_faulty(number)) return;
  if (random_.chance(700)) {
    if (node.is_up()) backups_.insert_or_assign(number, node.backup());
    return;
  }
  if (lost_disk_ || !node.is_up()) return;
  lost_disk_ = number;
  node.crash();
  const auto backup = backups_.find(number);
  const bool damaged = random_.chance(400) && node.damage_journal(random_.next());
  if (damaged) {
    const auto status = node.start();
    if (status.ok()) return marks.hit("damage where nothing was written");
    marks.hit("a damaged journal stops the node by name");
    if (status.message().find(".seg") == std::string::npos) {
      checker_.violated("a damaged journal is refused without naming the file: " +
                        status.message());
    }
  }
  if (backup != backups_.end() && random_.chance(500)) {
    node.restore(backup->second);
    marks.hit("a restored backup");
  } else {
    node.wipe();
    marks.hit("a wiped disk");
  }
  start(node);
}

// Which states the nodes themselves say they are in.
void Simulation::mark_states() {
  for (const auto& each : nodes_) {
    if (!each->is_up()) continue;
    const auto status = each->status();
    if (status.voting == consensus::VotingState::kFloored) checker_.marks().hit("below its floor");
    if (status.delta_ms > 2 * 250) checker_.marks().hit("the timeout unit grew");
    for (const auto& peer : status.peers) {
      if (peer.silent && !peer.self) checker_.marks().hit("a validator is taken for silent");
    }
  }
}

void Simulation::fault_event() {
  if (!faulty_) return;
  mark_states();
  const auto& profile = config_.profile;
  const std::size_t number = random_.below(nodes_.size());
  auto& chosen = *nodes_[number];
  if (random_.chance(profile.crashes_per_mille)) crash_some(number);
  if (random_.chance(profile.partitions_per_mille)) cut_some(number);
  if (random_.chance(profile.set_changes_per_mille)) change_set();
  if (random_.chance(profile.restores_per_mille)) lose_disk(number);
  if (random_.chance(profile.pauses_per_mille)) {
    checker_.marks().hit("a node is paused");
    chosen.pause_ms(random_.between(10, 3'000));
  }
  if (random_.chance(profile.clock_jumps_per_mille)) {
    checker_.marks().hit("a clock jumps");
    chosen.clock.offset_ms = static_cast<std::int64_t>(random_.below(40'000)) - 20'000;
  }
  timeline_.after(random_.below(2 * profile.event_every_ms * 1000), [this] { fault_event(); });
}

void Simulation::calm_network() {
  network_.heal();
  network_.set_weather({.delay_us = 1'000, .jitter_us = 1'000});
}

void Simulation::calm() {
  faulty_ = false;
  calm_network();
  for (auto& each : nodes_) {
    each->clock.offset_ms = 0;
    each->clock.drift_per_million = 0;
    each->finalize_loss_per_mille = 0;
  }
  start_all();
}

// What must be committed everywhere for the run to count as recovered. Submitted again every five
// seconds, as a client does whose node died.
void Simulation::submit_probes() {
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (is_faulty(i)) continue;
    if (probes_.size() <= i) probes_.push_back(next_transaction_++);
    nodes_[i]->submit(probes_[std::min(i, probes_.size() - 1)]);
  }
  timeline_.after(5'000'000, [this] { submit_probes(); });
}

// Everybody honest has the probes, at one height.
bool Simulation::recovered() const {
  std::optional<Height> height;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (is_faulty(i)) continue;
    if (height && nodes_[i]->height() != *height) return false;
    height = nodes_[i]->height();
    for (const auto probe : probes_) {
      if (!nodes_[i]->is_committed(probe)) return false;
    }
    if (nodes_[i]->in_quarantine()) return false;
  }
  return true;
}

std::string Simulation::where_everybody_is() const {
  std::string text;
  for (const auto& each : nodes_) {
    text += "\n  node " + std::to_string(each->number());
    if (is_faulty(each->number())) text += " (a liar)";
    if (!each->is_up()) {
      text += " is down";
      continue;
    }
    const auto status = each->status();
    text += ": epoch " + std::to_string(status.epoch.value) + " view " +
            std::to_string(status.view.value) + " height " +
            std::to_string(status.committed_height.value) + ", " + to_text(status.voting) + ", " +
            std::to_string(each->pending()) + " transactions, " + status.waiting_for;
  }
  return text;
}

// From the genesis set a light client reaches the present one by what this node stores (with real
// signatures only).
void Simulation::check_light_client(const SimNode& node) {
  if (!config_.real_signatures) return;
  const auto state = node.state();
  ledger::LightClient client(institutions_.genesis().chain, Epoch{0},
                             *ledger::validators_of_epoch(*state, Epoch{0}));
  for (Epoch epoch; epoch < ledger::read_epoch(*state); epoch = epoch.next()) {
    const auto change = node::set_change(*state, epoch);
    const auto followed = change ? client.follow(*change) : Status{error("its proof is not there")};
    if (followed.ok()) continue;
    checker_.violated("a light client cannot follow node " + std::to_string(node.number()) +
                      " past epoch " + std::to_string(epoch.value) + ": " + followed.message());
    return;
  }
}

// Everybody has what anybody acknowledged, and no two rivals.
void Simulation::check_end() {
  for (std::size_t i = 0; i < nodes_.size() && !checker_.violation(); ++i) {
    if (is_faulty(i)) continue;
    const auto name = "node " + std::to_string(i);
    for (const auto& id : checker_.acknowledged()) {
      if (!nodes_[i]->is_committed(id))
        checker_.violated(name + " lacks the acknowledged transaction " + to_text(id));
    }
    for (const auto number : rivals_) {
      if (!nodes_[i]->is_committed(number)) continue;
      checker_.marks().hit("one of two rivals is refused");
      if (nodes_[i]->is_committed(kRival | number))
        checker_.violated(name + " committed two batches for one range");
    }
    check_light_client(*nodes_[i]);
  }
}

// One more loss of power takes nothing from anybody. A node may even be ahead afterwards: what it
// was writing was the next finality.
void Simulation::check_loss_of_power() {
  for (std::size_t i = 0; i < nodes_.size() && !checker_.violation(); ++i) {
    if (is_faulty(i)) continue;
    const auto last = nodes_[i]->head();
    nodes_[i]->crash();
    start(*nodes_[i]);
    if (checker_.violation()) return;
    const auto header = nodes_[i]->state()->header(last.height);
    if (!header || *header != ledger::encode(last)) {
      checker_.violated("node " + std::to_string(i) + " lost a block with its power");
    }
  }
}

Outcome Simulation::finish(std::uint64_t calm_since_ms) {
  Outcome outcome;
  outcome.virtual_ms = timeline_.now_ms() - 1'000;
  outcome.recovery_ms = timeline_.now_ms() - calm_since_ms;
  for (std::size_t i = 0; i < nodes_.size() && !checker_.violation(); ++i) {
    if (is_faulty(i)) continue;
    const auto status = nodes_[i]->status();
    checker_.observe(status.committed_block.view());
    checker_.observe(nodes_[i]->journal_digest().view());
    if (nodes_[i]->has_pruned()) checker_.marks().hit("the journal is pruned");
    outcome.nullified_views += status.nullified_views;
    outcome.evidence += nodes_[i]->evidence_seen();
    outcome.height = std::max(outcome.height, status.committed_height);
    outcome.epoch = std::max(outcome.epoch, status.epoch);
  }
  if (outcome.evidence > 0) checker_.marks().hit("misbehaviour is proven");
  check_end();
  check_loss_of_power();
  outcome.violation = checker_.violation();
  outcome.state_hash = checker_.state_hash();
  outcome.packets = network_.sent();
  outcome.crashes = crashes_;
  outcome.marks = checker_.marks();
  return outcome;
}

void Simulation::begin_faults() {
  network_.set_weather(config_.profile.weather);
  start_all();
  faulty_ = true;
  fault_event();
}

Outcome Simulation::run() {
  begin_faults();
  load_event();
  run_for_ms(config_.profile.faults_ms);
  const std::uint64_t calm_since_ms = timeline_.now_ms();
  if (!checker_.violation()) {
    calm();
    if (!checker_.violation()) submit_probes();
    const bool recovered_ =
        run_until([this] { return recovered(); }, config_.profile.recover_within_ms);
    if (!recovered_ && !checker_.violation()) {
      checker_.violated("no recovery within " + std::to_string(config_.profile.recover_within_ms) +
                        " ms:" + where_everybody_is());
    }
  }
  return finish(calm_since_ms);
}

}  // namespace testamur::sim
