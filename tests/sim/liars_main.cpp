// testamur-liars: runs seeds under attack and prints the one command that replays a failing one;
// --rows prints what scripts/liars makes its table of.
#include <charconv>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "tests/sim/attack_run.h"

namespace {

using testamur::sim::AttackConfig;
using testamur::sim::Comparison;
using testamur::sim::Measured;
using testamur::sim::Order;
using testamur::sim::Votes;

struct Options {
  AttackConfig attack;
  std::uint64_t seeds = 1;
  std::string strategy = "mix";
  std::string votes, order;  // as they were given
  bool rows = false;
  bool twice = false;
  std::uint64_t delta_ms = 0;
  std::uint64_t seconds = 10;
  std::uint64_t untimely = 3;
};

int usage() {
  std::cerr << "usage: testamur-liars [--seed S] [--seeds N] [--nodes N] [--strategy "
               "NAME|each|turns] [--seconds VIRTUAL]\n"
               "                      [--untimely VIRTUAL] [--every MS] [--delta MS] [--skew MS] "
               "[--votes own|none|all] "
               "[--order NAME] "
               "[--load TRANSACTIONS] [--no-faults] "
               "[--not-binding]\n"
               "                      [--rows] [--twice] [--verbose]\nstrategies:";
  for (const auto& strategy : testamur::sim::strategies()) std::cerr << ' ' << strategy.name;
  std::cerr << "; each: every one of them for all seeds; turns: another one for each seed\n";
  return 2;
}

bool parse_number(const std::string& text, std::uint64_t& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc{} && end == text.data() + text.size();
}

bool parse_votes(const std::string& text, std::optional<Votes>& votes) {
  if (text == "own") votes = Votes::kForOwnBlocks;
  if (text == "none") votes = Votes::kNone;
  if (text == "all") votes = Votes::kAll;
  return votes.has_value();
}

bool parse_order(const std::string& text, std::optional<Order>& order) {
  static const std::vector<std::string> kNames{"any", "liars-first", "leader-last", "kinds-apart",
                                               "nullify-first"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (text == kNames[i]) order = static_cast<Order>(i);
  }
  return order.has_value();
}

bool parse_switch(const std::string& name, Options& options) {
  if (name == "--verbose") return options.attack.verbose = true;
  if (name == "--rows") return options.rows = true;
  if (name == "--twice") return options.twice = true;
  if (name == "--no-faults") return !(options.attack.faults = false);
  if (name == "--not-binding") return !(options.attack.binding = false);
  return false;
}

bool parse(const std::vector<std::string>& arguments, Options& options) {
  std::uint64_t nodes = 4;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& name = arguments[i];
    if (parse_switch(name, options)) continue;
    if (i + 1 == arguments.size()) return false;
    const auto& value = arguments[++i];
    const bool ok = name == "--seed"       ? parse_number(value, options.attack.seed)
                    : name == "--seeds"    ? parse_number(value, options.seeds)
                    : name == "--nodes"    ? parse_number(value, nodes)
                    : name == "--seconds"  ? parse_number(value, options.seconds)
                    : name == "--untimely" ? parse_number(value, options.untimely)
                    : name == "--load"     ? parse_number(value, options.attack.load)
                    : name == "--delta"    ? parse_number(value, options.delta_ms)
                    : name == "--every" ? parse_number(value, options.attack.transaction_every_ms)
                    : name == "--skew"  ? parse_number(value, options.attack.skew_ms.emplace())
                    : name == "--votes" ? parse_votes(options.votes = value, options.attack.votes)
                    : name == "--order" ? parse_order(options.order = value, options.attack.order)
                    : name == "--strategy" ? (options.strategy = value, true)
                                           : false;
    if (!ok) return false;
  }
  options.attack.nodes = nodes;
  options.attack.attack_ms = options.seconds * 1000;
  options.attack.untimely_ms = options.untimely * 1000;
  if (options.delta_ms > 0) options.attack.delta_ms = options.delta_ms;
  const bool known = options.strategy == "each" || options.strategy == "turns" ||
                     testamur::sim::find_strategy(options.strategy) != nullptr;
  return nodes >= 4 && nodes <= 31 && known;
}

struct Totals {
  std::uint64_t runs = 0, failures = 0, lies = 0, slowest_recovery_ms = 0, virtual_ms = 0;
  double least_throughput = 10, least_blocks = 10;
  Measured measured;
};

