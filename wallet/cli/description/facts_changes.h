// What of an institution's public facts becomes other: each by name, old and new, so that whoever
// signs reads what is dropped as well. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "ledger/tx/facts.h"

namespace testamur::wallet {

// A line for each fact that differs: "domain: a.example -> b.example", "lei: 5299… is dropped",
// "name (de): "Universität Wien" is added". Empty where nothing does.
std::vector<std::string> facts_changes(const ledger::tx::InstitutionFacts& before,
                                       const ledger::tx::InstitutionFacts& after);

// Whether anything by which an institution is known is the same in both: a name (whatever its case
// and spaces), the domain or a number of a register.
bool facts_agree(const ledger::tx::InstitutionFacts& one,
                 const ledger::tx::InstitutionFacts& other);

}  // namespace testamur::wallet
