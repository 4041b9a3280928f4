// Institutions that people would take for one another: names which differ only by case, spaces,
// form of letters or marks that cannot be seen, in the same country, the same domain, and one
// number of a register in whatever spelling. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/ids.h"
#include "ledger/tx/facts.h"

namespace testamur::wallet {

struct KnownParty {
  InstitutionId id;  // zero: it has none yet
  ledger::tx::InstitutionFacts facts;
};

// "University of Vienna (AT, univie.ac.at, tmi1…)".
std::string described(const KnownParty& party);

// Why a new institution of these facts should not be put beside those that are there: a sentence
// that names the other one. Nothing where it is like none.
std::optional<std::string> find_lookalike(const ledger::tx::InstitutionFacts& facts,
                                          const std::vector<KnownParty>& known);

// Those that have the name in another country, where it may well be another institution's. Whoever
// lists one should know of them: a sentence each.
std::vector<std::string> find_namesakes(const ledger::tx::InstitutionFacts& facts,
                                        const std::vector<KnownParty>& known);

// What a name and one that has a letter more, less, exchanged or another one have in common, within
// a country: two names are near where one of their keys is the same.
std::vector<std::string> near_name_keys(const std::string& country, const std::string& name);

// Those that may be the same institution under a name with a slip in it, or that have a domain
// above its own: a question each.
std::vector<std::string> find_near(const ledger::tx::InstitutionFacts& facts,
                                   const std::vector<KnownParty>& known);

}  // namespace testamur::wallet
