// status_change: revoke, suspend, supersede or reinstate slots of the author, all or nothing.
#pragma once

#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx::status_change {

std::optional<Rejection> check_form(const v1::TransactionBody& body);
std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan);
void apply(StateWriter& writer, const Transaction& transaction, const Plan& plan);
std::uint64_t weight(const v1::TransactionBody& body);

}  // namespace testamur::ledger::tx::status_change
