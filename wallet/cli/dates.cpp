// Days and times are UTC, whatever the machine's zone: a date in a statement or a credential means
// the same to everybody who reads it. An end is exclusive, the first moment at which it no longer
// holds.
#include "wallet/cli/dates.h"

#include <charconv>
#include <cstdio>

#include "common/day.h"
#include "common/visible.h"
#include "wallet/accreditation/statement_days.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kSecondMs = 1'000;
constexpr std::uint64_t kMinuteMs = 60 * kSecondMs;
constexpr std::uint64_t kHourMs = 60 * kMinuteMs;
constexpr std::uint64_t kLastWritableMs = 253'402'300'799'999;
constexpr std::size_t kDateLength = 10;

struct Unit {
  char letter;
  std::uint64_t length_ms;
  const char* name;
};
constexpr Unit kUnits[] = {{'d', kDayMs, "day"},
                           {'h', kHourMs, "hour"},
                           {'m', kMinuteMs, "minute"},
                           {'s', kSecondMs, "second"}};

// A time from now on: + number unit.
Result<std::uint64_t> parse_distance(const std::string& text) {
  std::uint64_t count = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + 1, end, count);
  for (const auto& unit : kUnits) {
    const bool fits = read.ec == std::errc{} && read.ptr + 1 == end && *read.ptr == unit.letter;
    if (fits && count <= 36'500 * kDayMs / unit.length_ms) return count * unit.length_ms;
  }
  return error(in_quotes(text) + " is no time from now on: write +30s, +90m, +12h or +7d");
}

// HH:MM or HH:MM:SS.
Result<std::uint64_t> parse_clock(const std::string& text) {
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  int read = 0;
  const bool short_form =
      std::sscanf(text.c_str(), "%2u:%2u%n", &hour, &minute, &read) == 2 && read == 5;
  const bool whole =
      short_form && (text.size() == 5 ||
                     (text.size() == 8 && std::sscanf(text.c_str() + 5, ":%2u", &second) == 1));
  if (!whole || hour > 23 || minute > 59 || second > 59)
    return error(in_quotes(text) + " is no time: write HH:MM");
  return hour * kHourMs + minute * kMinuteMs + second * kSecondMs;
}

}  // namespace

Result<std::uint64_t> parse_date_or(const std::string& text, std::uint64_t fallback) {
  if (text.empty()) return fallback;
  if (const auto day = parse_day(text)) return *day;
  return error(in_quotes(text) + " is no date: write YYYY-MM-DD");
}

Result<std::uint64_t> parse_last_day(const std::string& text, std::uint64_t now_ms,
                                     const std::string& option) {
  if (text.empty()) return std::uint64_t{0};
  auto start = parse_date_or(text, 0);
  if (!start.ok())
    return error(option + ": " + start.message() + ", the last day on which it holds (UTC)");
  const std::uint64_t end_ms = *start + kDayMs;
  if (end_ms > kLastWritableMs)
    return error(option + " " + text + " is the last day of all: leave it out for \"open\"");
  if (end_ms <= now_ms)
    return error(option + " " + text + " is over: it is " + moment_text(now_ms) +
                 ". Name a last day from " + day_text(now_ms) + " on");
  return end_ms;
}

Result<std::uint64_t> parse_statement_from(const std::string& text, std::uint64_t now_ms) {
  const auto from_ms = parse_date_or(text, now_ms);
  if (!from_ms.ok()) return error("--from: " + from_ms.message());
  if (const auto problem = far_day_problem(*from_ms, now_ms))
    return error("--from " + text + ": " + *problem);
  return from_ms;
}

Result<std::uint64_t> parse_statement_until(const std::string& text, std::uint64_t now_ms) {
  TM_TRY(const auto until_ms, parse_last_day(text, now_ms, "--until"));
  if (until_ms == 0) return until_ms;
  if (const auto problem = far_day_problem(until_ms - 1, now_ms))
    return error("--until " + text + ": " + *problem);
  return until_ms;
}

Result<std::uint64_t> parse_day_asked(const std::string& text, std::uint64_t now_ms,
                                      const std::string& option) {
  if (text.empty() || text == "today" || text == "now") return std::uint64_t{0};
  const auto start = parse_date_or(text, 0);
  if (!start.ok()) return error(option + ": " + start.message());
  if (*start > now_ms)
    return error(option + ": " + text + " is still to come, and what will be said by then nobody " +
                 "knows: name today or a day before");
  const bool today = *start <= now_ms && now_ms < *start + kDayMs;
  return today ? std::uint64_t{0} : *start + kDayMs - 1;
}

Result<std::uint64_t> parse_time(const std::string& text, std::uint64_t now_ms) {
  if (text.starts_with('+')) {
    TM_TRY(const auto distance_ms, parse_distance(text));
    return now_ms + distance_ms;
  }

  const auto day_ms = parse_date_or(text.substr(0, kDateLength), 0);
  if (day_ms.ok() && text.size() == kDateLength) return day_ms;
  const bool has_clock =
      text.size() > kDateLength && (text[kDateLength] == 'T' || text[kDateLength] == ' ');
  if (!text.empty() && day_ms.ok() && has_clock) {
    TM_TRY(const auto clock_ms, parse_clock(text.substr(kDateLength + 1)));
    return *day_ms + clock_ms;
  }
  return error(in_quotes(text) +
               " is no time: write a day, YYYY-MM-DD, a day with a time (UTC), YYYY-MM-DDTHH:MM, "
               "or how far from now, +90m, +12h, +7d");
}

std::string duration_text(std::uint64_t duration_ms) {
  for (const auto& unit : kUnits) {
    if (duration_ms < unit.length_ms || duration_ms % unit.length_ms != 0) continue;
    const auto count = duration_ms / unit.length_ms;
    return std::to_string(count) + " " + unit.name + (count == 1 ? "" : "s");
  }
  return std::to_string(duration_ms) + " ms";
}

}  // namespace testamur::wallet
