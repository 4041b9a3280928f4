#include "tests/sim/memory_store.h"

#include <algorithm>

#include "common/check.h"

namespace testamur::sim {

using ledger::Table;

const std::optional<Bytes>* MemoryStore::at_height(const Versions& versions, std::uint64_t height) {
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    if (version->height <= height) return &version->value;
  }
  return nullptr;
}

// Valid while the store is: a crash or a wipe ends the life of all who hold one.
class MemoryStore::View final : public node::Snapshot {
 public:
  View(const MemoryStore& store, std::uint64_t count) : store_(store), count_(count) {}

  std::optional<Bytes> get(Table table, ByteView key) const override {
    const auto& rows = store_.tables_[static_cast<std::size_t>(table)];
    const auto row = rows.find(key);
    const auto* value =
        row == rows.end() || count_ == 0 ? nullptr : at_height(row->second, count_ - 1);
    return value == nullptr ? std::nullopt : *value;
  }

  std::optional<std::pair<Bytes, Bytes>> floor(Table table, ByteView prefix,
                                               ByteView key) const override {
    const auto& rows = store_.tables_[static_cast<std::size_t>(table)];
    for (auto row = rows.upper_bound(key); row != rows.begin();) {
      --row;
      if (!starts_with(row->first, prefix)) return std::nullopt;
      const auto* value = at_height(row->second, count_ - 1);
      if (value != nullptr && *value) return std::pair(row->first, **value);
    }
    return std::nullopt;
  }

  std::optional<Height> height() const override {
    if (count_ == 0) return std::nullopt;
    return Height{count_ - 1};
  }
  std::optional<Bytes> header(Height height) const override { return part(height, &Block::header); }
  std::optional<Bytes> body(Height height) const override { return part(height, &Block::body); }
  std::optional<Bytes> certificate(Height height) const override {
    return part(height, &Block::certificate);
  }
  // Nobody asks here.
  std::vector<node::CommitmentSlot> commitment_candidates(const Hash256&,
                                                          const node::CommitmentSlot&,
                                                          std::size_t) const override {
    return {};
  }

  std::vector<node::KeyValue> scan(Table table, ByteView prefix, ByteView after,
                                   std::size_t limit) const override {
    std::vector<node::KeyValue> found;
    const auto& rows = store_.tables_[static_cast<std::size_t>(table)];
    for (auto row = after.empty() ? rows.lower_bound(prefix) : rows.upper_bound(after);
         row != rows.end(); ++row) {
      if (!starts_with(row->first, prefix) || found.size() >= limit) break;
      const auto* value = at_height(row->second, count_ - 1);
      if (value != nullptr && *value) found.emplace_back(row->first, **value);
    }
    return found;
  }

 private:
  static bool starts_with(ByteView key, ByteView prefix) {
    return key.size() >= prefix.size() && equal(key.first(prefix.size()), prefix);
  }
  std::optional<Bytes> part(Height height, Bytes Block::*which) const {
    if (height.value >= count_) return std::nullopt;
    return store_.blocks_[height.value].*which;
  }

  const MemoryStore& store_;
  std::uint64_t count_;  // blocks, genesis included
};

Status MemoryStore::apply(const node::FinalizedBlock& block) {
  TM_CHECK(block.height.value == blocks_.size(),
           "a block is applied out of turn:", block.height.value);
  Block stored{to_bytes(block.header), to_bytes(block.body), to_bytes(block.certificate), {}};
  for (const auto& change : block.delta.changes()) {
    tables_[static_cast<std::size_t>(change.table)][change.key].push_back(
        {block.height.value, change.value});
    stored.written.emplace_back(change.table, change.key);
  }
  blocks_.push_back(std::move(stored));
  return {};
}

Status MemoryStore::sync_wal() {
  synced_ = blocks_.size();
  return {};
}

std::optional<Height> MemoryStore::applied_height() const {
  if (blocks_.empty()) return std::nullopt;
  return Height{blocks_.size() - 1};
}

std::shared_ptr<const node::Snapshot> MemoryStore::snapshot() const {
  return std::make_shared<const View>(*this, blocks_.size());
}

void MemoryStore::crash(Random& random) {
  const std::size_t kept = random.between(synced_, blocks_.size());
  while (blocks_.size() > kept) {
    const std::uint64_t height = blocks_.size() - 1;
    for (const auto& [table, key] : blocks_.back().written) {
      auto& rows = tables_[static_cast<std::size_t>(table)];
      const auto row = rows.find(key);
      TM_CHECK(row != rows.end() && row->second.back().height == height);
      row->second.pop_back();
      if (row->second.empty()) rows.erase(row);
    }
    blocks_.pop_back();
  }
}

}  // namespace testamur::sim
