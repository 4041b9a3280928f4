// Moments as operators read them. Pure; any thread.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

namespace testamur::node {

// "2026-12-01 12:00 UTC".
inline std::string minute_text(std::uint64_t time_ms) {
  const auto seconds = static_cast<std::time_t>(time_ms / 1000);
  std::tm fields{};
  ::gmtime_r(&seconds, &fields);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &fields));
  return text;
}

// "45 seconds", "60 minutes", "26 hours", "3 days": rounded, in the unit that a person would use.
inline std::string span_text(std::uint64_t span_ms) {
  constexpr std::uint64_t kMinuteMs = 60'000, kHourMs = 60 * kMinuteMs, kDayMs = 24 * kHourMs;
  const auto in = [span_ms](std::uint64_t unit_ms, const char* name) {
    const auto count = (span_ms + unit_ms / 2) / unit_ms;
    return std::to_string(count) + " " + name + (count == 1 ? "" : "s");
  };
  if (span_ms < 2 * kMinuteMs) return in(1'000, "second");
  if (span_ms < 2 * kHourMs) return in(kMinuteMs, "minute");
  if (span_ms < 2 * kDayMs) return in(kHourMs, "hour");
  return in(kDayMs, "day");
}

}  // namespace testamur::node
