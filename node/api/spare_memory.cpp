#include "node/api/spare_memory.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace testamur::node {
namespace {

constexpr int kArenas = 4;
// From this size on a buffer is mapped by itself, and every page of it is touched anew each time:
// above a transaction and a block, which come and go all the time. Fixed: the library would raise
// it with the first larger request that it frees, and keep those that follow.
constexpr int kMappedBytes = 4 << 20;
// What is free at the end of an arena stays with it up to here. The library's own limit of 128 KiB,
// which no longer grows once the size above is fixed, gives the pages of each block back and takes
// them again for the next; give_back_if_grown() is for what is free for long.
constexpr int kKeptBytes = 16 << 20;
constexpr std::uint64_t kWorthwhileBytes = 1u << 20;

}  // namespace

std::uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t size = 0, resident = 0;
  file >> size >> resident;
  return file ? resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

void SpareMemory::configure() {
  (void)::mallopt(M_ARENA_MAX, kArenas);
  (void)::mallopt(M_MMAP_THRESHOLD, kMappedBytes);
  (void)::mallopt(M_TRIM_THRESHOLD, kKeptBytes);
}

bool SpareMemory::give_back_if_grown(std::uint64_t now_ms) {
  const auto resident = resident_bytes();
  if (least_ == 0 || resident < least_) least_ = resident;
  // What was in use when it was looked for last may be free by now, without any growth that tells
  // of it.
  const bool grows = resident > then_ + kGrownBytes;
  if (now_ms < then_ms_ + (grows ? kEveryMs : pause_ms_) || resident < least_ + kGrownBytes)
    return false;

  (void)::malloc_trim(0);
  then_ms_ = now_ms;
  then_ = resident_bytes();
  pause_ms_ = then_ + kWorthwhileBytes < resident ? kEveryMs : std::min(2 * pause_ms_, kAtMostMs);
  return true;
}

}  // namespace testamur::node
