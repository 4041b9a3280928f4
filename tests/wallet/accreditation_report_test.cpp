// Reports of quality agencies as CSV and JSON: what is read, and each mistake by row and column.
#include "wallet/accreditation/report.h"

#include "tests/support/catch.h"
#include "wallet/accreditation/report_dates.h"
#include "wallet/accreditation/report_digest.h"

namespace testamur::wallet {
namespace {

constexpr const char* kHeader =
    "agency,local_identifier,activity,activity_type,status,decision,valid_from,valid_to,date_"
    "format,link[1],"
    "institution[1].deqar_id,institution[1].name_official,programme[1].name_primary,programme[1]."
    "qf_ehea_level,"
    "programme[1].field_study,programme[1].degree_outcome,programme[1].workload_ects,"
    "programme[1].assessment_certification,programme[1].learning_outcome_esco[1]\n";
constexpr const char* kDegree =
    "AAQ,R-1,programme evaluation,programme,1,1 - "
    "positive,15/01/2020,14/01/2026,%d/%m/%Y,https://aaq.example/1,"
    "DEQARINST0034,,Logic,1 - first cycle,0613,1,,,\n";
constexpr const char* kShort =
    "AAQ,R-2,programme evaluation,programme,voluntary,positive with conditions or "
    "restrictions,2021-03-01,,,,"
    "DEQARINST0034,,CAD,second cycle,http://data.europa.eu/esco/isced-f/0541,no,7.5,2,"
    "http://data.europa.eu/esco/skill/b1115b14\n";

// SHA-256 of docs/formats/accreditation-import.md's examples, in the third form and the second.
constexpr const char* kGoldenDigest =
    "30a05bd04c3b36c0af75212a77089ea9d8875e884be39c17b63f714466f0ea9e";
constexpr const char* kGoldenSecondDigest =
    "fd1ea2883090918fd0ade67c44bb90502caefe904277b20e618a36e9af4a64b1";

ReportReading read(const std::string& text) {
  auto reading = read_reports(text);
  INFO(reading.message());
  REQUIRE(reading.ok());
  return *reading;
}

// The only mistake of a row that differs from a good one in one cell.
void expect_mistake(const std::string& from, const std::string& to, const std::string& column,
                    const std::string& why) {
  CAPTURE(to);
  std::string row = kDegree;
  const auto at = row.find(from);
  REQUIRE(at != std::string::npos);
  row.replace(at, from.size(), to);
  const auto reading = read(std::string(kHeader) + row);
  CHECK(reading.reports.empty());
  REQUIRE(reading.mistakes.size() == 1);
  CHECK(reading.mistakes[0].row == 2);
  CHECK(reading.mistakes[0].column == column);
  CHECK(reading.mistakes[0].why.find(why) != std::string::npos);
}

TEST_CASE("a row of CSV is a report with its period, provider, level and field") {
  const auto reading = read(std::string(kHeader) + kDegree + kShort);
  CHECK(reading.rows == 2);
  CHECK(reading.mistakes.empty());
  REQUIRE(reading.reports.size() == 2);

  const auto& degree = reading.reports[0];
  CHECK(degree.row == 2);
  CHECK(degree.agency == "AAQ");
  CHECK(degree.identifier == "R-1");
  CHECK(degree.type == ActivityType::kProgramme);
  CHECK(degree.status == ReportStatus::kObligatory);
  CHECK(degree.decision == ReportDecision::kPositive);
  CHECK(degree.valid_from_ms == 1'579'046'400'000);   // 2020-01-15
  CHECK(degree.valid_until_ms == 1'768'435'200'000);  // 2026-01-15, the day after the last
  CHECK(degree.link == "https://aaq.example/1");

  REQUIRE(degree.programmes.size() == 1);
  CHECK(degree.programmes[0].eqf_level == 6);
  CHECK(degree.programmes[0].full_degree);
  CHECK(degree.programmes[0].fields == trust::parse_field("0613").value());
}

TEST_CASE(
    "a short programme of a provider carries ECTS and ESCO outcomes, and an open end is six "
    "years") {
  const auto report = read(std::string(kHeader) + kShort).reports.at(0);
  CHECK(report.decision == ReportDecision::kConditional);
  CHECK(report.status == ReportStatus::kVoluntary);
  CHECK(report.valid_from_ms == 1'614'556'800'000);   // 2021-03-01
  CHECK(report.valid_until_ms == 1'803'859'200'000);  // 2027-03-01

  const auto& programme = report.programmes.at(0);
  CHECK_FALSE(programme.full_degree);
  CHECK(programme.ects_hundredths == 750);
  CHECK(programme.eqf_level == 7);
  CHECK(programme.fields == trust::parse_field("0541").value());
  CHECK(programme.esco_uris.size() == 1);
}

TEST_CASE("JSON spells the same report, as an object, a list or a page of results") {
  const std::string object =
      R"({"agency": "AAQ", "local_identifier": "R-1", "activity": "programme evaluation",
          "activity_type": "programme",
          "status": 1, "decision": "1 - positive",
          "valid_from": "15/01/2020", "valid_to": "14/01/2026",
          "date_format": "%d/%m/%Y", "report_links": [{"link": "https://aaq.example/1"}],
          "institutions": [{"deqar_id": "DEQARINST0034"}],
          "programmes": [{"name_primary": "Logic", "qf_ehea_level": "1 - first cycle",
                          "field_study": "0613",
                          "degree_outcome": true}]})";
  const auto csv = read(std::string(kHeader) + kDegree).reports.at(0);
  for (const auto& text : {object, "[" + object + "]", "{\"results\": [" + object + "]}"}) {
    const auto reading = read(text);
    INFO((reading.mistakes.empty() ? ""
                                   : reading.mistakes[0].column + ": " + reading.mistakes[0].why));
    REQUIRE(reading.reports.size() == 1);
    const auto& report = reading.reports[0];
    CHECK(report.row == 1);
    CHECK(report.valid_until_ms == csv.valid_until_ms);
    CHECK(report.link == csv.link);
    CHECK(report.providers.at(0).deqar == "DEQARINST0034");
    CHECK(report.programmes.at(0).fields == csv.programmes.at(0).fields);
    CHECK(report.programmes.at(0).eqf_level == 6);
  }
}

