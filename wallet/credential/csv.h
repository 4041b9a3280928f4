// Comma-separated values, strictly by RFC 4180: comma, double quotes, CRLF or LF, a header row, every row as long as
// the header. UTF-8; a byte-order mark at the start is skipped. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace testamur::wallet {

inline constexpr std::size_t kMaxCsvBytes = std::size_t{16} << 20;

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
};
// The failure names line and column.
Result<CsvTable> parse_csv(std::string_view text);

}  // namespace testamur::wallet
