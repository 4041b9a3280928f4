// Answers of a node, rendered for people. Takes the JSON of wallet/client/message_json.h. Pure but
// for colour.
#pragma once

#include <cstdint>
#include <string>

#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {

// 2026-11-24 08:15:02 UTC; "-" for 0.
std::string time_text(std::uint64_t time_ms);
// The part before the time.
std::string date_text(std::uint64_t time_ms);

std::string decision_text(const Json& decision, const std::string& indent, bool with_paths);
std::string as_of_text(const Json& answer);
std::string status_text(const Json& status);
std::string institution_line(const Json& institution);
std::string institution_text(const Json& institution);
std::string achievement_line(const Json& achievement);
std::string achievement_text(const Json& achievement);
std::string statement_line(const Json& statement);

}  // namespace testamur::wallet
