// A class list against the achievement and the calendar, before anything is signed.
#include "wallet/credential/award_check.h"

#include <algorithm>
#include <map>
#include <set>

#include "tests/support/catch.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kDayMs = 86'400'000;
constexpr std::uint64_t kNow = 1'795'910'400'000;  // 2026-11-29, 00:00 UTC

const AwardTerms kTerms{"tmi1x/77.1",
                        {"Pr\u00FCfung sicherer Systeme", "Secure Software Engineering"},
                        300,
                        6,
                        "supervised_onsite",
                        {"1 to 5, 4 passes"}};

std::vector<AwardFinding> check(const std::string& csv,
                                AwardCalendar calendar = {kNow, kNow - 60'000, 0}) {
  const auto list = read_class_list(csv);
  INFO(list.message());
  REQUIRE(list.ok());
  return check_awards(list->rows, kTerms, calendar);
}
std::string problem(const std::string& column, const std::string& value) {
  return to_text(check("student,given_name," + column + "\nS1,Ada," + value + "\n"));
}

}  // namespace

TEST_CASE("a list that agrees with the achievement and the calendar has no finding") {
  CHECK(
      check(
          "student,given_name,title,ects,eqf_level,birthdate,award_date,identity_check,grading_"
          "scheme\n"
          "S1,Ada,Secure Software Engineering,3,6,2001-02-03,2026-06-30,Supervised on site,\"1 to "
          "5, 4 passes\"\n"
          "S2,Bo,Pr\u00FCfung sicherer Systeme,3.0,6,2000-11-30,2026-11-29,identity card shown,\n")
          .empty());
  CHECK(check("student,given_name,ects_hundredths\nS1,Ada,300\n").empty());
  CHECK(check("student,given_name\nS1,Ada\n").empty());
}

TEST_CASE("the columns to fill in are read, and hold nothing that the achievement fixes") {
  const auto filled = [](const std::vector<std::string>& columns) {
    const std::map<std::string, std::string> values{{"student", "S1"},
                                                    {"given_name", "Ada"},
                                                    {"birthdate", "2001-02-03"},
                                                    {"title", "Secure Software Engineering"},
                                                    {"award_date", "2026-06-30"}};
    std::string header, row;
    for (const auto& column : columns) {
      const auto value = values.find(column);
      header += (header.empty() ? "" : ",") + column;
      row += (row.empty() ? "" : ",") + (value == values.end() ? std::string{} : value->second);
    }
    return header + "\r\n" + row + "\r\n";
  };

  const auto columns = columns_to_fill(kTerms);
  CHECK(check(filled(columns)).empty());
  CHECK(columns.front() == "student");

  // Every claim stands there, or is the same for everybody.
  const std::set<std::string> there(columns.begin(), columns.end());
  for (const auto& kind : claim_kinds()) {
    const bool is_fixed = kind.id == ClaimId::kEctsHundredths || kind.id == ClaimId::kEqfLevel;
    INFO(kind.name);
    CHECK(there.contains(std::string(kind.name)) != is_fixed);
  }

  // Of several titles a row may choose one; a single one is no choice.
  AwardTerms one_title = kTerms;
  one_title.titles.pop_back();
  const auto fewer = columns_to_fill(one_title);
  CHECK(std::ranges::find(fewer, "title") == fewer.end());
  CHECK(fewer.size() + 1 == columns.size());
  CHECK(check(filled(fewer)).empty());
}

// "ects_hundredths: 750 is 7.5 ECTS" was said of a list that has no such column.
TEST_CASE("credits are compared in the unit of the column that stands in the list") {
  const auto findings = check("student,given_name,ects\nS1,Ada,7.5\n");
  REQUIRE(findings.size() == 1);
  CHECK(findings.front().column == "ects");
  CHECK(to_text(findings) == "line 2, column 8: ects: 7.5 ECTS; the achievement says 3 ECTS");
  CHECK(check("student,given_name,ects\nS1,Ada,3\n").empty());
}

TEST_CASE(
    "three hundredths of a credit are not three credits: line, column and both values are said") {
  const auto findings = check("student,given_name,ects_hundredths\nS1,Ada,3\nS2,Bo,300\n");
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].place.line == 2);
  CHECK(findings[0].place.column == 8);
  CHECK(findings[0].value == "3");
  CHECK(findings[0].expected == "300");
  CHECK(findings[0].text ==
        "line 2, column 8: ects_hundredths: 3 is 0.03 ECTS; the achievement says 300 (3 ECTS): for "
        "whole credits call "
        "the "
        "column ects");
}

