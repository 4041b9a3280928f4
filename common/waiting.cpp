#include "common/waiting.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace testamur::inline common {
namespace {

struct Waiters {
  std::mutex mutex;
  std::vector<const std::string*> named;
};

Waiters& waiters() {
  static Waiters all;
  return all;
}

}  // namespace

Waiting::Waiting(std::string what) : what_(std::move(what)) {
  const std::lock_guard lock(waiters().mutex);
  waiters().named.push_back(&what_);
}

Waiting::~Waiting() {
  const std::lock_guard lock(waiters().mutex);
  std::erase(waiters().named, &what_);
}

std::string Waiting::for_what() {
  const std::lock_guard lock(waiters().mutex);
  return waiters().named.empty() ? std::string{} : *waiters().named.front();
}

}  // namespace testamur::inline common
