// The reader of tables: first what the file is as a whole (its code, its line ends, its separator),
// then rows and cells by RFC 4180, then what spreadsheets leave behind. A place is never lost on
// the way: what is skipped is blanked or counted, and each cell keeps the line and column that the
// person sees in an editor.
#include "wallet/credential/csv.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "common/text.h"
#include "common/visible.h"
#include "wallet/credential/windows_1252.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxSheetColumns = 16'384;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Walks over the text and knows line and column (RFC 4180, section 2).
class Reader {
 public:
  // `line`: the number of the first line of the text.
  Reader(std::string_view text, char separator, std::size_t line)
      : text_(text), separator_(separator), place_{line, 1} {}
  bool at_end() const { return at_ == text_.size(); }
  CsvPlace place() const { return place_; }

  // One row; its last cell ends at a line end or at the end of the text.
  Result<std::vector<CsvCell>> row() {
    std::vector<CsvCell> cells;
    while (true) {
      TM_TRY(auto cell, next_is('"') ? quoted() : plain());
      cells.push_back(std::move(cell));
      if (at_end()) return cells;
      if (next_is(separator_)) {
        advance();
        continue;
      }
      TM_TRY_STATUS(line_end());
      return cells;
    }
  }

 private:
  bool next_is(char c) const { return !at_end() && text_[at_] == c; }
  bool next_is_line_end() const {
    return next_is('\n') || (next_is('\r') && text_.substr(at_, 2) == "\r\n");
  }

  void advance() {
    const char c = text_[at_++];
    if (c == '\n') {
      ++place_.line;
      place_.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      ++place_.column;  // the continuation bytes of UTF-8 belong to the character before
    }
  }

  Status line_end() {
    if (!next_is_line_end()) return broken("a cell goes on after its closing quote", place_);
    if (next_is('\r')) advance();
    advance();
    return {};
  }

  Result<CsvCell> quoted() {
    CsvCell cell{"", place_};
    advance();
    while (true) {
      // The place is that of the opening quote: the end of the file, where this is noticed, helps
      // nobody.
      if (at_end()) return broken("a quoted cell is never closed", cell.place);

      if (!next_is('"')) {
        cell.text += text_[at_];
        advance();
        continue;
      }

      // A doubled quote is a quote of the cell's text (RFC 4180, section 2, rule 7).
      advance();
      if (!next_is('"')) return cell;
      cell.text += '"';
      advance();
    }
  }

  Result<CsvCell> plain() {
    CsvCell cell{"", place_};
    while (!at_end() && !next_is(separator_) && !next_is_line_end()) {
      if (next_is('"')) return broken("a quote stands inside a cell that is not quoted", place_);
      if (next_is('\r')) return broken("a carriage return stands alone", place_);
      cell.text += text_[at_];
      advance();
    }
    return cell;
  }

  static Error broken(const std::string& what, const CsvPlace& place) {
    return error(to_text(place) + ": " + what);
  }

  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  CsvPlace place_;
};

using Row = std::vector<CsvCell>;

bool is_blank(const Row& row) {
  return std::ranges::all_of(row, [](const CsvCell& cell) { return trimmed(cell.text).empty(); });
}

Error wrong_length(const Row& row, std::size_t expected, std::size_t header_line) {
  const CsvPlace place = row.size() > expected ? row[expected].place : row.back().place;
  return error(to_text(place) + ": the row has " + std::to_string(row.size()) +
               " cells, the header has " + std::to_string(expected) +
               // A title above the table is one cell.
               (expected == 1 ? ": line " + std::to_string(header_line) +
                                    " was taken for the header. Remove the lines above the real one"
                              : ""));
}

// "2", "2 and 5", "2, 5 and 9", "2, 5, 9 and 7 more".
std::string listed(const std::vector<std::size_t>& numbers) {
  constexpr std::size_t kMost = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(numbers.size(), kMost); ++i) {
    const bool last = i + 1 == numbers.size();
    text += (i == 0 ? "" : last ? " and " : ", ") + std::to_string(numbers[i]);
  }
  return numbers.size() <= kMost
             ? text
             : text + " and " + std::to_string(numbers.size() - kMost) + " more";
}

// ---- what is no such table, by its cause

std::string not_utf8(std::string_view text, const CsvReading& reading, std::size_t line = 1) {
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\n') ++line;
    const std::size_t from = at;

    if (next_code_point(text, at)) continue;

    char byte[8];
    std::snprintf(byte, sizeof byte, "0x%02X",
                  static_cast<unsigned>(static_cast<std::uint8_t>(text[from])));
    return "line " + std::to_string(line) + ": the byte " + byte +
           " is not UTF-8: the file is in Windows-1252, Latin-1 or another code of one byte a "
           "letter; save it as "
           "\"CSV UTF-8\"" +
           (reading.find_separator
                ? ", or name its code: --encoding windows-1252 (the languages of western Europe "
                  "only)"
                : "");
  }
  return {};
}

