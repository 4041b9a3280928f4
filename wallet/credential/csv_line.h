// One row of a table as RFC 4180 writes it: cells with separators, quotes or line ends in quotes,
// and CRLF. Pure; any thread.
#pragma once

#include <span>
#include <string>

namespace testamur::wallet {

inline std::string csv_line(std::span<const std::string> cells, char separator = ',') {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i != 0) line += separator;

    const std::string& cell = cells[i];

    if (cell.find_first_of(std::string("\"\r\n") + separator) == std::string::npos) {
      line += cell;
      continue;
    }

    // RFC 4180, section 2, rules 6 and 7.
    line += '"';
    for (const char c : cell) line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }

  return line + "\r\n";
}

}  // namespace testamur::wallet
