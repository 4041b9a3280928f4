#include "node/chain/admission.h"

#include <algorithm>

#include "ledger/protocol.h"
#include "node/chain/chain.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

// The rules of the kinds come after the signatures (ledger/execute.cpp), and their codes after
// those of the envelope.
bool is_rule_of_a_kind(tx::RejectionCode code) {
  return code >= tx::RejectionCode::kUnknownInstitution;
}

}  // namespace

std::uint64_t submission_time_ms(std::uint64_t head_ms, std::uint64_t clock_ms,
                                 std::uint64_t valid_until_ms) {
  return std::min(std::max(head_ms, clock_ms), std::max(valid_until_ms, head_ms));
}

Admission::Admission(const ChainId& chain, HeadPtr head, const Clock& clock,
                     ledger::SignatureVerifier& verifier, Counters& counters)
    : chain_(chain),
      head_(std::move(head)),
      clock_ms_(clock.now_ms()),
      verifier_(verifier),
      counters_(counters),
      now_ms_(std::max(head_->header.time_ms, clock_ms_)) {}

AdmissionResult Admission::admit(Bytes carried) {
  AdmissionResult admitted;
  {
    const TimedSection timed(counters_.decode);
    auto decoded = tx::decode(chain_, std::move(carried));
    if (auto* rejection = std::get_if<tx::Rejection>(&decoded)) {
      admitted.rejection = std::move(*rejection);
      return admitted;
    }
    admitted.transaction = std::get<tx::SharedTransaction>(std::move(decoded));
  }

  const TimedSection timed(counters_.check);
  admitted.committed = committed_outcome(*head_->state, admitted.transaction->id());
  if (admitted.committed) {
    admitted.verdict = AdmissionResult::Verdict::kCommitted;
    return admitted;
  }
  admitted.rejection = check(admitted.transaction);
  if (!admitted.rejection) {
    admitted.verdict = AdmissionResult::Verdict::kReady;
  } else if (is_rule_of_a_kind(admitted.rejection->code) &&
             !tx::is_permanent(admitted.rejection->code)) {
    admitted.verdict = AdmissionResult::Verdict::kNotYet;
  }
  return admitted;
}

std::optional<tx::Rejection> Admission::check(const tx::SharedTransaction& transaction) {
  const auto& state = *head_->state;
  const auto time_ms =
      submission_time_ms(head_->header.time_ms, clock_ms_, transaction->valid_until_ms());
  const auto context = ledger::context_above(state, head_->header, time_ms);
  const bool shared = time_ms == now_ms_ && context.protocol_version <= ledger::kNewestProtocol;
  if (!shared) return ledger::check(state, context, transaction, verifier_);

  if (!executor_) executor_ = std::make_unique<ledger::BlockExecutor>(state, context, verifier_);
  return executor_->check(transaction);
}

}  // namespace testamur::node
