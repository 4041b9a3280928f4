// The indexes that an issue takes, for whoever must know them before it is executed. Pure; any
// thread.
#pragma once

#include <optional>

#include "ledger/pages.h"
#include "ledger/tx/transaction.h"

namespace testamur::ledger::tx {

// Nothing for kinds that issue nothing.
std::optional<IndexRun> issued_run(const Transaction& transaction);

}  // namespace testamur::ledger::tx
