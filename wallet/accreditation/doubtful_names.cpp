#include "wallet/accreditation/doubtful_names.h"

#include <algorithm>
#include <array>

#include "common/text.h"
#include "common/visible.h"
#include "wallet/credential/grades.h"
#include "wallet/credential/spreadsheet_damage.h"

namespace testamur::wallet {
namespace {

// "123", "2026-01", "-": schools are called 42 and Paris 8, but a number alone is a cell of another
// column.
bool is_without_letters(std::string_view name) {
  return std::ranges::none_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 128;
  });
}

// "xxx", "test", "tbd".
bool is_filler(std::string_view name) {
  constexpr std::array<std::string_view, 9> kFillers = {
      "test", "tbd", "todo", "unknown", "unbekannt", "nn", "na", "none", "asdf"};
  const auto word = bare_word(name);
  const bool all_same =
      !word.empty() && std::ranges::all_of(word, [&](char c) { return c == word.front(); });
  return all_same || std::ranges::find(kFillers, word) != kFillers.end();
}

// "see row above": the name stands in another row.
bool points_elsewhere(std::string_view name) {
  constexpr std::array<std::string_view, 6> kWhole = {"idem", "ditto", "dito",
                                                      "same", "above", "so"};
  constexpr std::array<std::string_view, 9> kBegins = {"seerow",  "seeline",   "seeabove",
                                                       "asabove", "sameas",    "wieoben",
                                                       "siehe",   "voirligne", "véasefila"};
  const auto word = bare_word(name);
  return std::ranges::find(kWhole, word) != kWhole.end() ||
         std::ranges::any_of(kBegins, [&](auto begin) { return word.starts_with(begin); });
}

}  // namespace

std::string doubt_about_name(std::string_view name) {
  if (has_signs_of_wrong_code(name))
    return "holds a sign that names do not: did a program lose a letter?";
  if (is_without_letters(name)) return "has no letter: is it another column?";
  if (is_total_label(name)) return "is the label of a row that sums up the others.";
  if (is_filler(name)) return "is what people write where there is no name.";
  if (points_elsewhere(name)) return "points to another row and names nobody.";
  return {};
}

std::vector<std::string> doubts_about_names(const ledger::tx::InstitutionFacts& facts) {
  std::vector<std::string> doubts;
  for (const auto& name : facts.legal_names) {
    const auto doubt = doubt_about_name(name.text);
    if (doubt.empty()) continue;
    doubts.push_back("the name " + in_quotes(name.text) + " " + doubt +
                     " It stays on the ledger for good");
  }
  return doubts;
}

}  // namespace testamur::wallet
