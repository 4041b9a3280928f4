// evidence: a consensus key signed two statements of one view that no honest key signs both.
#pragma once

#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx::evidence {

std::optional<Rejection> check_form(const v1::TransactionBody& body);
std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan);
void apply(StateWriter& writer, const Transaction& transaction, const Plan& plan);

}  // namespace testamur::ledger::tx::evidence
