#include "ledger/tx/institution_list.h"

#include "common/check.h"
#include "ledger/tx/content.h"
#include "ledger/tx/institution_rules.h"

namespace testamur::ledger::tx::institution_list {

namespace {

constexpr std::string_view kPath = "institution_list";

InstitutionListContent content_of(const Transaction& transaction) {
  InstitutionListContent content;
  TM_CHECK(!read(transaction.message().institution_list().facts(), content.facts),
           "a decoded listing lost its form");
  return content;
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  InstitutionFacts facts;
  return within("institution_list.facts", read(body.institution_list().facts(), facts));
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  const auto id = InstitutionId::prefix_of(transaction.id().view());
  if (view.institution(id) != nullptr) {
    return Rejection{RejectionCode::kIdentifierTaken, std::string(kPath), to_text(id), {}};
  }
  if (auto rejection = institution_rules::check_rate(view, transaction.author())) return rejection;
  return within("institution_list.facts",
                institution_rules::check_facts(view, content_of(transaction).facts, nullptr));
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  InstitutionRecord record;
  record.id = InstitutionId::prefix_of(transaction.id().view());
  record.institution_class = InstitutionClass::kListed;
  record.root_threshold = 0;
  record.sponsor = transaction.author();
  record.facts = content_of(transaction).facts;
  writer.count_change();
  writer.put_institution(record);
}

}  // namespace testamur::ledger::tx::institution_list
