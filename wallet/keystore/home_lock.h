// One program at a time changes a home: whoever reads, derives and writes back holds this lock
// meanwhile.
//
// An advisory lock of the operating system (flock) on <home>/.lock, which ends with the process
// that holds it, however that ends. The file says who holds it, for people; its contents decide
// nothing. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/result.h"

namespace testamur::wallet {

class HomeLock {
 public:
  // Makes the home where there is none. While another program holds the lock, `on_wait` is told
  // once who; after `wait_ms` it is a failure that names the holder. `doing` is what others are
  // told of this program.
  static Result<HomeLock> take(const std::string& home, const std::string& doing,
                               std::uint64_t wait_ms,
                               const std::function<void(const std::string& holder)>& on_wait);
  HomeLock(HomeLock&& other) noexcept;
  HomeLock& operator=(HomeLock&& other) noexcept;
  HomeLock(const HomeLock&) = delete;
  HomeLock& operator=(const HomeLock&) = delete;
  ~HomeLock();

 private:
  explicit HomeLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace testamur::wallet
