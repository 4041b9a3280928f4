// The part of a block that no transaction asks for: what governance decided takes effect, what was
// not decided in time lapses.
//
// It runs once at the start of each block, empty ones included, before the first transaction; so
// nobody has to do anything on the day. Deterministic in the parent state and the header's height
// and time. Its work is bounded by the number of open proposals, which parameters limit.
// docs/governance.md; private to ledger/ (readers: ledger/tx/records/governance.h).
#pragma once

#include "ledger/ledger_state.h"
#include "ledger/parameters.h"
#include "ledger/tx/state_view.h"

namespace testamur::ledger {

// In the order of deadlines, then of proposing: open proposals whose voting has ended lapse; passed
// ones that are due take effect, or are void when a rule stands against them now. At most one
// changes the validator set; another one stays due for the next block. Aborts when an action wrote
// what it does not declare.
void take_effect(LedgerState& ledger, tx::RecordCache& cache, const Parameters& parameters,
                 const ChainId& chain, std::uint16_t protocol_version);

}  // namespace testamur::ledger
