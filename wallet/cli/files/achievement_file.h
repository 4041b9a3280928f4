// An achievement as a registrar writes it down: one TOML file (docs/cli.md has an example with
// every key).
#pragma once

#include <string>

#include "common/result.h"
#include "ledger/tx/content.h"

namespace testamur::wallet {

// Names the file, line and key of the first mistake. Lists are brought into the ledger's order;
// what the ledger's own rules say of the values is left to ledger/tx/build.h.
Result<ledger::tx::AchievementContent> read_achievement_file(const std::string& file);

}  // namespace testamur::wallet
