// The counters of the state that no other table shows. Private to ledger/.
#pragma once

#include <cstdint>

#include "ledger/state.h"

namespace testamur::ledger {

// Keys of Table::kMeta: permanent.
enum class MetaKey : std::uint8_t {
  kLogSize = 1,            // u64
  kPageCount = 2,          // u64
  kOldestRecentBlock = 3,  // u64, the lowest height of tx::kRecentBlocks
};

// Zero when absent.
std::uint64_t read_counter(const StateReader& state, MetaKey key);
void write_counter(Overlay& state, MetaKey key, std::uint64_t value);

// Keys and values that are one u64.
Bytes u64_bytes(std::uint64_t value);
std::uint64_t u64_from(ByteView stored);  // aborts unless 8 bytes

}  // namespace testamur::ledger
