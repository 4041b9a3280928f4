// The seam to the wall clock. Times are u64 milliseconds since 1970-01-01 UTC. `trust`, `consensus`
// and `ledger` never ask a clock: they are handed the time. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

namespace testamur::inline common {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::uint64_t now_ms() const = 0;
};

class SystemClock final : public Clock {
 public:
  std::uint64_t now_ms() const override;
};

// A clock that moves only when told to.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::uint64_t start_ms) : now_ms_(start_ms) {}
  std::uint64_t now_ms() const override { return now_ms_; }
  void advance_ms(std::uint64_t by_ms) { now_ms_ += by_ms; }
  void set_ms(std::uint64_t to_ms) { now_ms_ = to_ms; }

 private:
  std::atomic<std::uint64_t> now_ms_;
};

}  // namespace testamur::inline common
