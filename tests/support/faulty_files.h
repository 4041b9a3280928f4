// A disk in memory that forgets, at a crash, what was not synced: any part of it, sector by sector.
// One disk serves the journal (file_system()) and RocksDB (faulty_rocksdb.h), so that one crash
// hits both at the same instant.
//
// Model. Each file has the content that a sync made durable and a list of later writes. At a crash
// every sector of every later write survives or not, by the seed; a sector is never torn. It has
// 512 bytes, on which the journal builds; RocksDB builds on none, and its files tear every 16
// bytes, so that what needs a header across two sectors is met in each run. Names (created,
// renamed, removed) are durable after a directory sync; a crash keeps a prefix, by the seed, of the
// later changes of names, as a journaling file system does. After a crash the journal's open
// handles fail; RocksDB's go on in an afterlife that restart() forgets (its process is dead;
// RocksDB is not made to run on without a disk), so after anything that may have crashed ask
// crashed() before believing a result.
//
// Thread rule: any thread (RocksDB has threads of its own).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "node/store/file.h"

namespace testamur::test {

struct DiskFile {
  struct Write {
    std::uint64_t offset = 0;
    Bytes bytes;
  };
  Bytes content;                                    // what a reader sees now
  Bytes durable;                                    // what a sync has made durable
  std::vector<Write> unsynced;                      // since then, in order
  std::uint64_t sector_bytes = node::kSectorBytes;  // what survives a crash whole or not at all
};

class FaultyDisk {
 public:
  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  // The journal's view of the disk; owned by the disk.
  node::FileSystem& file_system();

  // The machine loses power now. Every operation fails from here on.
  void crash(std::uint64_t seed);
  // It loses power at the n-th write, sync or change of names from now (1 = the next), before that
  // operation.
  void crash_after(std::uint64_t operations, std::uint64_t seed);
  bool crashed() const;
  // Power is back: what survived can be opened. Precondition: crashed.
  void restart();
  std::uint64_t operation_count() const;

  // Damage and inspection, for tests. The path must exist.
  std::vector<std::string> paths() const;
  std::uint64_t size(const std::string& path) const;
  void flip_bit(const std::string& path, std::uint64_t offset, unsigned bit = 0);
  void fill(const std::string& path, std::uint64_t offset, std::uint64_t count, std::uint8_t value);
  void cut(const std::string& path, std::uint64_t size);
  void erase(const std::string& path);
  Bytes content(const std::string& path) const;
  // Everything that is on the disk now, synced or not, and back to it: what a copy of the directory
  // would be.
  std::map<std::string, Bytes> image() const;
  void restore_image(const std::map<std::string, Bytes>& image);

  // The operations of both adapters. `epoch` is the boot in which a handle was opened.
  using Handle = std::shared_ptr<DiskFile>;
  std::uint64_t epoch() const;
  bool is_stale(std::uint64_t epoch) const;  // the handle is from before a crash
  Result<Handle> open(const std::string& path);
  Result<Handle> create(const std::string& path);  // replaces
  Status write(std::uint64_t epoch, DiskFile& file, std::uint64_t offset, ByteView bytes);
  Status truncate(std::uint64_t epoch, DiskFile& file, std::uint64_t size);
  Status sync(std::uint64_t epoch, DiskFile& file);
  Result<std::size_t> read(const DiskFile& file, std::uint64_t offset,
                           std::span<std::uint8_t> out) const;
  Result<std::uint64_t> file_size(const DiskFile& file) const;
  bool exists(const std::string& path) const;
  bool is_directory(const std::string& path) const;
  std::vector<std::string> list(const std::string& directory) const;
  Status create_directory(const std::string& path);
  Status rename(const std::string& from, const std::string& to);
  Status link(const std::string& from, const std::string& to);
  Status remove(const std::string& path);
  Status sync_directory(std::uint64_t epoch, const std::string& directory);
  bool try_lock(const std::string& path);
  void unlock(std::uint64_t epoch, const std::string& path);

 private:
  using Names = std::map<std::string, Handle>;
  struct NameChange {
    std::string directory;
    std::function<void(Names&)> apply;
  };

  Status begin(std::uint64_t epoch);  // every changing operation; precondition: mutex_ held
  void crash_now(std::uint64_t seed);
  void change_names(const std::string& path, std::function<void(Names&)> change);

  mutable std::mutex mutex_;
  Names& names() { return crashed_ ? afterlife_ : names_; }
  const Names& names() const { return crashed_ ? afterlife_ : names_; }

  Names names_;          // now
  Names durable_names_;  // at the last directory syncs
  std::vector<NameChange> name_changes_;
  Names afterlife_;  // between crash() and restart(): where a RocksDB that does not know of it goes
                     // on
  std::set<std::string> directories_;
  std::set<std::string> locks_;
  std::uint64_t epoch_ = 1;
  std::uint64_t operations_ = 0;
  std::uint64_t crash_at_ = 0;
  std::uint64_t crash_seed_ = 0;
  bool crashed_ = false;
  std::unique_ptr<node::FileSystem> file_system_;
};

}  // namespace testamur::test
