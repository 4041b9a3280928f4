// The one rule of what may wait here, for the API and for peers: form, known author, all keys known
// and unretired, threshold, window, size, signatures, then the state. The first that fails is the
// answer; a signature is verified only when all before it holds, so a stranger pays with bytes and
// never with our signature checks.
//
// An admission stands on one finalized state and judges any number of transactions on it; one
// thread at a time, any thread. `verifier` and `counters` outlive it.
#pragma once

#include <memory>
#include <optional>

#include "common/clock.h"
#include "ledger/execute.h"
#include "node/chain/block_processor.h"
#include "node/chain/commit_waiters.h"
#include "node/chain/counters.h"

namespace testamur::node {

struct AdmissionResult {
  enum class Verdict : std::uint8_t {
    kReady,      // a block on this state may carry it
    kNotYet,     // its author and signatures hold, and a later state may take it
    kCommitted,  // its id is on the ledger, whoever signs it now
    kRefused,
  };
  Verdict verdict = Verdict::kRefused;
  ledger::tx::SharedTransaction transaction;       // null: it has no valid form
  std::optional<ledger::tx::Rejection> rejection;  // kNotYet, kRefused
  std::optional<Outcome> committed;                // kCommitted
};

// The block time against which a submitted transaction is checked. When the next block comes is not
// known: not before the head, and not later than now by the node's clock, which may be wrong; of
// these the time that suits the transaction. A clock that is ahead thus never calls a transaction
// expired that others can still commit.
std::uint64_t submission_time_ms(std::uint64_t head_ms, std::uint64_t clock_ms,
                                 std::uint64_t valid_until_ms);

class Admission {
 public:
  Admission(const ChainId& chain, HeadPtr head, const Clock& clock,
            ledger::SignatureVerifier& verifier, Counters& counters);
  AdmissionResult admit(Bytes carried);

 private:
  std::optional<ledger::tx::Rejection> check(const ledger::tx::SharedTransaction& transaction);

  const ChainId chain_;
  const HeadPtr head_;
  const std::uint64_t clock_ms_;
  ledger::SignatureVerifier& verifier_;
  Counters& counters_;
  const std::uint64_t now_ms_;                       // at which almost all are judged
  std::unique_ptr<ledger::BlockExecutor> executor_;  // of that time; made when needed
};

}  // namespace testamur::node
