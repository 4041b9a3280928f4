#include "ledger/tx/issue_listed.h"

#include "ledger/tx/content.h"
#include "ledger/tx/form_check.h"
#include "ledger/tx/issue_rules.h"

namespace testamur::ledger::tx::issue_listed {

namespace {

// The bound of the form; the ledger's parameter may be lower.
constexpr std::size_t kCommitmentsLimit = 16'384;

std::size_t count_of(const v1::IssueListed& message) {
  return message.commitments().size() / Commitment::kSize;
}

}  // namespace

std::optional<Rejection> check_form(const v1::TransactionBody& body) {
  const auto& message = body.issue_listed();
  AchievementId id;
  if (auto rejection = read(message.achievement(), id)) {
    return within("issue_listed.achievement", std::move(rejection));
  }
  FormCheck check;
  check
      .hash_list("issue_listed.commitments", as_bytes(message.commitments()), Commitment::kSize, 1,
                 kCommitmentsLimit)
      .require(message.first_index() <= ~std::uint64_t{0} - count_of(message),
               RejectionCode::kIndexOverflow, "issue_listed.first_index");
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
  return issue_rules::check_state(view, transaction,
                                  issue_rules::achievement_of(message.achievement()),
                                  {message.first_index(), count}, message.commitments().size());
}

void apply(StateWriter& writer, const Transaction& transaction, const Plan&) {
  const auto& message = transaction.message().issue_listed();
  writer.issue_listed(issue_rules::achievement_of(message.achievement()),
                      IssuerIndex{message.first_index()},
                      issue_rules::hashes_of(message.commitments()));
}

std::uint64_t weight(const v1::TransactionBody& body) {
  const auto count = count_of(body.issue_listed());
  const auto pages = (count + kPageSlots - 1) / kPageSlots;
  return pages * kWeightPage + count / 4;
}

}  // namespace testamur::ledger::tx::issue_listed
