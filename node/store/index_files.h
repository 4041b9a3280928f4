// The files of the commitment index: sorted runs of entries, each made of ingested RocksDB table
// files. Byte format: docs/formats/store.md. Private to node/store; a writer or reader belongs to
// one thread.
#pragma once

#include <rocksdb/sst_file_writer.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/store/database.h"

namespace testamur::node {

// 8 bytes of a commitment and the slot that lists it.
struct IndexEntry {
  std::uint64_t prefix = 0;  // the first 8 bytes of the commitment, big-endian
  std::uint64_t slot = 0;    // page << 7 | position
  auto operator<=>(const IndexEntry&) const = default;
};

// All entries of the pages [from, to). Never changed: runs are merged into wider ones.
struct FileRun {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t count = 0;
};

class RunWriter {
 public:
  RunWriter(Database& database, const FileRun& run);
  ~RunWriter();
  // In ascending order.
  Status add(const IndexEntry& entry);
  // The run exists, whole and durable, when this returns ok; otherwise nothing of it does.
  Status finish();

 private:
  Status open_file();
  Status close_file();
  Status write_chunk();

  Database& database_;
  FileRun run_;
  rocksdb::Options options_;
  std::unique_ptr<rocksdb::SstFileWriter> file_;
  std::vector<std::string> paths_;
  std::vector<IndexEntry> chunk_;
};

std::unique_ptr<rocksdb::Iterator> new_index_iterator(const Database& database);

// The entries of a run, ascending. Reads through `iterator`, which is borrowed and nobody else's
// meanwhile: a look-up uses one for all runs.
class RunReader {
 public:
  RunReader(rocksdb::Iterator& iterator, const FileRun& run);
  // Moves to the first entry that is not below `entry`.
  void seek(const IndexEntry& entry);
  // Nothing at the end, and after a failure: ask status() then.
  std::optional<IndexEntry> next();
  const rocksdb::Status& status() const { return status_; }

 private:
  bool load_chunk();
  IndexEntry entry_at(std::size_t at) const;

  rocksdb::Iterator& iterator_;
  const Bytes prefix_;
  ByteView chunk_;  // the value at the iterator
  rocksdb::Status status_;
  std::size_t count_ = 0;
  std::size_t at_ = 0;
  bool started_ = false;
};

// All runs, by (from ascending, to descending).
Result<std::vector<FileRun>> list_runs(const Database& database);
Status remove_run(Database& database, const FileRun& run);
// What an interrupted RunWriter has left beside the database.
void remove_unfinished_runs(Database& database);

}  // namespace testamur::node
