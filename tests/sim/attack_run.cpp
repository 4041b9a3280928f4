#include "tests/sim/attack_run.h"

#include <algorithm>

#include "common/check.h"

namespace testamur::sim {

namespace {

constexpr std::size_t kMostSeats = 31;  // docs/formats/parameters.md

constexpr char kAboutQuarantine[] = "lies-in-quarantine";
constexpr char kAboutEpochs[] = "ends-epochs-for-one";
constexpr char kAboutRest[] = "feeds-one";
constexpr std::uint64_t kRestMs = 600;
constexpr double kLeastThroughput = 0.8;
// Transactions of the attack begin here, so that those of faults and probes are others.
constexpr TransactionNumber kFirst = 1'000;
constexpr std::uint64_t kTopUpUs = 2'000;

// What the seed decides, whatever the strategy.
struct Plan {
  std::set<std::size_t> liars;
  std::uint64_t delta_ms = 20;
  Order order = Order::kAny;
  Votes votes = Votes::kForOwnBlocks;
  Profile faults;
  std::size_t spare = 0;
  bool changes_set = false;       // while the attack goes on
  std::uint64_t set_changes = 1;  // then so often
  std::uint64_t skew_ms = 0;      // honest clocks are off by up to so much
  bool loses_disk = false;        // then one liar fewer: a restored node counts as failed
};

std::set<std::size_t> choose_liars(std::size_t nodes, std::size_t count, Random& random) {
  std::set<std::size_t> liars;
  if (random.chance(500)) {  // one after the other in the order of leading
    const std::size_t first = random.below(nodes);
    for (std::size_t i = 0; i < count; ++i) liars.insert((first + i) % nodes);
  } else {
    while (liars.size() < count) liars.insert(random.below(nodes));
  }
  return liars;
}

Plan plan_of(const AttackConfig& config) {
  Random random{config.seed * 0x9e3779b97f4a7c15U + config.nodes};
  Plan plan;
  const std::size_t f = (config.nodes - 1) / 3;
  TM_CHECK(f >= 1, "no liar is tolerated");
  const bool about_quarantine = config.strategy == kAboutQuarantine;
  plan.loses_disk = config.faults && f > 1 && random.chance(250);
  if (about_quarantine) plan.loses_disk = config.faults;
  plan.liars = choose_liars(config.nodes, f - (plan.loses_disk && f > 1 ? 1 : 0), random);
  static constexpr std::uint64_t kDeltas[] = {5, 20, 50, 120};
  // Many validators say much: with a fast network they only say it more often.
  plan.delta_ms = kDeltas[config.nodes > 13 ? random.between(2, 3) : random.below(4)];
  plan.order = static_cast<Order>(random.below(kOrders));
  plan.votes = random.chance(700)   ? Votes::kForOwnBlocks
               : random.chance(500) ? Votes::kNone
                                    : Votes::kAll;
  plan.faults = *find_profile("calm");
  if (config.faults) {
    plan.faults.crashes_per_mille = random.chance(500) ? 200 : 0;
    plan.faults.partitions_per_mille = random.chance(500) ? 200 : 0;
    plan.faults.pauses_per_mille = random.chance(300) ? 100 : 0;
    plan.faults.clock_jumps_per_mille = random.chance(300) ? 100 : 0;
    plan.faults.restores_per_mille = plan.loses_disk ? 500 : 0;
    const bool grows = random.chance(200);
    plan.spare = grows && config.nodes < kMostSeats ? 1 : 0;  // a full set has no room for one more
    plan.changes_set = plan.spare > 0;
  }
  if (config.strategy == kAboutEpochs && config.nodes < kMostSeats) {
    plan.spare = 1;
    plan.changes_set = true;
    plan.set_changes = 2;
  }
  if (config.delta_ms) plan.delta_ms = *config.delta_ms;
  // Up to its floor a restored node is one that failed: with f = 1 only the liar's votes help over
  // that.
  if (about_quarantine && f == 1) plan.votes = Votes::kAll;
  if (config.votes) plan.votes = *config.votes;
  if (config.order) plan.order = *config.order;
  static constexpr std::uint64_t kSkews[] = {0, 0, 20, 100};
  plan.skew_ms = config.skew_ms.value_or(kSkews[random.below(4)]);
  return plan;
}

class AttackRun {
 public:
  explicit AttackRun(const AttackConfig& config)
      : config_(config),
        plan_(plan_of(config)),
        load_(config.seed),
        simulation_(simulation_config()) {
    const std::uint64_t timely_us = simulation_.timeline().now_us() + config.untimely_ms * 1000;
    auto schedule = std::make_shared<AdversarialSchedule>(
        Random{config.seed}, plan_.liars, plan_.order, plan_.delta_ms * 1000, timely_us);
    simulation_.network().set_schedule([this, schedule](const Packet& packet) {
      return schedule->delay_us(packet, simulation_.timeline().now_us());
    });
    simulation_.adversary()->set_delta_us(plan_.delta_ms * 1000);
    bounds_ = bounds();
    laws_ = std::make_unique<Laws>(simulation_, bounds_, config.binding);
  }

