// Transactions on their way: submission, hand-over to the validators, and how they end.
#include "node/chain/chain_core.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::size_t kRecheckSuspects = 256;  // a finalized block
constexpr std::size_t kRecheckHeld = 32;
constexpr std::size_t kRecheckAll = 256;
constexpr std::size_t kCheckOnArrival = 64;
constexpr std::size_t kResendTransactions = 1024;
constexpr std::size_t kResendBytes = 1u << 20;

}  // namespace

void Chain::Core::submit(TransactionList transactions, const std::function<void(std::vector<Mempool::Added>)>& done) {
  std::vector<Mempool::Added> results;
  TransactionList fresh;
  auto now = parts_.clock.now_ms();
  for (const auto& transaction : transactions) {
    auto added = mempool_.add(transaction, now, true);
    if (added == Mempool::Added::kNew) fresh.push_back(transaction);
    results.push_back(added);
  }
  counters_.transactions_submitted.add(fresh.size());
  queue_outgoing(fresh);
  if (done) done(std::move(results));
  for (const auto& transaction : fresh) recheck_on_arrival(transaction);
  if (!fresh.empty()) {
    arrived_ = true;
    event([] {});
  }
}

// Gathers what arrives together into few frames.
void Chain::Core::queue_outgoing(const TransactionList& transactions) {
  if (network_ == nullptr || transactions.empty()) return;
  outgoing_.insert(outgoing_.end(), transactions.begin(), transactions.end());
  if (flush_posted_) return;
  flush_posted_ = true;
  post([this] { flush_outgoing(); });
}

void Chain::Core::flush_outgoing() {
  flush_posted_ = false;
  if (stopped_) return;
  broadcast_transactions(outgoing_);
  outgoing_.clear();
}

// The view's timer fired: either the others lack what is pending here, or it is not valid any more.
void Chain::Core::resend_pending() {
  for (const auto& transaction : mempool_.oldest(kRecheckAll, kResendBytes)) {
    recheck(transaction, workshop_.base().header);
  }
  broadcast_transactions(mempool_.oldest(kResendTransactions, kResendBytes, Mempool::Which::kReady));
}

// At light load what fits no state must not keep the validators waiting for a block; under load builds find it.
void Chain::Core::recheck_on_arrival(const tx::SharedTransaction& transaction) {
  if (mempool_.size() <= kCheckOnArrival) recheck(transaction, workshop_.base().header);
}

void Chain::Core::await(Outcomes::Ticket ticket, const TransactionId& id, Outcomes::Callback callback,
                        bool not_committed) {
  const auto committed = not_committed ? std::nullopt : committed_outcome(*workshop_.base().state, id);
  if (committed) {
    callback(id, *committed);
    return;
  }

  outcomes_.await(ticket, id, std::move(callback));
}

void Chain::Core::look_up(const TransactionId& id,
                          const std::function<void(Outcome, tx::SharedTransaction)>& callback) {
  Outcome outcome;
  auto waiting = mempool_.find(id);
  if (auto committed = committed_outcome(*workshop_.base().state, id)) {
    outcome = *committed;
  } else if (waiting) {
    outcome.state = Outcome::State::kPending;
  } else if (auto ended = outcomes_.recall(id)) {
    outcome = *ended;
  }
  callback(outcome, waiting);
}

void Chain::Core::end_transaction(const TransactionId& id, const Outcome& outcome) {
  mempool_.erase(id);
  outcomes_.resolve(id, outcome);
}

void Chain::Core::settle_block(const Branch& branch, LogIndex first_log_index) {
  Outcome outcome;
  outcome.state = Outcome::State::kCommitted;
  outcome.height = branch.header.height;
  outcome.time_ms = branch.header.time_ms;
  auto now = parts_.clock.now_ms();
  for (std::size_t i = 0; i < branch.transactions.size(); ++i) {
    const auto& id = branch.transactions[i]->id();
    outcome.log_index = first_log_index + i;
    outcome.index_in_block = static_cast<std::uint32_t>(i);
    if (auto submitted = mempool_.submitted_ms(id)) {
      counters_.commit_latency_ms.add(now > *submitted ? now - *submitted : 0);
      counters_.commit_latency_count.add();
    }
    end_transaction(id, outcome);
  }
  counters_.transactions_committed.add(branch.transactions.size());
}

void Chain::Core::settle_others(const ledger::Header& header) {
  for (const auto& id : mempool_.expired(header.time_ms)) {
    Outcome outcome;
    outcome.state = Outcome::State::kExpired;
    counters_.transactions_expired.add();
    end_transaction(id, outcome);
  }
  mempool_.drop_overdue(parts_.clock.now_ms());
  if (mempool_.size() <= kRecheckAll) {
    for (const auto& transaction : mempool_.oldest(kRecheckAll, kResendBytes)) recheck(transaction, header);
  }
  recheck_suspects();
  for (const auto& transaction : mempool_.next_held(kRecheckHeld)) recheck(transaction, header);
}

// Those that a build has refused, perhaps only because of a block that is not final yet.
void Chain::Core::recheck_suspects() {
  for (const auto& transaction : mempool_.take_suspects(kRecheckSuspects)) {
    recheck(transaction, workshop_.base().header);
  }
}

// Only a finalized state says whether a transaction can still be committed.
void Chain::Core::recheck(const tx::SharedTransaction& transaction, const ledger::Header& header) {
  const auto context = ledger::context_above(*workshop_.base().state, header, header.time_ms);
  auto rejection = ledger::check(*workshop_.base().state, context, transaction, verifier_);
  if (!rejection) {
    mempool_.release(transaction->id());
    return;
  }
  if (auto committed = committed_outcome(*workshop_.base().state, transaction->id())) {
    end_transaction(transaction->id(), *committed);
    return;
  }
  if (!tx::is_permanent(rejection->code)) {
    mempool_.hold(transaction->id(), parts_.clock.now_ms());
    return;
  }
  Outcome outcome;
  outcome.state = rejection->code == tx::RejectionCode::kExpired ? Outcome::State::kExpired : Outcome::State::kRejected;
  outcome.rejection = std::move(rejection);
  counters_.transactions_rejected.add();
  end_transaction(transaction->id(), outcome);
}

}  // namespace testamur::node
