// Which days a statement may name, by hand or from a report: a year with a slip in it ("2931") is
// on the ledger for good, and is counted by everybody. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace testamur::wallet {

inline constexpr int kMostYearsFromNow = 50;

// Why the day (of any moment in it, UTC) cannot be meant, by its year: "2924 is 898 years from now:
// is the year right?". Nothing where it is at most 50 years before or after that of now.
std::optional<std::string> far_day_problem(std::uint64_t day_ms, std::uint64_t now_ms);

}  // namespace testamur::wallet
