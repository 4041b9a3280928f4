#include "ledger/tx/institution_update.h"

#include "common/check.h"
#include "ledger/tx/content.h"
#include "ledger/tx/institution_rules.h"

namespace testamur::ledger::tx::institution_update {

namespace {

InstitutionFacts facts_of(const Transaction& transaction) {
  InstitutionFacts facts;
  const auto form = read(transaction.message().institution_update().facts(), facts);
  TM_CHECK(!form, "a decoded update lost its form");
  return facts;
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  InstitutionFacts facts;
  auto rejection = read(body.institution_update().facts(), facts);
  if (!rejection && facts.parent == fixed_from<InstitutionId>(body.author())) {
    rejection = Rejection{
        RejectionCode::kAboutItself, "parent", "an institution is not its own parent", {}};
  }
  return within("institution_update.facts", std::move(rejection));
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  const auto facts = facts_of(transaction);
  const auto current = read_institution(view.state, transaction.author());
  const std::string field = "institution_update.facts";
  if (facts == current->facts) return Rejection{RejectionCode::kFactsUnchanged, field, "", {}};
  return within(field, institution_rules::check_facts(view, facts, &*current));
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  auto record = read_institution(writer.state(), transaction.author());
  record->facts = facts_of(transaction);
  record->retroactive = false;
  writer.put_institution(std::move(*record));
}

}  // namespace testamur::ledger::tx::institution_update
