#include "wallet/credential/class_list.h"

#include <algorithm>
#include <map>
#include <set>

#include "wallet/credential/csv.h"

namespace testamur::wallet {
namespace {

constexpr std::string_view kStudentColumn = "student";
constexpr std::size_t kMaxStudentBytes = 128;
constexpr std::size_t kMostProblems = 10;

class Problems {
 public:
  void add(const CsvPlace& place, const std::string& what) {
    if (count_++ < kMostProblems) text_ += (text_.empty() ? "" : "\n") + to_text(place) + ": " + what;
  }
  bool any() const { return count_ > 0; }
  Error failure() const {
    const std::string more = count_ > kMostProblems ? "\nand " + std::to_string(count_ - kMostProblems) + " more" : "";
    return error(text_ + more);
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

struct Columns {
  std::size_t student = 0;
  std::vector<const ClaimKind*> claims;  // by column; nullptr for the student's
};

std::string known_columns() {
  std::string text{kStudentColumn};
  for (const auto& kind : claim_kinds()) text += ", " + std::string(kind.name);
  return text;
}

Columns read_header(const std::vector<CsvCell>& header, Problems& problems) {
  Columns columns;
  std::set<std::string> seen;
  bool has_student = false;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto& [name, place] = header[i];
    const ClaimKind* kind = find_claim_kind(name);
    columns.claims.push_back(kind);
    if (!seen.insert(name).second) problems.add(place, "the column \"" + name + "\" occurs twice");
    if (name == kStudentColumn) {
      columns.student = i;
      has_student = true;
    } else if (kind == nullptr && name.find(';') != std::string::npos) {
      problems.add(place, "the cells are separated by semicolons; save the list with commas");
    } else if (kind == nullptr) {
      problems.add(place, "the column \"" + name + "\" is not known (known: " + known_columns() + ")");
    }
  }
  if (!has_student && !problems.any()) problems.add({1, 1}, "the column \"student\" is missing");
  return columns;
}

Status check_student(const std::string& student) {
  const ClaimKind as_text{ClaimId::kStudentNumber, kStudentColumn,   kStudentColumn,
                          ClaimType::kText,        kMaxStudentBytes, true};
  return check_claim(as_text, student);
}

ClassRow read_row(const std::vector<CsvCell>& cells, const Columns& columns, Problems& problems) {
  ClassRow row;
  row.line = cells.front().place.line;
  row.student = cells[columns.student].text;
  if (const auto status = check_student(row.student); !status.ok())
    problems.add(cells[columns.student].place, status.message());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (columns.claims[i] == nullptr || cells[i].text.empty()) continue;
    auto value = parse_claim(*columns.claims[i], cells[i].text);
    if (value.ok()) {
      row.claims[columns.claims[i]->id] = std::move(*value);
    } else {
      problems.add(cells[i].place, value.message());
    }
  }
  if (!row.claims.contains(ClaimId::kGivenName) && !row.claims.contains(ClaimId::kFamilyName))
    problems.add(cells.front().place, "the learner has neither given_name nor family_name");
  return row;
}

}  // namespace

Result<std::vector<ClassRow>> read_class_list(std::string_view csv) {
  TM_TRY(const auto table, parse_csv(csv));
  Problems problems;
  const Columns columns = read_header(table.header, problems);
  if (problems.any()) return problems.failure();
  if (table.rows.empty()) return error("the list has a header and no learner");
  if (table.rows.size() > kMaxClassSize) {
    return error("the list has " + std::to_string(table.rows.size()) + " learners; a batch holds at most " +
                 std::to_string(kMaxClassSize));
  }
  std::vector<ClassRow> rows;
  std::map<std::string, std::size_t> lines;
  for (const auto& cells : table.rows) {
    rows.push_back(read_row(cells, columns, problems));
    const auto [first, fresh] = lines.emplace(rows.back().student, rows.back().line);
    if (!fresh) {
      problems.add(cells[columns.student].place, "the student \"" + rows.back().student + "\" stands in line " +
                                                     std::to_string(first->second) + " already");
    }
  }
  if (problems.any()) return problems.failure();
  return rows;
}

}  // namespace testamur::wallet
