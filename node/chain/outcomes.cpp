#include "node/chain/outcomes.h"

namespace testamur::node {

void Outcomes::await(Ticket ticket, const TransactionId& id, Callback callback) {
  if (auto ended = recall(id)) {
    callback(id, *ended);
    return;
  }
  waiting_[id].insert_or_assign(ticket, std::move(callback));
}

void Outcomes::cancel(Ticket ticket, const TransactionId& id) {
  auto found = waiting_.find(id);
  if (found == waiting_.end()) return;
  found->second.erase(ticket);
  if (found->second.empty()) waiting_.erase(found);
}

void Outcomes::resolve(const TransactionId& id, const Outcome& outcome) {
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
  auto waiters = std::move(found->second);
  waiting_.erase(found);
  for (auto& [ticket, callback] : waiters) callback(id, outcome);
}

void Outcomes::drop_all() {
  auto all = std::move(waiting_);
  waiting_.clear();
  Outcome pending;
  pending.state = Outcome::State::kPending;
  for (auto& [id, waiters] : all) {
    for (auto& [ticket, callback] : waiters) callback(id, pending);
  }
}

std::optional<Outcome> Outcomes::recall(const TransactionId& id) const {
  auto found = ended_.find(id);
  if (found == ended_.end()) return std::nullopt;
  return found->second;
}

}  // namespace testamur::node
