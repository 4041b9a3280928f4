// The seam between the journal and the operating system: everything that the journal does to a disk
// goes through here, so that a test can lose, tear or corrupt what was not synced.
//
// Durability, which is what the seam is about: what write_at() wrote is durable when a later sync()
// of the same file has returned; that a name exists, is gone or was renamed is durable when a later
// sync_directory() has returned. Until then a crash may keep any part of it, whole 512-byte sectors
// at least.
//
// Thread rule: a FileSystem may be used from any thread; a File by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"

namespace testamur::node {

inline constexpr std::size_t kSectorBytes = 512;

class File {
 public:
  virtual ~File() = default;
  // Writes all of `bytes` at `offset`; the file grows where necessary.
  virtual Status write_at(std::uint64_t offset, ByteView bytes) = 0;
  // Fills all of `out` from `offset`; reading past the end is a failure.
  virtual Status read_at(std::uint64_t offset, std::span<std::uint8_t> out) const = 0;
  // fdatasync. After a failure the state on disk is unknown and the file must not be trusted any
  // further.
  virtual Status sync() = 0;
  virtual Result<std::uint64_t> size() const = 0;
};

// Held while in scope; no second holder exists on the machine.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class OpenMode { kExisting, kCreateNew };

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual bool exists(const std::string& path) const = 0;
  // The plain names in a directory, sorted.
  virtual Result<std::vector<std::string>> list(const std::string& directory) const = 0;
  // With all missing parents.
  virtual Status create_directory(const std::string& directory) = 0;
  // Atomically replaces `to` where it exists.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;
  virtual Status sync_directory(const std::string& directory) = 0;
  // Fails when another process (or object) holds it.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
};

// The files of this machine. Stateless.
std::unique_ptr<FileSystem> make_posix_file_system();

// Whether holders of a lock exclude each other, or only those that want it for themselves.
enum class LockKind { kExclusive, kShared };
// On a file of this machine, or of a share that has locks. Null where another process (or object)
// holds it. An exclusive lock makes the file where it is absent, so that only its owner may take
// it; a shared one fails there, and where the file cannot be read.
Result<std::unique_ptr<FileLock>> try_lock(const std::string& path, LockKind kind);

// The whole of a small file.
Result<Bytes> read_whole_file(FileSystem& files, const std::string& path);
// Writes a small file so that after a crash either the old or the new content is there: temporary
// name, sync, rename, directory sync.
Status replace_file(FileSystem& files, const std::string& directory, const std::string& name,
                    ByteView content);

}  // namespace testamur::node
