// The genesis record that a node follows, from its file (docs/formats/genesis.md). Any thread.
#pragma once

#include <filesystem>
#include <optional>

#include "common/result.h"
#include "ledger/genesis.h"

namespace testamur::node {

// Checked with every rule and signature. The failure names file and rule.
Result<ledger::Genesis> load_genesis(const std::filesystem::path& file);

// Whether the record begins with this institution. The record of a recovery names none that was
// there already.
bool is_founder(const ledger::Genesis& genesis, const std::optional<InstitutionId>& institution);

}  // namespace testamur::node
