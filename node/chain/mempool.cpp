// Each entry stands in several indexes: by id, by author and arrival, by end of validity, by its
// bytes on the wire, and among the deferred ones. insert(), erase(), hold() and release() alone
// change them, so that they always agree; the sums of bytes, of authors and of deferred entries,
// follow them.
#include "node/chain/mempool.h"

#include <algorithm>

#include "ledger/tx/transaction.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

// However small the pool: room for a few of the largest.
constexpr std::size_t kLeastShareBytes = 2u << 20;

// The last bytes of a transaction are a signature: as good as random.
std::uint64_t encoded_key(ByteView carried) {
  std::uint64_t key = carried.size();
  if (carried.size() >= 8) std::memcpy(&key, carried.data() + carried.size() - 8, 8);
  return key;
}

}  // namespace

Mempool::Added Mempool::add(const tx::SharedTransaction& transaction, std::uint64_t now_ms,
                            bool local, Fit fit) {
  const auto& id = transaction->id();
  auto known = entries_.find(id);
  const bool replaces = known != entries_.end() && known->second.deferred && fit == Fit::kReady &&
                        !equal(known->second.transaction->encoded(), transaction->encoded());
  if (known != entries_.end() && !replaces) {
    if (local) make_local(known->second, now_ms);
    if (fit == Fit::kReady) undefer(id);
    return Added::kKnown;
  }

  tx::SharedTransaction before;
  if (replaces) {
    before = known->second.transaction;
    local |= known->second.local;
    erase(id);
  }
  const auto result = take(transaction, now_ms, local, fit);
  if (result == Added::kNew || before == nullptr) return result;
  insert(before, now_ms, local);
  defer(id, now_ms);
  return result;
}

Mempool::Added Mempool::take(const tx::SharedTransaction& transaction, std::uint64_t now_ms,
                             bool local, Fit fit) {
  if (auto refused = check_share(*transaction, local, fit); refused != Added::kNew) return refused;
  const auto size = transaction->encoded().size();
  if (fit == Fit::kDeferred ? !fits(size) : !make_room(transaction->author(), size))
    return Added::kFull;
  insert(transaction, now_ms, local);
  if (fit == Fit::kDeferred) defer(transaction->id(), now_ms);
  return Added::kNew;
}

void Mempool::make_local(Entry& entry, std::uint64_t now_ms) {
  if (entry.local) return;
  entry.local = true;
  entry.arrival_ms = now_ms;
  by_author_.at(entry.transaction->author()).foreign.erase(entry.sequence);
  deferred_foreign_.erase({entry.deferred_since_ms, entry.transaction->id()});
}

// What is submitted here comes from callers whom this node answers to: peers cannot use up an
// author's share here.
std::size_t Mempool::author_bytes(bool local) const {
  return std::max(limits_.bytes / (local ? 2 : 4), std::min(limits_.bytes, kLeastShareBytes));
}

Mempool::Added Mempool::check_share(const tx::Transaction& transaction, bool local, Fit fit) const {
  const auto size = transaction.encoded().size();
  if (fit == Fit::kDeferred && deferred_bytes_ + size > deferred_bytes_limit()) return Added::kFull;
  const auto found = by_author_.find(transaction.author());
  if (found == by_author_.end()) return Added::kNew;

  const auto& author = found->second;
  if (author.queue.size() >= limits_.per_author || author.bytes + size > author_bytes(local))
    return Added::kAuthorFull;
  if (fit == Fit::kDeferred && author.deferred_bytes + size > deferred_bytes_limit() / 4)
    return Added::kAuthorFull;
  if (author.rivals >= kRivals && is_claimed(transaction)) return Added::kAuthorFull;
  return Added::kNew;
}

bool Mempool::is_claimed(const tx::Transaction& transaction) const {
  const auto run = tx::issued_run(transaction);
  const auto found = by_author_.find(transaction.author());
  if (!run || run->count == 0 || found == by_author_.end()) return false;

  // The claims do not overlap: only the last one that begins at or before our end can reach into
  // the run.
  const auto& claims = found->second.claims;
  const auto after = claims.upper_bound(run->first + (run->count - 1));
  return after != claims.begin() && std::prev(after)->second >= run->first;
}

