// institution_list: a party without keys and powers, so that statements can be about it.
#pragma once

#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx::institution_list {

std::optional<Rejection> check_form(const v1::TransactionBody& body);
std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan);
void apply(StateWriter& writer, const Transaction& transaction, const Plan& plan);

}  // namespace testamur::ledger::tx::institution_list
