// What the seven kinds of recognition and accreditation have in common. Private to ledger/tx.
#pragma once

#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx::statement_rules {

std::optional<Rejection> check_form(const v1::TransactionBody& body);
// Subject, slot, limits of the truster, and what the statement names; leaves the content in the
// plan.
std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan);
// The record, and a look-up for each statement that an end or void names.
std::uint64_t weight(const v1::TransactionBody& body);
void apply(StateWriter& writer, const Plan& plan);

}  // namespace testamur::ledger::tx::statement_rules
