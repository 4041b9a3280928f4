// How many credentials all issuers of a ledger have issued: added up when it is asked for and the
// ledger has changed, at most once a second. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>

#include "node/rpc/reader.h"

namespace testamur::node {

class IssuedCount {
 public:
  // 0 where there are too many institutions to ask.
  std::uint64_t of(const Reader& reader);

 private:
  std::mutex mutex_;
  std::uint64_t pages_ = 0;  // of the state that was counted
  std::uint64_t issued_ = 0;
  std::chrono::steady_clock::time_point counted_;
};

}  // namespace testamur::node
