#include "common/day.h"

#include <algorithm>
#include <charconv>

namespace testamur::inline common {

namespace chrono = std::chrono;

bool has_day_form(std::string_view text) {
  return std::ranges::equal(text, std::string_view("YYYY-MM-DD"), [](char c, char wanted) {
    return wanted == '-' ? c == '-' : c >= '0' && c <= '9';
  });
}

std::optional<chrono::sys_days> parse_calendar_day(std::string_view text) {
  if (!has_day_form(text)) return std::nullopt;

  const auto number = [text](std::size_t at, std::size_t length) {
    unsigned value = 0;
    std::from_chars(text.data() + at, text.data() + at + length, value);
    return value;
  };
  const chrono::year_month_day date{chrono::year(static_cast<int>(number(0, 4))),
                                    chrono::month(number(5, 2)), chrono::day(number(8, 2))};
  if (!date.ok()) return std::nullopt;
  return chrono::sys_days(date);
}

std::optional<std::uint64_t> parse_day(std::string_view text) {
  const auto day = parse_calendar_day(text);
  if (!day || *day < chrono::sys_days()) return std::nullopt;
  return static_cast<std::uint64_t>(day->time_since_epoch().count()) * kDayMs;
}

}  // namespace testamur::inline common
