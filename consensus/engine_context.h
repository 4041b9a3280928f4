// What every part of the engine may read, and the driver through which it acts.
//
// The core alone writes it: the clock with each tick, the committee when an epoch begins, the
// finalized prefix when blocks are handed to commit. The parts hold it const, so whatever else
// changes in a part is a member of that part. Private to consensus/. One thread.
#pragma once

#include <cstdint>

#include "consensus/committee.h"
#include "consensus/driver.h"
#include "consensus/engine.h"
#include "consensus/finalized_prefix.h"

namespace testamur::consensus {

// A part's next deadline when it waits for nothing but events.
inline constexpr std::uint64_t kNever = ~std::uint64_t{0};

// The time of the last tick: the only time that the engine knows.
class LocalClock {
 public:
  std::uint64_t now_ms() const { return now_ms_; }
  // At start, which names the time itself.
  void set(std::uint64_t now_ms) { now_ms_ = now_ms; }
  // Time does not go backwards, whatever a tick says.
  void advance_to(std::uint64_t now_ms) {
    if (now_ms > now_ms_) now_ms_ = now_ms;
  }

 private:
  std::uint64_t now_ms_ = 0;
};

struct EngineContext {
  const EngineConfig& config;
  const LocalClock& clock;
  const Committee& committee;
  const FinalizedPrefix& prefix;
  Driver& driver;

  std::uint64_t now_ms() const { return clock.now_ms(); }
  const Timing& timing() const { return config.timing; }
};

}  // namespace testamur::consensus
