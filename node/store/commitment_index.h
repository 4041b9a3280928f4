// From a commitment to the slots where it is listed. Derived from the page commitments in the
// store, never authenticated: a candidate counts only when the page holds the very commitment.
// Private to node/store.
//
// Entries live in sorted runs: small ones in memory, merged as they double; when a million have
// gathered, one sorted file, ingested into RocksDB without passing through its log or memtables,
// merged again eight to one. So an entry costs a few sequential copies in its life, and no random
// insert (decision 0603). What is in memory is rebuilt from the pages at open.
//
// Thread rule: load() before anything else; add() from the store's writer; candidates() and the
// figures from any thread. Files are written by a thread of the index; when it fails, everything
// stays in memory and the next add() fails.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "common/hash.h"
#include "ledger/state.h"
#include "node/store/index_files.h"

namespace testamur::node {

class CommitmentIndex {
 public:
  // `run_entries`: how many entries gather in memory before they become a file. When four times as
  // many wait because the disk is slow, add() waits for it.
  CommitmentIndex(Database& database, std::uint64_t run_entries);
  ~CommitmentIndex();
  CommitmentIndex(const CommitmentIndex&) = delete;
  CommitmentIndex& operator=(const CommitmentIndex&) = delete;

  // Finds the files and rebuilds what only memory held.
  Status load();
  // The page commitments of a block that is in the database already.
  Status add(std::span<const ledger::Delta::Change> pages);
  // Slots whose commitment may be this one, ascending, each once, none below `from`, at most
  // `most`.
  std::vector<CommitmentSlot> candidates(const Hash256& commitment, const CommitmentSlot& from,
                                         std::size_t most) const;

  std::uint64_t entries_in_memory() const;
  std::uint64_t file_runs() const;

 private:
  using Run = std::vector<IndexEntry>;  // sorted
  using FileRunPtr = std::shared_ptr<const FileRun>;
  using Runs = std::vector<std::shared_ptr<const Run>>;
  // What a look-up reads; never changed, replaced.
  struct View {
    Runs memory;                    // being gathered, sizes falling
    Runs frozen;                    // being written into a file
    std::vector<FileRunPtr> files;  // by `from`, without gap or overlap
  };
  using ViewPtr = std::shared_ptr<const View>;

  ViewPtr view() const;
  void add_run(Run run);
  void rebuild(std::uint64_t from_page);
  void freeze(std::unique_lock<std::mutex>& hold);
  void work();
  Status write_frozen();
  Status merge_files();
  Status merge(std::span<const FileRunPtr> runs, const FileRun& into);
  Status remove_unused();
  template <class Change>
  void replace_view(Change&& change);

  Database& database_;
  const std::uint64_t run_entries_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  ViewPtr view_ = std::make_shared<View>();  // under mutex_, as everything down to the thread
  std::uint64_t next_page_ = 0;              // pages below are in the index
  std::uint64_t frozen_next_page_ = 0;       // pages below are in `frozen` or in files
  bool stopping_ = false;
  Status worker_failure_;
  std::thread worker_;  // started with the first file

  // Of the worker: file runs that were merged away, and whether a look-up may still be reading
  // them.
  std::vector<std::pair<std::weak_ptr<const FileRun>, FileRun>> unused_;
};

}  // namespace testamur::node