TEST_CASE("credits, level, supervision and scheme that contradict the achievement are findings") {
  CHECK(problem("ects", "30").find("ects: 30 ECTS; the achievement says 3 ECTS") !=
        std::string::npos);
  CHECK(problem("eqf_level", "7") == "line 2, column 8: eqf_level: 7; the achievement says 6");

  for (const char* text : {"unsupervised_verified", "Not supervised", "supervised online",
                           "unverified", "none", "No", "na", "yes"}) {
    INFO(text);
    CHECK(problem("identity_check", text)
              .ends_with("contradicts the achievement, which says supervised_onsite"));
  }

  CHECK(problem("grading_scheme", "A to F").find("is another scheme than the achievement's") !=
        std::string::npos);

  AwardTerms silent{"tmi1x/77.1", {"T"}, 0, 0, "", {}};
  const auto list =
      read_class_list("student,given_name,ects,identity_check\nS1,Ada,3,unsupervised\n").value();
  const auto findings = check_awards(list.rows, silent, {kNow, kNow, 0});
  REQUIRE(findings.size() == 1);  // a verifier compares credits with what is not stated, too
  CHECK(findings[0].text.find("the achievement says nothing") != std::string::npos);
}

TEST_CASE("a title in another form of letters, with other case or of another award is told apart") {
  CHECK(problem("title", "Pru\u0308fung sicherer Systeme").find("in another form (NFD)") !=
        std::string::npos);
  CHECK(problem("title", "secure software engineering")
            .find("differs from \"Secure Software Engineering\" by case") != std::string::npos);
  CHECK(problem("title", "Cooking").find("is none of the achievement's titles: \"Pr\u00FCfung") !=
        std::string::npos);
}

TEST_CASE("days that no calendar allows are findings, with today") {
  CHECK(problem("award_date", "2099-01-01") ==
        "line 2, column 8: award_date: 2099-01-01 is to come; today is 2026-11-29 (UTC)");
  CHECK(problem("award_date", "2026-11-30").find("is to come") != std::string::npos);
  CHECK(problem("birthdate", "2027-01-01").find("is to come") != std::string::npos);
  CHECK(problem("birthdate", "1826-01-01").find("more than 120 years ago") != std::string::npos);
  const auto born_after =
      check("student,given_name,birthdate,award_date\nS1,Ada,2026-06-30,2001-02-03\n");
  REQUIRE(born_after.size() == 1);
  CHECK(born_after[0].text.find("2026-06-30 is not before the award on 2001-02-03") !=
        std::string::npos);
}

TEST_CASE("the day of the eastern end of the world is no day to come") {
  const AwardCalendar evening{kNow + 11 * 3'600'000, kNow,
                              0};  // 11:00 UTC is 01:00 of the next day at UTC+14
  CHECK(check("student,given_name,award_date\nS1,Ada,2026-11-30\n", evening).empty());
}

TEST_CASE("an end before the issue or before an award is a finding") {
  const auto over = check("student,given_name\nS1,Ada\n", {kNow, kNow, kNow});
  REQUIRE(over.size() == 1);
  CHECK(over[0].text.find("their last day is 2026-11-28") != std::string::npos);
  CHECK(check("student,given_name\nS1,Ada\n", {kNow, kNow, kNow + kDayMs}).empty());
  const auto late =
      check("student,given_name,award_date\nS1,Ada,2026-11-28\n", {kNow, kNow, kNow + kDayMs});
  CHECK(late.empty());
}

TEST_CASE(
    "a clock behind the ledger's newest block is told before it is signed into every credential") {
  const auto findings = check("student,given_name\nS1,Ada\n", {1'577'836'800'000, kNow, 0});
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].place.line == 0);
  CHECK(findings[0].text ==
        "this machine's clock says 2020-01-01 00:00 UTC; the ledger's newest block is of "
        "2026-11-29 00:00 UTC: set the "
        "clock");
  CHECK(check("student,given_name\nS1,Ada\n", {kNow, kNow + 5 * 60'000, 0}).empty());
}

TEST_CASE("no more than ten findings are written out") {
  std::string csv = "student,given_name,ects\n";
  for (int i = 0; i < 15; ++i) csv += "S" + std::to_string(i) + ",Ada,4\n";
  CHECK(to_text(check(csv)).ends_with("\nand 5 more"));
}

TEST_CASE("who has not passed, and who was born this year, is awarded nothing") {
  for (const std::string grade :
       {"nicht bestanden", "Failed", "not-passed", "Underk\u00e4nd", "\u00c9chou\u00e9", "NB",
        "n.b.", "no show", "tbd", "nicht ausreichend", "Nicht teilgenommen", "kald\u0131",
        "Ba\u015far\u0131s\u0131z", "devams\u0131z", "girmedi", "non valid\u00e9", "refus\u00e9",
        "d\u00e9faillant", "ajourn\u00e9"})
    CHECK(problem("grade", grade).find("no grade of who has passed") != std::string::npos);
  for (const std::string grade : {"bestanden", "passed", "5", "F", "failsafe"})
    CHECK(problem("grade", grade).empty());
  CHECK(problem("birthdate", "2026-03-01").find("less than 5 years ago") != std::string::npos);
  CHECK(problem("birthdate", "2021-12-01").find("less than 5 years ago") != std::string::npos);
  CHECK(problem("birthdate", "2021-11-01").empty());
}

}  // namespace testamur::wallet
