// Institutions that people would take for one another: names which differ only by case, spaces,
// form of letters or marks that cannot be seen, in the same country, and the same domain. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/ids.h"
#include "ledger/tx/facts.h"

namespace testamur::wallet {

struct KnownParty {
  InstitutionId id;
  ledger::tx::InstitutionFacts facts;
};

// Why a new institution of these facts should not be put beside those that are there: a sentence
// that names the other one. Nothing where it is like none.
std::optional<std::string> find_lookalike(const ledger::tx::InstitutionFacts& facts,
                                          const std::vector<KnownParty>& known);

}  // namespace testamur::wallet
