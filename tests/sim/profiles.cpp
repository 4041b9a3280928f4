#include "tests/sim/simulation.h"

namespace testamur::sim {

const std::vector<Profile>& profiles() {
  static const Weather kLan{.delay_us = 500, .jitter_us = 2'000};
  static const Weather kWan{.delay_us = 20'000, .jitter_us = 30'000, .tail_per_mille = 10};
  static const Weather kBad{.loss_per_mille = 150,
                            .duplicate_per_mille = 50,
                            .delay_us = 2'000,
                            .jitter_us = 20'000,
                            .tail_per_mille = 50};
  static const Weather kWorst{.loss_per_mille = 300,
                              .duplicate_per_mille = 100,
                              .delay_us = 5'000,
                              .jitter_us = 40'000,
                              .tail_per_mille = 100,
                              .corrupt_per_mille = 20};
  static const std::vector<Profile> all{
      {.name = "calm", .weather = kLan},
      {.name = "wan", .weather = kWan},
      {.name = "loss", .weather = kBad},
      {.name = "crash", .weather = kLan, .crashes_per_mille = 400},
      {.name = "partition", .weather = kLan, .partitions_per_mille = 400},
      {.name = "silent", .weather = kBad, .fault = FaultKind::kSilent},
      {.name = "byzantine",
       .weather = kBad,
       .crashes_per_mille = 100,
       .partitions_per_mille = 100,
       .fault = FaultKind::kByzantine},
      {.name = "epochs", .weather = kBad, .crashes_per_mille = 150, .set_changes_per_mille = 150},
      {.name = "split",
       .weather = kLan,
       .crashes_per_mille = 50,
       .set_changes_per_mille = 200,
       .finalize_loss_per_mille = 800},
      {.name = "pauses", .weather = kWan, .pauses_per_mille = 300},
      {.name = "clocks",
       .weather = kLan,
       .clock_jumps_per_mille = 300,
       .drift_per_million = 200'000},
      {.name = "twins", .weather = kBad, .crashes_per_mille = 50, .fault = FaultKind::kTwins},
      {.name = "restore",
       .weather = kBad,
       .crashes_per_mille = 100,
       .set_changes_per_mille = 30,
       .restores_per_mille = 300},
      {.name = "storm",
       .weather = kWorst,
       .crashes_per_mille = 250,
       .partitions_per_mille = 200,
       .clock_jumps_per_mille = 100,
       .pauses_per_mille = 50},
      {.name = "all",
       .weather = kWorst,
       .crashes_per_mille = 200,
       .partitions_per_mille = 150,
       .set_changes_per_mille = 50,
       .clock_jumps_per_mille = 50,
       .drift_per_million = 10'000,
       .pauses_per_mille = 50,
       .fault = FaultKind::kByzantine},
  };
  return all;
}

const Profile* find_profile(const std::string& name) {
  for (const auto& profile : profiles()) {
    if (profile.name == name) return &profile;
  }
  return nullptr;
}

}  // namespace testamur::sim
