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

}  // namespace testamur::wallet
