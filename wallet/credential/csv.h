// The one reader of tables: class lists, revocation lists and registers of reports.
//
// Comma-separated values by RFC 4180: comma, double quotes, CRLF or LF, a header row, every row as
// long as the header. UTF-8; a byte-order mark at the start is skipped, and so are rows without any
// value and columns without a name and any value, which spreadsheets leave behind: with a notice.
// What is no such table is refused by its cause: another separator, "sep=", UTF-16, Windows-1252,
// classic line ends. Where the caller says so (CsvReading), the first two are read with a notice,
// and the third is decoded. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace testamur::wallet {

inline constexpr std::size_t kMaxCsvBytes = std::size_t{16} << 20;
inline constexpr std::size_t kMaxCsvColumns = 1024;  // with a name

// Where a cell begins, counted from 1; columns in characters.
struct CsvPlace {
  std::size_t line = 1;
  std::size_t column = 1;
};
std::string to_text(const CsvPlace& place);  // "line 17, column 4"

struct CsvCell {
  std::string text;
  CsvPlace place;
};
struct CsvTable {
  std::vector<CsvCell> header;
  std::vector<std::vector<CsvCell>> rows;  // each as long as the header
  std::vector<std::string> notices;        // what was skipped, for people
};
// What else than RFC 4180 is read, because a person will see what came of it before anything
// happens.
struct CsvReading {
  // Semicolons, tabs or bars where the header has no comma, and a line "sep=" before it.
  bool find_separator = false;
  // The file is in that code; one in UTF-8 is refused then.
  bool windows_1252 = false;
};
// For a table that is read row by row: its first line, judged as parse_csv() judges a file.
struct CsvStart {
  char separator = ',';
  std::string separator_name;  // for people, where it is no comma
  bool is_hint = false;        // the line is "sep=" and no row
};
Result<CsvStart> start_csv(std::string_view first_line);
// The cells of one row that ends at no line end; `line` is the number of its first line.
Result<std::vector<CsvCell>> parse_csv_row(std::string_view row, char separator, std::size_t line);

// The failure names line and column, or the cause in the file as a whole. Names of columns have no
// outer white space.
Result<CsvTable> parse_csv(std::string_view text, const CsvReading& reading = {});

}  // namespace testamur::wallet
