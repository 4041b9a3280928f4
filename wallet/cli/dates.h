// Dates and times as people type and read them, always UTC. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "common/result.h"
#include "wallet/credential/last_day.h"

namespace testamur::wallet {

// YYYY-MM-DD (the start of that day, UTC) as milliseconds; `fallback` for an empty text.
Result<std::uint64_t> parse_date_or(const std::string& text, std::uint64_t fallback);

// The last day on which something holds, YYYY-MM-DD, as the moment when that day is over in UTC
// (the start of the next one, exclusive); 0 for an empty text, which is "open". A day that is over
// is refused: `option` is named.
Result<std::uint64_t> parse_last_day(const std::string& text, std::uint64_t now_ms,
                                     const std::string& option);
// The first and the last day of a statement, as above; an empty --from is `now_ms`. A day that is
// more than 50 years from now is refused (wallet/accreditation/statement_days.h).
Result<std::uint64_t> parse_statement_from(const std::string& text, std::uint64_t now_ms);
Result<std::uint64_t> parse_statement_until(const std::string& text, std::uint64_t now_ms);

// The moment that a day stands for in a question, "how is it on that day": 0, which is "now", for
// today and for an empty text; the last moment of any other day, so that what was said on it
// counts.
Result<std::uint64_t> parse_day_asked(const std::string& text, std::uint64_t now_ms,
                                      const std::string& option);

// YYYY-MM-DD, YYYY-MM-DDTHH:MM, YYYY-MM-DDTHH:MM:SS, or a time from now on: +30s, +90m, +12h, +7d.
Result<std::uint64_t> parse_time(const std::string& text, std::uint64_t now_ms);

// 7 days, 12 hours, 90 minutes, 1500 ms: the largest unit that divides it.
std::string duration_text(std::uint64_t duration_ms);

}  // namespace testamur::wallet