bool Mempool::fits(std::size_t size) const {
  return entries_.size() < limits_.transactions && bytes_ + size <= limits_.bytes;
}

// Throws out what peers brought until `size` more bytes fit: deferred ones, oldest first, then the
// newest of whoever would still have more than `author` afterwards.
bool Mempool::make_room(const InstitutionId& author, std::size_t size) {
  while (!fits(size)) {
    if (!deferred_foreign_.empty()) {
      erase(TransactionId(deferred_foreign_.begin()->second));
      continue;
    }
    const auto* victim = heaviest_foreign(author, size);
    if (victim == nullptr) return false;
    erase(TransactionId(victim->transaction->id()));
  }
  return true;
}

const Mempool::Entry* Mempool::heaviest_foreign(const InstitutionId& author,
                                                std::size_t size) const {
  const auto own = by_author_.find(author);
  const auto after = (own == by_author_.end() ? 0 : own->second.bytes) + size;
  for (auto heaviest = by_bytes_.rbegin(); heaviest != by_bytes_.rend() && heaviest->first > after;
       ++heaviest) {
    const auto& candidate = by_author_.at(heaviest->second);
    if (heaviest->second != author && !candidate.foreign.empty()) {
      return candidate.queue.at(*candidate.foreign.rbegin());
    }
  }
  return nullptr;
}

void Mempool::set_bytes(const InstitutionId& id, Author& author, std::size_t bytes) {
  by_bytes_.erase({author.bytes, id});
  author.bytes = bytes;
  if (bytes != 0) by_bytes_.emplace(bytes, id);
}

void Mempool::insert(const tx::SharedTransaction& transaction, std::uint64_t now_ms, bool local) {
  auto& entry = entries_[transaction->id()];
  entry = Entry{transaction, next_sequence_++, now_ms, local, false, is_claimed(*transaction), 0};
  auto& author = by_author_[transaction->author()];

  author.queue[entry.sequence] = &entry;
  if (!local) author.foreign.insert(entry.sequence);

  // A rival claims no indexes: the claims of an author never overlap, which is_claimed() relies on.
  author.rivals += entry.rival ? 1 : 0;
  if (const auto run = tx::issued_run(*transaction); run && run->count != 0 && !entry.rival) {
    author.claims[run->first] = run->first + (run->count - 1);
  }

  set_bytes(transaction->author(), author, author.bytes + entry.size());
  by_arrival_[entry.sequence] = &entry;
  by_end_.emplace(transaction->valid_until_ms(), transaction->id());
  bytes_ += entry.size();

  // find_encoded() is called by any thread: this one index has a lock of its own.
  const std::lock_guard lock(encoded_mutex_);
  encoded_[encoded_key(transaction->encoded())] = transaction;
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

  // What is held is counted with its author, so this comes while the author's entry is still there.
  if (entry.deferred) undefer(id);

  auto author = by_author_.find(transaction.author());
  author->second.queue.erase(entry.sequence);
  author->second.foreign.erase(entry.sequence);
  author->second.rivals -= entry.rival ? 1 : 0;
  if (const auto run = tx::issued_run(transaction); run && !entry.rival)
    author->second.claims.erase(run->first);

  set_bytes(author->first, author->second, author->second.bytes - entry.size());
  if (author->second.queue.empty()) by_author_.erase(author);

  by_arrival_.erase(entry.sequence);
  by_end_.erase({transaction.valid_until_ms(), id});
  to_recheck_.erase(id);
  bytes_ -= transaction.encoded().size();

  // The key of this index is no more than some bytes of a signature, so another transaction may
  // have taken the place.
  {
    const std::lock_guard lock(encoded_mutex_);
    auto carried = encoded_.find(encoded_key(transaction.encoded()));
    if (carried != encoded_.end() && carried->second == entry.transaction) encoded_.erase(carried);
  }

  entries_.erase(found);
}

