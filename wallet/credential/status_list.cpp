#include "wallet/credential/status_list.h"

#include <charconv>
#include <map>

#include "common/text.h"
#include "wallet/credential/class_list.h"
#include "wallet/credential/problems.h"
#include "wallet/credential/spreadsheet_damage.h"

namespace testamur::wallet {
namespace {

using Columns = std::map<std::string, std::size_t>;

Columns read_header(const std::vector<CsvCell>& header, Problems& problems) {
  Columns columns;
  for (std::size_t i = 0; i < header.size(); ++i) {
    const auto& [name, place] = header[i];

    const bool known =
        name == "student" || name == "batch" || name == "reference" || name == "index";
    if (!known) {
      // A column that is not understood could say "not this one": nothing is left out in silence.
      problems.add(place, "the column \"" + name +
                              "\" is not known (known: student, batch, reference, index)");
    }
    if (!columns.emplace(name, i).second)
      problems.add(place, "the column \"" + name + "\" occurs twice");
  }

  const bool addresses =
      columns.contains("student") || columns.contains("reference") || columns.contains("index");
  if (!problems.any() && !addresses)
    problems.add(
        {1, 1},
        "none of the columns student, reference and index is there: whom does the list name?");

  return columns;
}

std::optional<std::uint64_t> parse_index(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || value == 0) return std::nullopt;
  return value;
}

StatusRow read_row(const std::vector<CsvCell>& cells, const Columns& columns, Problems& problems) {
  StatusRow row;
  row.place = cells.front().place;
  const auto value = [&](const char* name) -> std::string {
    const auto found = columns.find(name);
    if (found == columns.end()) return {};
    const CsvCell& cell = cells[found->second];
    const auto damage = spreadsheet_damage(cell.text, CellUse::kIdentifier);
    if (!damage.empty()) {
      problems.add(cell.place, std::string(name) + " " + damage);
    } else if (const auto fault = find_fault(cell.text)) {
      problems.add(cell.place, std::string(name) + " holds " + to_text(*fault));
    }
    return cell.text;
  };

  row.student = canonical_reference(value("student"));
  row.batch = value("batch");
  row.reference = value("reference");
  const std::string index = value("index");
  if (!index.empty()) row.index = parse_index(index);
  if (!index.empty() && !row.index && spreadsheet_damage(index, CellUse::kIdentifier).empty())
    problems.add(cells[columns.at("index")].place,
                 "\"" + index + "\" is no index, which is a number from 1");
  if (row.student.empty() && row.reference.empty() && index.empty())
    problems.add(row.place, "the row names nobody");
  return row;
}

}  // namespace

Result<StatusList> read_status_list(std::string_view csv) {
  TM_TRY(auto table, parse_csv(csv));
  Problems problems;
  const Columns columns = read_header(table.header, problems);
  if (problems.any()) return problems.failure();
  if (table.rows.empty()) return error("the list has a header and no row");
  StatusList list;
  list.notices = std::move(table.notices);
  for (const auto& cells : table.rows) list.rows.push_back(read_row(cells, columns, problems));
  if (problems.any()) return problems.failure();
  return list;
}

}  // namespace testamur::wallet
