// Keeps a trust::History in step with the ledger: appends what a state holds beyond what was read before.
//
// Pure; one thread at a time for one history.
#pragma once

#include <cstdint>

#include "common/result.h"
#include "ledger/state.h"
#include "trust/graph.h"

namespace testamur::node {

// How much of each list was read.
struct HistoryCursor {
  std::uint64_t institutions = 0;
  std::uint64_t statements = 0;
  std::uint64_t changes = 0;
  auto operator<=>(const HistoryCursor&) const = default;
};

HistoryCursor end_of(const ledger::StateReader& state);
// Appends everything from `cursor` on, in ledger order, and moves the cursor to the end. Fails when the trust engine
// refuses what the ledger accepted: then the two disagree about a rule.
Status follow_history(const ledger::StateReader& state, HistoryCursor& cursor, trust::History& history);

}  // namespace testamur::node
