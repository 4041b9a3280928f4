#include "ledger/tx/rules/rules.h"

#include <type_traits>

namespace testamur::ledger::tx::rules {

namespace {

template <class Alternative>
constexpr bool kPlans = std::is_same_v<Alternative, StatusChangeContent>;

}  // namespace

std::optional<Rejection> check(const StateView& view, const Transaction& transaction, Plan& plan) {
  const auto check_content = [&]<class Alternative>(const Alternative& content) {
    if constexpr (kPlans<Alternative>) return check(view, transaction, content, plan);
    if constexpr (!kPlans<Alternative>) return check(view, transaction, content);
  };
  return std::visit(check_content, transaction.content());
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan& plan) {
  const auto apply_content = [&]<class Alternative>(const Alternative& content) {
    if constexpr (kPlans<Alternative>) apply(writer, transaction, content, plan);
    if constexpr (!kPlans<Alternative>) apply(writer, transaction, content);
  };
  std::visit(apply_content, transaction.content());
}

}  // namespace testamur::ledger::tx::rules
