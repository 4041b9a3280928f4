// Reads a policy from a TOML file, in the form that docs/formats/policy.md describes. Any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/result.h"
#include "trust/policy_text.h"

namespace testamur::wallet {

// The tables that a node's configuration has beside [policy], and [policy] itself: it is a policy
// file too.
std::span<const std::string_view> tables_of_nodes();

// The table [policy] of the file, with its statements and accreditations. Fails with all mistakes,
// a line each, by file, line and key; so is each table or key that no node's configuration has: a
// distrust under a misspelt name would be passed over.
Result<trust::PolicyReading> read_policy_file(const std::string& path);

}  // namespace testamur::wallet
