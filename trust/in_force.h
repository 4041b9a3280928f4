// Which statements of one institution about another are in force: they govern their slot and are
// effective at a time, as anybody but their author reads them (docs/trust.md, "Which statement
// governs"). Decisions use the same rules; the standing of the two, scopes and successions are no
// part of the question. Pure; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "trust/decide.h"

namespace testamur::trust {

// In the order of ids; empty where one of them is not on the ledger.
std::vector<StatementId> in_force(const History& history, const InstitutionId& truster,
                                  const InstitutionId& subject, const AsOf& as_of,
                                  std::uint64_t at_ms);

}  // namespace testamur::trust
