// succession_rename: the same legal entity goes on under a new registration; every party signs.
#pragma once

#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx::succession_rename {

std::optional<Rejection> check_form(const v1::TransactionBody& body);
std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan);
void apply(StateWriter& writer, const Transaction& transaction, const Plan& plan);

}  // namespace testamur::ledger::tx::succession_rename
