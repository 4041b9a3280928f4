// What registering, listing and updating institutions have in common. Private to ledger/.
#pragma once

#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx::institution_rules {

// The facts of a new institution (`before` null), or those that take the place of `before`: parent
// registered, domain and identifiers nobody else's, country and known identifiers unchanged (but
// for those of a listing).
std::optional<Rejection> check_facts(const StateView& view, const InstitutionFacts& facts,
                                     const InstitutionRecord* before);

// Registrations, listings, publications by digest and agreements to successions count among the
// statement changes of a day.
std::optional<Rejection> check_rate(const StateView& view, const InstitutionId& author);

}  // namespace testamur::ledger::tx::institution_rules
