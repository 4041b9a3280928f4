// testamur-sim: runs seeds of the simulator and prints the one command that replays a failing one.
#include <charconv>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "tests/sim/simulation.h"

namespace {

using testamur::sim::Outcome;
using testamur::sim::Simulation;
using testamur::sim::SimulationConfig;

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;
  std::size_t nodes = 4;
  std::string profile = "all";
  bool verbose = false;
};

int usage() {
  std::cerr << "usage: testamur-sim [--seed S] [--seeds N] [--nodes N] [--profile P] [--verbose]\nprofiles:";
  for (const auto& profile : testamur::sim::profiles()) std::cerr << ' ' << profile.name;
  std::cerr << "\n";
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
    if (name == "--verbose") {
      options.verbose = true;
      continue;
    }
    if (i + 1 == arguments.size()) return false;
    const auto& value = arguments[++i];
    const bool ok = name == "--seed"      ? parse(value, options.seed)
                    : name == "--seeds"   ? parse(value, options.seeds)
                    : name == "--nodes"   ? parse(value, options.nodes)
                    : name == "--profile" ? (options.profile = value, true)
                                          : false;
    if (!ok) return false;
  }
  return options.nodes >= 1 && options.nodes <= 20 && testamur::sim::find_profile(options.profile) != nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse({argv + 1, argv + argc}, options)) return usage();
  const auto began = std::chrono::steady_clock::now();
  std::uint64_t virtual_ms = 0, slowest_ms = 0, crashes = 0, evidence = 0, failures = 0;
  for (std::uint64_t i = 0; i < options.seeds; ++i) {
    SimulationConfig config;
    config.seed = options.seed + i;
    config.nodes = options.nodes;
    config.profile = *testamur::sim::find_profile(options.profile);
    config.spare_nodes = config.profile.set_changes_per_mille > 0 ? 2 : 0;
    config.verbose = options.verbose;
    const Outcome first = Simulation{config}.run();
    config.verbose = false;
    Outcome outcome = Simulation{config}.run();
    if (first.state_hash != outcome.state_hash) outcome.violation = "two runs of the seed ended in different states";
    virtual_ms += first.virtual_ms + outcome.virtual_ms;
    slowest_ms = std::max(slowest_ms, outcome.recovery_ms);
    crashes += outcome.crashes;
    evidence += outcome.evidence;
    if (options.verbose) {
      std::cout << "seed " << config.seed << ": height " << outcome.height.value << ", epoch " << outcome.epoch.value
                << ", " << outcome.packets << " packets, " << outcome.nullified_views << " nullified, recovery "
                << outcome.recovery_ms << " ms\n";
    }
    if (!outcome.violation) continue;
    ++failures;
    std::cout << "seed " << config.seed << ": " << *outcome.violation << "\n  replay: testamur-sim --seed "
              << config.seed << " --nodes " << options.nodes << " --profile " << options.profile << " --verbose\n";
  }
  const auto spent =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count();
  std::cout << options.seeds << " seeds from " << options.seed << ", profile " << options.profile << ", "
            << options.nodes << " nodes: " << failures << " violations; " << crashes << " crashes, " << evidence
            << " pieces of evidence, slowest recovery " << slowest_ms << " ms; " << virtual_ms / 1000
            << " s simulated in " << spent << " ms\n";
  return failures == 0 ? 0 : 1;
}
