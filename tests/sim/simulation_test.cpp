// Seeds of the simulator, and what the protocol promises about time.
#include "tests/sim/simulation.h"

#include "tests/support/catch.h"

namespace testamur::sim {
namespace {

void check_seeds(const std::string& profile, std::size_t nodes, std::uint64_t first, std::uint64_t count) {
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    SimulationConfig config{.seed = seed, .nodes = nodes, .profile = *find_profile(profile)};
    if (config.profile.set_changes_per_mille > 0) config.spare_nodes = 2;
    const Outcome one = Simulation{config}.run();
    const Outcome two = Simulation{config}.run();
    INFO("replay: testamur-sim --seed " << seed << " --nodes " << nodes << " --profile " << profile << " --verbose");
    INFO(one.violation.value_or("no violation"));
    CHECK_FALSE(one.violation.has_value());
    CHECK(one.state_hash == two.state_hash);
    CHECK(one.height > Height{0});
  }
}

// Constant delays, a disk and an executor that take no time: what is left is the protocol.
SimulationConfig constant_delay(std::uint64_t delay_us) {
  SimulationConfig config;
  config.profile.weather = {.delay_us = delay_us};
  config.adjust = [](NodeSettings& settings) { settings.sync_us = settings.sync_jitter_us = settings.work_us = 0; };
  return config;
}

}  // namespace

TEST_CASE("400 seeds: no invariant breaks, everybody recovers, and a seed replays to the same state", "[sim]") {
  for (const auto& profile : profiles()) {
    check_seeds(profile.name, 4, 1000, 30);
    check_seeds(profile.name, 7, 2000, 8);
  }
  check_seeds("all", 5, 3000, 15);
  check_seeds("storm", 1, 4000, 5);
}

TEST_CASE("a transaction is final three message delays after its leader proposes it", "[sim]") {
  constexpr std::uint64_t kDelay = 10'000;
  auto config = constant_delay(kDelay);
  Simulation simulation{config};
  simulation.network().set_weather(config.profile.weather);
  simulation.start_all();
  simulation.run_for_ms(100);
  const std::uint64_t began = simulation.timeline().now_us();
  simulation.submit(1, 7);  // leads view 1
  REQUIRE(simulation.run_until([&] { return simulation.node(1).application().is_committed(7); }, 1'000));
  CHECK(simulation.timeline().now_us() - began == 3 * kDelay);
  simulation.run_for_ms(1);
  CHECK(simulation.everybody_has(7));
}

TEST_CASE("under load a block is made every two message delays", "[sim]") {
  constexpr std::uint64_t kDelay = 10'000;
  auto config = constant_delay(kDelay);
  Simulation simulation{config};
  simulation.network().set_weather(config.profile.weather);
  simulation.start_all();
  for (TransactionNumber number = 1; number <= 6'400; ++number) {
    for (std::size_t node = 0; node < 4; ++node) simulation.node(node).application().submit(number);
  }
  const auto reached = [&](std::uint64_t height) {
    REQUIRE(simulation.run_until([&] { return simulation.node(0).application().height() >= Height{height}; }, 10'000));
    return simulation.timeline().now_us();
  };
  simulation.submit(1, 6'401);
  const std::uint64_t began = reached(10);
  const std::uint64_t per_block = (reached(60) - began) / 50;
  CHECK(per_block == 2 * kDelay);
}

TEST_CASE("the simulator sees a fork when more than f validators lie", "[sim]") {
  // Two of four keys sign everything: the checker must find it, or its silence elsewhere means nothing.
  SimulationConfig config{.nodes = 4, .more_traitors = 1, .profile = *find_profile("byzantine")};
  std::size_t violations = 0;
  for (config.seed = 1; config.seed <= 20 && violations == 0; ++config.seed) {
    const Outcome outcome = Simulation{config}.run();
    violations += outcome.violation.has_value() ? 1 : 0;
  }
  CHECK(violations > 0);
}

TEST_CASE("the simulator sees a node that votes before its journal is synced", "[sim]") {
  SimulationConfig config{.seed = 1, .nodes = 4, .profile = *find_profile("crash")};
  config.adjust = [](NodeSettings& settings) { settings.lying_disk = true; };
  const Outcome outcome = Simulation{config}.run();
  REQUIRE(outcome.violation.has_value());
}

}  // namespace testamur::sim
