#include "common/clock.h"

#include <chrono>

namespace testamur::inline common {

std::uint64_t SystemClock::now_ms() const {
  using std::chrono::duration_cast, std::chrono::milliseconds, std::chrono::system_clock;
  return static_cast<std::uint64_t>(
      duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

}  // namespace testamur::inline common
