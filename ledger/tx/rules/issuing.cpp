// Issuing by listed commitments, or by the roots of pages of them.
#include <algorithm>

#include "ledger/tx/rules/rules.h"

namespace testamur::ledger::tx::rules {

namespace {

std::optional<Rejection> check_achievement(const StateView& view, const Transaction& transaction,
                                           const AchievementId& id) {
  const auto refuse = [&](RejectionCode code) {
    return Rejection{code, path_of(transaction, "achievement"), to_text(id), {}};
  };
  const auto* achievement = view.achievement(id);
  if (achievement == nullptr) return refuse(RejectionCode::kUnknownAchievement);
  if (achievement->retired) return refuse(RejectionCode::kAchievementRetired);
  if (!achievement->complete) return refuse(RejectionCode::kAchievementNotCosigned);

  // A joint award may be issued by any of its bodies, once all of them have signed.
  const auto& bodies = achievement->awarding_bodies;
  if (std::ranges::find(bodies, transaction.author()) == bodies.end()) {
    return refuse(RejectionCode::kNotAwardingBody);
  }
  return std::nullopt;
}

std::optional<Rejection> check_list(const StateView& view, const Transaction& transaction,
                                    std::string_view field, const HashList& list, Parameter most) {
  const auto limit = view.limit(most);
  if (list.size() > limit) {
    const bool roots = most == Parameter::kAnchoredRootsLimit;
    return Rejection{RejectionCode::kLimit,
                     path_of(transaction, field),
                     std::to_string(list.size()) + (roots ? " roots" : " commitments") +
                         ", at most " + std::to_string(limit),
                     {}};
  }

  // The list is paid for by its length; what stands beside it has a bound of its own.
  const auto overhead = transaction.encoded().size() - list.size() * Hash256::kSize;
  const auto overhead_limit = view.limit(Parameter::kTransactionOverheadBytes);
  if (overhead > overhead_limit) {
    return Rejection{RejectionCode::kLimit,
                     "",
                     std::to_string(overhead) + " bytes besides the hashes, at most " +
                         std::to_string(overhead_limit),
                     {}};
  }
  return std::nullopt;
}

// The indexes are free, and the author's used ones do not fall into too many runs.
std::optional<Rejection> check_indexes(const StateView& view, const Transaction& transaction,
                                       const IndexRun& run) {
  const auto field = path_of(transaction, "first_index");
  auto ranges = view.pages().used_ranges(transaction.author());
  if (const auto taken = ranges.first_overlap(run)) {
    return Rejection{RejectionCode::kIndexOverlap, field, "", *taken};
  }
  if (!ranges.insert(run) || ranges.runs().size() > view.limit(Parameter::kIssuerRangesLimit)) {
    return Rejection{RejectionCode::kRangesFragmented, field, "continue an existing run", {}};
  }
  return std::nullopt;
}

}  // namespace

// ---- issue_listed

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const IssueListedContent& content) {
  if (auto rejection = check_list(view, transaction, "commitments", content.commitments,
                                  Parameter::kListedCommitmentsLimit)) {
    return rejection;
  }
  if (auto rejection = check_achievement(view, transaction, content.achievement)) return rejection;
  return check_indexes(view, transaction, {content.first_index.value, content.commitments.size()});
}

void apply(StateWriter& writer, const Transaction&, const IssueListedContent& content) {
  writer.issue_listed(content.achievement, content.first_index, content.commitments.view());
}

// ---- issue_anchored

std::optional<Rejection> check(const StateView& view, const Transaction& transaction,
                               const IssueAnchoredContent& content) {
  if (auto rejection = check_list(view, transaction, "page_roots", content.page_roots,
                                  Parameter::kAnchoredRootsLimit)) {
    return rejection;
  }
  if (auto rejection = check_achievement(view, transaction, content.achievement)) return rejection;
  return check_indexes(view, transaction, {content.first_index.value, content.count});
}

void apply(StateWriter& writer, const Transaction&, const IssueAnchoredContent& content) {
  writer.issue_anchored(content.achievement, content.first_index, content.count,
                        content.page_roots.view());
}

}  // namespace testamur::ledger::tx::rules
