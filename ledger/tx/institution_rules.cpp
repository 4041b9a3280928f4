#include "ledger/tx/institution_rules.h"

#include <array>

#include "ledger/tx/identifiers.h"

namespace testamur::ledger::tx::institution_rules {

namespace {

constexpr std::uint64_t kDayMs = 86'400'000;

std::optional<Rejection> check_frozen(const InstitutionFacts& facts,
                                      const InstitutionFacts& before) {
  struct Frozen {
    std::string_view field;
    const std::string &now, &then;
  };
  for (const auto& [field, now, then] :
       std::array<Frozen, 5>{{{"country", facts.country, before.country},
                              {"ror", facts.ror, before.ror},
                              {"eter", facts.eter, before.eter},
                              {"lei", facts.lei, before.lei},
                              {"deqar", facts.deqar, before.deqar}}}) {
    if (!then.empty() && now != then)
      return Rejection{RejectionCode::kFactsFrozen, std::string(field), then, {}};
  }
  return std::nullopt;
}

}  // namespace

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

std::optional<Rejection> check_rate(const StateView& view, const InstitutionId& author) {
  const bool accreditor =
      view.institution(author)->institution_class == InstitutionClass::kAccreditor;
  const auto limit = view.limit(accreditor ? Parameter::kAccreditorStatementChangesPerDay
                                           : Parameter::kStatementChangesPerDay);
  const auto counts = read_counts(view.state, author);
  if (counts.day != view.time_ms / kDayMs || counts.changes < limit) return std::nullopt;
  return Rejection{RejectionCode::kChangeRate, "", std::to_string(limit) + " a day", {}};
}

}  // namespace testamur::ledger::tx::institution_rules
