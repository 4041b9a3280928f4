// ready: a new consensus key says that its node follows the ledger, by a recent block of it.
#pragma once

#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx::ready {

std::optional<Rejection> check_form(const v1::TransactionBody& body);
std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan);
void apply(StateWriter& writer, const Transaction& transaction, const Plan& plan);

}  // namespace testamur::ledger::tx::ready
