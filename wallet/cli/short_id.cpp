#include "wallet/cli/short_id.h"

#include <algorithm>

#include "common/ids.h"
#include "common/visible.h"

namespace testamur::wallet {
namespace {

constexpr std::string_view kDots[] = {"\u2026", "..."};
constexpr std::size_t kMostNamed = 5;

// Without what stands for the rest.
std::string_view beginning_of(std::string_view typed) {
  for (const auto dots : kDots) {
    if (typed.ends_with(dots)) typed.remove_suffix(dots.size());
  }
  return typed;
}

std::size_t whole_size(std::string_view prefix) {
  const bool is_long = prefix == "tmn" || prefix == "tmx";
  return is_long ? to_text(TransactionId{}).size() : to_text(InstitutionId{}).size();
}

bool is_lower_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_hex_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

bool is_short_id(std::string_view typed, std::string_view prefix) {
  const auto begin = beginning_of(typed);
  return begin.starts_with(std::string(prefix) + "1") && begin.size() < whole_size(prefix) &&
         std::ranges::all_of(begin, is_lower_alphanumeric);
}

std::string find_short_id(std::string_view word) {
  constexpr std::string_view kBetween = "=,/:";
  // Within a reference the ledger's is a short form of its own.
  if (is_short_id(word, "tmn")) return std::string(word);
  while (!word.empty()) {
    const auto end = word.find_first_of(kBetween);
    const auto part = word.substr(0, end);
    for (const char* prefix : {"tmi", "tmk", "tmx"}) {
      if (is_short_id(part, prefix)) return std::string(part);
    }
    if (end == std::string_view::npos) break;
    word.remove_prefix(end + 1);
  }
  return {};
}

bool is_short_hex(std::string_view typed, std::size_t digits) {
  const auto begin = beginning_of(typed);
  return begin.size() < digits && !begin.empty() && std::ranges::all_of(begin, is_hex_digit);
}

Attempt<std::string> complete_id(const std::string& what, std::string_view typed,
                                 std::string_view prefix,
                                 const std::vector<std::string>& candidates,
                                 const std::string& listed_by) {
  const auto begin = beginning_of(typed);
  const std::string shown = what + ": " + in_quotes(begin) + " ";

  const std::string where = listed_by.empty() ? "" : " (" + listed_by + " shows the ids)";

  const std::size_t head = prefix.empty() ? 0 : prefix.size() + 1;
  if (begin.size() < head + kLeastTyped) {
    return error(shown + "is too short to name one: give at least " + std::to_string(kLeastTyped) +
                 " characters" + (head == 0 ? "" : " after " + std::string(prefix) + "1") + where);
  }

  std::vector<std::string> found;
  for (const auto& candidate : candidates) {
    if (candidate.starts_with(begin)) found.push_back(candidate);
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());

  if (found.empty())
    return Failure{ExitCode::kUnknown, shown + "begins none that is known" + where};
  if (found.size() == 1) return found.front();

  std::string names;
  for (std::size_t i = 0; i < std::min(found.size(), kMostNamed); ++i) names += "\n  " + found[i];
  if (found.size() > kMostNamed)
    names += "\n  and " + std::to_string(found.size() - kMostNamed) + " more";
  return error(shown + "begins several: give more of the one that is meant:" + names);
}

}  // namespace testamur::wallet
