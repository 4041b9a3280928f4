// A class as the registrar's student system exports it: one row a learner. Pure; any thread.
//
// Columns: `student` (the reference of the learner in the issuer's own system, in NFC; required),
// any claim of claims.h by its name, and `ects`, credits as people write them ("3", "7.5"), in the
// place of `ects_hundredths`. An empty cell is a claim that this learner's credential does not
// carry.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "wallet/credential/claims.h"
#include "wallet/credential/csv.h"

namespace testamur::wallet {

inline constexpr std::size_t kMaxClassSize = 16'384;
inline constexpr std::string_view kStudentColumn = "student";

struct ClassRow {
  std::string student;
  Claims claims;
  std::size_t line = 0;
  std::map<ClaimId, CsvPlace> places;  // of the claims, for messages
  bool is_in_credits = false;          // the credits came by the column `ects`, as 7.5
};
struct ClassList {
  std::vector<ClassRow> rows;
  std::vector<std::string> notices;  // what was skipped, counts, references nearly the same
  std::vector<std::string> doubts;   // what it hardly means: class_doubts.h
};

// How the list of a student system differs from ours.
struct ClassListReading {
  CsvReading csv;
  // Their name -> ours; "-": the column is left out.
  std::vector<std::pair<std::string, std::string>> columns;
  // Of birthdate and award_date, as "DD.MM.YYYY"; empty: YYYY-MM-DD.
  std::string date_form;
};

// Reads a pair as the command line has it, "Matrikelnummer=student". Fails where ours is no column
// that a list may have.
Result<std::pair<std::string, std::string>> parse_column_map(const std::string& typed);
// Whether it is a form of a date: DD, MM and YYYY, each once, in any order, with marks between or
// without, like "DD.MM.YYYY" or "MM/DD/YYYY". An empty form is good too.
Status check_date_form(const std::string& form);
// A day in that form as YYYY-MM-DD; nothing where it is none. Day and month may lack a leading
// zero.
std::optional<std::string> read_day(std::string_view typed, std::string_view form);

// All or nothing. The failure lists every problem (at most ten) with line and column: an unknown or
// missing column, a value that its claim does not allow, a student without a name or named twice.
Result<ClassList> read_class_list(std::string_view csv, const ClassListReading& reading = {});

// Two references have one key when people or their programs may take one for the other: they differ
// by leading zeros, by case, by the form of letters, by spaces, marks that cannot be seen, or
// hyphens, dots and slashes alone.
std::string reference_key(std::string_view reference);
// Whether a learner may be called so: a text of at most 128 bytes without marks that nobody sees.
Status check_student(const std::string& student);
// The same letters in one form: what registers are searched by.
std::string canonical_reference(std::string_view typed);
// "3", "7.5" or "2,25" as hundredths; nothing for anything else.
std::optional<std::uint64_t> parse_credits(std::string_view typed);

}  // namespace testamur::wallet
