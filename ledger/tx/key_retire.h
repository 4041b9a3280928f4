// key_retire: the author's root retires a key, perhaps as compromised since a time.
#pragma once

#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx::key_retire {

std::optional<Rejection> check_form(const v1::TransactionBody& body);
std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan);
void apply(StateWriter& writer, const Transaction& transaction, const Plan& plan);

}  // namespace testamur::ledger::tx::key_retire