TEST_CASE(
    "the digest of a report is that of its meaning, and that of its cells is what ledgers of old "
    "have") {
  const auto first = read(
      "agency,activity,status,decision,valid_from,institution[1].eter_id,remark\n"
      "AAQ,audit,2,1,2020-01-01,BG0001,x\n");
  const auto second = read(
      "valid_from,remark,institution[1].eter_id,decision,status,activity,agency\n"
      "2020-01-01,y,BG0001,1,2,audit,AAQ\n");

  // Neither the order of the columns nor a column that is not read belongs to it.
  CHECK(first.reports.at(0).digest == second.reports.at(0).digest);
  CHECK(first.reports.at(0).digest.hex() == kGoldenDigest);
  CHECK(first.reports.at(0).second_digest.hex() == kGoldenSecondDigest);
  CHECK(first.reports.at(0).cells_digest == second.reports.at(0).cells_digest);

  CHECK(first.reports.at(0).cells_digest.hex() ==
        sha256(as_bytes(std::string(
                   "activity=audit\nagency=AAQ\ndecision=1\ninstitution[1].eter_id=BG0001\n"
                   "status=2\nvalid_from=2020-01-01\n")))
            .hex());

  CHECK(first.not_read == std::vector<std::string>{"remark"});
}

// Statements carry these for good, so that each line of both forms is pinned.
TEST_CASE("the digests of a report are these bytes") {
  const auto good = read(
      "agency,report_id,activity,status,decision,valid_from,valid_to,link,institution[1].eter_id,"
      "programme[1].name_primary,programme[1].qf_ehea_level,programme[1].field_study\n"
      "AAQ,R 1,Programme  Review,1,2,2020-01-01,2020-12-31,http://AAQ.example:80/R/1/,BG0001,"
      "Data Stewardship,1,0612\n");
  REQUIRE(good.reports.size() == 1);
  const std::string middle =
      "type=2\nstatus=1\ndecision=2\nvalid_from_ms=1577836800000\nvalid_until_ms=1609459200000\n";
  const std::string end = "eqf_level=6\nfield=0612\nfull_degree=1\nects_hundredths=0\n";
  CHECK(good.reports[0].digest ==
        sha256(as_bytes("testamur report 3\nidentifier=r1\nactivity=programmereview\n" + middle +
                        "link=https://aaq.example/R/1\nprogramme=datastewardship\n" + end)));
  CHECK(good.reports[0].second_digest ==
        sha256(as_bytes("testamur report 2\nidentifier=R 1\nactivity=Programme  Review\n" + middle +
                        "link=http://AAQ.example:80/R/1/\nprogramme=Data Stewardship\n" + end)));
}

