// Dates as people type them. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"

namespace testamur::wallet {

// YYYY-MM-DD (the start of that day, UTC) as milliseconds; `fallback` for an empty text.
Result<std::uint64_t> parse_date_or(const std::string& text, std::uint64_t fallback);

}  // namespace testamur::wallet
