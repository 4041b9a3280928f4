#include "ledger/tx/statement_rules.h"

#include "ledger/tx/content.h"

namespace testamur::ledger::tx::statement_rules {

namespace {

constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::uint64_t kWeightNamed = 10;

std::string path(const Transaction& transaction, std::string_view field) {
  return std::string(name(transaction.kind())) + "." + std::string(field);
}

bool occupies_slot(const StatementContent& content) {
  return content.kind != StatementKind::kVoid && content.names.empty();
}

std::optional<Rejection> check_slot(const StateView& view, const Transaction& transaction,
                                    const StatementContent& content) {
  if (!occupies_slot(content)) return std::nullopt;
  const auto limit = view.limit(content.accreditation ? Parameter::kAccreditSlotsLimit
                                                      : Parameter::kTrustSlotsLimit);
  if (content.slot >= limit) {
    return Rejection{RejectionCode::kSlotLimit,
                     path(transaction, "slot"),
                     std::to_string(content.slot) + " is not below " + std::to_string(limit),
                     {}};
  }
  return std::nullopt;
}

std::optional<Rejection> check_counts(const StateView& view, const Transaction& transaction,
                                      const StatementContent& content) {
  const auto& author = transaction.author();
  const bool accreditor =
      view.institution(author)->institution_class == InstitutionClass::kAccreditor;
  const auto counts = read_counts(view.state, author);
  const auto changes_limit = view.limit(accreditor ? Parameter::kAccreditorStatementChangesPerDay
                                                   : Parameter::kStatementChangesPerDay);
  if (counts.day == view.time_ms / kDayMs && counts.changes >= changes_limit) {
    return Rejection{RejectionCode::kChangeRate, "", std::to_string(changes_limit) + " a day", {}};
  }
  const bool states = content.kind != StatementKind::kEnd && content.kind != StatementKind::kVoid;
  const auto row = occupies_slot(content)
                       ? read_slot(view.state, slot_key(author, content.subject,
                                                        content.accreditation, content.slot))
                       : std::nullopt;
  if (occupies_slot(content) && !states && !row) {
    return Rejection{
        RejectionCode::kNothingToEnd, path(transaction, "slot"), std::to_string(content.slot), {}};
  }
  const auto live_limit = view.limit(accreditor ? Parameter::kAccreditorLiveStatementsLimit
                                                : Parameter::kLiveStatementsLimit);
  if (states && !(row && row->live) && counts.live >= live_limit) {
    return Rejection{
        RejectionCode::kStatementLimit, "", std::to_string(live_limit) + " live slots", {}};
  }
  return std::nullopt;
}

std::optional<Rejection> check_names(const StateView& view, const Transaction& transaction,
                                     const StatementContent& content) {
  for (const auto& named : content.names) {
    const auto refuse = [&](RejectionCode code) {
      return Rejection{code, path(transaction, "statement_ids"), to_text(named), {}};
    };
    const auto place = find_statement(view.state, named);
    if (!place) return refuse(RejectionCode::kUnknownStatement);
    if (place->truster != transaction.author() || place->subject != content.subject ||
        place->accreditation != content.accreditation) {
      return refuse(RejectionCode::kStatementOfAnother);
    }
    const auto kind = static_cast<StatementKind>(place->kind);
    if (content.kind == StatementKind::kVoid && kind == StatementKind::kVoid)
      return refuse(RejectionCode::kVoidOfVoid);
    const bool endable = kind != StatementKind::kVoid && kind != StatementKind::kEnd;
    if (content.kind == StatementKind::kEnd && !endable) return refuse(RejectionCode::kNotEndable);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  StatementContent content;
  return within(name(static_cast<Kind>(body.kind_case())), read_statement(body, content));
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan) {
  auto& content = plan.statement;
  const auto form = read_statement(transaction.message(), content);
  TM_CHECK(!form, "a decoded statement lost its form");
  if (view.institution(content.subject) == nullptr) {
    return Rejection{RejectionCode::kUnknownInstitution,
                     path(transaction, "subject"),
                     to_text(content.subject),
                     {}};
  }
  if (auto rejection = check_slot(view, transaction, content)) return rejection;
  if (auto rejection = check_counts(view, transaction, content)) return rejection;
  return check_names(view, transaction, content);
}

std::uint64_t weight(const v1::TransactionBody& body) {
  // Of the four kinds that name statements; the message of another kind is empty.
  const auto size = body.recognition_end().statement_ids().size() +
                    body.recognition_void().statement_ids().size() +
                    body.accreditation_end().statement_ids().size() +
                    body.accreditation_void().statement_ids().size();
  return kWeightRecord + size / TransactionId::kSize * kWeightNamed;
}

void apply(StateWriter& writer, const Plan& plan) { writer.put_statement(plan.statement); }

}  // namespace testamur::ledger::tx::statement_rules
