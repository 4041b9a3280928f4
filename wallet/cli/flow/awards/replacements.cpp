#include "wallet/cli/flow/awards/replacements.h"

namespace testamur::wallet {
namespace {

bool may_replace(const PlacedAward& later, const PlacedAward& earlier) {
  const bool is_later = later.issue == 0 || earlier.issue == 0 || later.issue > earlier.issue;
  return !later.revoked && is_later && later.of == earlier.of && later.index > earlier.index &&
         later.achievement.institution == earlier.achievement.institution &&
         later.achievement.number == earlier.achievement.number;
}

}  // namespace

std::map<std::size_t, std::size_t> replacements(const std::vector<PlacedAward>& awards) {
  std::map<std::size_t, std::size_t> found;
  for (std::size_t i = 0; i < awards.size(); ++i) {
    if (!awards[i].superseded) continue;

    std::vector<std::size_t> later;
    for (std::size_t j = 0; j < awards.size(); ++j) {
      if (may_replace(awards[j], awards[i])) later.push_back(j);
    }
    if (later.size() == 1) found.emplace(i, later.front());
  }
  return found;
}

}  // namespace testamur::wallet
