// The finalized state and blocks of a node, in RocksDB. Layout of keys: docs/formats/store.md.
//
// Durability: apply() writes a block as one atomic batch that is *not* synced. After a crash the
// store holds a prefix of the applied blocks, whole blocks only; what is missing stands in the
// journal, from which the caller applies it again. sync_wal() makes everything applied so far
// durable; only then may the journal be pruned.
//
// Failures: open() names the file and what to do. Once open, data that cannot be read back stops
// the node through StoreOptions::stop (a state read has no other way to fail, and must never
// guess).
//
// Thread rule: apply() from one thread at a time. snapshot(), sync_wal(), backup() and verify()
// from any thread, also while apply() runs. A Snapshot is immutable and may be used from any
// thread; it must not outlive its Store.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/result.h"
#include "ledger/state.h"
#include "node/store/file.h"

namespace rocksdb {
class Env;
}

namespace testamur::node {

struct StoreOptions {
  bool create_if_missing = false;
  // Nothing is written, not even a log of the database: apply(), sync_wal() and backup() fail, and
  // no commitment is found.
  bool only_to_look = false;
  // Memory for writes that are not in files yet, over all column families, and for cached blocks.
  std::uint64_t write_buffer_bytes = 128u << 20;
  std::uint64_t block_cache_bytes = 128u << 20;
  // open() reads and checks every byte of a store up to this size; a larger one is checked as it is
  // read (verify() checks it whole).
  std::uint64_t verify_on_open_bytes = 256u << 20;
  // Listed commitments that are kept in memory before they become a sorted file.
  std::uint64_t index_run_entries = 1u << 20;
  // Told when stored data cannot be read or written any more. Must not return (it may throw in
  // tests). The default prints the message and ends the process with status 70.
  std::function<void(const std::string&)> stop;
  // Null: the machine's files. Borrowed; for tests.
  rocksdb::Env* env = nullptr;
};

// What the chain hands over once a block is final and in the journal. Views are borrowed for the
// call.
struct FinalizedBlock {
  Height height;
  ByteView header;
  ByteView body;         // the carried transactions, as the chain encodes them
  ByteView certificate;  // finality of this block, as the chain encodes it
  const ledger::Delta& delta;
};

// A place on the ledger where a commitment is listed.
struct CommitmentSlot {
  PageNumber page;
  std::uint8_t position = 0;
  auto operator<=>(const CommitmentSlot&) const = default;
};

using KeyValue = std::pair<Bytes, Bytes>;

// The state after one block, and the blocks up to it.
class Snapshot : public ledger::StateReader {
 public:
  // Nothing before genesis is applied.
  virtual std::optional<Height> height() const = 0;

  virtual std::optional<Bytes> header(Height height) const = 0;
  virtual std::optional<Bytes> body(Height height) const = 0;
  virtual std::optional<Bytes> certificate(Height height) const = 0;

  // Slots whose commitment may be this one, ascending, none below `from`, at most `most`: those
  // whose first bytes agree. Whoever lists may choose these bytes, so that there may be any number
  // of them.
  virtual std::vector<CommitmentSlot> commitment_candidates(const Hash256& commitment,
                                                            const CommitmentSlot& from,
                                                            std::size_t most) const = 0;
  // All slots whose commitment is exactly this one, ascending. Derived from the state, not
  // authenticated. As many as anybody has cared to list: for tests; callers of a node are answered
  // by node/rpc/slots.h.
  std::vector<CommitmentSlot> find_commitment(const Hash256& commitment) const;

  // Up to `limit` entries of a table whose keys begin with `prefix` and are greater than `after`
  // (all when empty), in key order, keys without the table byte.
  virtual std::vector<KeyValue> scan(ledger::Table table, ByteView prefix, ByteView after,
                                     std::size_t limit) const = 0;
};

// What the chain needs of a store. tests/sim has another one, in memory.
class BlockStore {
 public:
  virtual ~BlockStore() = default;

  // Precondition: height is one above the applied height (any height for the first block). The
  // block is in the journal, synced, with its finalization.
  virtual Status apply(const FinalizedBlock& block) = 0;
  // Everything that was applied before the call is durable when it returns ok.
  virtual Status sync_wal() = 0;
  virtual std::optional<Height> applied_height() const = 0;
  // The state after the last applied block; cheap.
  virtual std::shared_ptr<const Snapshot> snapshot() const = 0;
};

// What a backup says of itself, as text; empty or absent: it does not say.
struct BackupFacts {
  std::optional<Height> height;  // it holds at least this block
  std::string ledger;
  std::string node;
};

// In every folder of backups; a folder with nothing else in it holds none.
inline constexpr std::string_view kBackupLock = "backup.lock";

// A folder of backups into which nobody else writes, from this machine or another one that shares
// it, as long as this object is there: two at once destroy each other's files, and of two nodes
// each would find no backup of the other one yet.
class BackupFolder {
 public:
  // Makes the folder where it is not there. Nothing where another backup is being written to it, or
  // restored from it.
  static Result<std::optional<BackupFolder>> claim(const std::string& directory);
  // What to tell then.
  static std::string refusal(const std::string& directory);

  const std::string& directory() const { return directory_; }

 private:
  BackupFolder(std::string directory, std::unique_ptr<FileLock> lock)
      : directory_(std::move(directory)), lock_(std::move(lock)) {}
  std::string directory_;
  std::unique_ptr<FileLock> lock_;
};

class Store final : public BlockStore {
 public:
  static Result<std::unique_ptr<Store>> open(const std::string& directory, StoreOptions options);
  ~Store() override;

  Status apply(const FinalizedBlock& block) override;
  Status sync_wal() override;
  std::optional<Height> applied_height() const override;
  std::shared_ptr<const Snapshot> snapshot() const override;

  // Reads everything and checks every checksum.
  Status verify() const;

  // A consistent, verified copy of the store as of an applied height, while the node runs;
  // incremental when the folder already holds earlier backups of it. Holds no journal and no keys.
  // The backup says of itself what `facts` say, and the height. The caller has asked
  // newest_backup(), with the folder claimed already, whose backups are there: nothing is refused
  // here.
  Status backup(const BackupFolder& folder, const BackupFacts& facts = {});
  // Claims the folder for itself; for whoever knows whose backups are there.
  Status backup(const std::string& directory, const BackupFacts& facts = {});

  // Numbers for metrics.
  struct Figures {
    std::uint64_t index_entries_in_memory = 0;
    std::uint64_t index_runs = 0;
    std::uint64_t live_bytes = 0;
  };
  Figures figures() const;

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Of the backups in a folder the one with the highest block, and of equal ones the last; nothing
// where there is none. Also of folders that an earlier build wrote, whose backups are looked into.
Result<std::optional<BackupFacts>> newest_backup(const std::string& backup_directory);

// Puts the backup that holds the block `height`, or else the highest one, into `directory` (absent
// or empty), every file verified. Fails while a backup is being written to the folder; and without
// a height where the folder holds traces of a newer backup that is not complete: nobody would
// notice what it lacks. The node's vote store is not part of it: make a new one with
// QuarantineReason::kRestored.
Status restore_backup(const std::string& backup_directory, const std::string& directory,
                      std::optional<Height> height = std::nullopt);

// Whether a store and the journal beside it belong together. `first_block` is the lowest block that
// the journal holds, `last_final` the highest one that it holds with its finalization; nothing
// where it holds none. Fails, naming both, when the journal no longer reaches back to the store or
// the store is ahead of the journal.
Status check_continuity(std::optional<Height> applied, std::optional<Height> first_block,
                        std::optional<Height> last_final);

}  // namespace testamur::node
