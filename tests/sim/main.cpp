// testamur-sim: runs seeds of the simulator and prints the one command that replays a failing one.
#include <charconv>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "tests/sim/simulation.h"

namespace {

using testamur::sim::Marks;
using testamur::sim::Outcome;
using testamur::sim::Profile;
using testamur::sim::Simulation;
using testamur::sim::SimulationConfig;
using testamur::sim::StoreKind;

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;
  std::size_t nodes = 4;
  std::string profile = "all";
  StoreKind store = StoreKind::kMemory;
  bool real_signatures = false;
  bool marks = false;
  bool verbose = false;
};

int usage() {
  std::cerr << "usage: testamur-sim [--seed S] [--seeds N] [--nodes N] [--profile P|each] [--store "
               "memory|real]\n"
               "                    [--signatures fast|real] [--marks] [--verbose]\nprofiles:";
  for (const auto& profile : testamur::sim::profiles()) std::cerr << ' ' << profile.name;
  std::cerr << "; each: the seeds take turns through all of them\n";
  return 2;
}

template <class Number>
bool parse(const std::string& text, Number& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc{} && end == text.data() + text.size();
}

bool parse(const std::vector<std::string>& arguments, Options& options) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& name = arguments[i];
    if (name == "--verbose" || name == "--marks") {
      (name == "--verbose" ? options.verbose : options.marks) = true;
      continue;
    }
    if (i + 1 == arguments.size()) return false;
    const auto& value = arguments[++i];
    const bool ok = name == "--seed"      ? parse(value, options.seed)
                    : name == "--seeds"   ? parse(value, options.seeds)
                    : name == "--nodes"   ? parse(value, options.nodes)
                    : name == "--profile" ? (options.profile = value, true)
                    : name == "--store"
                        ? (options.store = value == "real" ? StoreKind::kReal : StoreKind::kMemory,
                           value == "real" || value == "memory")
                    : name == "--signatures" ? (options.real_signatures = value == "real",
                                                value == "real" || value == "fast")
                                             : false;
    if (!ok) return false;
  }
  const bool known =
      options.profile == "each" || testamur::sim::find_profile(options.profile) != nullptr;
  return options.nodes >= 1 && options.nodes <= 20 && known;
}

struct Totals {
  std::uint64_t virtual_ms = 0, slowest_ms = 0, crashes = 0, evidence = 0, failures = 0, blocks = 0;
  Marks marks;
};

void run_seed(const Options& options, const Profile& profile, std::uint64_t seed, Totals& totals) {
  SimulationConfig config;
  config.seed = seed;
  config.nodes = options.nodes;
  config.store = options.store;
  config.real_signatures = options.real_signatures;
  config.profile = profile;
  config.spare_nodes = profile.set_changes_per_mille > 0 ? 2 : 0;
  config.verbose = options.verbose;
  const Outcome first = Simulation{config}.run();
  config.verbose = false;
  Outcome outcome = Simulation{config}.run();
  if (!outcome.violation) outcome.violation = first.violation;
  // RocksDB's own threads have a say in which un-synced bytes a loss of power finds.
  const bool repeats = options.store == StoreKind::kMemory;
  if (repeats && first.state_hash != outcome.state_hash && !outcome.violation) {
    outcome.violation = "two runs of the seed ended in different states";
  }
  totals.virtual_ms += first.virtual_ms + outcome.virtual_ms;
  totals.slowest_ms = std::max(totals.slowest_ms, outcome.recovery_ms);
  totals.crashes += outcome.crashes;
  totals.evidence += outcome.evidence;
  totals.blocks += outcome.height.value;
  totals.marks.add(outcome.marks);
  if (options.verbose) {
    std::cout << "seed " << seed << ": height " << outcome.height.value << ", epoch "
              << outcome.epoch.value << ", " << outcome.packets << " packets, "
              << outcome.nullified_views << " nullified, recovery " << outcome.recovery_ms
              << " ms, state " << testamur::to_hex(outcome.state_hash.view()) << "\n";
  }
  if (!outcome.violation) return;
  ++totals.failures;
  std::cout << "seed " << seed << ": " << *outcome.violation << "\n  replay: testamur-sim --seed "
            << seed << " --nodes " << options.nodes << " --profile " << profile.name
            << (options.store == StoreKind::kReal ? " --store real" : "")
            << (options.real_signatures ? " --signatures real" : "") << " --verbose" << std::endl;
}

void print_marks(const Marks& marks, bool counts) {
  if (counts) {
    for (const auto& name : Marks::all())
      std::cout << "  " << marks.count(name) << "  " << name << "\n";
    return;
  }
  const auto never = marks.never();
  std::cout << Marks::all().size() - never.size() << " of " << Marks::all().size()
            << " situations reached";
  for (std::size_t i = 0; i < never.size(); ++i)
    std::cout << (i == 0 ? "; never: " : ", ") << never[i];
  std::cout << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse({argv + 1, argv + argc}, options)) return usage();
  const auto& profiles = testamur::sim::profiles();
  const auto began = std::chrono::steady_clock::now();
  Totals totals;
  for (std::uint64_t seed = options.seed; seed < options.seed + options.seeds; ++seed) {
    const auto& profile = options.profile == "each" ? profiles[seed % profiles.size()]
                                                    : *testamur::sim::find_profile(options.profile);
    run_seed(options, profile, seed, totals);
  }
  const auto spent_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                            std::chrono::steady_clock::now() - began)
                            .count();
  std::cout << options.seeds << " seeds from " << options.seed << ", profile " << options.profile
            << ", " << options.nodes << " nodes: " << totals.failures << " violations; "
            << totals.blocks << " blocks, " << totals.crashes << " crashes, " << totals.evidence
            << " pieces of evidence, slowest recovery " << totals.slowest_ms << " ms; "
            << totals.virtual_ms / 1000 << " s simulated in " << spent_ms << " ms = "
            << totals.virtual_ms / static_cast<std::uint64_t>(std::max<std::int64_t>(spent_ms, 1))
            << " times real time\n";
  print_marks(totals.marks, options.marks);
  return totals.failures == 0 ? 0 : 1;
}
