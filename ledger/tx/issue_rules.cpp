#include "ledger/tx/issue_rules.h"

#include <algorithm>

#include "ledger/tx/content.h"

namespace testamur::ledger::tx::issue_rules {

namespace {

std::string path(const Transaction& transaction, std::string_view field) {
  return std::string(name(transaction.kind())) + "." + std::string(field);
}

std::optional<Rejection> check_achievement(const StateView& view, const Transaction& transaction,
                                           const AchievementId& id) {
  const auto refuse = [&](RejectionCode code) {
    return Rejection{code, path(transaction, "achievement"), to_text(id), {}};
  };
  const auto* achievement = view.achievement(id);
  if (achievement == nullptr) return refuse(RejectionCode::kUnknownAchievement);
  if (achievement->retired) return refuse(RejectionCode::kAchievementRetired);
  if (!achievement->complete) return refuse(RejectionCode::kAchievementNotCosigned);
  const auto& bodies = achievement->awarding_bodies;
  if (std::ranges::find(bodies, transaction.author()) == bodies.end())
    return refuse(RejectionCode::kNotAwardingBody);
  return std::nullopt;
}

}  // namespace

AchievementId achievement_of(const v1::AchievementReference& reference) {
  AchievementId id;
  TM_CHECK(!read(reference, id), "a decoded achievement reference lost its form");
  return id;
}

std::vector<Hash256> hashes_of(const std::string& list) {
  static_assert(sizeof(Hash256) == Hash256::kSize);
  std::vector<Hash256> hashes(list.size() / Hash256::kSize);
  std::memcpy(hashes.data(), list.data(), hashes.size() * Hash256::kSize);
  return hashes;
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     const AchievementId& achievement, IndexRun run,
                                     std::size_t list_size_bytes) {
  const auto overhead = transaction.carried().size() - list_size_bytes;
  const auto overhead_limit = view.limit(Parameter::kTransactionOverheadBytes);
  if (overhead > overhead_limit) {
    return Rejection{RejectionCode::kLimit,
                     "",
                     std::to_string(overhead) + " bytes besides the hashes, at most " +
                         std::to_string(overhead_limit),
                     {}};
  }
  if (auto rejection = check_achievement(view, transaction, achievement)) return rejection;
  auto ranges = view.pages().used_ranges(transaction.author());
  const auto field = path(transaction, "first_index");
  if (const auto taken = ranges.first_overlap(run))
    return Rejection{RejectionCode::kIndexOverlap, field, "", *taken};
  if (!ranges.insert(run) || ranges.runs().size() > view.limit(Parameter::kIssuerRangesLimit)) {
    return Rejection{RejectionCode::kRangesFragmented, field, "continue an existing run", {}};
  }
  return std::nullopt;
}

}  // namespace testamur::ledger::tx::issue_rules
