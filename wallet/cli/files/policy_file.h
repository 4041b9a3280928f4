// Reads a policy from a TOML file, in the form that docs/formats/policy.md describes. Any thread.
#pragma once

#include <string>

#include "common/result.h"
#include "trust/policy_text.h"

namespace testamur::wallet {

// The table [policy] of the file, with its statements and accreditations. Fails with all mistakes,
// a line each, by file, line and key.
Result<trust::PolicyReading> read_policy_file(const std::string& path);

}  // namespace testamur::wallet
