#include "ledger/log.h"

#include <algorithm>

#include "common/check.h"
#include "ledger/meta.h"

namespace testamur::ledger {
namespace {

constexpr StoredTree kTree{Table::kLogNodes};
constexpr unsigned kTileHeight = 8;
constexpr std::uint64_t kTileWidth = 1u << kTileHeight;
constexpr unsigned kMaxTileLevel = 7;

}  // namespace

Bytes encode(const LogLeaf& leaf) {
  Encoder out;
  out.u8(LogLeaf::kVersion).u64(leaf.index).u64(leaf.height).u64(leaf.time_ms).u16(leaf.kind);
  out.fixed(leaf.author).fixed(leaf.key).fixed(leaf.transaction);
  TM_CHECK(out.bytes().size() == LogLeaf::kEncodedSize);
  return out.take();
}

Result<LogLeaf> decode_log_leaf(ByteView bytes) {
  Decoder in{bytes};
  if (bytes.size() != LogLeaf::kEncodedSize || in.u8() != LogLeaf::kVersion) {
    return error("log leaf: not 91 bytes of version 1");
  }

  LogLeaf leaf;
  leaf.index = LogIndex{in.u64()};
  leaf.height = Height{in.u64()};
  leaf.time_ms = in.u64();
  leaf.kind = in.u16();
  leaf.author = in.fixed<InstitutionId>();
  leaf.key = in.fixed<KeyId>();
  leaf.transaction = in.fixed<TransactionId>();

  return leaf;
}

std::uint64_t Log::size() const { return read_counter(state_, MetaKey::kLogSize); }

std::optional<LogLeaf> Log::leaf(LogIndex index) const {
  const auto stored = state_.get(Table::kLogLeaves, u64_bytes(index.value));
  if (!stored) return std::nullopt;
  return decode_log_leaf(*stored).value();
}

std::optional<LogIndex> Log::find(const TransactionId& transaction) const {
  const auto stored = state_.get(Table::kTransactions, transaction.view());
  if (!stored) return std::nullopt;
  return LogIndex{u64_from(*stored)};
}

Hash256 Log::root(std::uint64_t size) const { return kTree.root(state_, size); }

merkle::Path Log::inclusion(LogIndex index, std::uint64_t size) const {
  return kTree.inclusion(state_, index.value, size);
}

merkle::Path Log::consistency(std::uint64_t old_size, std::uint64_t size) const {
  return kTree.consistency(state_, old_size, size);
}

Bytes Log::tile(unsigned tile_level, std::uint64_t index, std::uint64_t size) const {
  Bytes hashes;
  if (tile_level > kMaxTileLevel) return hashes;
  const std::uint64_t level_size = size >> (tile_level * kTileHeight);
  if (index > level_size / kTileWidth) return hashes;
  const std::uint64_t first = index * kTileWidth;
  const std::uint64_t end = std::min(first + kTileWidth, level_size);
  for (std::uint64_t i = first; i < end; ++i) {
    const Hash256 hash = kTree.node(state_, tile_level * kTileHeight, i);
    hashes.insert(hashes.end(), hash.bytes.begin(), hash.bytes.end());
  }
  return hashes;
}

Bytes Log::entry_bundle(std::uint64_t index, std::uint64_t size) const {
  Encoder bundle;
  if (index > size / kTileWidth) return bundle.take();
  const std::uint64_t first = index * kTileWidth;
  const std::uint64_t end = std::min(first + kTileWidth, size);
  for (std::uint64_t i = first; i < end; ++i) {
    const auto stored = state_.get(Table::kLogLeaves, u64_bytes(i));
    TM_CHECK(stored.has_value(), "missing log leaf", i);
    bundle.u16(static_cast<std::uint16_t>(stored->size())).raw(*stored);
  }
  return bundle.take();
}

LogIndex append_log(Overlay& state, LogLeaf leaf) {
  leaf.index = LogIndex{read_counter(state, MetaKey::kLogSize)};
  state.put(Table::kLogLeaves, u64_bytes(leaf.index.value), encode(leaf));
  state.put(Table::kTransactions, leaf.transaction.view(), u64_bytes(leaf.index.value));
  write_counter(state, MetaKey::kLogSize, leaf.index.value + 1);
  return leaf.index;
}

void hash_log(Overlay& state, std::uint64_t size_before_block) {
  std::vector<Hash256> hashes;
  for (const auto& [key, value] : state.writes(Table::kLogLeaves)) {
    TM_CHECK(value.has_value() && u64_from(key) == size_before_block + hashes.size());
    hashes.push_back(merkle::leaf_hash(*value));
  }
  kTree.append(state, size_before_block, hashes);
}

}  // namespace testamur::ledger
