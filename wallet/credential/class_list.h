// A class as the registrar's student system exports it: one row a learner. Pure; any thread.
//
// Columns: `student` (the reference of the learner in the issuer's own system; required) and any claim of claims.h by
// its name. An empty cell is a claim that this learner's credential does not carry.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "wallet/credential/claims.h"

namespace testamur::wallet {

inline constexpr std::size_t kMaxClassSize = 16'384;

struct ClassRow {
  std::string student;
  Claims claims;
  std::size_t line = 0;
};

// All or nothing. The failure lists every problem (at most ten) with line and column: an unknown or missing column, a
// value that its claim does not allow, a student without a name or named twice.
Result<std::vector<ClassRow>> read_class_list(std::string_view csv);

}  // namespace testamur::wallet
