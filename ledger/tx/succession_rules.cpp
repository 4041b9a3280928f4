#include "ledger/tx/succession_rules.h"

#include <algorithm>

#include "common/check.h"
#include "ledger/tx/institution_rules.h"
#include "ledger/tx/succession_records.h"
#include "ledger/validators.h"

namespace testamur::ledger::tx::succession_rules {

namespace {

Rejection refuse(RejectionCode code, const InstitutionId& party, std::string detail = {}) {
  return {code, "party", to_text(party) + (detail.empty() ? "" : ": " + detail), {}};
}

bool has_agreed(const StateView& view, const SuccessionContent& content,
                const InstitutionId& party) {
  const auto since_ms = read_consent(view.state, content, party);
  return since_ms && view.time_ms - *since_ms <= kConsentMs;
}

// What can never be cured, or only before anybody agrees.
std::optional<Rejection> check_parties(const StateView& view, const SuccessionContent& content) {
  for (const auto& party : content.parties()) {
    const auto* known = view.institution(party);
    if (known == nullptr) return refuse(RejectionCode::kUnknownInstitution, party);
    if (known->standing == Standing::kClosed || known->standing == Standing::kLeft) {
      return refuse(RejectionCode::kPartyClosed, party);
    }
  }
  for (const auto& successor : content.successors) {
    if (view.institution(successor)->institution_class == InstitutionClass::kListed) {
      return refuse(RejectionCode::kPartyListed, successor);
    }
  }
  return std::nullopt;
}

std::optional<Rejection> check_seats(const StateView& view, const SuccessionContent& content) {
  if (!content.closes) return std::nullopt;
  for (const auto& predecessor : content.predecessors) {
    if (seat_of(view.state, predecessor)) return refuse(RejectionCode::kHoldsSeat, predecessor);
  }
  return std::nullopt;
}

std::optional<Rejection> check_good_standing(const StateView& view,
                                             const std::vector<InstitutionId>& parties) {
  for (const auto& party : parties) {
    if (view.institution(party)->standing != Standing::kGood) {
      return refuse(RejectionCode::kPartyNotInGoodStanding, party);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  SuccessionContent content;
  auto rejection = read_succession(body, content);
  if (!rejection &&
      !std::ranges::binary_search(content.parties(), fixed_from<InstitutionId>(body.author()))) {
    rejection = Rejection{RejectionCode::kNotAParty, "author", "", {}};
  }
  return within(name(static_cast<Kind>(body.kind_case())), std::move(rejection));
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     Plan& plan) {
  auto& content = plan.succession;
  TM_CHECK(!read_succession(transaction.message(), content), "a decoded succession lost its form");
  const auto path = name(transaction.kind());
  const auto& author = transaction.author();
  if (auto rejection = check_parties(view, content)) return within(path, std::move(rejection));
  if (has_agreed(view, content, author))
    return within(path, refuse(RejectionCode::kAlreadyConsented, author));
  const auto parties = content.parties();
  if (auto rejection = institution_rules::check_rate(view, author)) return rejection;
  plan.completes = std::ranges::all_of(parties, [&](const InstitutionId& party) {
    return party == author || has_agreed(view, content, party);
  });
  if (!plan.completes) return std::nullopt;
  if (auto rejection = check_good_standing(view, parties))
    return within(path, std::move(rejection));
  return within(path, check_seats(view, content));
}

void apply(StateWriter& writer, const Plan& plan) {
  writer.put_consent(plan.succession);
  if (plan.completes) writer.put_succession(plan.succession);
}

std::optional<Rejection> check_voted(const StateView& view, const SuccessionContent& content) {
  if (auto rejection = check_parties(view, content)) return rejection;
  if (auto rejection = check_good_standing(view, content.successors)) return rejection;
  for (const auto& successor : content.successors) {
    if (!has_agreed(view, content, successor))
      return refuse(RejectionCode::kNotConsented, successor);
  }
  return check_seats(view, content);
}

void apply_voted(StateWriter& writer, const SuccessionContent& content) {
  writer.put_succession(content);
}

}  // namespace testamur::ledger::tx::succession_rules
