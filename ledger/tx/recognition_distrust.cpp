#include "ledger/tx/recognition_distrust.h"

#include "ledger/tx/statement_rules.h"

namespace testamur::ledger::tx::recognition_distrust {

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  return statement_rules::check_form(body);
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan) {
  return statement_rules::check_state(view, transaction, plan);
}

void apply(StateWriter& writer, const Transaction&, const Plan& plan) {
  statement_rules::apply(writer, plan);
}

}  // namespace testamur::ledger::tx::recognition_distrust
