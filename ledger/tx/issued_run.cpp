#include "ledger/tx/issued_run.h"

#include "testamur/v1/transaction.pb.h"

namespace testamur::ledger::tx {

std::optional<IndexRun> issued_run(const Transaction& transaction) {
  if (transaction.kind() == Kind::kIssueListed) {
    const auto& message = transaction.message().issue_listed();
    return IndexRun{message.first_index(), message.commitments().size() / Commitment::kSize};
  }
  if (transaction.kind() == Kind::kIssueAnchored) {
    const auto& message = transaction.message().issue_anchored();
    return IndexRun{message.first_index(), message.count()};
  }
  return std::nullopt;
}

}  // namespace testamur::ledger::tx
