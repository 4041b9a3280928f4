#include "wallet/credential/last_day.h"

#include <chrono>
#include <cstdio>

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kSecondMs = 1'000;
constexpr std::uint64_t kDayMs = 86'400 * kSecondMs;
constexpr std::uint64_t kLastWritableMs = 253'402'300'799'999;
constexpr std::size_t kDateLength = 10;

}  // namespace

std::string moment_text(std::uint64_t time_ms) {
  namespace chrono = std::chrono;
  if (time_ms > kLastWritableMs) return "after the year 9999";
  const chrono::sys_seconds at{chrono::seconds{time_ms / kSecondMs}};
  const auto day = chrono::floor<chrono::days>(at);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss clock{at - day};
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()));
  std::string out = text;
  if (clock.seconds().count() != 0) {
    std::snprintf(text, sizeof text, ":%02d", static_cast<int>(clock.seconds().count()));
    out += text;
  }
  return out + " UTC";
}

std::string day_text(std::uint64_t time_ms) {
  return time_ms > kLastWritableMs ? moment_text(time_ms)
                                   : moment_text(time_ms).substr(0, kDateLength);
}

std::string last_day_text(std::uint64_t end_ms) {
  if (end_ms == 0) return "open";
  if (end_ms % kDayMs != 0) return moment_text(end_ms);
  return day_text(end_ms - kDayMs) + " (UTC, to the end of that day)";
}

}  // namespace testamur::wallet
