#include <algorithm>

#include "ledger/tx/records/successions.h"
#include "ledger/tx/rules/rules.h"
#include "ledger/validators.h"

namespace testamur::ledger::tx::rules {

namespace {

Rejection refuse(RejectionCode code, const InstitutionId& party) {
  return {code, "party", to_text(party), {}};
}

bool has_agreed(const StateReader& state, std::uint64_t time_ms, const SuccessionContent& content,
                const InstitutionId& party) {
  const auto since_ms = read_consent(state, content, party);
  return since_ms && time_ms - *since_ms <= kConsentMs;
}

// Whether the author's agreement is the last that was missing.
bool completes(const StateReader& state, std::uint64_t time_ms, const SuccessionContent& content,
               const InstitutionId& author) {
  return std::ranges::all_of(content.parties(), [&](const InstitutionId& party) {
    return party == author || has_agreed(state, time_ms, content, party);
  });
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

  // A listed institution has no keys to agree with, and none to go on with.
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

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const SuccessionContent& content) {
  const auto path = name(transaction.kind());
  const auto& author = transaction.author();
  if (auto rejection = check_parties(view, content)) return prefixed(path, std::move(rejection));
  if (has_agreed(view.state, view.time_ms, content, author)) {
    return prefixed(path, refuse(RejectionCode::kAlreadyConsented, author));
  }
  if (auto rejection = check_change_rate(view, author)) return rejection;

  // What only matters when it takes effect may still change while others think.
  if (!completes(view.state, view.time_ms, content, author)) return std::nullopt;
  if (auto rejection = check_good_standing(view, content.parties())) {
    return prefixed(path, std::move(rejection));
  }
  return prefixed(path, check_seats(view, content));
}

void apply(StateWriter& writer, const Transaction& transaction, const SuccessionContent& content) {
  const bool last = completes(writer.state(), writer.time_ms(), content, transaction.author());
  writer.put_consent(content);
  if (last) writer.put_succession(content);
}

std::optional<Rejection> check_voted(const StateView& view, const SuccessionContent& content) {
  if (auto rejection = check_parties(view, content)) return rejection;
  if (auto rejection = check_good_standing(view, content.successors)) return rejection;
  for (const auto& successor : content.successors) {
    if (!has_agreed(view.state, view.time_ms, content, successor)) {
      return refuse(RejectionCode::kNotConsented, successor);
    }
  }
  return check_seats(view, content);
}

}  // namespace testamur::ledger::tx::rules