bool is_utf16(std::string_view text) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) return true;
  return text.substr(0, 4).find('\0') != std::string_view::npos;
}

// The line that begins the table, as it stands.
std::string_view first_line(std::string_view text) {
  const auto end = text.find_first_of("\r\n");
  return text.substr(0, end);
}

struct Separator {
  char mark;
  const char* name;
};
constexpr Separator kComma{',', "commas"};

Separator separator_of(std::string_view header) {
  constexpr Separator kOthers[] = {{';', "semicolons"}, {'\t', "tabs"}, {'|', "bars"}};
  if (header.find(',') != std::string_view::npos) return kComma;
  for (const auto& other : kOthers) {
    if (header.find(other.mark) != std::string_view::npos) return other;
  }
  return kComma;
}

// Spreadsheet programs write and read this line before the header.
bool is_separator_hint(std::string_view line) {
  return line.starts_with("sep=") || line.starts_with("\"sep=");
}

// A name in UTF-8 that is decoded a second time is "MÃ¼ller" on a credential for good.
Result<std::string> decoded(std::string_view text, const CsvReading& reading) {
  if (!reading.windows_1252) return std::string(text);
  const bool is_ascii =
      std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!is_ascii && is_utf8(text))
    return error("the file is in UTF-8 and not in Windows-1252: leave --encoding out");
  auto out = from_windows_1252(text);
  if (!out)
    return error("the file is not in Windows-1252: it holds a byte that is no character there");
  return std::move(*out);
}

// A workbook is no text, and no code of letters makes it one. Empty for anything else.
std::string workbook(std::string_view text) {
  constexpr std::string_view kZip = "PK\x03\x04";                                 // .xlsx, .ods
  constexpr std::string_view kCompoundFile = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";  // .xls
  if (!text.starts_with(kZip) && !text.starts_with(kCompoundFile)) return {};
  return "this is a workbook (.xlsx, .ods or .xls) and no table of text: in the spreadsheet "
         "program save the sheet as \"CSV UTF-8\"";
}

// What the file is written in, as a whole; empty for a code and line ends that can be read on.
std::string cause_in_code(std::string_view text, const CsvReading& reading) {
  if (const auto what = workbook(text); !what.empty()) return what;

  // Before UTF-8: a file in UTF-16 breaks that too, and the advice for it would send people the
  // wrong way.
  if (is_utf16(text)) return "the file is in UTF-16 (\"Unicode text\"): save it as \"CSV UTF-8\"";

  if (auto cause = not_utf8(text, reading); !cause.empty()) return cause;
  if (text.find('\n') == std::string_view::npos && text.find('\r') != std::string_view::npos)
    return "the lines end with carriage returns alone (classic Macintosh): save the file as \"CSV "
           "UTF-8\"";
  return {};
}

// Empty for a table that can be read on.
std::string cause_against(std::string_view text, const CsvReading& reading) {
  if (auto cause = cause_in_code(text, reading); !cause.empty()) return cause;

  // What follows is refused only where the caller does not want the separator to be found.
  if (reading.find_separator) return {};
  if (is_separator_hint(first_line(text)))
    return "line 1: " + in_quotes(first_line(text)) +
           " is a hint for a spreadsheet program and no header: remove this line, and separate "
           "the cells by commas";

  const auto separator = separator_of(first_line(text));
  if (separator.mark == kComma.mark) return {};
  return std::string("line 1: the cells are separated by ") + separator.name +
         "; save the list with commas (\"CSV UTF-8, comma delimited\")";
}

// ---- what spreadsheets leave behind

// Rows that are as long as the header; cells beyond it that hold nothing are cut off.
Result<std::vector<Row>> read_rows(Reader& reader, std::size_t columns, std::size_t header_line,
                                   std::vector<std::size_t>& empty_lines) {
  std::vector<Row> rows;

  while (!reader.at_end()) {
    TM_TRY(auto row, reader.row());

    if (is_blank(row)) {
      empty_lines.push_back(row.front().place.line);
      continue;
    }

    // Spreadsheets fill a row up to the longest one of the sheet.
    while (row.size() > columns && trimmed(row.back().text).empty()) row.pop_back();
    if (row.size() != columns) return wrong_length(row, columns, header_line);
    rows.push_back(std::move(row));
  }
  return rows;
}

