// Recognitions and accreditations of the ledger as messages, and which of them are in force. One
// thread a call.
#pragma once

#include <utility>
#include <vector>

#include "ledger/tx/records/statements.h"
#include "node/rpc/reader.h"
#include "trust/graph.h"

namespace testamur::node {

void fill_statement(const Reader& reader, const ledger::tx::StatementRecord& record, bool in_force,
                    v1::StatementView& out);
// Who says something of whom, with `party` on one side. Unproven. `history` may be behind the
// reader's state: what was said since is read from the state.
std::vector<std::pair<InstitutionId, InstitutionId>> pairs_around(const Reader& reader,
                                                                  const trust::History& history,
                                                                  const InstitutionId& party);
// Those of one pair that are in force at the newest block, as decisions count them
// (trust/in_force.h); by slot.
std::vector<ledger::tx::StatementRecord> statements_in_force(const Reader& reader,
                                                             const InstitutionId& truster,
                                                             const InstitutionId& subject);

}  // namespace testamur::node
