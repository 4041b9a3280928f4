#include "ledger/tx/rule_publish.h"

#include "common/check.h"
#include "ledger/tx/content.h"
#include "ledger/tx/institution_rules.h"
#include "ledger/tx/publication_records.h"

namespace testamur::ledger::tx::rule_publish {

namespace {

RuleContent content_of(const Transaction& transaction) {
  RuleContent content;
  TM_CHECK(!read(transaction.message().rule_publish(), content), "a decoded rule lost its form");
  return content;
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  RuleContent content;
  return within("rule_publish", read(body.rule_publish(), content));
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  const auto content = content_of(transaction);
  AchievementId id{transaction.author(), content.number, content.version};
  if (read_rule(view.state, id))
    return Rejection{RejectionCode::kRuleExists, "rule_publish", to_text(id), {}};
  if (--id.version != 0 && !read_rule(view.state, id)) {
    return Rejection{RejectionCode::kRuleVersionGap, "rule_publish.version", to_text(id), {}};
  }
  return institution_rules::check_rate(view, transaction.author());
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  writer.count_change();
  writer.put_rule(content_of(transaction));
}

}  // namespace testamur::ledger::tx::rule_publish
