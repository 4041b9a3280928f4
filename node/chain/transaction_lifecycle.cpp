// Pending must be true: the engine lets nobody rest while the mempool claims that something fits
// the next block. So every function that may leave something unfit in there checks a bounded part
// of it again.
#include "node/chain/transaction_lifecycle.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::size_t kRememberedOutcomes = 1u << 16;
constexpr std::size_t kRecheckMarked = 256;  // a finalized block
constexpr std::size_t kRecheckDeferred = 32;
constexpr std::size_t kRecheckAll = 256;
constexpr std::size_t kCheckOnArrival = 64;
constexpr std::size_t kResendTransactions = 1024;
constexpr std::size_t kResendBytes = 1u << 20;

}  // namespace

TransactionLifecycle::TransactionLifecycle(const Mempool::Limits& limits, const Parts& parts)
    : parts_(parts), mempool_(limits), commit_waiters_(kRememberedOutcomes) {}

bool TransactionLifecycle::submit(const TransactionList& transactions,
                                  const std::function<void(std::vector<Mempool::Added>)>& done) {
  std::vector<Mempool::Added> results;
  TransactionList fresh;
  const auto now_ms = parts_.clock.now_ms();
  for (const auto& transaction : transactions) {
    const auto added = mempool_.add(transaction, now_ms, true);
    if (added == Mempool::Added::kNew) fresh.push_back(transaction);
    results.push_back(added);
  }
  parts_.counters.transactions_submitted.add(fresh.size());
  queue_outgoing(fresh);

  // The caller first: the check may end a transaction for which it is about to wait.
  if (done) done(std::move(results));
  for (const auto& transaction : fresh) recheck_on_arrival(transaction);
  return !fresh.empty();
}

TransactionLifecycle::Taken TransactionLifecycle::take_from_peer(
    const TransactionList& transactions, Mempool::Fit fit) {
  Taken taken;
  const auto now_ms = parts_.clock.now_ms();
  for (const auto& transaction : transactions) {
    const auto result = mempool_.add(transaction, now_ms, false, fit);
    if (result == Mempool::Added::kFull || result == Mempool::Added::kAuthorFull)
      ++taken.over_share;
    if (result != Mempool::Added::kNew) continue;
    ++taken.added;
    recheck_on_arrival(transaction);
  }
  return taken;
}

// Gathers what arrives together into few frames.
void TransactionLifecycle::queue_outgoing(const TransactionList& transactions) {
  if (!parts_.sender.attached() || transactions.empty()) return;
  outgoing_.insert(outgoing_.end(), transactions.begin(), transactions.end());
  if (flush_posted_) return;
  flush_posted_ = true;
  parts_.runtime.post([this] { flush_outgoing(); });
}

void TransactionLifecycle::flush_outgoing() {
  flush_posted_ = false;
  if (stopped_) return;
  parts_.sender.broadcast(outgoing_);
  outgoing_.clear();
}

void TransactionLifecycle::resend_pending() {
  for (const auto& transaction : mempool_.oldest(kRecheckAll, kResendBytes)) {
    recheck(transaction, parts_.blocks.base().header);
  }
  parts_.sender.broadcast(
      mempool_.oldest(kResendTransactions, kResendBytes, Mempool::Which::kReady));
}

// At light load what fits no state must not keep the validators waiting for a block; under load
// builds find it.
void TransactionLifecycle::recheck_on_arrival(const tx::SharedTransaction& transaction) {
  if (mempool_.size() <= kCheckOnArrival) recheck(transaction, parts_.blocks.base().header);
}

void TransactionLifecycle::recheck_marked() {
  for (const auto& transaction : mempool_.take_for_recheck(kRecheckMarked)) {
    recheck(transaction, parts_.blocks.base().header);
  }
}

