// Dates of reports, in the notation of the register: %Y-%m-%d, %d/%m/%y, %-d.%-m.%Y. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace testamur::wallet {

// Why this is no notation of a date; nothing where it is one: day, month and year once each.
std::optional<std::string> date_format_problem(std::string_view format);
// The start of the day (UTC) in milliseconds; years 1970 to 2999, two digits of a year are 2000 and
// after.
Result<std::uint64_t> read_report_date(std::string_view text, std::string_view format);
// The same day so many years later (28 February for 29 February).
std::uint64_t years_later(std::uint64_t day_ms, unsigned years);

}  // namespace testamur::wallet
