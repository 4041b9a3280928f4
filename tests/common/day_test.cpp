#include "common/day.h"

#include <string>

#include "tests/support/catch.h"

namespace testamur {

TEST_CASE("a day is read as the calendar has it, and no other text is one") {
  CHECK(parse_day("1970-01-01") == 0);
  CHECK(parse_day("2024-02-29") == 1'709'164'800'000);
  CHECK(parse_day("2100-03-01") == 4'107'542'400'000);
  CHECK(parse_day("9999-12-31") == 253'402'214'400'000);
  for (const char* wrong : {"", "2026", "2100-02-29", "2026-13-01", "2026-00-10", "2026-01-00",
                            "2026-1-01", "2026-1a-01", "2026-01-1 ", "+026-01-01", "2026/01/01",
                            "2026-01-01 ", " 2026-01-01", "20260-01-01"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_day(wrong));
    CHECK_FALSE(parse_calendar_day(wrong));
  }
}

TEST_CASE("days before 1970 are days of birth, and no time of a ledger") {
  CHECK(parse_calendar_day("1969-12-31")->time_since_epoch().count() == -1);
  CHECK_FALSE(parse_day("1969-12-31"));
  CHECK(has_day_form("2026-02-30"));
  CHECK_FALSE(has_day_form("2026-2-30"));
}

TEST_CASE("each day is one later than the one before it, through four hundred years") {
  std::optional<std::chrono::sys_days> before;
  for (int year = 1900; year < 2300; ++year) {
    for (int month = 1; month <= 12; ++month) {
      for (int day = 1; day <= 31; ++day) {
        char text[40];
        std::snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
        const auto read = parse_calendar_day(text);
        if (!read) continue;
        if (before) REQUIRE(*read == *before + std::chrono::days(1));
        before = read;
      }
    }
  }
  CHECK(before == parse_calendar_day("2299-12-31"));
}

}  // namespace testamur
