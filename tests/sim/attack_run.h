// One run of a seed under attack: f colluding liars, an adversarial network, first with all the
// faults of the other profiles, then timely while the attack goes on; and the same seed with f
// silent ones, for comparison.
#pragma once

#include <optional>
#include <string>

#include "tests/sim/laws.h"
#include "tests/sim/schedule.h"

namespace testamur::sim {

struct AttackConfig {
  std::uint64_t seed = 1;
  std::size_t nodes = 4;
  std::string strategy = "mix";
  std::uint64_t untimely_ms = 3'000;  // faults, and a network without a bound
  std::uint64_t attack_ms = 10'000;   // timely, under attack: here the laws hold
  std::uint64_t transaction_every_ms = 60;
  // So many large transactions wait at any time, more than a block carries: throughput is then what
  // the validators can do, and not what was offered, and has a law of its own. How long a
  // transaction waits has no bound but the run.
  std::uint64_t load = 0;
  bool silent = false;  // the liars say nothing: what the same seed is compared with
  bool faults = true;   // crashes, partitions, lost disks, set changes in the untimely part
  std::optional<std::uint64_t> delta_ms = {};  // how slow a timely network is; by the seed
  std::optional<std::uint64_t> skew_ms =
      {};  // by how much honest clocks are off meanwhile; by the seed
  std::optional<Order> order = {};
  std::optional<Votes> votes = {};
  bool real_signatures = false;
  bool binding = true;
  bool verbose = false;
};

struct AttackOutcome {
  std::optional<std::string> violation;
  Measured measured;
  std::uint64_t recovered_ms = 0;  // from timely to the first block that everybody honest has
  std::uint64_t lies = 0;
  Bounds bounds;
  Outcome outcome;
};

AttackOutcome run_attack(const AttackConfig& config);
// Also the silent run of the same seed, and the law of throughput.
struct Comparison {
  AttackOutcome attack;
  AttackOutcome silent;
  double throughput = 1;  // transactions final under attack, by those with f silent
  double least = 0;       // what the law of throughput asks for
  double blocks = 1;
  std::optional<std::string> violation;
};
Comparison compare_attack(AttackConfig config);

}  // namespace testamur::sim
