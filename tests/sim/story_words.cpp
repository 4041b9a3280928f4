#include "tests/sim/story_words.h"

#include <charconv>
#include <map>

namespace testamur::sim {

using consensus::Act;

Result<std::uint64_t> number(const std::string& word) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (failure != std::errc{} || end != word.data() + word.size())
    return error("'" + word + "' is no number");
  return value;
}

Result<std::uint64_t> duration_ms(const Words& words, std::size_t at) {
  if (at + 2 != words.size()) return error("a duration like '20 s' is missing at the end");
  TM_TRY(const auto count, number(words[at]));
  static const std::map<std::string, std::uint64_t> kUnits{
      {"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}};
  const auto unit = kUnits.find(words[at + 1]);
  if (unit == kUnits.end())
    return error("'" + words[at + 1] + "' is no unit of time: ms, s, min or h");
  return count * unit->second;
}

Result<Act> act_named(const std::string& word) {
  for (const Act act : {Act::kPropose, Act::kNotarize, Act::kNullify, Act::kFinalize}) {
    if (word == consensus::to_text(act)) return act;
  }
  return error("'" + word + "' is nothing that a key says: propose, notarize, nullify or finalize");
}

}  // namespace testamur::sim