TEST_CASE("an address is one however its scheme, host, port and last slash are written") {
  for (const char* same : {"https://a.example/R/1", "http://a.example/R/1", "https://A.Example/R/1",
                           "https://a.example/R/1/", "https://a.example:443/R/1//",
                           "http://a.example:80/R/1", "https://a.example./R/1"})
    CHECK(one_link(same) == "https://a.example/R/1");
  CHECK(one_link("https://A.example/") == one_link("http://a.example"));

  for (const char* other :
       {"https://a.example/r/1", "https://a.example:8443/R/1", "http://a.example:443/R/1",
        "https://a.example/R/1?v=2", "https://b.example/R/1", "https://u@a.example/R/1"})
    CHECK(one_link(other) != "https://a.example/R/1");
  CHECK(one_link("https://a.example?Q=A") == "https://a.example?Q=A");
  CHECK(one_link("") == "");
}

TEST_CASE("each value that cannot be taken is a mistake of its row, with column and reason") {
  expect_mistake("AAQ,", ",", "agency", "is missing");
  expect_mistake("programme evaluation", "", "activity", "is missing");
  expect_mistake(",1,1 - positive", ",7,1 - positive", "status", "none of");
  expect_mistake("1 - positive", "splendid", "decision", "none of");
  expect_mistake("1 - positive", "", "decision", "is missing");
  expect_mistake("15/01/2020", "32/01/2020", "valid_from", "no day in the form %d/%m/%Y");
  expect_mistake("15/01/2020", "", "valid_from", "is missing");
  expect_mistake("14/01/2026", "14/01/2019", "valid_to", "lies before valid_from");
  expect_mistake("https://aaq.example/1", "ftp://aaq.example", "link[1]", "https://");
  expect_mistake("DEQARINST0034", "", "institution[1]", "is missing");
  expect_mistake("1 - first cycle", "9", "programme[1].qf_ehea_level", "none of");
  expect_mistake("0613", "9999", "programme[1].field_study", "");
  expect_mistake("0613", "0699", "programme[1].field_study", "would stand for all of 06");
  // Where number and word mean two things nobody can tell which: a negative decision was
  // accredited.
  expect_mistake("1 - positive", "1 - NEGATIVE", "decision", "says two things");
  expect_mistake("1 - positive", "1 positive with conditions or restrictions", "decision",
                 "says two things");
  expect_mistake("1 - positive", "1 - refused", "decision", "says two things");
  expect_mistake("1 - positive", "1.0", "decision", "none of");
  expect_mistake(",programme,1", ",1 - programme,1", "activity_type", "says two things");
  expect_mistake("1 - first cycle", "2 - first cycle", "programme[1].qf_ehea_level",
                 "says two things");
  expect_mistake("0613,1,,,", "0613,2 - yes,,,", "programme[1].degree_outcome", "says two things");
  expect_mistake("programme evaluation", "#N/A", "activity", "a spreadsheet shows");

  expect_mistake(",programme,1", ",institutional,1", "programme[1]", "does not belong");
  expect_mistake(",programme,1", ",joint programme,1", "institution[2]", "at least two providers");
  expect_mistake("0613,1,,,", "0613,1,-3,,", "programme[1].workload_ects", "number of ECTS");
  expect_mistake("0613,1,,,", "0613,1,,2,", "programme[1].assessment_certification",
                 "must be empty");
  expect_mistake("0613,1,,,", "0613,1,,,urn:skill", "programme[1].learning_outcome_esco[1]",
                 "ESCO");

  // An address that the ledger would not take blocked all rows of a file.
  expect_mistake("https://aaq.example/1", "https://aaq.example/\u00FC", "link[1]", "beyond ASCII");
  expect_mistake("https://aaq.example/1", "https://aaq.example/a b", "link[1]", "a space");

  // A wrong number was told as a matter of the website.
  for (const char* number : {"deqarinst 500", "DEQARINST", "PL0001"})
    expect_mistake("DEQARINST0034", number, "institution[1].deqar_id", "no identifier");
  expect_mistake("DEQARINST0034", "500.0", "institution[1].deqar_id", "a program put beside it");

  // One mistake each: what cannot be taken is not missing too.
  expect_mistake("0613,1,,,", "0613,no,1500,2,", "programme[1].workload_ects",
                 "more than 1,000 ECTS");
  expect_mistake("0613,1,,,", "0613,no,0,2,", "programme[1].workload_ects", "above 0");
  expect_mistake("0613,1,,,", "0613,no,1000.01,2,", "programme[1].workload_ects", "more than");
  expect_mistake("0613,1,,,", "0613,no,5,no,", "programme[1].assessment_certification", "none of");
  expect_mistake("1 - first cycle,0613,1,,,", "9,0613,no,5,2,", "programme[1].qf_ehea_level",
                 "none of");
}

