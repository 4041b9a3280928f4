// External quality assurance reports: what agencies hand to the European register (DEQAR, data
// model of its report submission), as far as an accreditation follows from it.
// docs/formats/accreditation-import.md. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/hash.h"
#include "common/result.h"
#include "trust/scope.h"

namespace testamur::wallet {

enum class ActivityType : std::uint8_t {
  kInstitutional,
  kInstitutionalProgramme,
  kProgramme,
  kJointProgramme
};
enum class ReportStatus : std::uint8_t { kObligatory = 1, kVoluntary = 2 };
enum class ReportDecision : std::uint8_t {
  kPositive = 1,
  kConditional = 2,
  kNegative = 3,
  kNotApplicable = 4
};
std::string_view to_text(ActivityType type);
std::string_view to_text(ReportStatus status);
std::string_view to_text(ReportDecision decision);

struct ReportProvider {
  std::string column;           // "institution[1]", for messages
  std::string deqar;            // in its one spelling, DEQARINST0000
  std::string eter;             // likewise
  std::string name;             // official
  std::string english_name;     // may be empty
  std::string country;          // of ISO 3166-1, whatever spelling the report has
  std::string domain;           // of its website
  bool other_provider = false;  // without the right to award full degrees
};

struct ReportProgramme {
  std::string column;
  std::string name;
  std::uint8_t eqf_level = 0;  // 0: not stated
  std::optional<trust::FieldMask> fields;
  bool full_degree = true;
  std::uint32_t ects_hundredths = 0;   // 0: not stated
  std::vector<std::string> esco_uris;  // ascending
};

struct Report {
  std::size_t row = 0;
  std::string agency;
  std::string identifier;  // of the register, else the agency's own; may be empty
  std::string activity;
  ActivityType type = ActivityType::kInstitutional;
  ReportStatus status = ReportStatus::kVoluntary;
  ReportDecision decision = ReportDecision::kPositive;
  std::uint64_t valid_from_ms = 0;
  // The day after the last; six years later where the report leaves it open (`ends_open`).
  std::uint64_t valid_until_ms = 0;
  bool ends_open = false;
  std::string link;
  std::vector<ReportProvider> providers;
  std::vector<ReportProgramme> programmes;
  // Of what the report says, however it is spelt: docs/formats/accreditation-import.md.
  Hash256 digest;
  // What older programs put on ledgers: of the same values letter by letter, and before that …
  Hash256 second_digest;
  // … SHA-256 of the cells that were read, as lines "name=value" by name.
  Hash256 cells_digest;
};

// One spelling for a number of the register, so that "9001", "deqarinst9001" and " DEQARINST9001"
// mean one institution. Other texts are given back trimmed and in upper case.
std::string canonical_deqar(std::string_view typed);

// The domain in the address of a website, without scheme, `www.`, port, path and last dot; of
// another text that text in small letters.
std::string domain_of_website(std::string url);

// Why a row is refused: where, what, what to do.
struct ReportMistake {
  std::size_t row = 0;
  std::string column;
  std::string why;
};

struct ReportReading {
  std::size_t rows = 0;
  std::vector<Report> reports;          // those without a mistake
  std::vector<ReportMistake> mistakes;  // all of them, by row
  // Columns that this program does not use; ascending, without positions.
  std::vector<std::string> not_read;
  // Of each column without positions the first as it stands in the file.
  std::map<std::string, std::string> first_names;
  std::vector<std::string> notices;  // empty rows and columns that were skipped
  std::set<std::string> agencies;    // of every row, also of one with a mistake
};

// All columns that this program reads, without positions ("institution.deqar_id"); ascending.
const std::vector<std::string>& report_columns();

// CSV or JSON. Fails only where the file as a whole cannot be read, holds no report, or is no
// register: none of its columns is known.
Result<ReportReading> read_reports(std::string_view text);

}  // namespace testamur::wallet
