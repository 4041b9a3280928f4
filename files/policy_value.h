// A value of a policy (docs/formats/policy.md) as TOML writes it, in a node's configuration and in
// a verifier's own file: the trust engine, which judges it, knows no TOML. Pure; any thread.
#pragma once

#include <optional>

#include "common/toml_text.h"
#include "trust/policy_text.h"

namespace testamur::inline files {

// A text, a number, true, false, a day with or without quotes, or a list of texts or of numbers;
// nothing for anything else.
std::optional<trust::PolicyValue> policy_value(const toml::node& node);

}  // namespace testamur::inline files