TEST_CASE("the national level stands in for the cycle only where it is one of the EQF") {
  const auto with = [](const std::string& national) {
    std::string text = std::string(kHeader) + kDegree;
    text.replace(text.find("qf_ehea_level"), 13, "nqf_level");
    text.replace(text.find("1 - first cycle"), 15, national);
    return read(text);
  };
  for (const char* good : {"7", "level 7", "EQF 7", "NQF level 7"}) {
    CAPTURE(good);
    REQUIRE(with(good).reports.size() == 1);
    CHECK(with(good).reports[0].programmes[0].eqf_level == 7);
  }
  for (const char* bad : {"level 10", "EQF 7.2", "SCQF 7", "0", "9", "17", "6-7"}) {
    CAPTURE(bad);
    CHECK(with(bad).reports.empty());
  }
}

TEST_CASE("a number of ETER is of the row's country") {
  const auto with = [](const std::string& country, const std::string& eter) {
    return read(
        "agency,activity,status,decision,valid_from,institution[1].eter_id,institution[1]."
        "name_official,institution[1].country\nAAQ,audit,1,1,2020-01-01," +
        eter + ",Uni," + country + "\n");
  };
  CHECK(with("FI", "FI0001").reports.size() == 1);
  CHECK(with("GR", "EL0001").reports.size() == 1);
  CHECK(with("GB", "UK0001").reports.size() == 1);
  REQUIRE(with("DE", "FI0001").mistakes.size() == 1);
  CHECK(with("DE", "FI0001").mistakes[0].column == "institution[1].eter_id");
}

TEST_CASE("a day out of range and a notation that is none are told as such") {
  expect_mistake("14/01/2026", "31/12/9999", "valid_to",
                 "the year 9999 is out of range: 1970 to 2999; leave valid_to empty where the end "
                 "is open");
  expect_mistake("15/01/2020", "31/12/1969", "valid_from", "the year 1969 is out of range");
  for (const char* format : {"dd/mm/yyyy", "%Q", "%d/%m", "%d/%m/%Y/%y", "%d/%m/%", "%d/%m/%Y%H"})
    expect_mistake("%d/%m/%Y", format, "date_format", "%d or %-d (day)");
}

