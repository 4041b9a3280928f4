// The rule for texts (common/text.h) over every text of a transaction. Part of validity from
// protocol version 3 on; what came before replays by the narrower rule of form_check.h. Pure; any
// thread.
#pragma once

#include <optional>

#include "ledger/tx/rejection.h"
#include "ledger/tx/transaction.h"

namespace testamur::ledger::tx {

inline constexpr std::uint16_t kTextRuleSince = 3;  // protocol version

// The first text with a fault: text_form, with the field's path, and the code point and its place
// as the detail.
std::optional<Rejection> find_text_fault(const Transaction& transaction);

}  // namespace testamur::ledger::tx
