// A policy from a TOML file: docs/formats/policy.md. Any thread.
#pragma once

#include <string>

#include "common/result.h"
#include "trust/policy_text.h"

namespace testamur::wallet {

// The [policy] of the file. Fails with every mistake by file, line and key, one a line.
Result<trust::PolicyReading> read_policy_file(const std::string& path);

}  // namespace testamur::wallet