// "Bakery: everything": two columns were not in the sheet, and the programme counted for medicine.
TEST_CASE("a degree programme without field and level is refused, with one of them it is read") {
  expect_mistake("1 - first cycle,0613", ",", "programme[1].field_study",
                 "every field and every level");
  for (const char* half : {"1 - first cycle,", ",0613"}) {
    std::string row = kDegree;
    row.replace(row.find("1 - first cycle,0613"), 20, half);
    CHECK(read(std::string(kHeader) + row).reports.size() == 1);
  }
}

TEST_CASE("a page of a longer list is read, and said to be a page") {
  const std::string report =
      R"({"agency": "A", "activity": "audit", "status": 2, "decision": 1,
          "valid_from": "2024-01-15", "institutions": [{"deqar_id": "7"}]})";
  const auto paged = read(R"({"count": 2, "next": "https://a.example/?page=2", "previous": null,
                              "took_ms": 3, "results": [)" +
                          report + "]}");
  CHECK(paged.reports.size() == 1);
  REQUIRE(paged.notices.size() == 2);
  CHECK(paged.notices[0].find("holds 1 of 2 reports") != std::string::npos);
  CHECK(paged.notices[0].find("the next is \"https://a.example/?page=2\"") != std::string::npos);
  CHECK(paged.notices[1].find("not read: \"took_ms\"") != std::string::npos);

  CHECK(read(R"({"count": 1, "next": null, "results": [)" + report + "]}").notices.empty());
  CHECK(read(R"({"count": 9, "previous": "p", "results": [)" + report + "]}").notices.size() == 1);
}

TEST_CASE("a column that is not read is found again by its name in the file") {
  const auto reading = read("agency,institution[1].name_oficial\nA,Uni\n");
  CHECK(reading.not_read == std::vector<std::string>{"institution.name_oficial"});
  CHECK(reading.first_names.at("institution.name_oficial") == "institution[1].name_oficial");
}

TEST_CASE("a programme without a full degree needs level, workload and what is certified") {
  std::string row = kShort;
  row.replace(row.find("second cycle"), 12, "");
  row.replace(row.find("7.5,2"), 5, ",");
  const auto reading = read(std::string(kHeader) + row);
  REQUIRE(reading.mistakes.size() == 3);
  CHECK(reading.mistakes[0].column == "programme[1].qf_ehea_level");
  CHECK(reading.mistakes[1].column == "programme[1].workload_ects");
  CHECK(reading.mistakes[2].column == "programme[1].assessment_certification");
}

TEST_CASE("other providers award no degrees and are not part of an obligatory system") {
  const auto reading = read(
      "agency,activity,status,decision,valid_from,institution[1].name_official,institution[1]."
      "country,"
      "institution[1].provider_type,programme[1].name_primary,programme[1].degree_outcome\n"
      "AAQ,audit,1,1,2020-01-01,Camp,CH,alternative provider,CAD,yes\n");
  REQUIRE(reading.mistakes.size() == 2);
  CHECK(reading.mistakes[0].column == "programme[1].degree_outcome");
  CHECK(reading.mistakes[1].column == "status");
}

