// The runtime of one simulated node: strand and pool are events of the timeline. A crash forgets
// all of them.
#pragma once

#include <map>

#include "common/clock.h"
#include "node/chain/runtime.h"
#include "tests/sim/random.h"
#include "tests/sim/timeline.h"

namespace testamur::sim {

class SimRuntime final : public node::Runtime {
 public:
  SimRuntime(Timeline& timeline, Random random, std::uint64_t pool_us)
      : timeline_(timeline), random_(random), pool_us_(pool_us) {}

  void post(Task task) override { later(0, std::move(task)); }
  void post_to_pool(Task task) override { later(random_.below(pool_us_ + 1), std::move(task)); }
  void post_aside(Task task, std::uint64_t delay_ms) override {
    later(delay_ms * 1000 + random_.below(pool_us_ + 1), std::move(task));
  }
  std::uint64_t now_ms() const override { return timeline_.now_ms(); }
  void arm(std::uint64_t at_ms, Task task) override {
    const std::uint64_t now_us = timeline_.now_us();
    tasks_.erase(armed_);
    armed_ = later(at_ms * 1000 > now_us ? at_ms * 1000 - now_us : 0, std::move(task));
  }

  // Returns the task's number.
  std::uint64_t later(std::uint64_t delay_us, Task task) {
    const std::uint64_t id = next_++;
    tasks_.emplace(id, std::move(task));
    schedule(delay_us, id);
    return id;
  }
  // Nothing runs for a while (SIGSTOP); what comes waits.
  void pause_us(std::uint64_t duration_us) { paused_until_us_ = timeline_.now_us() + duration_us; }
  void forget_everything() {
    tasks_.clear();
    paused_until_us_ = 0;
  }

 private:
  void schedule(std::uint64_t delay_us, std::uint64_t id) {
    timeline_.after(delay_us, [this, id] {
      if (timeline_.now_us() < paused_until_us_)
        return schedule(paused_until_us_ - timeline_.now_us(), id);
      auto task = tasks_.extract(id);
      if (!task.empty()) task.mapped()();
    });
  }

  Timeline& timeline_;
  Random random_;
  std::uint64_t pool_us_;
  std::map<std::uint64_t, Task> tasks_;
  std::uint64_t next_ = 1;
  std::uint64_t armed_ = 0;
  std::uint64_t paused_until_us_ = 0;
};

// A node's wall clock: the timeline's, off by something.
class SimClock final : public Clock {
 public:
  SimClock(const Timeline& timeline, std::uint64_t start_ms)
      : timeline_(timeline), start_ms_(start_ms) {}
  std::uint64_t now_ms() const override {
    const auto now = static_cast<std::int64_t>(start_ms_ + timeline_.now_ms());
    const auto drift =
        static_cast<std::int64_t>(timeline_.now_ms()) * drift_per_million / 1'000'000;
    return static_cast<std::uint64_t>(now + offset_ms + drift);
  }
  std::int64_t offset_ms = 0;
  std::int64_t drift_per_million = 0;  // so many microseconds a second too fast

 private:
  const Timeline& timeline_;
  std::uint64_t start_ms_;
};

}  // namespace testamur::sim
