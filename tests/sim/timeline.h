// The virtual clock and everything that is still to happen, in order of time, then of scheduling.
// Microseconds.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace testamur::sim {

class Timeline {
 public:
  std::uint64_t now_us() const { return now_us_; }
  std::uint64_t now_ms() const { return now_us_ / 1000; }

  void at(std::uint64_t when_us, std::function<void()> what) {
    events_.push({when_us < now_us_ ? now_us_ : when_us, next_++, std::move(what)});
  }
  void after(std::uint64_t delay_us, std::function<void()> what) {
    at(now_us_ + delay_us, std::move(what));
  }

  // Handles the next event; false when there is none at or before `until_us` (the clock then stands
  // there).
  bool step(std::uint64_t until_us) {
    if (events_.empty() || events_.top().when_us > until_us) {
      if (until_us > now_us_) now_us_ = until_us;
      return false;
    }
    auto what = std::move(const_cast<Event&>(events_.top()).what);
    now_us_ = events_.top().when_us;
    events_.pop();
    what();
    return true;
  }

 private:
  struct Event {
    std::uint64_t when_us;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const Event& other) const {
      return when_us != other.when_us ? when_us > other.when_us : order > other.order;
    }
  };
  std::uint64_t now_us_ = 1'000'000;
  std::uint64_t next_ = 0;
  std::priority_queue<Event> events_;
};

}  // namespace testamur::sim
