// TOML (toml.io, version 1.0) as every file of settings is read: the parser is given nothing that
// it would fall over. Any thread.
#pragma once

#include <toml++/toml.h>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace testamur::inline common {

// Parts of one dotted key: the parser calls itself for each, and tables in tables go no deeper in
// any file of ours.
inline constexpr std::size_t kMaxTomlKeyParts = 128;

// The document, or the mistake: "FILE:LINE: not TOML at column C: …".
Result<toml::table> parse_toml(std::string_view text, const std::string& file);

// The text YYYY-MM-DD of a date that was written without quotes, which TOML has a type of its own
// for; nothing for any other value.
std::optional<std::string> toml_date_text(const toml::node& node);

}  // namespace testamur::inline common
