// The [policy] of a configuration: docs/formats/policy.md. Private to node/config. One thread.
#pragma once

#include "files/toml_reader.h"
#include "trust/policy.h"

namespace testamur::node {

// The policy friends where there is none; mistakes go to `errors` with their line.
trust::Policy read_policy_section(const toml::table& root, TomlErrors& errors);

}  // namespace testamur::node
