#include "wallet/cli/dates.h"

#include <chrono>
#include <cstdio>

namespace testamur::wallet {

Result<std::uint64_t> parse_date_or(const std::string& text, std::uint64_t fallback) {
  if (text.empty()) return fallback;
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int read = 0;
  const bool shaped =
      text.size() == 10 && std::sscanf(text.c_str(), "%4d-%2u-%2u%n", &year, &month, &day, &read) == 3 && read == 10;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{day}};
  if (!shaped || !date.ok() || year < 1970) return error("\"" + text.substr(0, 40) + "\" is no date: write YYYY-MM-DD");
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::sys_days{date}.time_since_epoch()).count());
}

}  // namespace testamur::wallet
