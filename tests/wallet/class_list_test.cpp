// Tables as people's programs write them: what is read, what is refused by its cause, and where
// each problem stands.
#include "wallet/credential/class_list.h"

#include <algorithm>

#include "tests/support/catch.h"
#include "tests/wallet/mutations.h"
#include "wallet/credential/class_doubts.h"
#include "wallet/credential/csv.h"
#include "wallet/credential/status_list.h"

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
  const auto table = parse_csv("a,b\r\n\"1\r\n2\",\"x\"\"y\"\r\n,z\r\n").value();
  REQUIRE(table.rows.size() == 2);

  CHECK(table.rows[0][0].text == "1\r\n2");
  CHECK(table.rows[0][1].text == "x\"y");
  CHECK(table.rows[1][0].text.empty());

  // A line end inside quotes counts as a line of the file.
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
  // A title above the table.
  CHECK(csv_failure("Class of 2026\n\na,b\n1,2\n") ==
        "line 3, column 3: the row has 2 cells, the header has 1: line 1 was taken for the header. "
        "Remove the lines above the real one");
  CHECK(csv_failure("a,b\n1,2,3\n") == "line 2, column 5: the row has 3 cells, the header has 2");
  CHECK(csv_failure("a,b\nöä\",2\n") ==
        "line 2, column 3: a quote stands inside a cell that is not quoted");
  CHECK(csv_failure("a,b\n\"1\"x,2\n") ==
        "line 2, column 4: a cell goes on after its closing quote");
  CHECK(csv_failure("a,b\n1,\"2\n3\n") == "line 2, column 3: a quoted cell is never closed");
  CHECK(csv_failure("a,b\n1\r2,3\n") == "line 2, column 2: a carriage return stands alone");
  CHECK(csv_failure("") == "line 1, column 1: the file is empty; a header row is expected");
  CHECK(csv_failure("a,b\n\xff,2\n").starts_with("line 2: the byte 0xFF is not UTF-8"));
}

TEST_CASE("a class list gives every learner's claims") {
  const auto rows = read_class_list(kGood);
  REQUIRE(rows.ok());
  REQUIRE(rows->rows.size() == 2);
  const auto& second = rows->rows.at(1);
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
        "line 2, column 12: eqf_level 9 is not a whole number from 1 to 8\n"
        "line 3, column 13: award_date \"31.07.2026\" is not a date like 2026-07-31: it is in the "
        "form DD.MM.YYYY, and other rows are not: a column has one form\n"
        "line 4, column 1: student is empty\n"
        "line 5, column 1: the student \"s-1\" stands in line 2 already");
  CHECK(list_failure("student,grade\ns-1,A\n") ==
        "line 2, column 1: the learner has neither given_name nor family_name");
}

TEST_CASE("a header that is missing, foreign or doubled is refused") {
  CHECK(list_failure("family_name\nX\n") == "line 1, column 1: the column \"student\" is missing");
  CHECK(list_failure("student,family_name,family_name\ns,X,Y\n") ==
        "line 1, column 21: the column \"family_name\" occurs twice");
  CHECK(list_failure("student,shoe_size\ns,44\n")
            .starts_with("line 1, column 9: the column \"shoe_size\" is not known"));
  CHECK(
      list_failure("student,Birth_Date\ns,2000-01-01\n")
          .starts_with("line 1, column 9: the column \"Birth_Date\" is not known: is \"birthdate\" "
                       "meant? --map Birth_Date=birthdate"));
  CHECK(list_failure("student;family_name\ns;X\n")
            .starts_with("line 1: the cells are separated by semicolons"));
  CHECK(list_failure("student,family_name\n") == "the list has a header and no learner");
}

TEST_CASE("no more than ten problems are listed") {
  std::string text = "student,family_name\n";
  for (int i = 0; i < 15; ++i) text += std::to_string(i) + ",\n";
  CHECK(list_failure(text).ends_with("\nand 5 more"));
}

