// A row is read, asked, written and forgotten before the next one, so that the size of the table
// does not matter. Every row has as many cells as the first, because the columns that are added
// must stand at the same place in all of them.
#include "wallet/cli/files/check_table.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "common/ids.h"
#include "common/text.h"
#include "wallet/credential/csv_line.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxLineBytes = 64 * 1024;
constexpr std::array<std::string_view, 3> kColumns{"hash", "commitment", "reference"};
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kHashDigits = 64;

bool is_name(std::string_view text) {
  if (text.starts_with("urn:testamur:")) return true;
  return text.size() == kHashDigits && from_hex(text).has_value();
}

// Where reading itself failed, the line is no line and the table is not at its end: badbit is never
// followed by eof.
Failure unreadable(int cause) {
  return Failure{ExitCode::kFailure,
                 "the table cannot be read further: " +
                     std::string(cause != 0 ? std::strerror(cause) : "no cause is given")};
}

// One line without its end; false at the end of the file. Never more than a line is held.
Attempt<bool> next_line(std::istream& in, std::string& line) {
  line.clear();
  errno = 0;

  for (int c = in.get(); c != std::istream::traits_type::eof(); c = in.get()) {
    if (c == '\n') {
      if (line.ends_with('\r')) line.pop_back();
      return true;
    }

    if (line.size() == kMaxLineBytes)
      return error("it is longer than " + std::to_string(kMaxLineBytes) +
                   " bytes: is this a table?");
    line += static_cast<char>(c);
  }
  if (in.bad()) return unreadable(errno);

  // The last line of a file may lack its line end.
  if (line.ends_with('\r')) line.pop_back();
  return !line.empty();
}

std::vector<std::string> added_names() {
  return {"verdict", "since", "issuer", "achievement", "anchored", "recognised", "rests_on"};
}
std::vector<std::string> added_cells(const RowAnswer& answer) {
  return {answer.verdict,  answer.since,      answer.issuer,  answer.achievement,
          answer.anchored, answer.recognised, answer.rests_on};
}

std::string joined(std::vector<std::string> cells, const std::vector<std::string>& added) {
  cells.insert(cells.end(), added.begin(), added.end());
  return csv_line(cells);
}

Failure at_line(std::uint64_t number, Failure failure) {
  failure.message = "line " + std::to_string(number) + ": " + failure.message;
  return failure;
}
Failure at_line(std::uint64_t number, const std::string& what) {
  return at_line(number, Failure{ExitCode::kUsage, what});
}

// Where the hashes stand, from the first line with anything in it.
struct Layout {
  std::size_t column = 0;
  std::size_t width = 0;
  bool has_header = false;
};
Result<Layout> read_layout(const std::vector<std::string>& cells) {
  if (is_name(trimmed(cells.front()))) return Layout{0, cells.size(), false};
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (std::ranges::find(kColumns, trimmed(cells[i])) != kColumns.end())
      return Layout{i, cells.size(), true};
  }
  return error(
      "no column is called hash, commitment or reference, and the first cell is neither of them");
}

}  // namespace

Result<std::vector<std::string>> split_row(std::string_view line) {
  std::vector<std::string> cells;
  while (true) {
    std::string cell;

    if (line.starts_with('"')) {
      line.remove_prefix(1);
      while (true) {
        const auto quote = line.find('"');
        if (quote == std::string_view::npos) return error("a quoted cell does not end on its line");
        cell += line.substr(0, quote);
        line.remove_prefix(quote + 1);
        if (!line.starts_with('"')) break;
        cell += '"';
        line.remove_prefix(1);
      }

      if (!line.empty() && line.front() != ',')
        return error("a cell goes on after its closing quote");
    } else {
      const auto comma = std::min(line.find(','), line.size());
      cell = line.substr(0, comma);
      if (cell.find('"') != std::string::npos)
        return error("a quote stands inside a cell that is not quoted");
      line.remove_prefix(comma);
    }

    cells.push_back(std::move(cell));
    if (line.empty()) return cells;
    line.remove_prefix(1);
  }
}

std::string to_text(const TableCounts& counts) {
  std::string text = std::to_string(counts.rows) + (counts.rows == 1 ? " row" : " rows");
  std::string separator = ": ";
  for (const auto& [verdict, count] : counts.by_verdict) {
    text += separator + std::to_string(count) + " " + verdict;
    separator = ", ";
  }
  return text;
}

Attempt<TableCounts> check_table(std::istream& in, const TableSteps& steps) {
  TableCounts counts;
  std::optional<Layout> layout;
  std::string line;
  std::uint64_t read_bytes = 0;
  for (std::uint64_t number = 1;; ++number) {
    const auto more = next_line(in, line);
    if (!more.ok()) return at_line(number, more.failure());
    if (!*more) break;
    read_bytes += line.size() + 1;
    std::string_view text = line;
    if (number == 1 && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    if (trimmed(text).empty()) continue;
    auto cells = split_row(text);
    if (!cells.ok()) return at_line(number, cells.message());

    if (!layout) {
      const auto found = read_layout(*cells);
      if (!found.ok()) return at_line(number, found.message());
      layout = *found;
      if (layout->has_header) {
        TM_TRY_STATUS(steps.write(joined(std::move(*cells), added_names())));
        continue;
      }
    }
    if (cells->size() != layout->width) {
      return at_line(number, "the row has " + std::to_string(cells->size()) +
                                 " cells, the first one has " + std::to_string(layout->width));
    }
    const auto answer = steps.ask(std::string(trimmed((*cells)[layout->column])));
    if (!answer.ok()) return at_line(number, answer.failure());
    TM_TRY_STATUS(steps.write(joined(std::move(*cells), added_cells(*answer))));
    ++counts.rows;
    ++counts.by_verdict[answer->verdict];
    counts.exit = worse(counts.exit, answer->exit);
    steps.progress(read_bytes);
  }
  if (!layout) return Failure{ExitCode::kUsage, "the table is empty"};
  return counts;
}

}  // namespace testamur::wallet
