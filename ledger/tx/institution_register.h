// institution_register: an issuer joins, sponsored by the validator that sends it; or a listed
// institution gets keys.
#pragma once

#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx::institution_register {

std::optional<Rejection> check_form(const v1::TransactionBody& body);
std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan);
void apply(StateWriter& writer, const Transaction& transaction, const Plan& plan);
std::uint64_t weight(const v1::TransactionBody& body);

}  // namespace testamur::ledger::tx::institution_register
