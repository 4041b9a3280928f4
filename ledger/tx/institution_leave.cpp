#include "ledger/tx/institution_leave.h"

#include "ledger/validators.h"

namespace testamur::ledger::tx::institution_leave {

std::optional<Rejection> check_form(const v1::TransactionBody&) { return std::nullopt; }

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  if (!seat_of(view.state, transaction.author())) return std::nullopt;
  return Rejection{
      RejectionCode::kHoldsSeat, "author", "the validator set first goes on without it", {}};
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  writer.set_standing(transaction.author(), Standing::kLeft);
}

}  // namespace testamur::ledger::tx::institution_leave
