// RocksDB as the store uses it: column families, options, and the one rule that keeps un-synced
// writes safe. Private to node/store.
//
// The rule: a memtable is switched (and with it the write-ahead log) only by flush(), which syncs
// the log first, with no write in between. So at most the newest log file has un-synced parts, and
// what a crash leaves is a prefix of the batches. Left to itself RocksDB may switch logs with the
// old one un-synced; if a crash then loses its end cleanly while the next file survives, recovery
// would skip a block in the middle without noticing (decision 0602).
//
// After a write or sync has failed nothing more is written: what reached the disk is unknown until
// the next open.
//
// Thread rule: write() and flush() exclude one another; everything else as RocksDB: any thread.
#pragma once

#include <rocksdb/db.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/result.h"
#include "node/store/store.h"

namespace testamur::node {

class Database {
 public:
  static Result<std::unique_ptr<Database>> open(const std::string& directory, StoreOptions options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Atomic, un-synced. Flushes when enough has been written since the last time.
  Status write(rocksdb::WriteBatch& batch);
  Status sync_wal();
  // Moves all memtables into files, in the background unless `wait`.
  Status flush(bool wait);
  Status verify() const;

  // The value of a key; stops the node when it cannot be read.
  std::optional<Bytes> get(rocksdb::ColumnFamilyHandle* family, const rocksdb::Snapshot* snapshot,
                           ByteView key) const;
  rocksdb::ReadOptions read_options(const rocksdb::Snapshot* snapshot) const;
  [[noreturn]] void stop(const std::string& message) const;
  // Stops the node unless `status` is ok.
  void require(const rocksdb::Status& status) const;
  Error failure(const std::string& action, const rocksdb::Status& status) const;

  rocksdb::DB& db() const { return *db_; }
  const std::string& directory() const { return directory_; }
  rocksdb::Env* env() const;
  // Ledger state and meta data; page commitments; blocks; runs of the commitment index (ingested
  // files only).
  rocksdb::ColumnFamilyHandle* state() const { return families_[0]; }
  rocksdb::ColumnFamilyHandle* pages() const { return families_[1]; }
  rocksdb::ColumnFamilyHandle* blocks() const { return families_[2]; }
  rocksdb::ColumnFamilyHandle* index() const { return families_[3]; }

 private:
  Database(std::string directory, StoreOptions options);
  Status open_files();
  Status check_schema();
  Status flush_locked(bool wait);
  Status after(const std::string& action, const rocksdb::Status& status);

  std::string directory_;
  StoreOptions options_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
  std::atomic<bool> has_failed_ = false;
  std::mutex write_mutex_;
  std::uint64_t written_since_flush_ = 0;  // bytes; under write_mutex_
};

inline rocksdb::Slice to_slice(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline ByteView to_view(const rocksdb::Slice& slice) {
  return {reinterpret_cast<const std::uint8_t*>(slice.data()), slice.size()};
}

}  // namespace testamur::node
