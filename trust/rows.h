// The compact rows in which a History is kept, for the engine only. A million statements must fit
// in memory beside everything else, so rows refer to each other by 32-bit indexes. Values; any
// thread.
//
// `sequence` numbers everything that was appended: the ledger order. Lists run from the newest
// entry to the oldest.
#pragma once

#include <cstdint>
#include <vector>

#include "trust/statement.h"

namespace testamur::trust {

using PartyIndex = std::uint32_t;
using RowIndex = std::uint32_t;
using PairIndex = std::uint32_t;
inline constexpr std::uint32_t kNoIndex = ~std::uint32_t{0};

struct Block {
  Height height;
  std::uint64_t time_ms = 0;
};

struct StandingEvent {
  std::uint32_t sequence = 0;
  std::uint32_t block = 0;
  Standing standing = Standing::kGood;
};

struct RoleEvent {
  std::uint32_t sequence = 0;
  std::uint32_t block = 0;
  bool holds = false;
  bool retroactive = false;
};

struct ParentEvent {
  std::uint32_t block = 0;
  PartyIndex parent = kNoIndex;
};

struct Party {
  InstitutionId id;
  std::uint32_t block = 0;  // of its registration
  std::vector<StandingEvent> standings;
  std::vector<RoleEvent> roles;
  std::vector<ParentEvent> parents;
  PairIndex first_out = kNoIndex;
  PairIndex first_in = kNoIndex;
  std::uint32_t out_degree = 0;
  std::uint32_t in_degree = 0;
  std::uint32_t first_link_out = kNoIndex;  // successions in which it is a predecessor
  std::uint32_t first_link_in = kNoIndex;   // successions in which it is a successor
  bool closed = false;
};

// One statement. `jump` skips ahead in the list of its pair, so that "the newest at or before"
// takes O(log n) steps (skew-binary jump pointers, Myers 1983).
struct Row {
  StatementId id;
  std::uint64_t order = 0;  // position in the log
  std::uint64_t valid_from_ms = 0;
  std::uint64_t valid_until_ms = kOpenEnd;
  PartyIndex truster = 0;
  PartyIndex subject = 0;
  std::uint32_t scope = 0;
  std::uint32_t block = 0;
  std::uint32_t key = 0;
  std::uint32_t sequence = 0;
  RowIndex previous = kNoIndex;
  RowIndex jump = kNoIndex;
  std::uint32_t list_length = 0;
  std::uint32_t first_naming = kNoIndex;  // voids and ends that name this statement
  std::uint16_t slot = 0;
  Kind kind = Kind::kTrust;
  std::uint8_t amount = 0;
  std::uint8_t depth = 0;
  std::uint8_t reason = 0;
  Scheme scheme = Scheme::kNone;
  bool names_others = false;
};

// All statements of one institution about another.
struct Pair {
  PartyIndex truster = 0;
  PartyIndex subject = 0;
  PairIndex next_out = kNoIndex;
  PairIndex next_in = kNoIndex;
  RowIndex last_trust = kNoIndex;  // trust, distrust, ends of slots
  RowIndex last_accredit = kNoIndex;
  std::uint32_t trust_slots = 0;  // bit i: slot i was ever used
};

struct Compromise {
  std::uint64_t since_ms = 0;
  std::uint32_t block = 0;
};
struct Key {
  KeyId id;
  std::vector<Compromise> compromises;
};

// One statement named by a void or an end.
struct Naming {
  RowIndex by = kNoIndex;
  std::uint32_t next = kNoIndex;
};

// One predecessor-successor pair of a succession.
struct Link {
  PartyIndex predecessor = 0;
  PartyIndex successor = 0;
  std::uint32_t sequence = 0;
  std::uint32_t block = 0;
  std::uint32_t next_out = kNoIndex;  // further links of the predecessor
  std::uint32_t next_in = kNoIndex;   // further links of the successor
  bool inherits =
      false;  // the successor is the heir, the predecessor closed and in good standing before
};

// Open addressing with linear probing from 64-bit keys to 32-bit values; several values may share a
// key. Never iterated, so its layout cannot reach an answer.
class IndexTable {
 public:
  void insert(std::uint64_t key, std::uint32_t value);
  // Calls `fits(value)` for the values under the key until it says yes; that value, or kNoIndex.
  template <class Fits>
  std::uint32_t find(std::uint64_t key, Fits fits) const {
    if (values_.empty()) return kNoIndex;
    const std::size_t mask = values_.size() - 1;
    for (std::size_t at = mix(key) & mask; values_[at] != kNoIndex; at = (at + 1) & mask) {
      if (keys_[at] == key && fits(values_[at])) return values_[at];
    }
    return kNoIndex;
  }
  std::size_t memory_bytes() const { return keys_.capacity() * 8 + values_.capacity() * 4; }

 private:
  static std::size_t mix(std::uint64_t key);
  void grow();
  std::vector<std::uint64_t> keys_;
  std::vector<std::uint32_t> values_;
  std::size_t used_ = 0;
};

}  // namespace testamur::trust
