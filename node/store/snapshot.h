// The store's Snapshot over RocksDB. Private to node/store; thread rule as in store.h.
#pragma once

#include "node/store/commitment_index.h"
#include "node/store/database.h"
#include "node/store/store.h"

namespace testamur::node {

// The applied height, in the state family: table byte 0, which no ledger table has.
inline constexpr std::uint8_t kAppliedKey[] = {0, 2};

// Parts of a block in the blocks family: height u64, then one of these.
enum class BlockPart : std::uint8_t { kHeader = 1, kBody = 2, kCertificate = 3 };
Bytes block_key(Height height, BlockPart part);
Bytes state_key(ledger::Table table, ByteView key);
// The family that holds a table.
rocksdb::ColumnFamilyHandle* family_of(const Database& database, ledger::Table table);

class DatabaseSnapshot final : public Snapshot {
 public:
  DatabaseSnapshot(const Database& database, const CommitmentIndex& index,
                   std::optional<Height> height);
  ~DatabaseSnapshot() override;
  DatabaseSnapshot(const DatabaseSnapshot&) = delete;
  DatabaseSnapshot& operator=(const DatabaseSnapshot&) = delete;

  std::optional<Bytes> get(ledger::Table table, ByteView key) const override;
  std::optional<std::pair<Bytes, Bytes>> floor(ledger::Table table, ByteView prefix,
                                               ByteView key) const override;
  std::optional<Height> height() const override { return height_; }
  std::optional<Bytes> header(Height height) const override {
    return block(height, BlockPart::kHeader);
  }
  std::optional<Bytes> body(Height height) const override {
    return block(height, BlockPart::kBody);
  }
  std::optional<Bytes> certificate(Height height) const override {
    return block(height, BlockPart::kCertificate);
  }
  std::vector<CommitmentSlot> commitment_candidates(const Hash256& commitment,
                                                    const CommitmentSlot& from,
                                                    std::size_t most) const override;
  std::vector<KeyValue> scan(ledger::Table table, ByteView prefix, ByteView after,
                             std::size_t limit) const override;

 private:
  std::optional<Bytes> block(Height height, BlockPart part) const;

  const Database& database_;
  const CommitmentIndex& index_;
  const std::optional<Height> height_;
  const rocksdb::Snapshot* snapshot_;
};

}  // namespace testamur::node
