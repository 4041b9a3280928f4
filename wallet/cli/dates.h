// Dates and times as people type and read them, always UTC. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"

namespace testamur::wallet {

// YYYY-MM-DD (the start of that day, UTC) as milliseconds; `fallback` for an empty text.
Result<std::uint64_t> parse_date_or(const std::string& text, std::uint64_t fallback);

// The last day on which something holds, YYYY-MM-DD, as the moment when that day is over in UTC
// (the start of the next one, exclusive); 0 for an empty text, which is "open". A day that is over
// is refused: `option` is named.
Result<std::uint64_t> parse_last_day(const std::string& text, std::uint64_t now_ms,
                                     const std::string& option);
// What people read of such an end: "2026-11-30 (UTC, to the end of that day)"; the moment itself
// where it is no midnight; "open" for 0.
std::string last_day_text(std::uint64_t end_ms);

// YYYY-MM-DD, YYYY-MM-DDTHH:MM, YYYY-MM-DDTHH:MM:SS, or a time from now on: +30s, +90m, +12h, +7d.
Result<std::uint64_t> parse_time(const std::string& text, std::uint64_t now_ms);

// 2026-12-01 12:00 UTC, rounded down; the seconds are shown where they are not zero.
std::string moment_text(std::uint64_t time_ms);
// 7 days, 12 hours, 90 minutes, 1500 ms: the largest unit that divides it.
std::string duration_text(std::uint64_t duration_ms);

}  // namespace testamur::wallet
