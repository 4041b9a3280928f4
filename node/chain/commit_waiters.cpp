#include "node/chain/commit_waiters.h"

#include "ledger/header.h"
#include "ledger/log.h"

namespace testamur::node {

std::optional<Outcome> committed_outcome(const Snapshot& state, const TransactionId& id) {
  const ledger::Log log(state);
  const auto index = log.find(id);
  const auto leaf = index ? log.leaf(*index) : std::nullopt;
  if (!leaf) return std::nullopt;

  Outcome outcome;
  outcome.state = Outcome::State::kCommitted;
  outcome.height = leaf->height;
  outcome.time_ms = leaf->time_ms;
  outcome.log_index = *index;

  // The leaves of a block are consecutive; the log size before it stands in its parent's header.
  if (const auto parent =
          leaf->height > Height{0} ? state.header(leaf->height - 1) : std::nullopt) {
    if (const auto header = ledger::decode_header(*parent); header.ok()) {
      outcome.index_in_block = static_cast<std::uint32_t>(index->value - header->roots.log_size);
    }
  }
  return outcome;
}

void CommitWaiters::await(Ticket ticket, const TransactionId& id, Callback callback) {
  if (auto ended = recall(id)) {
    callback(id, *ended);
    return;
  }
  waiting_[id].insert_or_assign(ticket, std::move(callback));
}

void CommitWaiters::cancel(Ticket ticket, const TransactionId& id) {
  auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  found->second.erase(ticket);
  if (found->second.empty()) waiting_.erase(found);
}

void CommitWaiters::resolve(const TransactionId& id, const Outcome& outcome) {
  // What is committed is found on the ledger for good; only the other endings need a memory.
  if (outcome.state != Outcome::State::kCommitted && !ended_.contains(id)) {
    if (ended_order_.size() >= remembered_) {
      ended_.erase(ended_order_.front());
      ended_order_.pop_front();
    }
    ended_[id] = outcome;
    ended_order_.push_back(id);
  }

  auto found = waiting_.find(id);
  if (found == waiting_.end()) return;

  // Taken out before anybody is told: a callback may begin to wait again.
  auto waiters = std::move(found->second);
  waiting_.erase(found);
  for (auto& [ticket, callback] : waiters) callback(id, outcome);
}

void CommitWaiters::release_all() {
  auto all = std::move(waiting_);
  waiting_.clear();
  Outcome pending;
  pending.state = Outcome::State::kPending;
  for (auto& [id, waiters] : all) {
    for (auto& [ticket, callback] : waiters) callback(id, pending);
  }
}

std::optional<Outcome> CommitWaiters::recall(const TransactionId& id) const {
  auto found = ended_.find(id);
  if (found == ended_.end()) return std::nullopt;
  return found->second;
}

}  // namespace testamur::node