TEST_CASE("what is no table of commas is refused by its cause, in every list") {
  const auto failures = [](std::string_view text) {
    std::vector<std::string> all{csv_failure(text), list_failure(text)};
    const auto list = read_status_list(text);
    REQUIRE_FALSE(list.ok());
    all.push_back(list.message());
    return all;
  };

  const std::pair<std::string_view, std::string> kCases[] = {
      {"student;batch\r\nS1;x\r\n", "semicolons"},
      {"student\tgiven_name\r\nS1\tAda\r\n", "tabs"},
      {"student|given_name\nS1|Ada\n", "bars"},
      {"sep=,\r\nstudent,given_name\r\nS1,Ada\r\n",
       "\"sep=,\" is a hint for a spreadsheet program"},
      {"sep=;\r\nstudent;given_name\r\n", "\"sep=;\" is a hint"},
      {{"\xff\xfes\0t\0", 6}, "UTF-16"},
      {{"s\0t\0u\0", 6}, "UTF-16"},
      {"student,given_name\r\nS1,Zo\xeb\r\n",
       "line 2: the byte 0xEB is not UTF-8: the file is in Windows-1252"},
      {"student,given_name\rS1,Ada\r", "classic Macintosh"},
  };

  for (const auto& [text, cause] : kCases) {
    for (const auto& message : failures(text)) {
      INFO(message);
      CHECK(message.find(cause) != std::string::npos);
    }
  }
}

TEST_CASE(
    "empty rows and columns of a spreadsheet are skipped with a notice, and values without a name "
    "are refused") {
  const auto list = read_class_list(
      "\xef\xbb\xbf\r\nstudent, given_name "
      ",family_name,\r\nS1,Ada,Ekman,\r\n,,,\r\nS2,Bo,Lindqvist,,\r\n\r\n");

  INFO(list.message());
  REQUIRE(list.ok());
  REQUIRE(list->rows.size() == 2);
  CHECK(list->rows[1].student == "S2");
  CHECK(list->rows[1].line == 5);
  CHECK(list->notices == std::vector<std::string>{"column 4: neither a name nor a value, left out",
                                                  "line 1, 4 and 6: empty, skipped"});

  CHECK(list_failure("student,given_name,\nS1,Ada,x\n") ==
        "line 2, column 8: column 3 has this value, \"x\", and no name in the header");
  CHECK(csv_failure("a,b\n1,2,3\n") == "line 2, column 5: the row has 3 cells, the header has 2");

  CHECK(parse_csv("student\nS1\n\n\n").value().rows.size() == 1);
  CHECK(csv_failure("\n,\n").ends_with("a header row is expected"));
}

