#include "common/near_names.h"

#include <algorithm>
#include <cstdint>

namespace testamur::inline common {
namespace {

constexpr std::size_t kMost = 3;
constexpr std::size_t kLongest = 64;

// Damerau's distance in its restricted form: how many letters were left out, added, replaced, or
// exchanged with their neighbour.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;

  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t same = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + same});
      const bool exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (exchanged) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::vector<std::string> near_names(std::string_view typed, const std::vector<std::string>& known) {
  if (typed.empty() || typed.size() > kLongest) return {};

  // Of a short word every other short word is near: at most a third of it may differ.
  const std::size_t bound = std::clamp<std::size_t>(typed.size() / 3, 1, 3);
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const auto& name : known) {
    if (name == typed) return {};
    if (name.size() > kLongest) continue;
    if (const auto far = distance(typed, name); far <= bound) found.emplace_back(far, name);
  }

  std::ranges::sort(found);
  std::vector<std::string> names;
  for (const auto& [far, name] : found) {
    if (names.size() == kMost) break;
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

std::string did_you_mean(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "; did you mean " : ", or ") + name;
  return text.empty() ? text : text + "?";
}

}  // namespace testamur::inline common
