// Columns that were meant to be read, and are called otherwise. `VALID_TO` was noted as "not read",
// and the accreditation counted for six years.
#include "wallet/accreditation/misnamed_columns.h"

#include "tests/support/catch.h"

namespace testamur::wallet {
namespace {

constexpr const char* kWhole =
    "agency,activity,status,decision,valid_from,institution[1].name_official,institution[1]."
    "country,institution[1].website_link";
constexpr const char* kRow = "AAQ,audit,2,1,2020-01-01,Uni,CH,uni.example";

// A report of a whole institution with one more column.
std::string refusal_of(const std::string& column) {
  const auto reading =
      read_reports(std::string(kWhole) + ",\"" + column + "\"\n" + kRow + ",2025-12-31\n");
  INFO(column << ": " << reading.message());
  REQUIRE(reading.ok());
  const auto status = refuse_misnamed_columns(*reading);
  return status.ok() ? "" : status.message();
}

// Its report is about a programme.
std::string refusal_beside_programme(const std::string& column, const std::string& level,
                                     const std::string& field) {
  const auto reading = read_reports(
      std::string(kWhole) +
      ",programme[1].name_primary,programme[1].qf_ehea_level,programme[1].field_study,\"" + column +
      "\"\n" + kRow + ",Logic," + level + "," + field + ",0613\n");
  REQUIRE(reading.ok());
  REQUIRE(reading->reports.size() == 1);
  const auto status = refuse_misnamed_columns(*reading);
  return status.ok() ? "" : status.message();
}

TEST_CASE("a name that is read but for case, marks and numbers is refused in every spelling") {
  for (const char* column :
       {"VALID_TO", "Valid_To", "ValidTo", "validTo", "validto", "VALID TO", "valid.to", "Valid-To",
        "valid_to_1", "válid_to", "valid_too", "VALIDTOO"}) {
    CAPTURE(column);
    const auto refusal = refusal_of(column);
    CHECK(refusal.find("the column \"" + std::string(column) + "\"") == 0);
    CHECK(refusal.find("did you mean valid_to") != std::string::npos);
  }
  for (const char* column :
       {"PROGRAMME[1].FIELD_STUDY", "Programme[1].Field_Study", "programme_1_field_study",
        "programme[1].fieldStudy", "ProgrammeFieldStudy"}) {
    CAPTURE(column);
    CHECK(refusal_of(column).find("did you mean programme.field_study") != std::string::npos);
  }
}

TEST_CASE("every column that is read is refused in capitals, and none as it is called") {
  for (const auto& name : report_columns()) {
    CAPTURE(name);
    std::string capitals = name;
    for (auto& c : capitals) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    CHECK(refusal_of(capitals).find("did you mean") != std::string::npos);
    ReportReading reading;
    reading.first_names.emplace(name, name);
    CHECK(refuse_misnamed_columns(reading).ok());
  }
}

TEST_CASE("a last day under another name refuses the file, in whatever language and spelling") {
  for (const char* column : {"valid_until",
                             "Valid Until",
                             "EXPIRY_DATE",
                             "gueltig_bis",
                             "gültig_bis",
                             "Gültig bis",
                             "GÜLTIG BIS",
                             "g\u00fcltigBis",
                             "Akkreditiert bis",
                             "ablaufdatum",
                             "valable jusqu'au",
                             "date_fin",
                             "Date d'échéance",
                             "válido hasta",
                             "fecha de vencimiento",
                             "data di scadenza",
                             "validade",
                             "geldig tot",
                             "einddatum",
                             "ważny do",
                             "giltig till",
                             "gyldig til",
                             "voimassa",
                             "platnost do",
                             "érvényes",
                             "galioja iki",
                             "kehtib kuni",
                             "ｖａｌｉｄ＿ｕｎｔｉｌ"}) {
    CAPTURE(column);
    CHECK(refusal_of(column).find("is it the last day? Call it valid_to") != std::string::npos);
  }
}

TEST_CASE("what a programme is about, under another name, refuses the file where it is missing") {
  for (const char* column : {"ISCED", "isced_code", "Studiengang", "Level", "eqf", "Niveau"}) {
    CAPTURE(column);
    CHECK(refusal_of(column).find("the whole institution is accredited") != std::string::npos);
  }

  CHECK(refusal_beside_programme("programme[1].ISCED", "2", "").find("counts for every field") !=
        std::string::npos);
  CHECK(
      refusal_beside_programme("programme[1].Niveau", "", "0613").find("counts for every level") !=
      std::string::npos);
  CHECK(refusal_beside_programme("programme[1].ISCED", "2", "0613").empty());
}

TEST_CASE("a column of something else is left alone") {
  for (const char* column :
       {"remark", "summary", "report_language", "file[1].display_name", "other_comment",
        "institution[1].acronym", "institution[1].founding_date", "contributing_agency", "1"}) {
    CAPTURE(column);
    CHECK(refusal_of(column).empty());
  }
}

}  // namespace
}  // namespace testamur::wallet
