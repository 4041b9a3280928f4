#include "node/chain/mempool.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

// The last bytes of a transaction are a signature: as good as random.
std::uint64_t carried_key(ByteView carried) {
  std::uint64_t key = carried.size();
  if (carried.size() >= 8) std::memcpy(&key, carried.data() + carried.size() - 8, 8);
  return key;
}

}  // namespace

Mempool::Added Mempool::add(const tx::SharedTransaction& transaction, std::uint64_t now_ms, bool local) {
  if (auto known = entries_.find(transaction->id()); known != entries_.end()) {
    if (local && !known->second.local) {
      known->second.local = true;
      known->second.arrival_ms = now_ms;
    }
    return Added::kKnown;
  }
  auto size = transaction->carried().size();
  if (entries_.size() >= limits_.transactions || bytes_ + size > limits_.bytes) return Added::kFull;
  auto& queue = by_author_[transaction->author()];
  if (queue.size() >= limits_.per_author) return Added::kAuthorFull;
  auto& entry = entries_[transaction->id()];
  entry = Entry{transaction, next_sequence_++, now_ms, local, false};
  queue[entry.sequence] = &entry;
  by_arrival_[entry.sequence] = &entry;
  by_end_.emplace(transaction->valid_until_ms(), transaction->id());
  bytes_ += size;
  std::lock_guard lock(carried_mutex_);
  carried_[carried_key(transaction->carried())] = transaction;
  return Added::kNew;
}

tx::SharedTransaction Mempool::find(const TransactionId& id) const {
  auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.transaction;
}

void Mempool::erase(const TransactionId& id) {
  auto found = entries_.find(id);
  if (found == entries_.end()) return;
  auto& entry = found->second;
  const auto& transaction = *entry.transaction;
  if (entry.held) release(id);
  auto queue = by_author_.find(transaction.author());
  queue->second.erase(entry.sequence);
  if (queue->second.empty()) by_author_.erase(queue);
  by_arrival_.erase(entry.sequence);
  by_end_.erase({transaction.valid_until_ms(), id});
  suspects_.erase(id);
  bytes_ -= transaction.carried().size();
  {
    std::lock_guard lock(carried_mutex_);
    auto carried = carried_.find(carried_key(transaction.carried()));
    if (carried != carried_.end() && carried->second == entry.transaction) carried_.erase(carried);
  }
  entries_.erase(found);
}

void Mempool::select(const std::function<Pick(const tx::SharedTransaction&)>& visit) {
  struct Turn {
    std::map<std::uint64_t, Entry*>::const_iterator next, end;
  };
  std::vector<Turn> turns;
  turns.reserve(by_author_.size());
  auto first = by_author_.upper_bound(last_first_);
  if (first == by_author_.end()) first = by_author_.begin();
  if (first == by_author_.end()) return;
  last_first_ = first->first;
  for (auto author = first; author != by_author_.end(); ++author) {
    turns.push_back({author->second.begin(), author->second.end()});
  }
  for (auto author = by_author_.begin(); author != first; ++author) {
    turns.push_back({author->second.begin(), author->second.end()});
  }
  while (!turns.empty()) {
    std::size_t kept = 0;
    for (auto& turn : turns) {
      while (turn.next != turn.end && turn.next->second->held) ++turn.next;
      if (turn.next == turn.end) continue;
      if (visit(turn.next->second->transaction) == Pick::kStop) return;
      ++turn.next;
      turns[kept++] = turn;
    }
    turns.resize(kept);
  }
}

std::vector<tx::SharedTransaction> Mempool::take_suspects(std::size_t at_most) {
  std::vector<tx::SharedTransaction> taken;
  while (!suspects_.empty() && taken.size() < at_most) {
    auto found = entries_.find(*suspects_.begin());
    if (found != entries_.end()) taken.push_back(found->second.transaction);
    suspects_.erase(suspects_.begin());
  }
  return taken;
}

void Mempool::hold(const TransactionId& id) {
  auto found = entries_.find(id);
  if (found == entries_.end() || found->second.held) return;
  found->second.held = true;
  held_ids_.insert(id);
  ++held_;
}

void Mempool::release(const TransactionId& id) {
  auto found = entries_.find(id);
  if (found == entries_.end() || !found->second.held) return;
  found->second.held = false;
  held_ids_.erase(id);
  --held_;
}

std::vector<tx::SharedTransaction> Mempool::next_held(std::size_t at_most) {
  std::vector<tx::SharedTransaction> taken;
  auto next = held_ids_.upper_bound(last_held_);
  while (taken.size() < at_most && taken.size() < held_ids_.size()) {
    if (next == held_ids_.end()) next = held_ids_.begin();
    taken.push_back(entries_.at(*next).transaction);
    last_held_ = *next++;
  }
  return taken;
}

std::vector<TransactionId> Mempool::expired(std::uint64_t header_time_ms) const {
  std::vector<TransactionId> ids;
  for (const auto& [end, id] : by_end_) {
    if (end >= header_time_ms) break;
    ids.push_back(id);
  }
  return ids;
}

std::vector<tx::SharedTransaction> Mempool::oldest(std::size_t at_most, std::size_t at_most_bytes) const {
  std::vector<tx::SharedTransaction> taken;
  std::size_t bytes = 0;
  for (const auto& [sequence, entry] : by_arrival_) {
    bytes += entry->transaction->carried().size();
    if (taken.size() >= at_most || (bytes > at_most_bytes && !taken.empty())) break;
    taken.push_back(entry->transaction);
  }
  return taken;
}

std::optional<std::uint64_t> Mempool::submitted_ms(const TransactionId& id) const {
  auto found = entries_.find(id);
  if (found == entries_.end() || !found->second.local) return std::nullopt;
  return found->second.arrival_ms;
}

std::optional<std::uint64_t> Mempool::oldest_arrival_ms() const {
  if (by_arrival_.empty()) return std::nullopt;
  return by_arrival_.begin()->second->arrival_ms;
}

tx::SharedTransaction Mempool::find_carried(ByteView carried) const {
  std::lock_guard lock(carried_mutex_);
  auto found = carried_.find(carried_key(carried));
  if (found == carried_.end() || !equal(found->second->carried(), carried)) return nullptr;
  return found->second;
}

}  // namespace testamur::node
