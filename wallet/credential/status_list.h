// A list of awards whose status changes: a CSV with a column `reference`, `index` or `student`
// (with `batch` where a learner has several awards). Every column that stands there is read or
// refused. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "wallet/credential/csv.h"

namespace testamur::wallet {

// What one row says; at least one of student, reference and index is set. Where several are, all
// must mean one award.
struct StatusRow {
  CsvPlace place;
  std::string student;  // in NFC
  std::string batch;    // name of the batch's folder; empty: not said
  std::string reference;
  std::optional<std::uint64_t> index;
};
struct StatusList {
  std::vector<StatusRow> rows;
  std::vector<std::string> notices;
};

// All or nothing. The failure lists every problem (at most ten) with line and column.
Result<StatusList> read_status_list(std::string_view csv);

}  // namespace testamur::wallet
