// Days as people and formats write them: YYYY-MM-DD (ISO 8601), in UTC whatever the machine's zone,
// so that a day means the same to everybody who reads it. Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace testamur::inline common {

inline constexpr std::uint64_t kDayMs = 86'400'000;

// Whether the text is four digits, two and two; whether the calendar has that day is another
// question.
bool has_day_form(std::string_view text);
// Nothing for another text, and for a day that its month does not have.
std::optional<std::chrono::sys_days> parse_calendar_day(std::string_view text);
// Its first millisecond since 1970. Nothing for days before that.
std::optional<std::uint64_t> parse_day(std::string_view text);

}  // namespace testamur::inline common
