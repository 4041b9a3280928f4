#include "node/chain/transaction_intake.h"

#include <algorithm>
#include <utility>

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::size_t kJudgedAtOnce = 64;         // transactions: some milliseconds
constexpr std::uint64_t kUnitsATransaction = 60;  // of the fair queue

// Why a transaction is refused, as its sender pays for it.
net::Refusal refusal_of(const tx::SharedTransaction& transaction, tx::RejectionCode code) {
  if (transaction == nullptr) return net::Refusal::kMalformedTransaction;
  switch (code) {
    case tx::RejectionCode::kExpired:
    case tx::RejectionCode::kValidTooLong: return net::Refusal::kFarValidity;
    case tx::RejectionCode::kBadSignature: return net::Refusal::kBadSignature;
    case tx::RejectionCode::kUnknownAuthor:
    case tx::RejectionCode::kAuthorNotInGoodStanding:
    case tx::RejectionCode::kAuthorClass:
    case tx::RejectionCode::kUnknownKey:
    case tx::RejectionCode::kKeyOfAnother:
    case tx::RejectionCode::kKeyPurpose:
    case tx::RejectionCode::kKeyRetired:
    case tx::RejectionCode::kSignatureThreshold: return net::Refusal::kUnknownSigner;
    default: return net::Refusal::kNotPermitted;
  }
}

}  // namespace

TransactionIntake::TransactionIntake(Runtime& runtime, std::size_t workers, Hooks hooks)
    : runtime_(runtime), workers_(workers), hooks_(std::move(hooks)), queue_({}) {}

std::uint64_t TransactionIntake::push(const net::Origin& from, net::Rank rank,
                                      net::Transactions frame, const net::Lease& lease) {
  std::uint64_t refused = 0;
  std::size_t start = 0;
  {
    const std::lock_guard lock(mutex_);
    auto& all = frame.transactions;

    // In parts, so that a large frame of one institution lets the others have their turn between
    // them.
    for (std::size_t at = 0; at < all.size(); at += kJudgedAtOnce) {
      const auto end = std::min(at + kJudgedAtOnce, all.size());
      Job job{from, {}, lease};
      std::size_t bytes = 0;
      for (auto i = at; i < end; ++i) {
        bytes += all[i].size();
        job.carried.push_back(std::move(all[i]));
      }
      const auto units = kUnitsATransaction * (end - at);
      if (!queue_.push({from.institution, rank}, units, bytes, std::move(job))) refused += end - at;
    }
    for (; judging_ < workers_ && start < queue_.size(); ++judging_) ++start;
  }
  for (; start > 0; --start) runtime_.post_aside([this] { judge_next(); });
  return refused;
}

void TransactionIntake::close() {
  const std::lock_guard lock(mutex_);
  closing_ = true;
}

// One part at a time, whoever's turn it is.
void TransactionIntake::judge_next() {
  std::optional<Job> job;
  {
    const std::lock_guard lock(mutex_);
    // The count changes under the same lock as the queue: push() starts a task when it finds too
    // few.
    if (!closing_) job = queue_.pop(runtime_.now_ms());
    if (!job) {
      --judging_;
      return;
    }
  }

  const auto from = job->from;
  auto lease = job->lease;
  auto judged = std::make_shared<const Judged>(judge(std::move(*job)));

  // The bytes count as the sender's until the strand has taken the result.
  runtime_.post(
      [this, from, judged, lease = std::move(lease)] { hooks_.on_judged(from, *judged); });

  // A task of its own for the next part: what else waits aside has its turn between.
  runtime_.post_aside([this] { judge_next(); });
}

TransactionIntake::Judged TransactionIntake::judge(Job job) {
  using Verdict = AdmissionResult::Verdict;
  Judged judged;
  auto admission = hooks_.admission();
  for (auto& carried : job.carried) {
    if (hooks_.is_known(carried)) continue;
    auto admitted = admission.admit(std::move(carried));
    const bool checked =
        admitted.verdict == Verdict::kReady || admitted.verdict == Verdict::kNotYet;
    if (checked)
      judged.extra_units += kSignatureUnits * (admitted.transaction->signatures().size() - 1);

    switch (admitted.verdict) {
      case Verdict::kReady: judged.ready.push_back(std::move(admitted.transaction)); break;
      case Verdict::kNotYet: judged.not_yet.push_back(std::move(admitted.transaction)); break;
      case Verdict::kCommitted: break;
      case Verdict::kRefused:
        // What became invalid on its way, after the sender's last block, is nobody's fault.
        if (admitted.rejection->code == tx::RejectionCode::kReplay) break;
        ++judged.refused.at(
            static_cast<std::size_t>(refusal_of(admitted.transaction, admitted.rejection->code)));
        break;
    }
  }
  return judged;
}

}  // namespace testamur::node
