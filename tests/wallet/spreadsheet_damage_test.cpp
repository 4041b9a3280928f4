// What a spreadsheet makes of a list is refused where it stands, in every list, and what only looks
// like it is read.
#include "wallet/credential/spreadsheet_damage.h"

#include <algorithm>

#include "tests/support/catch.h"
#include "wallet/credential/class_list.h"
#include "wallet/credential/status_list.h"
#include "wallet/credential/windows_1252.h"

namespace testamur::wallet {
namespace {

std::string why_not(const std::string& columns, const std::string& row) {
  return read_class_list(columns + "\n" + row + "\n").message();
}

}  // namespace

TEST_CASE("the value of a formula that failed is no value of any cell, in any language") {
  for (const std::string value :
       {"#NAME?", "#NV", "#N/A", "#WERT!", "#REF!", "#DIV/0!", "#BEZUG!", "#ZAHL!", "#NULL!",
        "#VALEUR!", "#NOM?", "#N/D", "#VÄRDEFEL!", "#¿NOMBRE?", "#name?", "Err:508", "########"}) {
    CAPTURE(value);
    for (const auto use :
         {CellUse::kText, CellUse::kIdentifier, CellUse::kGrade, CellUse::kAwardDay})
      CHECK_FALSE(spreadsheet_damage(value, use).empty());

    // By line, column and value, wherever it stands.
    CHECK(why_not("student,given_name,family_name", "S1,Ada," + value)
              .starts_with("line 2, column 8: family_name \"" + value + "\""));
    CHECK(why_not("student,given_name", value + ",Ada")
              .starts_with("line 2, column 1: student \"" + value + "\""));
    CHECK(why_not("student,given_name,ects", "S1,Ada," + value).starts_with("line 2, column 8: "));
    for (const std::string column : {"student", "batch", "reference", "index"}) {
      CAPTURE(column);
      CHECK(read_status_list(column == "batch" ? "index,batch\n1," + value + "\n"
                                               : column + "\n" + value + "\n")
                .message()
                .find(column + " \"" + value + "\"") != std::string::npos);
    }
  }
  for (const std::string good : {"#1", "# 12", "C#", "#Ada", "R#2!x", "Err", "#", "##"}) {
    CAPTURE(good);
    CHECK(spreadsheet_damage(good, CellUse::kIdentifier).empty());
  }
}

TEST_CASE("a number that lost its last digits names nobody") {
  for (const std::string value : {"1,23E+11", "1.23457E+11", "1E+05", "4.5e+3", "1,20E-05"}) {
    CAPTURE(value);
    const auto cell = "\"" + value + "\"";
    CHECK(why_not("student,given_name", cell + ",Ada")
              .starts_with("line 2, column 1: student \"" + value + "\""));
    CHECK(why_not("student,given_name,student_number", "S1,Ada," + cell)
              .starts_with("line 2, column 8: student_number \"" + value + "\""));
    CHECK(read_status_list("student\n" + cell + "\n").message().find("last digits are lost") !=
          std::string::npos);

    // No identifier: then it is what somebody wrote.
    CHECK(spreadsheet_damage(value, CellUse::kText).empty());
  }
  for (const std::string good : {"4E12", "12e3", "E+11", "1E+", "5E-3", "1.2.3E+4", "A1E+05"}) {
    CAPTURE(good);
    CHECK(spreadsheet_damage(good, CellUse::kIdentifier).empty());
  }
}

TEST_CASE("a grade that a spreadsheet made into a day is no grade") {
  for (const std::string value :
       {"02. Jan", "01.03.2026", "2. Mär", "02-Jan", "Jan 02", "Jan-20", "2026-03-01", "1/3/2026",
        "3/21/2026", "01.03.26", "02. Dezember", "1-Feb-26", "2026-03-01 00:00:00", "03. Mrz"}) {
    CAPTURE(value);
    CHECK(why_not("student,given_name,grade", "S1,Ada," + value)
              .starts_with("line 2, column 8: grade \"" + value + "\" is a day"));
    CHECK(spreadsheet_damage(value, CellUse::kText).empty());
  }
  for (const std::string good :
       {"1.3", "2,0", "A", "1.0-1.5", "10/10/10", "Set 1", "B+", "12.5/20", "1.3 (sehr gut)",
        "passed on 01.03.2026", "99.99.2026", "3", "2:1", "Distinction", "15.3.1", "may", "2026"}) {
    CAPTURE(good);
    CHECK(spreadsheet_damage(good, CellUse::kGrade).empty());
  }
}

TEST_CASE("a text that was decoded twice is refused with what is meant") {
  const std::pair<std::string, std::string> kCases[] = {
      {"MÃ¼ller", "Müller"}, {"JosÃ©", "José"},      {"Ã–sterberg", "Österberg"},
      {"WeiÃŸ", "Weiß"},     {"Å ukasz", "Šukasz"},  {"Å\u0081ukasz", "Łukasz"},
      {"ÐŸÑ‘Ñ‚Ñ€", "Пётр"},  {"Nguyá»…n", "Nguyễn"}, {"Oâ€™Hara", "O’Hara"},
      {"Î‘Î½Î½Î±", "Αννα"}};
  for (const auto& [broken, meant] : kCases) {
    // What a program makes of the one is the other: the cases are no guess.
    if (broken != "Å ukasz" && broken != "Å\u0081ukasz") CHECK(from_windows_1252(meant) == broken);
    if (broken == "Å ukasz") continue;  // a no-break space, which editors like to replace
    CAPTURE(broken);
    const auto text = why_not("student,given_name,family_name", "S1,Ada," + broken);
    CHECK(text.starts_with("line 2, column 8: family_name \""));
    CHECK(text.find("\"" + meant + "\" is meant?") != std::string::npos);
  }
  for (const std::string good : {"Müller", "Zoë", "Łukasz", "Пётр", "Αννα", "Nguyễn", "O’Hara",
                                 "„Spaß“", "Spaß’s", "André’s", "Âge d’or", "JOÃO", "Åland", "ÅSA",
                                 "Ñandú", "À la carte", "北京", "Ørsted – Æble"}) {
    CAPTURE(good);
    CHECK(spreadsheet_damage(good, CellUse::kText).empty());
  }
}

TEST_CASE("Windows-1252 is read and written back") {
  for (unsigned value = 1; value < 256; ++value) {
    const std::string byte(1, static_cast<char>(value));
    const auto text = from_windows_1252(byte);
    CAPTURE(value);
    CHECK((text ? to_windows_1252(*text) : byte) == byte);
  }
  CHECK_FALSE(to_windows_1252("Ł").has_value());
  CHECK_FALSE(to_windows_1252("\xff").has_value());
}

TEST_CASE("no award is of the day that an empty cell becomes") {
  for (const std::string day : {"1900-01-01", "1899-12-30", "1904-01-01", "1970-01-01"}) {
    CAPTURE(day);
    const auto text = why_not("student,given_name,award_date", "S1,Ada," + day);
    CHECK(text.starts_with("line 2, column 8: award_date \"" + day + "\""));
    CHECK(text.find("was the cell empty?") != std::string::npos);
  }

  // In the list's own form it is no other day, and the message says what stands in the file.
  ClassListReading reading;
  reading.date_form = "DD.MM.YYYY";
  const auto text =
      read_class_list("student,given_name,award_date\nS1,Ada,01.01.1900\n", reading).message();
  CHECK(text.starts_with("line 2, column 8: award_date \"01.01.1900\""));

  // People were born on such days.
  CHECK(read_class_list("student,given_name,birthdate\nS1,Ada,1970-01-01\n").ok());
  CHECK(read_class_list("student,given_name,award_date\nS1,Ada,1970-01-02\n").ok());
}

TEST_CASE("a question mark between letters of a name is told, and stays") {
  const auto list = read_class_list("student,given_name,family_name\nS1,Ada,M?ller\nS2,Who?,Ek\n");
  REQUIRE(list.ok());
  REQUIRE(list->doubts.size() == 1);
  CHECK(list->doubts.front().find("\"S1\" (line 2) holds a sign") != std::string::npos);
}

// It was said of every row whose name had a fault, and sent people after a second one.
TEST_CASE("a name that has a fault is no missing name") {
  CHECK(why_not("student,given_name", "S1,#NV").find("neither") == std::string::npos);
  CHECK(why_not("student,given_name", "S1,Ada\u200B").find("neither") == std::string::npos);
  CHECK(why_not("student,given_name", "S1,").find("neither") != std::string::npos);
}

TEST_CASE("a wrong form of days is told by what stands in the file") {
  ClassListReading reading;
  reading.date_form = "MM/DD/YYYY";
  const auto text =
      read_class_list("student,given_name,award_date\nS1,Ada,30/06/2026\n", reading).message();
  CHECK(text.find("\"30/06/2026\"") != std::string::npos);
  CHECK(text.find("2026-30-06") == std::string::npos);
  CHECK(text.find("--date-format") != std::string::npos);
}

TEST_CASE("a name of a column that is advised can be typed") {
  const auto text = why_not("student,Family Name", "S1,Ekman");
  CHECK(text.find("--map \"Family Name=family_name\"") != std::string::npos);
  CHECK(why_not("student,Family$Name", "S1,Ekman").find("--map 'Family$Name=family_name'") !=
        std::string::npos);

  const auto invisible = why_not("stu\u200Bdent,given_name", "S1,Ada");
  CHECK(invisible.find("--map") == std::string::npos);
  CHECK(invisible.find("column 1") != std::string::npos);
  CHECK(invisible.find("type the name again in the file") != std::string::npos);
}

TEST_CASE("what stands for no value is not signed, and neither is a formula") {
  for (const std::string value : {"NULL", "n/a", "N/A", "-", "--", "\u2013", "?", "TRUE", "FALSCH",
                                  "NaN", "=A1&B1", "=HYPERLINK(1)", "k.A."}) {
    CAPTURE(value);
    for (const std::string column : {"grade", "family_name", "student_number", "identity_check"})
      CHECK(why_not("student,given_name," + column, "S1,Ada," + value)
                .starts_with("line 2, column 8: " + column + " \"" + value + "\""));
    CHECK_FALSE(read_status_list("student\n" + value + "\n").ok());
  }
  // Families are called so.
  for (const std::string good : {"Null", "True", "Na", "No", "'t Hooft", "D'-", "A-"})
    CHECK(spreadsheet_damage(good, CellUse::kName).empty());
}

TEST_CASE("what belongs into another column is no name, no number of a learner and no grade") {
  CHECK(why_not("student,given_name", "S1,ada@uni.example").find("and no name") !=
        std::string::npos);
  CHECK(why_not("student,given_name", "S1,12345").find("and no name") != std::string::npos);
  for (const std::string value : {"12345.0", "'00123"}) {
    CHECK(why_not("student,given_name", value + ",Ada").find("a program put beside") !=
          std::string::npos);
    CHECK(why_not("student,given_name,student_number", "S1,Ada," + value)
              .find("a program put beside") != std::string::npos);
  }
  CHECK(why_not("student,given_name,grade", "S1,Ada,46023").find("is a day and no grade") !=
        std::string::npos);
  CHECK(why_not("student,given_name,grade", "Summe:,Ada,17").find("sums up the others") !=
        std::string::npos);
  CHECK(why_not("student,given_name,grade", "S1,Ada,10000").empty());
  CHECK(why_not("student,given_name", "Summers,Ada").empty());
}

}  // namespace testamur::wallet
