// achievement_publish: a new version of the public description of what is awarded.
#pragma once

#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx::achievement_publish {

std::optional<Rejection> check_form(const v1::TransactionBody& body);
std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan);
void apply(StateWriter& writer, const Transaction& transaction, const Plan& plan);

}  // namespace testamur::ledger::tx::achievement_publish