// The cells at these places, in one pass.
void keep_only(const std::vector<std::size_t>& columns, Row& row) {
  Row kept;
  kept.reserve(columns.size());
  for (const auto column : columns) kept.push_back(std::move(row[column]));
  row = std::move(kept);
}

// Columns without a name are left out where no row has a value there.
Status drop_unnamed(CsvTable& table) {
  std::vector<std::size_t> kept;
  std::vector<std::size_t> dropped;

  for (std::size_t i = 0; i < table.header.size(); ++i) {
    if (!table.header[i].text.empty()) {
      kept.push_back(i);
      continue;
    }

    // A value without a name may be one that the person means to issue: it is never dropped in
    // silence.
    for (const auto& row : table.rows) {
      if (!trimmed(row[i].text).empty())
        return error(to_text(row[i].place) + ": column " + std::to_string(i + 1) +
                     " has this value, " + in_quotes(row[i].text) + ", and no name in the header");
    }
    dropped.push_back(i + 1);
  }

  if (kept.size() > kMaxCsvColumns)
    return error("line " + std::to_string(table.header.front().place.line) + ": the header names " +
                 std::to_string(kept.size()) + " columns; a table has at most " +
                 std::to_string(kMaxCsvColumns));
  if (dropped.empty()) return {};
  keep_only(kept, table.header);
  for (auto& row : table.rows) keep_only(kept, row);
  table.notices.push_back("column " + listed(dropped) + ": neither a name nor a value, left out");
  return {};
}

// What stands behind the first line.
Result<std::string_view> without_first_line(std::string_view text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos)
    return error("line 1, column 1: the file is empty; a header row is expected");
  return text.substr(end + 1);
}

}  // namespace

std::string to_text(const CsvPlace& place) {
  return "line " + std::to_string(place.line) + ", column " + std::to_string(place.column);
}

Result<CsvStart> start_csv(std::string_view first_line) {
  if (auto cause = cause_in_code(first_line, {}); !cause.empty()) return error(cause);
  CsvStart start;
  start.is_hint = is_separator_hint(first_line);
  const auto separator =
      separator_of(start.is_hint ? first_line.substr(std::string_view("sep=").size()) : first_line);
  start.separator = separator.mark;
  if (separator.mark != kComma.mark) start.separator_name = separator.name;
  return start;
}

Result<std::vector<CsvCell>> parse_csv_row(std::string_view row, char separator, std::size_t line) {
  if (auto cause = not_utf8(row, {}, line); !cause.empty()) return error(cause);
  return Reader(row, separator, line).row();
}

Result<CsvTable> parse_csv(std::string_view file, const CsvReading& reading) {
  if (file.size() > kMaxCsvBytes)
    return error("the file is larger than " + std::to_string(kMaxCsvBytes >> 20) + " MiB");
  if (const auto what = workbook(file); !what.empty()) return error(what);
  TM_TRY(const std::string held, decoded(file, reading));
  std::string_view text = held;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (auto cause = cause_against(text, reading); !cause.empty()) return error(cause);

  CsvTable table;
  std::vector<std::size_t> empty_lines;
  Separator separator = separator_of(first_line(text));
  std::size_t first_line_number = 1;
  if (is_separator_hint(first_line(text))) {
    separator = separator_of(first_line(text).substr(std::string_view("sep=").size()));
    TM_TRY(text, without_first_line(text));
    first_line_number = 2;
    table.notices.emplace_back("line 1: a hint for a spreadsheet program (sep=), skipped");
  }
  if (separator.mark != kComma.mark)
    table.notices.push_back(std::string("the cells are separated by ") + separator.name);
  Reader reader{text, separator.mark, first_line_number};
  while (table.header.empty() && !reader.at_end()) {
    TM_TRY(auto row, reader.row());
    if (is_blank(row)) {
      empty_lines.push_back(row.front().place.line);
    } else {
      table.header = std::move(row);
    }
  }
  if (table.header.empty())
    return error("line 1, column 1: the file is empty; a header row is expected");

  // As wide as a sheet may be: what a spreadsheet leaves behind is dropped below.
  if (table.header.size() > kMaxSheetColumns)
    return error("line " + std::to_string(table.header.front().place.line) + ": there are " +
                 std::to_string(table.header.size()) + " columns: is this a table?");
  for (auto& cell : table.header) cell.text = std::string(trimmed(cell.text));
  const auto header_line = table.header.front().place.line;
  TM_TRY(table.rows, read_rows(reader, table.header.size(), header_line, empty_lines));
  TM_TRY_STATUS(drop_unnamed(table));
  if (!empty_lines.empty())
    table.notices.push_back("line " + listed(empty_lines) + ": empty, skipped");
  return table;
}

}  // namespace testamur::wallet
