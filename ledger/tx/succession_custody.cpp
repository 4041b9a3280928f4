#include "ledger/tx/succession_custody.h"

#include "ledger/tx/succession_rules.h"

namespace testamur::ledger::tx::succession_custody {

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  return succession_rules::check_form(body);
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan) {
  return succession_rules::check_state(view, transaction, plan);
}

void apply(StateWriter& writer, const Transaction&, const Plan& plan) {
  succession_rules::apply(writer, plan);
}

}  // namespace testamur::ledger::tx::succession_custody
