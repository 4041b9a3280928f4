#include "ledger/tx/issue_listed.h"

#include <algorithm>
#include <cstring>

#include "ledger/tx/content.h"
#include "ledger/tx/form_check.h"

namespace testamur::ledger::tx::issue_listed {

namespace {

// The bound of the form; the ledger's parameter may be lower.
constexpr std::size_t kCommitmentsLimit = 16'384;

std::size_t count_of(const v1::IssueListed& message) { return message.commitments().size() / Commitment::kSize; }

AchievementId achievement_of(const v1::IssueListed& message) {
  AchievementId id;
  (void)read(message.achievement(), id);
  return id;
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  const auto& message = body.issue_listed();
  AchievementId id;
  if (auto rejection = read(message.achievement(), id)) {
    return within("issue_listed.achievement", std::move(rejection));
  }
  FormCheck check;
  check.hash_list("issue_listed.commitments", as_bytes(message.commitments()), Commitment::kSize, 1, kCommitmentsLimit)
      .require(message.first_index() <= ~std::uint64_t{0} - count_of(message), RejectionCode::kIndexOverflow,
               "issue_listed.first_index");
  return check.result();
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  const auto& message = transaction.message().issue_listed();
  const auto count = count_of(message);
  const auto limit = view.limit(Parameter::kListedCommitmentsLimit);
  if (count > limit) {
    return Rejection{RejectionCode::kLimit,
                     "issue_listed.commitments",
                     std::to_string(count) + " commitments, at most " + std::to_string(limit),
                     {}};
  }
  const auto overhead = transaction.carried().size() - message.commitments().size();
  if (overhead > view.limit(Parameter::kTransactionOverheadBytes)) {
    return Rejection{RejectionCode::kLimit, "", std::to_string(overhead) + " bytes besides the commitments", {}};
  }
  const auto id = achievement_of(message);
  const std::string field = "issue_listed.achievement";
  const auto* achievement = view.achievement(id);
  if (achievement == nullptr) return Rejection{RejectionCode::kUnknownAchievement, field, to_text(id), {}};
  if (achievement->retired) return Rejection{RejectionCode::kAchievementRetired, field, to_text(id), {}};
  if (!achievement->complete) return Rejection{RejectionCode::kAchievementNotCosigned, field, to_text(id), {}};
  const auto& bodies = achievement->awarding_bodies;
  if (std::ranges::find(bodies, transaction.author()) == bodies.end()) {
    return Rejection{RejectionCode::kNotAwardingBody, field, to_text(id), {}};
  }
  auto ranges = view.pages().used_ranges(transaction.author());
  const IndexRun run{message.first_index(), count};
  if (const auto taken = ranges.first_overlap(run)) {
    return Rejection{RejectionCode::kIndexOverlap, "issue_listed.first_index", "", *taken};
  }
  if (!ranges.insert(run) || ranges.runs().size() > view.limit(Parameter::kIssuerRangesLimit)) {
    return Rejection{RejectionCode::kRangesFragmented, "issue_listed.first_index", "continue an existing run", {}};
  }
  return std::nullopt;
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  const auto& message = transaction.message().issue_listed();
  std::vector<Commitment> commitments(count_of(message));
  static_assert(sizeof(Commitment) == Commitment::kSize);
  std::memcpy(commitments.data(), message.commitments().data(), message.commitments().size());
  writer.issue_listed(achievement_of(message), IssuerIndex{message.first_index()}, commitments);
}

std::uint64_t weight(const v1::TransactionBody& body) {
  const auto pages = (count_of(body.issue_listed()) + kPageSlots - 1) / kPageSlots;
  // Hashing 128 commitments weighs as much as two pages of tree.
  return pages * kWeightPage + count_of(body.issue_listed()) / 4;
}

}  // namespace testamur::ledger::tx::issue_listed