TEST_CASE("spellings of one report are one report; a change of what it says is another") {
  const std::string header =
      "agency,local_identifier,activity,status,decision,valid_from,valid_to,link,institution[1]."
      "name_official,"
      "institution[1].country,programme[1].name_primary,programme[1].qf_ehea_level,programme[1]."
      "degree_outcome,"
      "programme[1].workload_ects,programme[1].assessment_certification,programme[1].field_study\n";

  const auto digest = [&](const std::string& row) {
    const auto reading = read(header + row);
    INFO(row);
    for (const auto& mistake : reading.mistakes) UNSCOPED_INFO(mistake.column + ": " + mistake.why);
    REQUIRE(reading.reports.size() == 1);
    return reading.reports[0].digest;
  };

  const auto one =
      digest("AGY,R,Audit,2,1,2024-01-15,,https://a.example/r,Uni,AT,Data,2,2,15,2,0612\n");
  for (const char* same :
       {"AGY,R,Audit,voluntary,1,2024-01-15,,https://a.example/r,Uni,AT,Data,2,2,15,2,0612\n",
        "AGY,R, Audit ,2 - voluntary,positive,2024-01-15,,https://a.example/r,Uni,AT, Data "
        ",2,2,15,2,0612\n",
        "AGY,R,Audit,2,1,2024-01-15,,https://a.example/r,Uni,AUT,Data,second "
        "cycle,no,15.0,2,0612\n",
        "AGY,R,Audit,2,1,2024-01-15,2030-01-14,https://a.example/r,Uni,at,Data,2,2,15.00,2,"
        "http://data.europa.eu/esco/isced-f/0612\n",
        "AGY,r,AUDIT,2,1,2024-01-15,,https://a.example/r,Uni,AT,DATA,2,2,15,2,0612\n",
        "AGY,R ,aud it,2,1,2024-01-15,,http://A.EXAMPLE/r/,Uni,AT,data,2,2,15,2,0612\n"}) {
    CHECK(digest(same) == one);
  }

  for (const char* other :
       {"AGY,R,Audit,2,2,2024-01-15,,https://a.example/r,Uni,AT,Data,2,2,15,2,0612\n",
        "AGY,R,Audit,2,1,2024-01-16,,https://a.example/r,Uni,AT,Data,2,2,15,2,0612\n",
        "AGY,R,Audit,2,1,2024-01-15,,https://a.example/r,Uni,AT,Data,2,2,15.5,2,0612\n",
        "AGY,R,Audit,2,1,2024-01-15,,https://a.example/r,Uni,AT,Data,3,2,15,2,0612\n"}) {
    CHECK(digest(other) != one);
  }
}

TEST_CASE("the register's present columns and JSON names are read, with a byte-order mark too") {
  const auto csv = read(
      "agency,local_identifier,activity[1].id,activity[2].id,status,decision,valid_from,"
      "institution[1].deqar_id,"
      "programme[1].name_primary,programme[1].qf_ehea_level,programme[1].degree_outcome,programme["
      "1].workload_ects,"
      "programme[1].assessment_certification,programme[1].learning_outcome[1],programme[1].field_"
      "study\n"
      "AGY,A-1,141,181,2,1,2024-01-15,9001,Data,2,2,15,2,http://data.europa.eu/esco/skill/"
      "7eaf,0612\n");
  REQUIRE(csv.reports.size() == 1);
  CHECK(csv.reports[0].activity == "141, 181");
  CHECK(csv.reports[0].providers.at(0).deqar == "DEQARINST9001");
  CHECK(csv.reports[0].programmes.at(0).esco_uris ==
        std::vector<std::string>{"http://data.europa.eu/esco/skill/7eaf"});
  CHECK(csv.not_read.empty());

  const std::string json =
      R"([{"agency": "AGY", "local_identifier": "J-1", "activities": [{"id": 141}],
           "status": "2", "decision": "1",
           "valid_from": "2024-01-15", "institutions": [{"deqar_id": "DEQARINST9001"}]}])";
  for (const auto& text : {json, "\xef\xbb\xbf" + json}) {
    const auto reading = read(text);
    REQUIRE(reading.reports.size() == 1);
    CHECK(reading.reports[0].activity == "141");
  }
  CHECK(read(
            R"({"agency": "A", "activities": ["audit"], "status": 2, "decision": 1,
                 "valid_from": "2024-01-15",
                 "institutions": [{"deqar_id": "7"}]})")
            .reports.at(0)
            .activity == "audit");
}

