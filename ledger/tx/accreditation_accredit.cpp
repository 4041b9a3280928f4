#include "ledger/tx/accreditation_accredit.h"

#include "ledger/tx/statement_rules.h"

namespace testamur::ledger::tx::accreditation_accredit {

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  return statement_rules::check_form(body);
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan) {
  if (auto rejection = statement_rules::check_state(view, transaction, plan)) return rejection;
  if (view.institution(transaction.author())->parent == plan.statement.subject) {
    return Rejection{RejectionCode::kAboutParent,
                     "accreditation_accredit.subject",
                     to_text(plan.statement.subject),
                     {}};
  }
  return std::nullopt;
}

void apply(StateWriter& writer, const Transaction&, const Plan& plan) {
  statement_rules::apply(writer, plan);
}

}  // namespace testamur::ledger::tx::accreditation_accredit
