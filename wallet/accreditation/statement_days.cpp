#include "wallet/accreditation/statement_days.h"

#include <chrono>
#include <cstdlib>

namespace testamur::wallet {
namespace {

int year_of(std::uint64_t time_ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds{time_ms}};
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(time)};
  return static_cast<int>(day.year());
}

}  // namespace

std::optional<std::string> far_day_problem(std::uint64_t day_ms, std::uint64_t now_ms) {
  const int year = year_of(day_ms), far = year - year_of(now_ms);
  if (std::abs(far) <= kMostYearsFromNow) return std::nullopt;
  return std::to_string(year) + " is " + std::to_string(std::abs(far)) +
         (far > 0 ? " years from now" : " years ago") +
         ": is the year right? A statement names days of at most " +
         std::to_string(kMostYearsFromNow) + " years before or after today";
}

}  // namespace testamur::wallet
