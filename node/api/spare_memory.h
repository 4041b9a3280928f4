// Memory that a flood of calls left free inside the process goes back to the system.
//
// The C library keeps what is freed: in an arena for every few threads, and between what is still
// in use. A caller whose requests were refused would leave the node larger for good. So there are
// few arenas, the largest buffers are the system's own, and what lies free is given back when the
// process has grown. One thread.
#pragma once

#include <cstdint>

namespace testamur::node {

class SpareMemory {
 public:
  // For the whole process, before there are threads. Without effect where the C library has no such
  // settings.
  static void configure();

  // Gives free memory back while the process is larger than it has been, and less often where that
  // brings nothing: it looks through all that is free. Returns whether it did.
  bool give_back_if_grown(std::uint64_t now_ms);

  static constexpr std::uint64_t kEveryMs = 5'000;
  static constexpr std::uint64_t kAtMostMs = 60'000;
  static constexpr std::uint64_t kGrownBytes = 16u << 20;

 private:
  std::uint64_t least_ = 0;  // bytes that the process has had at least
  std::uint64_t then_ = 0;   // and after the last time
  std::uint64_t then_ms_ = 0;
  std::uint64_t pause_ms_ = kEveryMs;
};

// Bytes of this process in memory; 0: the system does not say.
std::uint64_t resident_bytes();

}  // namespace testamur::node
