#include "wallet/credential/class_list.h"

#include <algorithm>
#include <map>
#include <set>

#include "common/text.h"
#include "wallet/credential/csv.h"
#include "wallet/credential/problems.h"

namespace testamur::wallet {
namespace {

constexpr std::string_view kStudentColumn = "student";
constexpr std::string_view kCreditsColumn = "ects";
constexpr std::size_t kMaxStudentBytes = 128;

struct Columns {
  std::size_t student = 0;
  std::vector<const ClaimKind*> claims;  // by column; nullptr for the student's
  std::optional<std::size_t> credits;    // the column `ects`, which gives the claim ects_hundredths
};

std::string known_columns() {
  std::string text = std::string(kStudentColumn) + ", " + std::string(kCreditsColumn);
  for (const auto& kind : claim_kinds()) text += ", " + std::string(kind.name);
  return text;
}

Columns read_header(const std::vector<CsvCell>& header, Problems& problems) {
  Columns columns;
  std::set<std::string> seen;
  bool has_student = false;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto& [name, place] = header[i];
    const bool credits = name == kCreditsColumn;
    const ClaimKind* kind = credits ? &kind_of(ClaimId::kEctsHundredths) : find_claim_kind(name);
    columns.claims.push_back(kind);
    if (credits) columns.credits = i;
    if (!seen.insert(name).second) problems.add(place, "the column \"" + name + "\" occurs twice");
    if (name == kStudentColumn) {
      columns.student = i;
      has_student = true;
    } else if (kind == nullptr) {
      problems.add(place, "the column \"" + name + "\" is not known (known: " + known_columns() + ")");
    }
  }
  if (columns.credits && seen.contains(std::string(kind_of(ClaimId::kEctsHundredths).name))) {
    problems.add(header[*columns.credits].place,
                 "the columns \"ects\" and \"ects_hundredths\" say the same: keep one of them");
  }
  if (!has_student && !problems.any()) problems.add({1, 1}, "the column \"student\" is missing");
  return columns;
}

Status check_student(const std::string& student) {
  if (const auto fault = find_fault(student)) return error("student holds " + to_text(*fault));
  const ClaimKind as_text{ClaimId::kStudentNumber, kStudentColumn,   kStudentColumn,
                          ClaimType::kText,        kMaxStudentBytes, true};
  return check_claim(as_text, student);
}

Result<ClaimValue> read_credits(std::string_view typed) {
  const auto hundredths = parse_credits(typed);
  if (!hundredths) return error("ects is no number of credits like 3 or 7.5");
  const ClaimValue value = *hundredths;
  TM_TRY_STATUS(check_claim(kind_of(ClaimId::kEctsHundredths), value));
  return value;
}

// One notice for each learner whose reference is nearly that of an earlier one.
void warn_of_near_references(ClassList& list) {
  std::map<std::string, const ClassRow*> first_of;
  for (const auto& row : list.rows) {
    const auto [first, fresh] = first_of.emplace(reference_key(row.student), &row);
    if (fresh) continue;
    list.notices.push_back("line " + std::to_string(row.line) + ": the student \"" + row.student + "\" is nearly \"" +
                           first->second->student + "\" of line " + std::to_string(first->second->line) +
                           ": two learners?");
  }
}

ClassRow read_row(const std::vector<CsvCell>& cells, const Columns& columns, Problems& problems) {
  ClassRow row;
  row.line = cells.front().place.line;
  row.student = canonical_reference(cells[columns.student].text);
  if (const auto status = check_student(row.student); !status.ok())
    problems.add(cells[columns.student].place, status.message());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (columns.claims[i] == nullptr || cells[i].text.empty()) continue;
    auto value = columns.credits == i ? read_credits(cells[i].text) : parse_claim(*columns.claims[i], cells[i].text);
    if (value.ok()) {
      row.claims[columns.claims[i]->id] = std::move(*value);
      row.places[columns.claims[i]->id] = cells[i].place;
    } else {
      problems.add(cells[i].place, value.message());
    }
  }
  if (!row.claims.contains(ClaimId::kGivenName) && !row.claims.contains(ClaimId::kFamilyName))
    problems.add(cells.front().place, "the learner has neither given_name nor family_name");
  return row;
}

}  // namespace

std::string canonical_reference(std::string_view typed) { return is_utf8(typed) ? nfc(typed) : std::string(typed); }

std::string reference_key(std::string_view reference) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::string key;
  for (const char c : skeleton(reference)) {
    if (c == '-' || c == '.' || c == '/' || c == '_') continue;

    // A spreadsheet drops the zeros before a number wherever it begins; a number that is zero keeps one.
    const bool after_leading_zero =
        !key.empty() && key.back() == '0' && (key.size() == 1 || !is_digit(key[key.size() - 2]));
    if (is_digit(c) && after_leading_zero) key.pop_back();
    key += c;
  }
  return key;
}

std::optional<std::uint64_t> parse_credits(std::string_view typed) {
  const auto point = typed.find_first_of(".,");
  const std::string_view whole = typed.substr(0, point);
  std::string fraction{point == std::string_view::npos ? "" : typed.substr(point + 1)};
  const auto is_number = [](std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  };
  const bool ends_well = point == std::string_view::npos || (!fraction.empty() && fraction.size() <= 2);
  if (whole.empty() || whole.size() > 4 || !ends_well || !is_number(whole) || !is_number(fraction)) return std::nullopt;
  fraction.resize(2, '0');
  std::uint64_t hundredths = 0;
  for (const char c : std::string(whole) + fraction) hundredths = hundredths * 10 + static_cast<unsigned>(c - '0');
  return hundredths;
}

Result<ClassList> read_class_list(std::string_view csv) {
  TM_TRY(auto table, parse_csv(csv));
  Problems problems;
  const Columns columns = read_header(table.header, problems);
  if (problems.any()) return problems.failure();
  if (table.rows.empty()) return error("the list has a header and no learner");
  if (table.rows.size() > kMaxClassSize) {
    return error("the list has " + std::to_string(table.rows.size()) + " learners; a batch holds at most " +
                 std::to_string(kMaxClassSize));
  }

  ClassList list;
  list.notices = std::move(table.notices);
  std::map<std::string, std::size_t> lines;
  for (const auto& cells : table.rows) {
    list.rows.push_back(read_row(cells, columns, problems));
    const ClassRow& row = list.rows.back();
    const auto [first, fresh] = lines.emplace(row.student, row.line);
    if (!fresh) {
      problems.add(cells[columns.student].place,
                   "the student \"" + row.student + "\" stands in line " + std::to_string(first->second) + " already");
    }
  }
  if (problems.any()) return problems.failure();
  warn_of_near_references(list);
  return list;
}

}  // namespace testamur::wallet
