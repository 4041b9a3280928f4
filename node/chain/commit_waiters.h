// How transactions end, and who waits for it.
//
// Belongs to the chain's strand. An outcome is final; those that no block shows (rejected, expired)
// are remembered for a bounded number of transactions.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>

#include "common/ids.h"
#include "ledger/tx/rejection.h"
#include "node/store/store.h"

namespace testamur::node {

struct Outcome {
  enum class State { kPending, kCommitted, kRejected, kExpired, kUnknown };
  State state = State::kUnknown;
  // When committed:
  Height height;
  std::uint64_t time_ms = 0;
  LogIndex log_index;
  std::uint32_t index_in_block = 0;
  // When rejected:
  std::optional<ledger::tx::Rejection> rejection;
};

// How a committed transaction ended, from a state; nothing when the state does not hold it. Any
// thread.
std::optional<Outcome> committed_outcome(const Snapshot& state, const TransactionId& id);

class CommitWaiters {
 public:
  using Callback = std::function<void(const TransactionId&, const Outcome&)>;
  using Ticket = std::uint64_t;

  explicit CommitWaiters(std::size_t remembered) : remembered_(remembered) {}

  // Calls `callback` once, when the transaction has ended; at once if it is remembered. The ticket
  // cancels.
  void await(Ticket ticket, const TransactionId& id, Callback callback);
  void cancel(Ticket ticket, const TransactionId& id);
  void resolve(const TransactionId& id, const Outcome& outcome);
  std::optional<Outcome> recall(const TransactionId& id) const;
  // Tells everybody who still waits "pending": the node stops.
  void release_all();

 private:
  std::size_t remembered_;
  // By ticket: that many wait for one transaction makes none of them slow to leave.
  std::unordered_map<TransactionId, std::map<Ticket, Callback>> waiting_;
  std::unordered_map<TransactionId, Outcome> ended_;  // rejected and expired only
  std::deque<TransactionId> ended_order_;
};

}  // namespace testamur::node
