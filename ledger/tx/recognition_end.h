// recognition_end: ends a slot from a date, or the statements that it names.
#pragma once

#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx::recognition_end {

std::optional<Rejection> check_form(const v1::TransactionBody& body);
std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan);
void apply(StateWriter& writer, const Transaction& transaction, const Plan& plan);

}  // namespace testamur::ledger::tx::recognition_end
