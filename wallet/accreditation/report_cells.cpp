// CSV and JSON as one form: named cells of one report. JSON is flattened into the names of the
// CSV's columns, so that everything after this file reads one notation. Bounds of number and size
// are set here, before anybody reads a cell.
#include "wallet/accreditation/report_cells.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/visible.h"
#include "wallet/credential/csv.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {
namespace {

// What JSON calls otherwise. The plural of a list becomes the name of its members.
constexpr std::array kNames = {
    std::pair<std::string_view, std::string_view>{"institutions", "institution"},
    std::pair<std::string_view, std::string_view>{"programmes", "programme"},
    std::pair<std::string_view, std::string_view>{"identifiers", "identifier"},
    std::pair<std::string_view, std::string_view>{"activities", "activity"},
    std::pair<std::string_view, std::string_view>{"links", "link"},
    std::pair<std::string_view, std::string_view>{"files", "file"},
    std::pair<std::string_view, std::string_view>{"learning_outcomes", "learning_outcome_esco"},
    std::pair<std::string_view, std::string_view>{"learning_outcomes_esco",
                                                  "learning_outcome_esco"},
    std::pair<std::string_view, std::string_view>{"countries", "country"},
    std::pair<std::string_view, std::string_view>{"alternative_names", "name_alternative"},
    std::pair<std::string_view, std::string_view>{"report_links", "link"},
    std::pair<std::string_view, std::string_view>{"report_files", "file"},
    std::pair<std::string_view, std::string_view>{"agency_acronym", "agency"},
    std::pair<std::string_view, std::string_view>{"agency_esg_activity", "activity"},
    std::pair<std::string_view, std::string_view>{"agency_esg_activity_type", "activity_type"},
};

std::string_view name_of(std::string_view key) {
  for (const auto& [other, name] : kNames) {
    if (key == other) return name;
  }
  return key;
}

void add_cell(ReportCells& cells, const std::string& name, std::string text) {
  if (text.empty() || !cells.broken.empty()) return;
  if (text.size() > kMostCellBytes) {
    cells.broken = "is longer than 16,384 bytes";
  } else if (cells.text.size() >= kMostCells) {
    cells.broken = "the report has more than 2,000 values";
  } else {
    cells.text[name] = std::move(text);
    return;
  }
  cells.broken_at = name;
}

std::string scalar_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.is_null() ? std::string{} : value.dump();
}

void flatten(ReportCells& cells, const std::string& name, const Json& value) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      // {"link": …} within a list of links and {"identifier": …} within one of identifiers are the
      // member itself. An "id" is the report's own number at the top alone, and that of its part
      // within one.
      const auto own = name.empty() && key == "id" ? std::string_view("report_id") : name_of(key);
      const auto open = name.rfind('[');
      const bool is_itself =
          open != std::string::npos && std::string_view(name).substr(0, open).ends_with(own);
      flatten(cells,
              is_itself      ? name
              : name.empty() ? std::string(own)
                             : name + "." + std::string(own),
              member);
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      flatten(cells, name + "[" + std::to_string(i + 1) + "]", value[i]);
  } else {
    add_cell(cells, name, scalar_text(value));
  }
}

// What is read of a page; what else stands in it is named.
constexpr std::array<std::string_view, 4> kPageMembers = {"results", "count", "next", "previous"};

// The address of another page; empty where there is none.
std::string address_in(const Json& page, const char* name) {
  return page.contains(name) && page[name].is_string() ? page[name].get<std::string>()
                                                       : std::string{};
}

// A page that is taken for the whole register would leave the rest without accreditation, and
// nobody the wiser. Empty where it is the whole.
std::string notice_of_other_pages(const Json& page) {
  const auto next = address_in(page, "next"), previous = address_in(page, "previous");
  const std::size_t held = page["results"].size();
  const bool counted = page.contains("count") && page["count"].is_number_unsigned();
  const std::size_t count = counted ? page["count"].get<std::size_t>() : held;
  if (count <= held && next.empty() && previous.empty()) return {};

  std::string notice = "this is one page of several, and holds " + std::to_string(held);
  if (counted) notice += " of " + std::to_string(count);
  notice += " reports: import the others too";
  if (!next.empty()) notice += "; the next is " + in_quotes(next);
  if (!previous.empty()) notice += "; the one before is " + in_quotes(previous);
  return notice;
}

// Empty where there is nothing that is not read.
std::string notice_of_unread_members(const Json& page) {
  std::string others;
  for (const auto& [key, member] : page.items()) {
    if (std::ranges::find(kPageMembers, key) == kPageMembers.end())
      others += (others.empty() ? "" : ", ") + in_quotes(key);
  }
  return others.empty() ? others : "beside the results, not read: " + others;
}

void tell_of_page(const Json& page, ReportFile& all) {
  for (const auto& notice : {notice_of_other_pages(page), notice_of_unread_members(page)}) {
    if (!notice.empty()) all.notices.push_back(notice);
  }
}

Result<ReportFile> from_json(std::string_view text) {
  TM_TRY(const Json root, parse_strict_json(text));
  ReportFile all;

  // The register's own programs answer with pages of results.
  const Json* list = &root;
  if (root.is_object() && root.contains("results") && root["results"].is_array()) {
    list = &root["results"];
    tell_of_page(root, all);
  }

  const std::size_t count = list->is_array() ? list->size() : 1;
  if (count > kMostReports) return error("the file holds more than 20,000 reports: split it");

  for (std::size_t i = 0; i < count; ++i) {
    const Json& report = list->is_array() ? (*list)[i] : *list;
    ReportCells cells;
    cells.row = i + 1;
    if (report.is_object()) {
      flatten(cells, "", report);
    } else {
      cells.broken = "is not an object";
    }
    all.reports.push_back(std::move(cells));
  }
  return all;
}

Result<ReportFile> from_csv(std::string_view text) {
  TM_TRY(const auto table, parse_csv(text));
  std::vector<std::string> names;
  for (const auto& cell : table.header) {
    // Cells are kept by name, so that one of the two would hide the other.
    if (std::ranges::find(names, cell.text) != names.end()) {
      return error(to_text(cell.place) + ": the column \"" + cell.text + "\" stands twice");
    }
    names.push_back(cell.text);
  }

  if (table.rows.size() > kMostReports)
    return error("the file holds more than 20,000 reports: split it");

  ReportFile all;
  all.notices = table.notices;
  for (const auto& row : table.rows) {
    ReportCells cells;
    cells.row = row.empty() ? 0 : row.front().place.line;
    for (std::size_t i = 0; i < row.size(); ++i) add_cell(cells, names[i], row[i].text);
    all.reports.push_back(std::move(cells));
  }
  return all;
}

}  // namespace

Result<ReportFile> read_report_cells(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  return json ? from_json(text) : from_csv(text);
}

}  // namespace testamur::wallet
