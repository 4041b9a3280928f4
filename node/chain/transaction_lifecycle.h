// Transactions on their way: from their arrival here until they have ended, and who waits for that.
//
// Owns the mempool, the callers that wait, and what was submitted here and is not yet sent on. Only
// a finalized state says whether a transaction can still be committed; what a build refused may fit
// the next one, so it is checked again and deferred, ended or made ready. Belongs to the chain's
// strand, except Mempool::find_encoded().
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "common/clock.h"
#include "node/chain/block_processor.h"
#include "node/chain/commit_waiters.h"
#include "node/chain/counters.h"
#include "node/chain/mempool.h"
#include "node/chain/peers/peer_sender.h"
#include "node/chain/runtime.h"

namespace testamur::node {

class TransactionLifecycle {
 public:
  // All are borrowed; `blocks` may be constructed later, and is not used before the first call.
  struct Parts {
    Runtime& runtime;
    const Clock& clock;
    Counters& counters;
    PeerSender& sender;
    ledger::SignatureVerifier& verifier;
    const BlockProcessor& blocks;
  };
  TransactionLifecycle(const Mempool::Limits& limits, const Parts& parts);

  // --- arriving
  // Takes what was admitted here, and sends it to the other validators. `done` is told each result.
  // Returns whether anything is new.
  bool submit(const TransactionList& transactions,
              const std::function<void(std::vector<Mempool::Added>)>& done);
  struct Taken {
    std::size_t added = 0;
    std::size_t over_share = 0;  // refused because of their author's share, or because all is full
  };
  Taken take_from_peer(const TransactionList& transactions, Mempool::Fit fit);

  // --- waiting
  // The view's timer fired: either the others lack what is pending here, or it is not valid any
  // more.
  void resend_pending();
  // The oldest pending transactions, a frame of them, to one institution.
  void forward_pending(const InstitutionId& to);
  // Those that a build has refused, perhaps only because of a block that is not final yet.
  void recheck_marked();

  // --- ending
  // A block is final: what it holds has ended, and what cannot follow it.
  void settle(const ExecutedBlock& block, LogIndex first_log_index);
  // `not_committed`: the caller knows that the last finalized state does not hold it.
  void await(CommitWaiters::Ticket ticket, const TransactionId& id,
             CommitWaiters::Callback callback, bool not_committed);
  // How it ended, or that it waits here.
  void look_up(const TransactionId& id,
               const std::function<void(Outcome, ledger::tx::SharedTransaction)>& callback) const;
  void stop();  // everybody who waits is told; nothing more is sent

  Mempool& mempool() { return mempool_; }
  const Mempool& mempool() const { return mempool_; }
  CommitWaiters& commit_waiters() { return commit_waiters_; }

 private:
  void queue_outgoing(const TransactionList& transactions);
  void flush_outgoing();
  void recheck_on_arrival(const ledger::tx::SharedTransaction& transaction);
  void recheck(const ledger::tx::SharedTransaction& transaction, const ledger::Header& header);
  void settle_committed(const ExecutedBlock& block, LogIndex first_log_index);
  void settle_others(const ledger::Header& header);
  void end(const TransactionId& id, const Outcome& outcome);

  const Parts parts_;
  Mempool mempool_;
  CommitWaiters commit_waiters_;
  TransactionList outgoing_;
  bool flush_posted_ = false;
  bool stopped_ = false;
};

}  // namespace testamur::node
