// Recognition and accreditation. A truster has slots towards each subject: a new statement takes
// the place of what its slot said before. Ends and voids name statements, or end a slot.
#include "ledger/tx/records/tables.h"
#include "ledger/tx/rules/rules.h"

namespace testamur::ledger::tx::rules {

namespace {

bool states(const StatementContent& content) {
  return content.kind != StatementKind::kEnd && content.kind != StatementKind::kVoid;
}

bool occupies_slot(const StatementContent& content) {
  return content.kind != StatementKind::kVoid && content.names.empty();
}

std::optional<Rejection> check_slot(const StateView& view, const Transaction& transaction,
                                    const StatementContent& content) {
  if (!occupies_slot(content)) return std::nullopt;
  const auto limit = view.limit(content.accreditation ? Parameter::kAccreditSlotsLimit
                                                      : Parameter::kTrustSlotsLimit);
  if (content.slot < limit) return std::nullopt;
  return Rejection{RejectionCode::kSlotLimit,
                   path_of(transaction, "slot"),
                   std::to_string(content.slot) + " is not below " + std::to_string(limit),
                   {}};
}

// Ends always have room: only what states something is counted among the live slots.
std::optional<Rejection> check_live(const StateView& view, const Transaction& transaction,
                                    const StatementContent& content) {
  const auto& author = transaction.author();
  const auto row = occupies_slot(content)
                       ? read_slot(view.state, slot_key(author, content.subject,
                                                        content.accreditation, content.slot))
                       : std::nullopt;
  if (occupies_slot(content) && !states(content) && !row) {
    return Rejection{RejectionCode::kNothingToEnd,
                     path_of(transaction, "slot"),
                     std::to_string(content.slot),
                     {}};
  }

  const bool accreditor =
      view.institution(author)->institution_class == InstitutionClass::kAccreditor;
  const auto limit = view.limit(accreditor ? Parameter::kAccreditorLiveStatementsLimit
                                           : Parameter::kLiveStatementsLimit);
  const bool takes_another = states(content) && !(row && row->live);
  if (takes_another && read_counts(view.state, author).live >= limit) {
    return Rejection{RejectionCode::kStatementLimit, "", std::to_string(limit) + " live slots", {}};
  }
  return std::nullopt;
}

std::optional<Rejection> check_names(const StateView& view, const Transaction& transaction,
                                     const StatementContent& content) {
  for (const auto& named : content.names) {
    const auto refuse = [&](RejectionCode code) {
      return Rejection{code, path_of(transaction, "statement_ids"), to_text(named), {}};
    };
    const auto place = find_statement(view.state, named);
    if (!place) return refuse(RejectionCode::kUnknownStatement);
    if (place->truster != transaction.author() || place->subject != content.subject ||
        place->accreditation != content.accreditation) {
      return refuse(RejectionCode::kStatementOfAnother);
    }

    const auto kind = static_cast<StatementKind>(place->kind);
    if (content.kind == StatementKind::kVoid && kind == StatementKind::kVoid) {
      return refuse(RejectionCode::kVoidOfVoid);
    }
    const bool endable = kind != StatementKind::kVoid && kind != StatementKind::kEnd;
    if (content.kind == StatementKind::kEnd && !endable) return refuse(RejectionCode::kNotEndable);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const StatementContent& content) {
  const auto about_subject = [&](RejectionCode code) {
    return Rejection{code, path_of(transaction, "subject"), to_text(content.subject), {}};
  };
  if (view.institution(content.subject) == nullptr) {
    return about_subject(RejectionCode::kUnknownInstitution);
  }
  if (auto rejection = check_slot(view, transaction, content)) return rejection;
  if (auto rejection = check_change_rate(view, transaction.author())) return rejection;
  if (auto rejection = check_live(view, transaction, content)) return rejection;
  if (auto rejection = check_names(view, transaction, content)) return rejection;

  // Nobody accredits the institution that it belongs to.
  const bool of_parent = content.kind == StatementKind::kAccredit &&
                         view.institution(transaction.author())->parent == content.subject;
  return of_parent ? std::optional(about_subject(RejectionCode::kAboutParent)) : std::nullopt;
}

void apply(StateWriter& writer, const Transaction&, const StatementContent& content) {
  writer.put_statement(content);
}

}  // namespace testamur::ledger::tx::rules
