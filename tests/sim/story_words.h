// Words of scenario files that stand for numbers, times and votes; and why they do not.
#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "consensus/values/types.h"

namespace testamur::sim {

using Words = std::vector<std::string>;

Result<std::uint64_t> number(const std::string& word);
// "20 s", from `at` on, to the end of the line.
Result<std::uint64_t> duration_ms(const Words& words, std::size_t at);
Result<consensus::Act> act_named(const std::string& word);

}  // namespace testamur::sim
