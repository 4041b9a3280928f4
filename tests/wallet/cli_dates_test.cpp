// A day is a day: what is typed as the last one holds until it is over, in UTC.
#include "tests/support/catch.h"
#include "wallet/cli/dates.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::uint64_t kNow = 1'795'910'400'000 + 12 * 3'600'000;  // 2026-11-29, noon UTC
constexpr std::uint64_t kToday = 1'795'910'400'000;

}  // namespace

TEST_CASE("a last day ends when it is over, and is shown as it was typed") {
  CHECK(parse_last_day("2026-11-29", kNow, "--until").value() == kToday + kDayMs);
  CHECK(parse_last_day("2026-11-30", kNow, "--until").value() == kToday + 2 * kDayMs);
  CHECK(parse_last_day("", kNow, "--until").value() == 0);
  for (const char* day : {"2026-11-29", "2028-02-29", "2026-12-31"})
    CHECK(last_day_text(parse_last_day(day, kNow, "--until").value()) ==
          std::string(day) + " (UTC, to the end of that day)");
  CHECK(last_day_text(0) == "open");
  CHECK(last_day_text(kNow) == "2026-11-29 12:00 UTC");
}

TEST_CASE("a day that is asked about is now where it is today, and else its end") {
  CHECK(parse_day_asked("", kNow, "--at").value() == 0);
  CHECK(parse_day_asked("2026-11-29", kNow, "--at").value() == 0);
  CHECK(parse_day_asked("2026-11-28", kNow, "--at").value() == kToday - 1);
  CHECK(parse_day_asked("2026-11-30", kNow, "--at").message().find("still to come") !=
        std::string::npos);
  CHECK(parse_day_asked("today", kNow, "--at").value() == 0);
  CHECK(parse_day_asked("now", kNow, "--at").value() == 0);
  CHECK(parse_day_asked("yesterday", kNow, "--at").message().starts_with("--at: "));
}

TEST_CASE("a day that is over, or is none, is refused by the option's name") {
  const auto over = parse_last_day("2026-11-28", kNow, "--until");
  REQUIRE_FALSE(over.ok());
  CHECK(
      over.message() ==
      "--until 2026-11-28 is over: it is 2026-11-29 12:00 UTC. Name a last day from 2026-11-29 on");

  // The last day whose end is still before the year 10000.
  CHECK(parse_last_day("9999-12-30", kNow, "--until").ok());
  CHECK_FALSE(parse_last_day("9999-12-31", kNow, "--until").ok());

  for (const char* wrong : {"2026-02-29", "2026-13-01", "26-11-29", "2026-1-1", "2026- 1- 1",
                            "+026-01-01", "tomorrow", "2026-11-29 ", "1969-12-31"}) {
    INFO(wrong);
    const auto read = parse_last_day(wrong, 0, "--expires");
    REQUIRE_FALSE(read.ok());
    CHECK(read.message().starts_with("--expires: "));
  }
}

// "12:00" was answered with "write YYYY-MM-DD".
TEST_CASE("what is no time is answered with all forms of one") {
  for (const char* wrong :
       {"12:00", "tomorrow", "2026-11-30T", "2026-11-30-12:00", "30.11.2026", ""}) {
    CAPTURE(wrong);
    const auto read = parse_time(wrong, kNow);
    REQUIRE_FALSE(read.ok());
    if (std::string_view(wrong) == "2026-11-30T") continue;  // its clock alone is wrong
    for (const char* form : {"YYYY-MM-DD,", "YYYY-MM-DDTHH:MM", "+90m, +12h, +7d"})
      CHECK(read.message().find(form) != std::string::npos);
  }
  CHECK(parse_time("2026-11-30", kNow).value() == kToday + kDayMs);
  CHECK(parse_time("2026-11-29T12:00", kNow).value() == kNow);
  CHECK(parse_time("+12h", kNow).value() == kNow + kDayMs / 2);
}

// 2924 and 2931 were sent, and are on the ledger for good.
TEST_CASE("a day of a statement is at most 50 years from now, and else its year is named") {
  CHECK(parse_statement_from("", kNow).value() == kNow);
  CHECK(parse_statement_until("", kNow).value() == 0);
  for (const char* day : {"1976-01-01", "2026-11-29", "2076-12-31"}) {
    CAPTURE(day);
    CHECK(parse_statement_from(day, kNow).ok());
  }
  CHECK(parse_statement_until("2076-12-31", kNow).ok());

  CHECK(parse_statement_from("2924-01-01", kNow)
            .message()
            .starts_with("--from 2924-01-01: 2924 is 898 years from now: is the year right?"));
  CHECK(parse_statement_from("1975-12-31", kNow)
            .message()
            .starts_with("--from 1975-12-31: 1975 is 51 years ago: is the year right?"));
  CHECK(parse_statement_until("2077-01-01", kNow)
            .message()
            .starts_with("--until 2077-01-01: 2077 is 51 years from now: is the year right?"));
  CHECK(parse_statement_from("2926", kNow).message().starts_with("--from: "));
}

}  // namespace testamur::wallet
