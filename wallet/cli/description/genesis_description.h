// What a genesis record says, for people and as JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include "ledger/genesis.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {

std::string genesis_text(const ledger::Genesis& genesis,
                         const std::vector<ledger::GenesisFault>& faults);
Json genesis_json(const ledger::Genesis& genesis, const std::vector<ledger::GenesisFault>& faults);
// Whether nothing is wrong but signatures that are still to come.
bool only_signatures_missing(const std::vector<ledger::GenesisFault>& faults);

}  // namespace testamur::wallet
