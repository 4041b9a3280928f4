// One report as named cells, whether it came as a row of CSV or as an object of JSON.
//
// Names are those of the register's CSV template: "valid_from", "institution[2].eter_id". JSON is
// flattened to the same names: {"institutions": [{…}, {"eter_id": …}]}. Pure; any thread.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace testamur::wallet {

inline constexpr std::size_t kMostReports = 20'000;
inline constexpr std::size_t kMostCells = 2'000;       // of one report
inline constexpr std::size_t kMostCellBytes = 16'384;  // longer texts are a mistake of the row

struct ReportCells {
  std::size_t row = 0;  // the line of the file where it begins (CSV), or its position from 1 (JSON)
  std::map<std::string, std::string> text;  // by name; empty cells are left out
  std::string broken;                       // why it cannot be read at all; empty: it can
  std::string broken_at;                    // the name of the cell that broke it
};

struct ReportFile {
  std::vector<ReportCells> reports;
  // Empty rows and columns that were skipped, further pages that are not in the file.
  std::vector<std::string> notices;
};

// CSV where the text does not begin with { or [. A file that is not well-formed is a failure with
// line and column (or byte); a row that is broken is told in the row.
Result<ReportFile> read_report_cells(std::string_view text);

}  // namespace testamur::wallet
