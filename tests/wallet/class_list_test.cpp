#include "wallet/credential/class_list.h"

#include "tests/support/catch.h"
#include "tests/wallet/mutations.h"
#include "wallet/credential/csv.h"

namespace testamur::wallet {
namespace {

std::string csv_failure(std::string_view text) {
  const auto table = parse_csv(text);
  REQUIRE_FALSE(table.ok());
  return table.message();
}
std::string list_failure(std::string_view text) {
  const auto list = read_class_list(text);
  REQUIRE_FALSE(list.ok());
  return list.message();
}

constexpr std::string_view kGood =
    "student,given_name,family_name,grade,award_date\r\n"
    "s-1,Zoë,Müller,1.3,2026-07-31\r\n"
    "s-2,\"Ana \"\"Anita\"\"\",\"de la Cruz, y Vega\",,2026-07-31\r\n";

}  // namespace

TEST_CASE("CSV is read as RFC 4180 writes it") {
  const auto table = parse_csv("a,b\r\n\"1\r\n2\",\"x\"\"y\"\r\n,\r\n").value();
  REQUIRE(table.rows.size() == 2);
  CHECK(table.rows[0][0].text == "1\r\n2");
  CHECK(table.rows[0][1].text == "x\"y");
  CHECK(table.rows[1][0].text.empty());
  CHECK(table.rows[1][0].place.line == 4);
  CHECK(parse_csv("a,b\n1,2").value().rows.size() == 1);
  CHECK(parse_csv("\xef\xbb\xbf"
                  "a\n1\n")
            .value()
            .header[0]
            .text == "a");
  CHECK(parse_csv("a").value().rows.empty());
}

TEST_CASE("a broken row is named by line and column") {
  CHECK(csv_failure("a,b\n1,2\n3\n") == "line 3, column 1: the row has 1 cells, the header has 2");
  CHECK(csv_failure("a,b\n1,2,3\n") == "line 2, column 5: the row has 3 cells, the header has 2");
  CHECK(csv_failure("a,b\n1,2\n\n") == "line 3, column 1: the row has 1 cells, the header has 2");
  CHECK(csv_failure("a,b\nöä\",2\n") == "line 2, column 3: a quote stands inside a cell that is not quoted");
  CHECK(csv_failure("a,b\n\"1\"x,2\n") == "line 2, column 4: a cell goes on after its closing quote");
  CHECK(csv_failure("a,b\n1,\"2\n3\n") == "line 2, column 3: a quoted cell is never closed");
  CHECK(csv_failure("a,b\n1\r2,3\n") == "line 2, column 2: a carriage return stands alone");
  CHECK(csv_failure("") == "line 1, column 1: the file is empty; a header row is expected");
  CHECK(csv_failure("a,b\n\xff,2\n") == "the file is not UTF-8: save it as \"CSV UTF-8\"");
}

TEST_CASE("a class list gives every learner's claims") {
  const auto rows = read_class_list(kGood);
  REQUIRE(rows.ok());
  REQUIRE(rows->size() == 2);
  const auto& second = rows->at(1);
  CHECK(second.student == "s-2");
  CHECK(second.line == 3);
  CHECK(std::get<std::string>(second.claims.at(ClaimId::kGivenName)) == "Ana \"Anita\"");
  CHECK(std::get<std::string>(second.claims.at(ClaimId::kFamilyName)) == "de la Cruz, y Vega");
  CHECK_FALSE(second.claims.contains(ClaimId::kGrade));
}

TEST_CASE("every problem of a class list is reported with its place") {
  CHECK(list_failure("student,family_name,eqf_level,award_date\n"
                     "s-1,Müller,9,2026-07-31\n"
                     "s-2,Ñandú,7,31.07.2026\n"
                     ",X,7,2026-07-31\n"
                     "s-1,Y,7,2026-07-31\n") ==
        "line 2, column 12: eqf_level is not a whole number from 1 to 8\n"
        "line 3, column 13: award_date is not a date like 2026-07-31\n"
        "line 4, column 1: student is empty\n"
        "line 5, column 1: the student \"s-1\" stands in line 2 already");
  CHECK(list_failure("student,grade\ns-1,A\n") ==
        "line 2, column 1: the learner has neither given_name nor family_name");
}

TEST_CASE("a header that is missing, foreign or doubled is refused") {
  CHECK(list_failure("family_name\nX\n") == "line 1, column 1: the column \"student\" is missing");
  CHECK(list_failure("student,family_name,family_name\ns,X,Y\n") ==
        "line 1, column 21: the column \"family_name\" occurs twice");
  CHECK(
      list_failure("student,shoe_size\ns,44\n").starts_with("line 1, column 9: the column \"shoe_size\" is not known"));
  CHECK(list_failure("student;family_name\ns;X\n") ==
        "line 1, column 1: the cells are separated by semicolons; save the list with commas");
  CHECK(list_failure("student,family_name\n") == "the list has a header and no learner");
}

TEST_CASE("no more than ten problems are listed") {
  std::string text = "student,family_name\n";
  for (int i = 0; i < 15; ++i) text += std::to_string(i) + ",\n";
  CHECK(list_failure(text).ends_with("\nand 5 more"));
}

TEST_CASE("damaged lists never crash the reader") {
  testamur::test::for_each_mutation(as_bytes(kGood), 3000,
                                    [](ByteView damaged) { (void)read_class_list(as_text(damaged)); });
}

}  // namespace testamur::wallet