  AttackOutcome run();

 private:
  SimulationConfig simulation_config() const;
  Bounds bounds() const;
  void publish();
  void set_clocks();
  bool recover();
  void submit_next();
  void keep_loaded();
  void change_set();
  bool honest_are_even() const;

  AttackConfig config_;
  Plan plan_;
  Random load_;
  Simulation simulation_;
  Bounds bounds_;
  std::unique_ptr<Laws> laws_;
  TransactionNumber next_ = kFirst;
  bool loading_ = false;
  bool watched_ = false;
};

SimulationConfig AttackRun::simulation_config() const {
  SimulationConfig made;
  made.seed = config_.seed;
  made.nodes = config_.nodes;
  made.spare_nodes = plan_.spare;
  made.real_signatures = config_.real_signatures;
  made.profile = plan_.faults;
  made.verbose = config_.verbose;
  made.colluding_nodes = plan_.liars;
  const auto* strategy = find_strategy(config_.silent ? "is-silent" : config_.strategy);
  TM_CHECK(strategy != nullptr, "no such strategy:", config_.strategy);
  made.strategy = *strategy;
  made.votes = plan_.votes;
  return made;
}

Bounds AttackRun::bounds() const {
  std::vector<std::size_t> seats;
  for (std::size_t i = 0; i < config_.nodes; ++i) seats.push_back(i);
  std::size_t row = liars_in_a_row(seats, plan_.liars);
  // An institution that joins sits where its id says: between two liars at worst, never so that
  // more of them follow each other.
  Bounds bounds;
  bounds.gap_ms = longest_gap_ms(row, plan_.delta_ms);
  bounds.final_ms = 2 * bounds.gap_ms + 1'000 + (config_.load > 0 ? config_.attack_ms : 0);
  bounds.holdings = consensus::holdings_bound(config_.nodes + plan_.spare);
  return bounds;
}

bool AttackRun::honest_are_even() const { return simulation_.recovered(); }

// Everybody honest is up, out of quarantine, and has committed a block of a view in which leaders
// that restarted while the network was untimely may propose again: n views after the highest of
// then.
bool AttackRun::recover() {
  std::map<std::size_t, Height> before;
  Epoch epoch;
  View last;
  std::uint64_t unit_ms = 250;
  for (std::size_t i = 0; i < simulation_.size(); ++i) {
    if (simulation_.is_faulty(i)) continue;
    before[i] = simulation_.node(i).height();
    const auto status = simulation_.node(i).status();
    unit_ms = std::max(unit_ms, status.delta_ms);
    if (status.epoch >= epoch)
      last = status.epoch > epoch ? status.view : std::max(last, status.view);
    epoch = std::max(epoch, status.epoch);
  }
  // A restarted leader passes for n views, at once, in which the unit does not grow. Meanwhile the
  // liars' views, and an honest one.
  std::uint64_t patience_ms = 3'000;
  for (std::size_t i = 0; i <= plan_.liars.size() + 1; ++i) {
    patience_ms += 3 * std::min<std::uint64_t>(unit_ms << std::min<std::size_t>(i, 10), 8'000);
  }
  loading_ = true;
  submit_next();
  const auto recovered = [&] {
    return std::all_of(before.begin(), before.end(), [&](const auto& each) {
      const auto& node = simulation_.node(each.first);
      if (!node.is_up() || node.in_quarantine() || node.height() <= each.second) return false;
      const auto status = node.status();
      return status.epoch > epoch || status.committed_view > last + simulation_.members().size();
    });
  };
  if (simulation_.run_until(recovered, patience_ms)) return true;
  if (!simulation_.checker().violation()) {
    simulation_.checker().violated(
        "no block on everybody honest within " + std::to_string(patience_ms) +
        " ms after the network became timely:" + simulation_.where_everybody_is());
  }
  return false;
}

// Tops up what waits, each transaction through another honest node. What is renamed replaces what
// was: not here.
void AttackRun::keep_loaded() {
  if (!loading_) return;
  while (laws_->waiting() < config_.load) {
    if (next_ % 8 == 3) ++next_;
    const TransactionNumber number = kLarge | next_++;
    std::size_t through = number % simulation_.size();
    while (simulation_.is_faulty(through) || !simulation_.node(through).is_up()) {
      through = (through + 1) % simulation_.size();
    }
    laws_->submitted(number);
    simulation_.submit(through, number);
  }
  simulation_.timeline().after(kTopUpUs, [this] { keep_loaded(); });
}

void AttackRun::submit_next() {
  if (!loading_ || (watched_ && config_.load > 0)) return;
  std::size_t through = load_.below(simulation_.size());
  while (simulation_.is_faulty(through)) through = (through + 1) % simulation_.size();
  if (simulation_.node(through).is_up()) {
    if (watched_) laws_->submitted(next_);
    simulation_.submit(through, next_++);
  }
  simulation_.timeline().after(load_.below(2 * config_.transaction_every_ms * 1000),
                               [this] { submit_next(); });
}

// Clocks that are kept by NTP are still not equal.
void AttackRun::set_clocks() {
  Random random{config_.seed ^ 0x636c6f636b};
  for (std::size_t i = 0; i < simulation_.size(); ++i) {
    const auto off = static_cast<std::int64_t>(random.below(2 * plan_.skew_ms + 1));
    if (!simulation_.is_faulty(i))
      simulation_.node(i).clock.offset_ms = off - static_cast<std::int64_t>(plan_.skew_ms);
  }
}

void AttackRun::publish() {
  for (std::size_t i = 0; i < simulation_.size(); ++i) {
    if (!simulation_.is_faulty(i)) {
      for (std::size_t author = 0; author < config_.nodes; ++author)
        simulation_.submit(i, kPublish | author);
    }
  }
}

// One more validator; where it sits already and there are more changes to come, one fewer.
void AttackRun::change_set() {
  if (simulation_.is_changing_set()) return;
  auto members = simulation_.members();
  if (members.size() == config_.nodes) {
    members.push_back(config_.nodes);
  } else if (plan_.set_changes > 1) {
    members.pop_back();
  } else {
    return;
  }
  simulation_.propose_set(members);
}

AttackOutcome AttackRun::run() {
  AttackOutcome made;
  made.bounds = bounds_;
  simulation_.begin_faults();
  publish();
  simulation_.run_for_ms(config_.untimely_ms);
  auto& checker = simulation_.checker();
  const std::uint64_t timely_ms = simulation_.timeline().now_ms();
  if (!checker.violation()) simulation_.calm();
  set_clocks();
  publish();
  if (!checker.violation() && recover()) {
    made.recovered_ms = simulation_.timeline().now_ms() - timely_ms;
    laws_->begin();

    load_ = Random{config_.seed};  // the same load whatever it took to come here
    watched_ = true;
    if (config_.load > 0) keep_loaded();
    const std::uint64_t part_ms = config_.attack_ms / (plan_.set_changes + 1);
    for (std::uint64_t i = 0; i < plan_.set_changes; ++i) {
      simulation_.run_for_ms(part_ms);
      if (plan_.changes_set) change_set();
    }
    simulation_.run_for_ms(config_.attack_ms - plan_.set_changes * part_ms);
    loading_ = false;
    if (config_.load > 0) laws_->stop_counting();

    // What was submitted last still has its time; then everybody is even.
    simulation_.run_until([&] { return laws_->all_final() && honest_are_even(); },
                          2 * bounds_.final_ms);
    laws_->end();
  }
  made.measured = laws_->measured();
  made.lies = simulation_.adversary()->lies();
  made.outcome = simulation_.finish(timely_ms);
  made.violation = made.outcome.violation;
  return made;
}

// Where more waits than blocks carry, a view that a liar leads costs what its timers allow, and the
// blocks that honest leaders would make meanwhile. With f silent liars the n - f honest views of a
// turn take as long as they take; beside them there are now f timeouts.
double least_when_saturated(const AttackConfig& config, const AttackOutcome& silent) {
  if (silent.measured.blocks == 0) return 0;
  const std::size_t liars = (config.nodes - 1) / 3;
  const double view_ms =
      static_cast<double>(config.attack_ms) / static_cast<double>(silent.measured.blocks);

  const double honest_ms = static_cast<double>(config.nodes - liars) * view_ms;
  const double waiting_ms = static_cast<double>(timeouts_ms(liars));
  return kLeastThroughput * honest_ms / (honest_ms + waiting_ms);
}

}  // namespace

AttackOutcome run_attack(const AttackConfig& config) { return AttackRun(config).run(); }

Comparison compare_attack(AttackConfig config) {
  // It needs moments in which nothing is pending.
  if (config.strategy == kAboutRest)
    config.transaction_every_ms = std::max(config.transaction_every_ms, kRestMs);
  Comparison compared;
  compared.attack = run_attack(config);
  // A restored node below its floor and f = 1 silent ones are more than are tolerated: nothing to
  // compare with.
  if (config.strategy == kAboutQuarantine && config.nodes < 7) {
    compared.violation = compared.attack.violation;
    return compared;
  }
  config.silent = true;
  compared.silent = run_attack(config);
  const auto ratio = [](std::uint64_t a, std::uint64_t b) {
    return b == 0 ? 1.0 : static_cast<double>(a) / static_cast<double>(b);
  };
  compared.throughput =
      ratio(compared.attack.measured.transactions, compared.silent.measured.transactions);
  compared.blocks = ratio(compared.attack.measured.blocks, compared.silent.measured.blocks);
  compared.violation = compared.attack.violation;
  if (!compared.violation && compared.silent.violation) {
    compared.violation = "with f silent validators: " + *compared.silent.violation;
  }
  compared.least =
      config.load == 0 ? kLeastThroughput : least_when_saturated(config, compared.silent);
  if (!compared.violation && config.binding && compared.throughput < compared.least) {
    compared.violation = "throughput is " + std::to_string(compared.throughput) +
                         " of that with f silent validators, and must be " +
                         std::to_string(compared.least);
  }
  return compared;
}

}  // namespace testamur::sim
