// The words `help` and `version`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wallet/cli/outcome.h"

namespace testamur::wallet {

class CommandTree;

inline constexpr const char* kProgramVersion = "testamur 0.1.0";

// The answer to `help [COMMAND…]` and `version`, before anything is parsed: neither needs a home
// that can be read, and the words after `help` are commands themselves. Nothing for anything else.
// Flags may stand between.
std::optional<Outcome> answer_about_program(const CommandTree& app,
                                            const std::vector<std::string>& typed);

}  // namespace testamur::wallet
