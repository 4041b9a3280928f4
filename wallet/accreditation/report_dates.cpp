#include "wallet/accreditation/report_dates.h"

#include <cstdio>
#include <string>

#include "common/day.h"
#include "common/visible.h"
#include "trust/explain.h"

namespace testamur::wallet {
namespace {

// Takes `least` to `most` digits from the front.
bool take_number(std::string_view& text, std::size_t least, std::size_t most, unsigned& out) {
  std::size_t length = 0;
  out = 0;
  for (; length < most && length < text.size() && text[length] >= '0' && text[length] <= '9';
       ++length) {
    out = out * 10 + static_cast<unsigned>(text[length] - '0');
  }
  text.remove_prefix(length);
  return length >= least;
}

std::string iso(unsigned year, unsigned month, unsigned day) {
  char text[40];
  std::snprintf(text, sizeof text, "%04u-%02u-%02u", year, month, day);
  return text;
}

struct Parts {
  unsigned year = 0, month = 0, day = 0;
  bool good = true;

  void take(char symbol, bool short_form, std::string_view& text) {
    const std::size_t least = short_form ? 1 : 2;
    if (symbol == 'd') {
      good = good && take_number(text, least, 2, day);
    } else if (symbol == 'm') {
      good = good && take_number(text, least, 2, month);
    } else if (symbol == 'Y') {
      good = good && take_number(text, 4, 4, year);
    } else if (symbol == 'y') {
      good = good && take_number(text, 2, 2, year);
      year += 2000;
    } else {
      good = false;
    }
  }
};

constexpr unsigned kFirstYear = 1970, kLastYear = 2999;

}  // namespace

std::optional<std::string> date_format_problem(std::string_view format) {
  unsigned days = 0, months = 0, years = 0, others = 0;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    if (i + 1 < format.size() && format[i + 1] == '-') ++i;
    const char symbol = ++i < format.size() ? format[i] : '%';
    days += symbol == 'd' ? 1 : 0;
    months += symbol == 'm' ? 1 : 0;
    years += symbol == 'Y' || symbol == 'y' ? 1 : 0;
    others += std::string_view("dmYy").find(symbol) == std::string_view::npos ? 1 : 0;
  }
  if (days == 1 && months == 1 && years == 1 && others == 0) return std::nullopt;
  return in_quotes(format) +
         " is no form of a date: it has each once of %d or %-d (day), %m or %-m (month) and %Y or "
         "%y (year), as %d/%m/%Y";
}

Result<std::uint64_t> read_report_date(std::string_view text, std::string_view format) {
  if (const auto problem = date_format_problem(format)) return error(*problem);
  const std::string quoted = in_quotes(text);
  const std::string shown = quoted + " is no day in the form " + std::string(format);

  Parts parts;
  for (std::size_t i = 0; i < format.size() && parts.good; ++i) {
    if (format[i] != '%') {
      parts.good = !text.empty() && text.front() == format[i];
      if (parts.good) text.remove_prefix(1);
      continue;
    }

    const bool short_form = format[i + 1] == '-';
    i += short_form ? 2 : 1;
    parts.take(format[i], short_form, text);
  }

  if (!parts.good || !text.empty()) return error(shown);
  if (parts.year < kFirstYear || parts.year > kLastYear)
    return error(quoted + ": the year " + std::to_string(parts.year) +
                 " is out of range: 1970 to 2999");

  // A day that no calendar has is found by the parser of the policies, which knows the leap years.
  const auto day = parse_day(iso(parts.year, parts.month, parts.day));
  if (!day) return error(shown);

  return *day;
}

std::uint64_t years_later(std::uint64_t day_ms, unsigned years) {
  const std::string text = trust::date_text(day_ms);
  const auto number = [&](std::size_t at, std::size_t length) {
    return static_cast<unsigned>(std::stoul(text.substr(at, length)));
  };
  const unsigned year = number(0, 4) + years, month = number(5, 2), day = number(8, 2);
  if (const auto later = parse_day(iso(year, month, day))) return *later;
  return parse_day(iso(year, month, 28)).value_or(day_ms);
}

}  // namespace testamur::wallet
