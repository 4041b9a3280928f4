// One row of a table as RFC 4180 writes it: cells with separators, quotes or line ends in quotes,
// and CRLF. Pure; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace testamur::wallet {

// A spreadsheet computes what begins with one of these, and a formula can send the row away (OWASP:
// CSV injection).
inline constexpr std::string_view kFormulaMarks = "=+-@";

// The text with an apostrophe before whatever a spreadsheet would compute: where it begins, and
// behind anything that some spreadsheet takes for the next cell.
inline std::string without_formulas(std::string_view text) {
  constexpr std::string_view kNextCell = ",;|\t\r\n";
  std::string out;
  bool begins = true;
  for (const char c : text) {
    if (begins && kFormulaMarks.find(c) != std::string_view::npos) out += '\'';
    out += c;
    const bool goes_on = begins && (c == ' ' || c == '"');
    begins = goes_on || kNextCell.find(c) != std::string_view::npos;
  }
  return out;
}

// The first `own` cells are the caller's and stay as they are; of the others none is a formula.
inline std::string csv_line(std::span<const std::string> cells, char separator = ',',
                            std::size_t own = 0) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i != 0) line += separator;

    const std::string cell = i < own ? cells[i] : without_formulas(cells[i]);

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
