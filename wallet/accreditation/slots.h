// Which slot a new accreditation takes. The ledger refuses no slot below its limit: a statement in
// a slot that was used before joins what stands there, and of several that hold at a time the one
// that began last governs (docs/trust.md). So a slot is free once nothing in it holds when the new
// one begins, nor begins later. Pure; any thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

namespace testamur::wallet {

// The slots of one agency towards one institution.
class AccreditationSlots {
 public:
  // An accreditation in this slot that is over at `over_ms`; trust::kOpenEnd for one without an
  // end.
  void take(std::uint16_t slot, std::uint64_t over_ms) {
    auto& last_ms = over_ms_[slot];
    last_ms = std::max(last_ms, over_ms);
  }

  // The lowest slot below `limit` that was never taken, else the lowest in which all are over at
  // `from_ms`, when the new one begins; nothing where one of each slot still holds then or begins
  // later.
  std::optional<std::uint16_t> next(std::uint64_t from_ms, std::uint64_t limit) const {
    for (std::uint64_t slot = 0; slot < limit; ++slot) {
      const auto number = static_cast<std::uint16_t>(slot);
      if (!over_ms_.contains(number)) return number;
    }
    for (const auto& [slot, over_ms] : over_ms_) {
      if (slot < limit && over_ms <= from_ms) return slot;
    }
    return std::nullopt;
  }

 private:
  std::map<std::uint16_t, std::uint64_t> over_ms_;  // when the last of each slot is over
};

}  // namespace testamur::wallet