TEST_CASE("the spellings of a number of the register are one number") {
  for (const char* typed : {"9001", "deqarinst9001", "DEQARINST9001", " DEQARINST9001",
                            "\u00A09001 ", "DEQARINST09001"})
    CHECK(canonical_deqar(typed) == "DEQARINST9001");
  CHECK(canonical_deqar("7") == "DEQARINST0007");
  CHECK(canonical_deqar("DEQARINST12345") == "DEQARINST12345");
  CHECK(canonical_deqar("x-1") == "X-1");
  CHECK(canonical_deqar("") == "");
  CHECK(canonical_deqar("0") == "DEQARINST0000");
}

TEST_CASE("one broken row refuses itself alone; a broken file is refused with its place") {
  const auto reading = read(std::string(kHeader) + kDegree + ",,,,,,,,,,,,,,,,,,\n" + kShort);

  CHECK(reading.rows == 2);
  CHECK(reading.reports.size() == 2);
  CHECK(reading.mistakes.empty());
  CHECK(reading.notices == std::vector<std::string>{"line 3: empty, skipped"});

  const auto broken = read(std::string(kHeader) + "AAQ,,,,,,,,,,,,,,,,,,\n" + kShort);
  CHECK(broken.reports.size() == 1);
  CHECK(broken.mistakes.front().row == 2);

  CHECK_FALSE(read_reports("agency,agency\nA,B\n").ok());
  CHECK_FALSE(read_reports("{\"agency\": ").ok());
  CHECK(read("[7]").mistakes.at(0).why == "is not an object");

  const auto uneven = read_reports("agency,status\nAAQ\n");
  REQUIRE_FALSE(uneven.ok());
  CHECK(uneven.message().find("line 2") != std::string::npos);
}

TEST_CASE("a file without a report, and one that is no register, is refused as a whole") {
  const auto why = [](const std::string& text) {
    const auto reading = read_reports(text);
    return reading.ok() ? std::string("read") : reading.message();
  };
  CHECK(why("agency,status,decision\n").find("no report") != std::string::npos);
  CHECK(why("[]").find("no report") != std::string::npos);
  CHECK(why("{\"results\": []}").find("no report") != std::string::npos);
  CHECK(why("student,given_name,family_name\nS1,Ada,Ekman\n").find("no register") !=
        std::string::npos);
  CHECK(why("[{\"student\": \"S1\"}]").find("no register") != std::string::npos);
  CHECK(why("agency,given_name\nAAQ,Ada\n") == "read");
}

TEST_CASE("every column that is known is read somewhere") {
  CHECK(std::ranges::is_sorted(report_columns()));
  for (const auto& column : report_columns()) {
    // A position for each part that the register counts.
    std::string name;
    for (std::size_t at = 0; at <= column.size();) {
      const auto dot = std::min(column.find('.', at), column.size());
      const auto part = column.substr(at, dot - at);
      const bool counted = (dot < column.size()) || part.starts_with("learning_outcome");
      name += (at == 0 ? "" : ".") + part + (counted ? "[1]" : "");
      at = dot + 1;
    }
    INFO(name);
    CHECK(read(name + ",remark\nx,y\n").not_read == std::vector<std::string>{"remark"});
  }
}

TEST_CASE("dates are read in the notation of the register") {
  CHECK(read_report_date("04-01-2014", "%d-%m-%Y").value() == 1'388'793'600'000);
  CHECK(read_report_date("4/1/14", "%-d/%-m/%y").value() == 1'388'793'600'000);
  CHECK(read_report_date("2014-01-04", "%Y-%m-%d").value() == 1'388'793'600'000);
  CHECK_FALSE(read_report_date("2014-02-30", "%Y-%m-%d").ok());
  CHECK_FALSE(read_report_date("2014-01-04x", "%Y-%m-%d").ok());
  CHECK_FALSE(read_report_date("2014-01-04", "%Y-%m-%").ok());
  CHECK_FALSE(read_report_date("2014-01-04", "%H").ok());
  CHECK(years_later(1'582'934'400'000, 6) == 1'772'236'800'000);  // 2020-02-29, 2026-02-28
}

}  // namespace
}  // namespace testamur::wallet