TEST_CASE("credits are read as people write them, in one column only") {
  const auto credits = [](const std::string& typed) {
    const auto list = read_class_list("student,given_name,ects\nS1,Ada,\"" + typed + "\"\n");
    return list.ok() ? std::get<std::uint64_t>(list->rows[0].claims.at(ClaimId::kEctsHundredths))
                     : 0;
  };

  CHECK(credits("3") == 300);
  CHECK(credits("7.5") == 750);
  CHECK(credits("7,5") == 750);
  CHECK(credits("0.25") == 25);
  CHECK(credits("1000") == 100'000);

  for (const char* wrong : {"0", "-3", "3 ECTS", "3.", ".5", "1.255", "1001", "3e2", "\u0663"}) {
    INFO(wrong);
    CHECK(credits(wrong) == 0);
  }

  CHECK(list_failure("student,given_name,ects,ects_hundredths\nS1,Ada,3,300\n")
            .find("say the same") != std::string::npos);

  const auto list = read_class_list("student,given_name,ects\nS1,Ada,3\n").value();
  CHECK(list.rows[0].places.at(ClaimId::kEctsHundredths).column == 8);
}

TEST_CASE("marks that cannot be seen are refused by number and place, in names and references") {
  const std::pair<const char*, const char*> kCases[] = {
      {"N4,Ada\u00A0,Ekman",
       "line 2, column 4: given_name holds U+00A0 (no-break space) at character 4"},
      {"N12,Ada\u00AD,Soft",
       "line 2, column 5: given_name holds U+00AD (soft hyphen) at character 4"},
      {"Q7,Zo\uFFFD,X",
       "line 2, column 4: given_name holds U+FFFD (replacement character) at character 3"},
      {"Q1\u200B,Ada,Lind",
       "line 2, column 1: student holds U+200B (zero width space) at character 3"},
      {"Q1,\u202EAda,Lind", "U+202E (right-to-left override) at character 1"},
      {"Q1,Ada\u0378,Lind", "U+0378 at character 4"},
      {"Q1, Ada,Lind", "U+0020 (space) at character 1: white space at an end"},
      {"\u3000Q1,Ada,Lind", "U+3000 (ideographic space) at character 1"},
  };

  for (const auto& [row, problem] : kCases) {
    const auto message = list_failure(std::string("student,given_name,family_name\n") + row + "\n");
    INFO(message);
    CHECK(message.find(problem) != std::string::npos);
  }

  // The zero width non-joiner is part of Persian spelling.
  CHECK(read_class_list("student,given_name\nS1,\u0645\u06CC\u200C\u062E\u0648\n").ok());
}

TEST_CASE(
    "references in another form of letters are one learner, and nearly the same ones are warned "
    "of") {
  CHECK(list_failure("student,given_name\nZo\u00EB,Ada\nZoe\u0308,Bo\n")
            .find("stands in line 2 already") != std::string::npos);

  const auto list = read_class_list(
      "student,given_name\n0012345,Ada\n12345,Bo\nab-1,Cy\nAB "
      "1,Di\nx1,Ed\nx2,Fay\n\uFF58\uFF11,Gus\n");
  REQUIRE(list.ok());
  CHECK(list->notices ==
        std::vector<std::string>{
            "line 3: the student \"12345\" is nearly \"0012345\" of line 2: two learners?",
            "line 5: the student \"AB 1\" is nearly \"ab-1\" of line 4: two learners?",
            "line 8: the student \"\uFF58\uFF11\" is nearly \"x1\" of line 6: two learners?"});
}

TEST_CASE("a list of changes reads every column that it has") {
  const auto list = read_status_list("student,batch\r\nT1,tA\r\nT2,\r\n").value();
  REQUIRE(list.rows.size() == 2);
  CHECK(list.rows[0].student == "T1");
  CHECK(list.rows[0].batch == "tA");
  CHECK(list.rows[1].batch.empty());

  CHECK(read_status_list("index,reference\n17,urn:x\n").value().rows[0].index == 17);

  const auto failure = [](std::string_view text) { return read_status_list(text).message(); };
  CHECK(failure("student,reason\nS1,x\n")
            .starts_with("line 1, column 9: the column \"reason\" is not known"));
  CHECK(failure("batch\nx\n").find("whom does the list name?") != std::string::npos);
  CHECK(failure("index\n0\n").find("is no index") != std::string::npos);
  CHECK(failure("index\n12x\n").find("is no index") != std::string::npos);
  CHECK(failure("student,batch\n,x\n") == "line 2, column 1: the row names nobody");
  CHECK(failure("student\nS1\u200B\n").find("U+200B") != std::string::npos);
  CHECK(failure("student\n\n") == "the list has a header and no row");
}

TEST_CASE(
    "a list as a German spreadsheet writes it is read with two words, and says what it found") {
  ClassListReading reading;
  reading.csv = {true, true};
  reading.date_form = "DD.MM.YYYY";

  const auto list = read_class_list(
      "sep=;\r\nstudent;given_name;family_name;award_date\r\n1001;Zo\xeb;M\xfcller;24.11.2025\r\n;;"
      ";\r\n"
      "1002;Ana;\"de la Cruz; y Vega\";1.2.2026\r\n;;;\r\n",
      reading);

  REQUIRE(list.ok());
  REQUIRE(list->rows.size() == 2);
  CHECK(std::get<std::string>(list->rows[0].claims.at(ClaimId::kGivenName)) == "Zoë");
  CHECK(std::get<std::string>(list->rows[0].claims.at(ClaimId::kFamilyName)) == "Müller");
  CHECK(std::get<std::string>(list->rows[0].claims.at(ClaimId::kAwardDate)) == "2025-11-24");
  CHECK(std::get<std::string>(list->rows[1].claims.at(ClaimId::kFamilyName)) ==
        "de la Cruz; y Vega");
  CHECK(std::get<std::string>(list->rows[1].claims.at(ClaimId::kAwardDate)) == "2026-02-01");
  CHECK(list->rows[1].line == 5);

  const auto said = [&](const std::string& what) {
    return std::ranges::any_of(
        list->notices, [&](const auto& each) { return each.find(what) != std::string::npos; });
  };
  CHECK(said("semicolons"));
  CHECK(said("line 4 and 6: empty"));
}

TEST_CASE("a file in UTF-8 is not decoded a second time, and one in another code is named") {
  const auto fails = [](std::string_view text, bool windows_1252) {
    const auto table = parse_csv(text, {true, windows_1252});
    return table.ok() ? std::string{} : table.message();
  };
  CHECK(fails("a\nM\xc3\xbcller\n", true).find("leave --encoding out") != std::string::npos);
  CHECK(fails("a\nM\xfcller\n", false).find("--encoding windows-1252") != std::string::npos);
  CHECK(fails("a\n\x81\n", true).find("no character there") != std::string::npos);
  CHECK(fails("a\nplain\n", true).empty());
  CHECK(parse_csv("a\n\x80\x96\n", {true, true}).value().rows[0][0].text ==
        "\xe2\x82\xac\xe2\x80\x93");
}

TEST_CASE("columns take our names, and one that is not wanted is left out") {
  ClassListReading reading;
  reading.columns = {parse_column_map("Matrikelnummer=student").value(),
                     parse_column_map(" Nachname = family_name").value(),
                     parse_column_map("Bemerkung=-").value()};
  const auto list = read_class_list("Matrikelnummer,Bemerkung,Nachname\n17,x,Qi\n", reading);

  REQUIRE(list.ok());
  CHECK(list->rows[0].student == "17");
  CHECK(std::get<std::string>(list->rows[0].claims.at(ClaimId::kFamilyName)) == "Qi");

  reading.columns.emplace_back("Note", "grade");
  CHECK(read_class_list("Matrikelnummer,Bemerkung,Nachname\n17,x,Qi\n", reading)
            .message()
            .find("\"Note\"") != std::string::npos);

  for (const char* wrong : {"", "=student", "Note", "Note=", "Note=mark"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_column_map(wrong).ok());
  }
}

TEST_CASE("days are read in the form that was named, or refused") {
  CHECK(read_day("24.11.2026", "DD.MM.YYYY") == "2026-11-24");
  CHECK(read_day("4.1.2026", "DD.MM.YYYY") == "2026-01-04");
  CHECK(read_day("11/24/2026", "MM/DD/YYYY") == "2026-11-24");
  CHECK(read_day("20261124", "YYYYMMDD") == "2026-11-24");

  for (const char* wrong :
       {"24.11.26", "24-11-2026", "24.11.2026 ", "24.11.", "", "2026-11-24", "124.11.2026"}) {
    CAPTURE(wrong);
    CHECK_FALSE(read_day(wrong, "DD.MM.YYYY").has_value());
  }

  for (const char* good : {"", "DD.MM.YYYY", "MM/DD/YYYY", "YYYYMMDD"})
    CHECK(check_date_form(good).ok());
  for (const char* wrong : {"DD.MM", "DD.MM.YY", "D.M.YYYY", "DD.DD.YYYY", "%d.%m.%Y", "x"}) {
    CAPTURE(wrong);
    CHECK_FALSE(check_date_form(wrong).ok());
  }
}

TEST_CASE("what is said of the list's notation says something of this list") {
  ClassListReading reading;
  reading.date_form = "DD.MM.YYYY";
  for (const char* without :
       {"student,given_name\ns-1,Ada\n", "student,given_name,award_date\ns-1,Ada,\n"}) {
    CAPTURE(without);
    CHECK(read_class_list(without, reading).message().starts_with("--date-format would have no "));
    CHECK(read_class_list(without).ok());
  }
  CHECK(
      read_class_list("student,given_name,birthdate\ns-1,Ada,\ns-2,Bob,1.2.1999\n", reading).ok());
  CHECK_FALSE(parse_column_map("student=student").ok());
}

TEST_CASE("damaged lists never crash the reader") {
  testamur::test::for_each_mutation(as_bytes(kGood), 3000, [](ByteView damaged) {
    (void)read_class_list(as_text(damaged));
    (void)read_status_list(as_text(damaged));
  });
}

TEST_CASE("two columns may change their names, and one that is named twice is left out once") {
  ClassListReading reading;
  reading.columns = {parse_column_map("student=student_number").value(),
                     parse_column_map("Login=student").value(), parse_column_map("x=-").value()};
  const auto list = read_class_list("student,x,Login,given_name\n4711,y,ada,Ada\n", reading);
  INFO(list.message());
  REQUIRE(list.ok());
  CHECK(list->rows[0].student == "ada");
  CHECK(std::get<std::string>(list->rows[0].claims.at(ClaimId::kStudentNumber)) == "4711");
}

TEST_CASE("the grades of a list are counted, and a day of award is there for all or for none") {
  const auto list = read_class_list("student,given_name,grade\nS1,A,2\nS2,B,1\nS3,C,2\nS4,D,\n");
  REQUIRE(list.ok());
  REQUIRE(list->notices.size() == 1);
  CHECK(list->notices[0] ==
        "the grades are \"1\", \"2\" (2 times); 1 learner has none: have they passed?");

  CHECK(read_class_list("student,given_name,award_date\nS1,A,2026-01-02\nS2,B,\n").message() ==
        "line 3, column 1: the award_date is missing, and other rows have one: fill it in");
  CHECK(read_class_list("student,given_name,award_date\nS1,A,\nS2,B,\n").ok());
}

TEST_CASE("what a list hardly means is asked about, with learner and line, and never refused") {
  const auto doubts = [](std::string_view csv, const std::string& form = {}) {
    ClassListReading reading;
    reading.date_form = form;
    std::string text;
    const auto list = read_class_list(csv, reading).value();
    for (const auto& doubt : list.doubts) text += doubt + "\n";
    UNSCOPED_INFO(text);
    return text;
  };
  const auto says = [](const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  };
  const std::string header = "student,given_name,family_name,grade,award_date\n";
  const auto graded = [&](const std::string& grade) {
    return doubts(header + "S1,Ada,Alm,1.3,2026-07-31\nS2,Bo,Berg," + grade + ",2026-07-31\n");
  };
  for (const std::string grade : {"F", "U", "n.t.", "0", "W"})
    CHECK(says(graded(grade), "has passed? \"S2\" (line 3)"));
  for (const std::string grade : {"5,0", "5.0", "5", "mangelhaft", "ABI", "DEF", "FF", "FD", "DZ",
                                  "NA", "35%", "35 %", "8/20", "12/100", "7,5/20"})
    CHECK(says(graded(grade.find(',') == grade.npos ? grade : "\"" + grade + "\""),
               "has passed? \"S2\" (line 3)"));
  for (const std::string grade : {"1.3", "A", "B+", "E", "First", "4", "4.0", "4,0", "10/20", "50%",
                                  "64 %", "1/1", "ausreichend", "AA", "DD"})
    CHECK(graded(grade.find(',') == grade.npos ? grade : "\"" + grade + "\"").empty());
  // Where grades rise to 5 or beyond, it is the best one, or nearly.
  for (const std::string best : {"4.5", "5.5", "6.0", "9"})
    CHECK(doubts("student,given_name,grade\nS1,Ada,5\nS2,Bo," + best + "\n").empty());

  const auto remarked = [&](const std::string& text) {
    return doubts("student,given_name,further_information\nS2,Bo," + text + "\n");
  };
  for (const std::string text : {"nicht bestanden", "Modul nicht bestanden", "failed the exam",
                                 "8/20", "Devamsız", "Note: nicht ausreichend"})
    CHECK(says(remarked(text), "the further_information of \"S2\" (line 2)"));
  for (const std::string text : {"passed after a resit", "open book", "with distinction",
                                 "bestanden", "Vertiefung offene Systeme"})
    CHECK(remarked(text).empty());

  // Birth dates under the name of the other day, and a year with a slip in it.
  CHECK(says(doubts(header + "S1,Ada,Alm,1,2001-02-01\nS2,Bo,Berg,1,2003-07-04\n"),
             "the award_date of \"S1\" (line 2)"));
  CHECK(doubts(header + "S1,Ada,Alm,1,2025-12-19\nS2,Bo,Berg,1,2026-07-04\n").empty());

  const std::string either = "student,given_name,award_date\nS1,Ada,05/06/2026\n";
  CHECK(says(doubts(either, "DD/MM/YYYY"), "one of them is 2026-06-05"));
  CHECK(says(doubts(either, "MM/DD/YYYY"), "one of them is 2026-05-06"));
  CHECK(doubts(either + "S2,Bo,13/06/2026\n", "DD/MM/YYYY").empty());
  // The same day either way, and a form that nobody reads otherwise.
  CHECK(doubts("student,given_name,award_date\nS1,Ada,05.05.2026\n", "DD.MM.YYYY").empty());
  CHECK(doubts("student,given_name,award_date\nS1,Ada,2026/05/06\n", "YYYY/MM/DD").empty());

  const auto named = [&](const std::string& given, const std::string& family) {
    return doubts("student,given_name,family_name\nS7," + given + "," + family + "\n");
  };
  CHECK(says(named("Max", "Mustermann"), "example"));
  CHECK(says(named("Test", "Test"), "example"));
  CHECK(says(named("Asdf", "Asdf"), "example"));
  CHECK(says(named("M\u0178ller", "Ada"), "sign"));
  CHECK(says(named("\u2026d\u0161n", "Alm"), "sign"));
  CHECK(says(named("Hauptstr. 12", "Alm"), "sign"));
  CHECK(says(named("\"Alm, Ada\"", "Ada"), "sign"));
  for (const std::string name : {"Zo\u00eb", "Jos\u00e9 M.\u00aa", "O'Brien", "Jean-Luc", "Testa",
                                 "\u0141ukasz", "Nu\u00f1ez", "Xx", "\u00d6zg\u00fcr"})
    CHECK(named(name, "Alm").empty());

  CHECK(says(doubts("student,given_name\n1,Ada\n2,Bo\n"), "numbers of the rows"));
  CHECK(doubts("student,given_name\n1,Ada\n3,Bo\n").empty());
  CHECK(doubts("student,given_name\n2041,Ada\n2042,Bo\n").empty());
  CHECK(says(doubts("student,given_name\nS1,Ada\nS2,Ada\n"), "one learner, or two"));
  CHECK(doubts("student,given_name,birthdate\nS1,Ada,2001-02-01\nS2,Ada,2002-02-01\n").empty());

  // However many there are, few are named.
  std::string many = "student,given_name\n";
  for (int i = 0; i < 9'000; ++i) many += "S" + std::to_string(i) + ",Test\n";
  CHECK(doubts(many).size() < 4'000);
}

TEST_CASE("award days and grades are counted, and the count says how many others there are") {
  std::string many = "student,given_name,grade,award_date\n";
  for (int i = 10; i < 40; ++i)
    many += "S" + std::to_string(i) + ",Ada," + std::to_string(i) + ",2026-07-31\n";
  std::string text;
  const auto list = read_class_list(many).value();
  for (const auto& notice : list.notices) text += notice + "\n";
  INFO(text);
  CHECK(text.find("the award days are \"2026-07-31\" (30 times)") != std::string::npos);
  CHECK(text.find("and 18 other ones") != std::string::npos);
}

TEST_CASE("a row that sums up the others is refused wherever its label stands") {
  CHECK(list_failure("student,given_name,family_name\n1,Ada,L\n1,,Total\n")
            .find("sums up the others") != std::string::npos);
  CHECK(list_failure("student,given_name\n1,Ada\n2,Summe:\n").find("sums up the others") !=
        std::string::npos);
  const auto once = list_failure("student,given_name\n1,Ada\nSumme:,x\n");
  CHECK(once.find("sums up the others") != std::string::npos);
  CHECK(once.find("below the list") == std::string::npos);
  for (const std::string row : {"2,Summe,Teilnehmer", "n=1,Durchschnitt,x", "Total: 1,Ada,Alm",
                                "Stand: 30.11.2026,Ada,Alm", "2,Gesamt: 2,Alm"})
    CHECK(list_failure("student,given_name,family_name\n1,Ada,L\n" + row + "\n")
              .find("remove the row") != std::string::npos);
  // There are families of these names, and a grade of this one.
  CHECK(read_class_list("student,given_name,grade\n1,Ada,Average\n").ok());
  CHECK(read_class_list("student,given_name,family_name\n1,Li,Sum\n").ok());
}

// "Toplam öğrenci" and "Legende" were learners, and "Toplam" behind a count.
TEST_CASE("a label of several words, in any column that names a learner, is no learner") {
  for (const std::string row :
       {"Genel Toplam,x,", "Toplam öğrenci,x,", "Teilergebnis,x,", "Legende,x,", "2,Toplam,",
        "3,,Genel Toplam", "3,Anzahl Teilnehmer,", "Anzahl Teilnehmer,Ada,Alm", "3,Legende,"})
    CHECK(list_failure("student,given_name,family_name\n1,Ada,L\n" + row + "\n")
              .find("remove the row") != std::string::npos);
  for (const std::string row : {"2,Li,Sum", "2,Total,Legend", "2,Ana,Razem", "S 2,Ada,Alm"})
    CHECK(read_class_list("student,given_name,family_name\n1,Ada,L\n" + row + "\n").ok());
  CHECK(read_class_list("student,given_name,further_information\n1,Ada,Durchschnitt der Gruppe 2\n")
            .ok());
}

TEST_CASE("one number of two learners is a matter of a notice, in any spelling") {
  for (const std::string other : {"0071", "71"}) {
    const auto list =
        read_class_list("student,given_name,student_number\nS1,A,0071\nS2,B," + other + "\n");
    REQUIRE(list.ok());
    REQUIRE(list->notices.size() == 1);
    CHECK(list->notices[0].starts_with("line 3: the student_number \"" + other + "\" is "));
  }
}

// Near names were looked for of each of 200,000 columns: 36 seconds.
TEST_CASE("a table has as many columns as a sheet, and as many names as a table has use for") {
  const auto header = [](std::size_t columns, const std::string& name) {
    std::string text = "student";
    for (std::size_t i = 1; i < columns; ++i)
      text += "," + (name.empty() ? name : name + std::to_string(i));
    return text + "\n";
  };
  CHECK(parse_csv(header(kMaxCsvColumns, "c")).ok());
  CHECK(parse_csv(header(kMaxCsvColumns + 1, "c")).message() ==
        "line 1: the header names 1025 columns; a table has at most 1024");
  CHECK(parse_csv(header(16'384, "")).value().header.size() == 1);
  CHECK(parse_csv(header(16'385, "")).message() ==
        "line 1: there are 16385 columns: is this a table?");
  CHECK_FALSE(read_class_list(header(1 << 20, "x")).ok());
}

TEST_CASE("a workbook is no table, in whatever code it is said to be") {
  for (const bool windows_1252 : {false, true}) {
    CHECK(parse_csv(std::string("PK\x03\x04 \0", 6), {true, windows_1252})
              .message()
              .starts_with("this is a workbook"));
    CHECK(parse_csv("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", {true, windows_1252})
              .message()
              .starts_with("this is a workbook"));
  }
}

// Joined exports, and the line for a signature below a list, became credentials.
TEST_CASE("a row that is no learner is refused") {
  const auto why = [](const std::string& rows) {
    ClassListReading reading;
    reading.columns = {parse_column_map("Matrikel=student").value()};
    return read_class_list("Matrikel,given_name,family_name\n" + rows, reading).message();
  };
  CHECK(why("S1,A,B\nMatrikel,given_name,family_name\nS2,C,D\n") ==
        "line 3, column 1: the row is the header once more: remove it");
  CHECK(why("S1,A,B\nSigned:,Prof. Weber,\n").starts_with("line 3, column 1: student \"Signed:\""));
  CHECK(why("S1,A,B\nS2,given_name,C\n").empty());
}

// A Turkish list was read as one of Western Europe, and "Ayþe Yýldýz" was issued.
TEST_CASE("names that another code would spell are asked about where Windows-1252 was said") {
  const auto doubts = [](const std::string& bytes, bool windows_1252 = true) {
    ClassListReading reading;
    reading.csv.windows_1252 = windows_1252;
    std::string text;
    const auto list = read_class_list("student,given_name,family_name\n" + bytes + "\n", reading);
    REQUIRE(list.ok());
    for (const auto& doubt : list->doubts) text += doubt + "\n";
    return text;
  };
  const auto asked = [&](const std::string& name) {
    UNSCOPED_INFO(name);
    return doubts("S1," + name).find("by --encoding windows-1252 the name of \"S1\" (line 2)") !=
           std::string::npos;
  };
  // As Windows-1254, 1250, 1253 and 1251 write Ayşe Yıldız, İbrahim Doğan, Jiří Dvořák, Němec,
  // Erdős Pál, Γιώργος and Иванов.
  for (const std::string name :
       {"Ay\xfe"
        "e,Y\xfdld\xfdz",
        "\xdd"
        "brahim,Do\xf0"
        "an",
        "Ji\xf8\xed,Alm", "Jan,Dvo\xf8\xe1k",
        "Jan,N\xec"
        "mec",
        "P\xe1l,Erd\xf5s", "\xc3\xe9\xfe\xf1\xe3\xef\xf2,Alm", "Ada,\xc8\xe2\xe0\xed\xee\xe2"})
    CHECK(asked(name));
  for (const std::string name :
       {"J\xf3n,Sigur\xf0sson", "Bj\xf6rn,Gu\xf0mundsson", "Jan,Novotn\xfd", "Andr\xe9,S\xf8rensen",
        "Jo\xe3o,Sim\xf5"
        "es",
        "T\xf5nu,J\xf5gi", "Niccol\xf2,Alm", "Zo\xeb,M\xfcller", "Fran\xe7ois,Lef\xe8vre"})
    CHECK_FALSE(asked(name));
  CHECK(doubts("S1,Þórður,Iþýk", false).find("--encoding windows-1252") == std::string::npos);
}

TEST_CASE("days that are right and hardly meant are asked about") {
  constexpr std::uint64_t kNow = 1'796'000'000'000;  // 2026-11-30
  const auto doubts = [](const std::string& birth, const std::string& award,
                         std::uint64_t expires = 0) {
    const auto list = read_class_list("student,given_name,birthdate,award_date\nS1,Ada," + birth +
                                      "," + award + "\n");
    REQUIRE(list.ok());
    return doubts_of_calendar(list->rows, kNow, expires);
  };
  CHECK(doubts("2001-02-03", "2026-07-31").empty());
  CHECK(doubts("1990-02-03", "2017-07-31").empty());
  CHECK(doubts("1990-02-03", "2016-07-31").size() == 1);
  CHECK(doubts("2013-02-03", "2026-07-31").size() == 1);
  CHECK(doubts("2012-02-03", "2026-07-31").empty());
  CHECK(doubts("2001-02-03", "2026-07-31", kNow + 3'600'000).size() == 1);
  CHECK(doubts("2001-02-03", "2026-07-31", kNow + 90'000'000).empty());
}

// Each of them was advised to name a form, which helps none of them.
TEST_CASE("a cell that is no day is refused by its cause") {
  const auto why = [](const std::string& day, const std::string& form) {
    ClassListReading reading;
    reading.date_form = form;
    const std::string first = form.empty() ? "2026-07-31" : "31.07.2026";
    return read_class_list("student,given_name,award_date\nS1,A," + first + "\nS2,B," + day + "\n",
                           reading)
        .message();
  };
  for (const std::string form : {"", "DD.MM.YYYY"}) {
    CHECK(why("46234", form).find("spreadsheets count days") != std::string::npos);
    CHECK(why("31.07.2026 14:30", form).find("time of day") != std::string::npos);
    CHECK(why("31.07.26", form).find("two digits") != std::string::npos);
    CHECK(why("07/31/2026", form).find("it is in the form MM/DD/YYYY") != std::string::npos);
    CHECK(why("31/07/2026", form).find("it is in the form DD/MM/YYYY") != std::string::npos);
    CHECK(why("tomorrow 1", form).find("is not a date") != std::string::npos);
  }
  CHECK(why("31.07.2026", "").find("--date-format") == std::string::npos);
  CHECK(why("2026-07-31", "DD.MM.YYYY").find("in the form YYYY-MM-DD") != std::string::npos);
  CHECK(read_class_list("student,given_name,award_date\nS1,A,31.07.2026\n")
            .message()
            .find("--date-format DD.MM.YYYY") != std::string::npos);
}

}  // namespace testamur::wallet