void print_row(const Options& options, const std::string& strategy, const Totals& totals) {
  const auto& most = totals.measured.most;
  std::cout << "row\t" << strategy << '\t' << options.attack.nodes << '\t' << totals.runs << '\t'
            << totals.failures << '\t' << totals.measured.gap_ms << '\t' << totals.measured.final_ms
            << '\t' << totals.least_throughput << '\t' << totals.least_blocks << '\t' << most.views
            << '\t' << most.blocks << '\t' << most.block_bytes << '\t' << most.wanted << '\t'
            << most.votes << '\t' << most.claims << '\t' << totals.slowest_recovery_ms << std::endl;
}

void run_seed(const Options& options, const std::string& strategy, std::uint64_t seed,
              Totals& totals) {
  AttackConfig config = options.attack;
  config.seed = seed;
  config.strategy = strategy;
  Comparison result = compare_attack(config);
  if (options.twice && !result.violation) {
    config.verbose = false;
    if (run_attack(config).outcome.state_hash != result.attack.outcome.state_hash) {
      result.violation = "two runs of the seed ended in different states";
    }
  }
  ++totals.runs;
  totals.lies += result.attack.lies;
  totals.measured.add(result.attack.measured);
  totals.slowest_recovery_ms = std::max(totals.slowest_recovery_ms, result.attack.recovered_ms);
  totals.virtual_ms += result.attack.outcome.virtual_ms + result.silent.outcome.virtual_ms;
  totals.least_throughput = std::min(totals.least_throughput, result.throughput);
  totals.least_blocks = std::min(totals.least_blocks, result.blocks);
  if (options.attack.verbose) {
    std::cout << "seed " << seed << " " << strategy << ": gap " << result.attack.measured.gap_ms
              << " of " << result.attack.bounds.gap_ms << " ms, final in "
              << result.attack.measured.final_ms << " ms, " << result.attack.measured.transactions
              << " / " << result.silent.measured.transactions << " transactions, "
              << result.attack.measured.blocks << " / " << result.silent.measured.blocks
              << " blocks, " << result.attack.lies << " lies, recovered in "
              << result.attack.recovered_ms << " ms, " << result.attack.outcome.packets
              << " packets, silent gap " << result.silent.measured.gap_ms << " ms\n";
  }
  if (!result.violation) return;
  ++totals.failures;
  std::cout << "seed " << seed << ": " << *result.violation << "\n  replay: testamur-liars --seed "
            << seed << " --nodes " << options.attack.nodes << " --strategy " << strategy
            << " --seconds " << options.seconds << " --untimely " << options.untimely << " --every "
            << options.attack.transaction_every_ms
            << (options.attack.load > 0 ? " --load " + std::to_string(options.attack.load)
                                        : std::string{})
            << (options.delta_ms > 0 ? " --delta " + std::to_string(options.delta_ms)
                                     : std::string{})
            << (options.votes.empty() ? options.votes : " --votes " + options.votes)
            << (options.order.empty() ? options.order : " --order " + options.order)
            << (options.attack.skew_ms ? " --skew " + std::to_string(*options.attack.skew_ms)
                                       : std::string{})
            << (options.attack.faults ? "" : " --no-faults") << " --verbose" << std::endl;
}

Totals run_strategy(const Options& options, const std::string& strategy) {
  Totals totals;
  const auto& all = testamur::sim::strategies();
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t seed = options.attack.seed; seed < options.attack.seed + options.seeds;
       ++seed) {
    run_seed(options, strategy == "turns" ? all[seed % all.size()].name : strategy, seed, totals);
  }
  const auto spent_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                            std::chrono::steady_clock::now() - began)
                            .count();
  if (options.rows) print_row(options, strategy, totals);
  std::cout << options.seeds << " seeds from " << options.attack.seed << ", strategy " << strategy
            << ", " << options.attack.nodes << " nodes: " << totals.failures
            << " violations; worst gap " << totals.measured.gap_ms << " ms, slowest finality "
            << totals.measured.final_ms << " ms, least throughput " << totals.least_throughput
            << ", least blocks " << totals.least_blocks << ", " << totals.lies << " lies; "
            << totals.virtual_ms / 1000 << " s simulated in " << spent_ms << " ms" << std::endl;
  return totals;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse({argv + 1, argv + argc}, options)) return usage();
  std::uint64_t failures = 0;
  if (options.strategy != "each") {
    failures = run_strategy(options, options.strategy).failures;
  } else {
    for (const auto& strategy : testamur::sim::strategies())
      failures += run_strategy(options, strategy.name).failures;
  }
  return failures == 0 ? 0 : 1;
}
