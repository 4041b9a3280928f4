// Registering, listing, updating and leaving. What they share: facts that the public may rely on (a
// parent that is registered, a domain and identifiers that are nobody else's), and a rate.
#include <array>

#include "ledger/tx/form_check.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/tables.h"
#include "ledger/tx/rules/rules.h"
#include "ledger/validators.h"

namespace testamur::ledger::tx::rules {

namespace {

// Whoever knows an institution by its country or a register's number must find the same one there
// tomorrow.
std::optional<Rejection> check_frozen(const InstitutionFacts& facts,
                                      const InstitutionFacts& before) {
  struct Frozen {
    std::string_view field;
    const std::string &now, &then;
  };
  const std::array<Frozen, 5> all{{{"country", facts.country, before.country},
                                   {"ror", facts.ror, before.ror},
                                   {"eter", facts.eter, before.eter},
                                   {"lei", facts.lei, before.lei},
                                   {"deqar", facts.deqar, before.deqar}}};

  // What was never said may still be added.
  for (const auto& [field, now, then] : all) {
    if (then.empty() || now == then) continue;
    return Rejection{RejectionCode::kFactsFrozen, std::string(field), then, {}};
  }
  return std::nullopt;
}

// The facts of a new institution (`before` null), or those that take the place of `before`: parent
// registered, domain and identifiers nobody else's, country and known identifiers unchanged (but
// for those of a listing).
std::optional<Rejection> check_facts(const StateView& view, const InstitutionFacts& facts,
                                     const InstitutionRecord* before) {
  // What a listing says, nobody said of itself.
  if (before != nullptr && before->institution_class != InstitutionClass::kListed) {
    if (auto rejection = check_frozen(facts, before->facts)) return rejection;
  }
  if (!facts.parent.is_zero() && view.institution(facts.parent) == nullptr) {
    return Rejection{RejectionCode::kUnknownInstitution, "parent", to_text(facts.parent), {}};
  }
  return check_identifiers(view.state, before != nullptr ? before->id : InstitutionId{}, facts);
}

std::optional<Rejection> check_keys(const StateView& view, const Transaction& transaction,
                                    const InstitutionRegisterContent& content) {
  const auto limit = view.limit(Parameter::kKeysPerInstitutionLimit);
  if (content.keys.size() > limit) {
    return Rejection{RejectionCode::kLimit, "keys", std::to_string(limit) + " active keys", {}};
  }

  const auto id = registered_id(transaction.id(), content);
  const auto proofs = transaction.possession_proofs();
  for (std::size_t i = 0; i < content.keys.size(); ++i) {
    const auto& [purpose, key] = content.keys[i];
    auto rejection = check_new_key(view, id, {purpose, key, proofs[i]}, true);
    if (!rejection) continue;

    // The proofs stand beside the body, so the field is named from there.
    const bool proof = rejection->code == RejectionCode::kPossession;
    rejection->field = FormCheck::element(proof ? "possession_proofs" : "keys", i);
    return rejection;
  }
  return std::nullopt;
}

// The listed institution that a registration takes over is there to be taken.
std::optional<Rejection> check_listed(const Transaction& transaction, const InstitutionId& id,
                                      const std::optional<InstitutionRecord>& before) {
  const auto refuse = [&](RejectionCode code) {
    return Rejection{code, path_of(transaction, "listed"), to_text(id), {}};
  };
  if (!before) return refuse(RejectionCode::kUnknownInstitution);
  if (before->institution_class != InstitutionClass::kListed ||
      before->standing != Standing::kGood) {
    return refuse(RejectionCode::kNotListed);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Rejection> check_change_rate(const StateView& view, const InstitutionId& author) {
  const bool accreditor =
      view.institution(author)->institution_class == InstitutionClass::kAccreditor;
  const auto limit = view.limit(accreditor ? Parameter::kAccreditorStatementChangesPerDay
                                           : Parameter::kStatementChangesPerDay);
  const auto counts = read_counts(view.state, author);
  if (counts.day != view.time_ms / kDayMs || counts.changes < limit) return std::nullopt;
  return Rejection{RejectionCode::kChangeRate, "", std::to_string(limit) + " a day", {}};
}

// ---- institution_register

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const InstitutionRegisterContent& content) {
  const auto path = name(transaction.kind());
  const auto id = registered_id(transaction.id(), content);
  const auto before = read_institution(view.state, id);
  if (!content.listed.is_zero()) {
    if (auto rejection = check_listed(transaction, id, before)) return rejection;
  } else if (before) {
    // Two transactions whose ids begin alike: nobody meets this by chance.
    return Rejection{RejectionCode::kIdentifierTaken, std::string(path), to_text(id), {}};
  }

  if (auto rejection = check_change_rate(view, transaction.author())) return rejection;
  if (auto rejection = check_facts(view, content.facts, before ? &*before : nullptr)) {
    return prefixed(path_of(transaction, "facts"), std::move(rejection));
  }
  return prefixed(path, check_keys(view, transaction, content));
}

void apply(StateWriter& writer, const Transaction& transaction,
           const InstitutionRegisterContent& content) {
  InstitutionRecord record;
  record.id = registered_id(transaction.id(), content);
  record.institution_class = InstitutionClass::kIssuer;
  record.root_threshold = content.root_threshold;
  record.sponsor = transaction.author();
  record.facts = content.facts;
  writer.count_change();
  writer.put_institution(record);
  for (const auto& key : content.keys) writer.add_key(record.id, key.purpose, key.key);
}

// ---- institution_update

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const InstitutionUpdateContent& content) {
  const auto current = read_institution(view.state, transaction.author());
  const auto path = path_of(transaction, "facts");
  if (content.facts == current->facts) {
    return Rejection{RejectionCode::kFactsUnchanged, path, "", {}};
  }
  return prefixed(path, check_facts(view, content.facts, &*current));
}

void apply(StateWriter& writer, const Transaction& transaction,
           const InstitutionUpdateContent& content) {
  auto record = read_institution(writer.state(), transaction.author());
  record->facts = content.facts;
  record->retroactive = false;
  writer.put_institution(std::move(*record));
}

// ---- institution_leave

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const InstitutionLeaveContent&) {
  if (!seat_of(view.state, transaction.author())) return std::nullopt;
  return Rejection{
      RejectionCode::kHoldsSeat, "author", "the validator set first goes on without it", {}};
}

void apply(StateWriter& writer, const Transaction& transaction, const InstitutionLeaveContent&) {
  writer.set_standing(transaction.author(), Standing::kLeft);
}

// ---- institution_list

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const InstitutionListContent& content) {
  const auto id = InstitutionId::prefix_of(transaction.id().view());
  if (view.institution(id) != nullptr) {
    return Rejection{
        RejectionCode::kIdentifierTaken, std::string(name(transaction.kind())), to_text(id), {}};
  }
  if (auto rejection = check_change_rate(view, transaction.author())) return rejection;
  return prefixed(path_of(transaction, "facts"), check_facts(view, content.facts, nullptr));
}

void apply(StateWriter& writer, const Transaction& transaction,
           const InstitutionListContent& content) {
  InstitutionRecord record;
  record.id = InstitutionId::prefix_of(transaction.id().view());
  record.institution_class = InstitutionClass::kListed;
  record.root_threshold = 0;
  record.sponsor = transaction.author();
  record.facts = content.facts;
  writer.count_change();
  writer.put_institution(record);
}

}  // namespace testamur::ledger::tx::rules