void Mempool::select(const std::function<Pick(const tx::SharedTransaction&)>& visit) {
  struct Turn {
    std::map<std::uint64_t, Entry*>::const_iterator next, end;
  };
  std::vector<Turn> turns;
  turns.reserve(by_author_.size());

  // Every call begins with the next author, so that nobody has the first place in all blocks.
  auto first = by_author_.upper_bound(last_first_);
  if (first == by_author_.end()) first = by_author_.begin();
  if (first == by_author_.end()) return;
  last_first_ = first->first;

  for (auto author = first; author != by_author_.end(); ++author) {
    turns.push_back({author->second.queue.begin(), author->second.queue.end()});
  }
  for (auto author = by_author_.begin(); author != first; ++author) {
    turns.push_back({author->second.queue.begin(), author->second.queue.end()});
  }

  // One of each author a round; an author that has nothing more to show leaves the rounds.
  while (!turns.empty()) {
    std::size_t kept = 0;
    for (auto& turn : turns) {
      while (turn.next != turn.end && turn.next->second->deferred) ++turn.next;
      if (turn.next == turn.end) continue;
      if (visit(turn.next->second->transaction) == Pick::kStop) return;
      ++turn.next;
      turns[kept++] = turn;
    }
    turns.resize(kept);
  }
}

std::vector<tx::SharedTransaction> Mempool::take_for_recheck(std::size_t at_most) {
  std::vector<tx::SharedTransaction> taken;
  while (!to_recheck_.empty() && taken.size() < at_most) {
    auto found = entries_.find(*to_recheck_.begin());
    if (found != entries_.end()) taken.push_back(found->second.transaction);
    to_recheck_.erase(to_recheck_.begin());
  }
  return taken;
}

void Mempool::defer(const TransactionId& id, std::uint64_t now_ms) {
  auto found = entries_.find(id);
  if (found == entries_.end() || found->second.deferred) return;
  auto& entry = found->second;
  entry.deferred = true;
  entry.deferred_since_ms = now_ms;
  deferred_ids_.insert(id);
  deferred_bytes_ += entry.size();
  by_author_.at(entry.transaction->author()).deferred_bytes += entry.size();
  if (!entry.local) deferred_foreign_.emplace(now_ms, id);
}

void Mempool::undefer(const TransactionId& id) {
  auto found = entries_.find(id);
  if (found == entries_.end() || !found->second.deferred) return;
  auto& entry = found->second;
  entry.deferred = false;
  deferred_ids_.erase(id);
  deferred_bytes_ -= entry.size();
  by_author_.at(entry.transaction->author()).deferred_bytes -= entry.size();
  deferred_foreign_.erase({entry.deferred_since_ms, id});
}

std::size_t Mempool::drop_overdue(std::uint64_t now_ms) {
  std::size_t dropped = 0;
  while (!deferred_foreign_.empty() &&
         deferred_foreign_.begin()->first + kDeferredLifeMs <= now_ms) {
    erase(TransactionId(deferred_foreign_.begin()->second));
    ++dropped;
  }
  return dropped;
}

std::vector<tx::SharedTransaction> Mempool::next_deferred(std::size_t at_most) {
  std::vector<tx::SharedTransaction> taken;
  auto next = deferred_ids_.upper_bound(last_deferred_);
  while (taken.size() < at_most && taken.size() < deferred_ids_.size()) {
    if (next == deferred_ids_.end()) next = deferred_ids_.begin();
    taken.push_back(entries_.at(*next).transaction);
    last_deferred_ = *next++;
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

std::vector<tx::SharedTransaction> Mempool::oldest(std::size_t at_most, std::size_t at_most_bytes,
                                                   Which which) const {
  std::vector<tx::SharedTransaction> taken;
  std::size_t bytes = 0;
  for (const auto& [sequence, entry] : by_arrival_) {
    if (which == Which::kReady && entry->deferred) continue;
    bytes += entry->transaction->encoded().size();
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

tx::SharedTransaction Mempool::find_encoded(ByteView carried) const {
  const std::lock_guard lock(encoded_mutex_);
  auto found = encoded_.find(encoded_key(carried));
  if (found == encoded_.end() || !equal(found->second->encoded(), carried)) return nullptr;
  return found->second;
}

}  // namespace testamur::node
