// To which institution a domain or a public identifier (ROR, ETER, LEI, DEQAR) belongs.
//
// The first that has it keeps it for good, closed or not; only whoever succeeded it by a closing
// succession may take it over (and what only a listing said can be corrected). So nobody comes back
// under its name as a party of which nothing was said yet. Letters count as lower case. Pure; any
// thread that may read the given state.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/ids.h"
#include "ledger/state.h"
#include "ledger/tx/facts.h"

namespace testamur::ledger::tx {

// The form in which identifiers are compared: ASCII letters in lower case.
std::string lower_case(std::string_view identifier);

// What the facts name belongs to `owner` from now on.
void claim_identifiers(Overlay& state, const InstitutionId& owner, const InstitutionFacts& facts);

// The public identifiers of the facts, not the domain, are nobody's again, as far as they were the
// owner's.
void release_identifiers(Overlay& state, const InstitutionId& owner, const InstitutionFacts& facts);

// The first identifier of the facts that belongs to somebody else. `claimant` is zero for an
// institution that is not registered yet.
std::optional<Rejection> check_identifiers(const StateReader& state, const InstitutionId& claimant,
                                           const InstitutionFacts& facts);

std::optional<InstitutionId> owner_of_domain(const StateReader& state, std::string_view domain);

}  // namespace testamur::ledger::tx
