#include "ledger/tx/issue_anchored.h"

#include "ledger/tx/content.h"
#include "ledger/tx/form_check.h"
#include "ledger/tx/issue_rules.h"

namespace testamur::ledger::tx::issue_anchored {

namespace {

// The bounds of the form; the ledger's parameter may be lower.
constexpr std::size_t kRootsLimit = 8'192;
constexpr std::uint64_t kCountLimit = kRootsLimit * kPageSlots;  // 2^20

std::size_t roots_of(const v1::IssueAnchored& message) {
  return message.page_roots().size() / Hash256::kSize;
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  const auto& message = body.issue_anchored();
  AchievementId id;
  if (auto rejection = read(message.achievement(), id)) {
    return within("issue_anchored.achievement", std::move(rejection));
  }
  FormCheck check;
  check.number("issue_anchored.count", message.count(), 1, kCountLimit)
      .hash_list("issue_anchored.page_roots", as_bytes(message.page_roots()), Hash256::kSize, 1,
                 kRootsLimit);
  if (check.failed()) return check.result();
  check
      .require(roots_of(message) == (message.count() + kPageSlots - 1) / kPageSlots,
               RejectionCode::kHashListLength, "issue_anchored.page_roots",
               "one root for every 128 credentials")
      .require(message.first_index() <= ~std::uint64_t{0} - message.count(),
               RejectionCode::kIndexOverflow, "issue_anchored.first_index");
  return check.result();
}

std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction, Plan&) {
  const auto& message = transaction.message().issue_anchored();
  const auto limit = view.limit(Parameter::kAnchoredRootsLimit);
  if (roots_of(message) > limit) {
    return Rejection{RejectionCode::kLimit,
                     "issue_anchored.page_roots",
                     std::to_string(roots_of(message)) + " roots, at most " + std::to_string(limit),
                     {}};
  }
  return issue_rules::check_state(
      view, transaction, issue_rules::achievement_of(message.achievement()),
      {message.first_index(), message.count()}, message.page_roots().size());
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  const auto& message = transaction.message().issue_anchored();
  writer.issue_anchored(issue_rules::achievement_of(message.achievement()),
                        IssuerIndex{message.first_index()}, message.count(),
                        issue_rules::hashes_of(message.page_roots()));
}

std::uint64_t weight(const v1::TransactionBody& body) {
  return roots_of(body.issue_anchored()) * kWeightPage;
}

}  // namespace testamur::ledger::tx::issue_anchored
