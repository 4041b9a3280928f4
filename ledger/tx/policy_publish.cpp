#include "ledger/tx/policy_publish.h"

#include "common/check.h"
#include "ledger/tx/content.h"
#include "ledger/tx/institution_rules.h"
#include "ledger/tx/publication_records.h"

namespace testamur::ledger::tx::policy_publish {

namespace {

PolicyContent content_of(const Transaction& transaction) {
  PolicyContent content;
  TM_CHECK(!read(transaction.message().policy_publish(), content),
           "a decoded policy lost its form");
  return content;
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  PolicyContent content;
  return within("policy_publish", read(body.policy_publish(), content));
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  const auto current = read_policy(view.state, transaction.author());
  if (current && current->content == content_of(transaction)) {
    return Rejection{
        RejectionCode::kPolicyUnchanged, "policy_publish", current->content.digest.hex(), {}};
  }
  return institution_rules::check_rate(view, transaction.author());
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  writer.count_change();
  writer.put_policy(content_of(transaction));
}

}  // namespace testamur::ledger::tx::policy_publish