// Only a finalized state says whether a transaction can still be committed.
void TransactionLifecycle::recheck(const tx::SharedTransaction& transaction,
                                   const ledger::Header& header) {
  const auto& state = *parts_.blocks.base().state;
  const auto context = ledger::context_above(state, header, header.time_ms);
  auto rejection = ledger::check(state, context, transaction, parts_.verifier);
  if (!rejection) return mempool_.undefer(transaction->id());

  // Refused as a replay: it has ended well.
  if (const auto committed = committed_outcome(state, transaction->id()))
    return end(transaction->id(), *committed);

  // A later state may take it.
  if (!tx::is_permanent(rejection->code))
    return mempool_.defer(transaction->id(), parts_.clock.now_ms());

  const bool expired = rejection->code == tx::RejectionCode::kExpired;
  Outcome outcome;
  outcome.state = expired ? Outcome::State::kExpired : Outcome::State::kRejected;
  outcome.rejection = std::move(rejection);
  parts_.counters.transactions_rejected.add();
  end(transaction->id(), outcome);
}

void TransactionLifecycle::end(const TransactionId& id, const Outcome& outcome) {
  mempool_.erase(id);
  commit_waiters_.resolve(id, outcome);
}

void TransactionLifecycle::settle(const ExecutedBlock& block, LogIndex first_log_index) {
  settle_committed(block, first_log_index);
  settle_others(block.header);
}

void TransactionLifecycle::settle_committed(const ExecutedBlock& block, LogIndex first_log_index) {
  Outcome outcome;
  outcome.state = Outcome::State::kCommitted;
  outcome.height = block.header.height;
  outcome.time_ms = block.header.time_ms;

  const auto now_ms = parts_.clock.now_ms();
  for (std::size_t i = 0; i < block.transactions.size(); ++i) {
    const auto& id = block.transactions[i]->id();
    outcome.log_index = first_log_index + i;
    outcome.index_in_block = static_cast<std::uint32_t>(i);
    if (const auto submitted_ms = mempool_.submitted_ms(id)) {
      parts_.counters.commit_latency_ms.add(now_ms > *submitted_ms ? now_ms - *submitted_ms : 0);
      parts_.counters.commit_latency_count.add();
    }
    end(id, outcome);
  }
  parts_.counters.transactions_committed.add(block.transactions.size());
}

// The block's time ends the validity of some, and its changes may have made others unfit, or fit.
void TransactionLifecycle::settle_others(const ledger::Header& header) {
  for (const auto& id : mempool_.expired(header.time_ms)) {
    Outcome outcome;
    outcome.state = Outcome::State::kExpired;
    parts_.counters.transactions_expired.add();
    end(id, outcome);
  }
  mempool_.drop_overdue(parts_.clock.now_ms());

  if (mempool_.size() <= kRecheckAll) {
    for (const auto& transaction : mempool_.oldest(kRecheckAll, kResendBytes))
      recheck(transaction, header);
  }
  recheck_marked();
  for (const auto& transaction : mempool_.next_deferred(kRecheckDeferred))
    recheck(transaction, header);
}

void TransactionLifecycle::await(CommitWaiters::Ticket ticket, const TransactionId& id,
                                 CommitWaiters::Callback callback, bool not_committed) {
  const auto committed =
      not_committed ? std::nullopt : committed_outcome(*parts_.blocks.base().state, id);
  if (committed) return callback(id, *committed);
  commit_waiters_.await(ticket, id, std::move(callback));
}

// What is on the ledger counts before what waits here under the same id.
void TransactionLifecycle::look_up(
    const TransactionId& id,
    const std::function<void(Outcome, tx::SharedTransaction)>& callback) const {
  Outcome outcome;
  const auto waiting = mempool_.find(id);
  if (const auto committed = committed_outcome(*parts_.blocks.base().state, id)) {
    outcome = *committed;
  } else if (waiting) {
    outcome.state = Outcome::State::kPending;
  } else if (const auto ended = commit_waiters_.recall(id)) {
    outcome = *ended;
  }
  callback(outcome, waiting);
}

void TransactionLifecycle::stop() {
  stopped_ = true;
  commit_waiters_.release_all();
}

}  // namespace testamur::node
