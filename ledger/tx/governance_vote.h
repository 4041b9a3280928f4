// governance_vote: a validator votes on an open proposal, or an old root vetoes its replacement.
#pragma once

#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx::governance_vote {

std::optional<Rejection> check_form(const v1::TransactionBody& body);
std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan);
void apply(StateWriter& writer, const Transaction& transaction, const Plan& plan);

}  // namespace testamur::ledger::tx::governance_vote
