// Deltas, overlays and the state in memory. Invariants: within a table keys are ordered as bytes
// everywhere, so that every layer answers `floor` alike; a newer layer hides an older one, also by
// a deletion; a delta never changes once it is built, which is why threads may share it.
#include "ledger/state.h"

#include <algorithm>

#include "common/check.h"

namespace testamur::ledger {
namespace {

std::size_t slot(Table table) {
  const auto index = static_cast<std::size_t>(table);
  TM_CHECK(index > 0 && index < kTableLimit, "table:", index);
  return index;
}

bool has_prefix(ByteView key, ByteView prefix) {
  return key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
}

// The key just below among keys of the same length; false when there is none.
bool step_down(Bytes& key) {
  for (auto byte = key.rbegin(); byte != key.rend(); ++byte) {
    if ((*byte)-- != 0) return true;
  }
  return false;
}

// The last entry <= key with the prefix in an ordered map.
template <class Map>
typename Map::const_iterator floor_in(const Map& map, ByteView prefix, ByteView key) {
  auto after = map.upper_bound(key);
  if (after == map.begin()) return map.end();
  --after;
  return has_prefix(after->first, prefix) ? after : map.end();
}

}  // namespace

bool KeyLess::operator()(ByteView a, ByteView b) const {
  const std::size_t common_size = std::min(a.size(), b.size());
  const int order = common_size == 0 ? 0 : std::memcmp(a.data(), b.data(), common_size);
  return order != 0 ? order < 0 : a.size() < b.size();
}

Delta::Delta(std::array<Changes, kTableLimit> changes) {
  std::size_t count = 0;
  for (const auto& table : changes) count += table.size();
  changes_.reserve(count);

  for (std::size_t table = 0; table < kTableLimit; ++table) {
    table_begin_[table] = static_cast<std::uint32_t>(changes_.size());
    for (auto entry = changes[table].begin(); entry != changes[table].end();) {
      // Moved out of the maps, not copied: a block's writes may be many megabytes.
      auto node = changes[table].extract(entry++);
      size_bytes_ += node.key().size() + (node.mapped() ? node.mapped()->size() : 0);
      changes_.push_back(
          {static_cast<Table>(table), std::move(node.key()), std::move(node.mapped())});
    }
  }

  table_begin_[kTableLimit] = static_cast<std::uint32_t>(changes_.size());
  build_filter();
}

std::span<const Delta::Change> Delta::changes(Table table) const {
  const std::size_t index = slot(table);
  return std::span{changes_}.subspan(table_begin_[index],
                                     table_begin_[index + 1] - table_begin_[index]);
}

std::uint64_t Delta::key_hash(Table table, ByteView key) {
  // FNV-1a over 8-byte words with a final avalanche: it only decides how often a search is saved.
  std::uint64_t hash = 0xcbf29ce484222325ull ^ static_cast<std::uint64_t>(table);
  while (!key.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = std::min<std::size_t>(key.size(), sizeof word);
    std::memcpy(&word, key.data(), size);
    hash = (hash ^ word) * 0x100000001b3ull;
    hash ^= hash >> 29;
    key = key.subspan(size);
  }
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdull;
  return hash ^ (hash >> 33);
}

void Delta::build_filter() {
  if (changes_.empty()) return;
  std::size_t words = 1;
  while (words * 4 < changes_.size()) words *= 2;  // 16 bits a key or more
  filter_.assign(words, 0);
  for (const auto& change : changes_) {
    const std::uint64_t hash = key_hash(change.table, change.key);
    filter_[(hash >> 12) & (words - 1)] |= (1ull << (hash & 63)) | (1ull << ((hash >> 6) & 63));
  }
}

const Delta::Change* Delta::find(Table table, ByteView key, std::uint64_t hash) const {
  if (filter_.empty()) return nullptr;
  const std::uint64_t bits = (1ull << (hash & 63)) | (1ull << ((hash >> 6) & 63));
  if ((filter_[(hash >> 12) & (filter_.size() - 1)] & bits) != bits) return nullptr;
  const auto range = changes(table);
  const auto found =
      std::lower_bound(range.begin(), range.end(), key,
                       [](const Change& change, ByteView k) { return KeyLess{}(change.key, k); });
  return found != range.end() && equal(found->key, key) ? &*found : nullptr;
}

const Delta::Change* Delta::floor(Table table, ByteView prefix, ByteView key) const {
  const auto range = changes(table);
  const auto after =
      std::upper_bound(range.begin(), range.end(), key,
                       [](ByteView k, const Change& change) { return KeyLess{}(k, change.key); });
  if (after == range.begin()) return nullptr;
  const Change& last = *(after - 1);
  return has_prefix(last.key, prefix) ? &last : nullptr;
}

Overlay::Overlay(const StateReader& base, DeltaChain chain)
    : base_(base), chain_(std::move(chain)) {
  for (const auto& delta : chain_) TM_CHECK(delta != nullptr);
}

bool Overlay::find_change(Table table, ByteView key, std::optional<Bytes>& value) const {
  const auto& own = writes_[slot(table)];
  if (auto found = own.find(key); found != own.end()) {
    value = found->second;
    return true;
  }

  if (chain_.empty()) return false;

  // Hashed once for all deltas, whose filters answer most misses.
  const std::uint64_t hash = Delta::key_hash(table, key);
  for (auto delta = chain_.rbegin(); delta != chain_.rend(); ++delta) {
    if (const auto* change = (*delta)->find(table, key, hash)) {
      value = change->value;
      return true;
    }
  }
  return false;
}

std::optional<Bytes> Overlay::get(Table table, ByteView key) const {
  std::optional<Bytes> value;
  return find_change(table, key, value) ? value : base_.get(table, key);
}

std::optional<std::pair<Bytes, Bytes>> Overlay::floor(Table table, ByteView prefix,
                                                      ByteView key) const {
  TM_CHECK(has_prefix(key, prefix));
  const auto& own = writes_[slot(table)];
  Bytes limit = to_bytes(key);
  do {
    Bytes best;
    const auto consider = [&best](ByteView candidate) {
      if (best.empty() || KeyLess{}(best, candidate)) best = to_bytes(candidate);
    };
    if (auto found = floor_in(own, prefix, limit); found != own.end()) consider(found->first);
    for (const auto& delta : chain_) {
      if (const auto* change = delta->floor(table, prefix, limit)) consider(change->key);
    }
    auto from_base = base_.floor(table, prefix, limit);
    if (from_base) consider(from_base->first);
    if (best.empty()) return std::nullopt;

    std::optional<Bytes> value;
    if (!find_change(table, best, value)) return from_base;
    if (value) return std::pair{std::move(best), std::move(*value)};
    limit = std::move(best);  // deleted: look below it
  } while (step_down(limit) && has_prefix(limit, prefix));
  return std::nullopt;
}

void Overlay::write(Table table, ByteView key, std::optional<Bytes> value) {
  auto& own = writes_[slot(table)];
  auto at = own.lower_bound(key);
  const bool was_written = at != own.end() && equal(at->first, key);
  if (!was_written) at = own.emplace_hint(at, to_bytes(key), std::nullopt);
  if (open_savepoints_ > 0)
    undo_.push_back({table, to_bytes(key), was_written, std::move(at->second)});
  at->second = std::move(value);
}

void Overlay::put(Table table, ByteView key, Bytes value) { write(table, key, std::move(value)); }
void Overlay::erase(Table table, ByteView key) { write(table, key, std::nullopt); }

Overlay::Savepoint Overlay::savepoint() {
  ++open_savepoints_;
  return {undo_.size()};
}

void Overlay::rollback(Savepoint savepoint) {
  TM_CHECK(open_savepoints_ > 0 && savepoint.undo_size <= undo_.size());

  // Newest first: a key that was written twice gets back what it had before the first write.
  while (undo_.size() > savepoint.undo_size) {
    auto& undo = undo_.back();
    auto& own = writes_[slot(undo.table)];
    const auto at = own.find(undo.key);
    TM_CHECK(at != own.end());

    if (undo.was_written) {
      at->second = std::move(undo.previous);
    } else {
      own.erase(at);
    }

    undo_.pop_back();
  }

  --open_savepoints_;
}

void Overlay::release(Savepoint savepoint) {
  TM_CHECK(open_savepoints_ > 0 && savepoint.undo_size <= undo_.size());
  if (--open_savepoints_ == 0) undo_.clear();
}

std::shared_ptr<const Delta> Overlay::take() {
  TM_CHECK(open_savepoints_ == 0);
  auto delta = std::make_shared<const Delta>(std::move(writes_));
  writes_ = {};
  return delta;
}

std::optional<Bytes> MemoryState::get(Table table, ByteView key) const {
  const auto& entries = tables_[slot(table)];
  const auto found = entries.find(key);
  if (found == entries.end()) return std::nullopt;
  return found->second;
}

std::optional<std::pair<Bytes, Bytes>> MemoryState::floor(Table table, ByteView prefix,
                                                          ByteView key) const {
  TM_CHECK(has_prefix(key, prefix));
  const auto& entries = tables_[slot(table)];
  const auto found = floor_in(entries, prefix, key);
  if (found == entries.end()) return std::nullopt;
  return std::pair{found->first, found->second};
}

void MemoryState::apply(const Delta& delta) {
  for (const auto& change : delta.changes()) {
    auto& entries = tables_[slot(change.table)];
    if (change.value) {
      entries.insert_or_assign(change.key, *change.value);
    } else {
      entries.erase(change.key);
    }
  }
}

Hash256 MemoryState::digest() const {
  Encoder all;
  for (std::size_t table = 0; table < kTableLimit; ++table) {
    for (const auto& [key, value] : tables_[table]) {
      all.u8(static_cast<std::uint8_t>(table)).sized(key).sized(value);
    }
  }
  return sha256(all.bytes());
}

std::size_t MemoryState::entry_count() const {
  std::size_t count = 0;
  for (const auto& table : tables_) count += table.size();
  return count;
}

}  // namespace testamur::ledger
