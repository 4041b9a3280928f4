// Moments and last days as people read them, in UTC: the one place that turns an end, which is
// exclusive, into the day on which something still holds. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

namespace testamur::wallet {

// 2026-12-01 12:00 UTC, rounded down; the seconds are shown where they are not zero.
std::string moment_text(std::uint64_t time_ms);

// 2026-12-01, the day of that moment.
std::string day_text(std::uint64_t time_ms);

// What people read of an end: "2026-11-30 (UTC, to the end of that day)" for the midnight after it;
// the moment itself where it is no midnight; "open" for 0.
std::string last_day_text(std::uint64_t end_ms);

}  // namespace testamur::wallet
