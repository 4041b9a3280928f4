// succession_split: an institution is followed by several; every party signs.
#pragma once

#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx::succession_split {

std::optional<Rejection> check_form(const v1::TransactionBody& body);
std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan);
void apply(StateWriter& writer, const Transaction& transaction, const Plan& plan);

}  // namespace testamur::ledger::tx::succession_split
