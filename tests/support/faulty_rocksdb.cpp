// RocksDB's file system over FaultyDisk. Each handle keeps the epoch in which it was opened: after
// a crash it is stale and writes into the afterlife.
#include "tests/support/faulty_rocksdb.h"

#include <rocksdb/file_system.h>

#include <algorithm>

namespace testamur::test {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::uint64_t kTornBytes = 16;

IOStatus to_io(const Status& status) {
  return status.ok() ? IOStatus::OK() : IOStatus::IOError(status.message());
}

// A handle from before a crash pretends to work: RocksDB is not made to go on after a failed write,
// and need not.
IOStatus to_io(const FaultyDisk& disk, std::uint64_t epoch, const Status& status) {
  return disk.is_stale(epoch) ? IOStatus::OK() : to_io(status);
}

IOStatus read_into(const FaultyDisk& disk, const DiskFile& file, std::uint64_t offset,
                   std::size_t n, Slice* result, char* scratch) {
  auto count = disk.read(file, offset, {reinterpret_cast<std::uint8_t*>(scratch), n});
  if (!count.ok()) return IOStatus::IOError(count.message());
  *result = Slice(scratch, *count);
  return IOStatus::OK();
}

class SequentialFile final : public rocksdb::FSSequentialFile {
 public:
  SequentialFile(FaultyDisk& disk, FaultyDisk::Handle file) : disk_(disk), file_(std::move(file)) {}
  IOStatus Read(size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) override {
    auto status = read_into(disk_, *file_, at_, n, result, scratch);
    if (status.ok()) at_ += result->size();
    return status;
  }
  IOStatus Skip(uint64_t n) override {
    at_ += n;
    return IOStatus::OK();
  }

 private:
  FaultyDisk& disk_;
  FaultyDisk::Handle file_;
  std::uint64_t at_ = 0;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
  RandomAccessFile(FaultyDisk& disk, FaultyDisk::Handle file)
      : disk_(disk), file_(std::move(file)) {}
  IOStatus Read(uint64_t offset, size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    return read_into(disk_, *file_, offset, n, result, scratch);
  }

 private:
  FaultyDisk& disk_;
  FaultyDisk::Handle file_;
};

class WritableFile final : public rocksdb::FSWritableFile {
 public:
  WritableFile(FaultyDisk& disk, FaultyDisk::Handle file)
      : disk_(disk), file_(std::move(file)), epoch_(disk.epoch()), size_(file_->content.size()) {}
  using rocksdb::FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    const auto status =
        disk_.write(epoch_, *file_, size_, as_bytes(std::string_view(data.data(), data.size())));
    size_ += data.size();
    return to_io(disk_, epoch_, status);
  }
  IOStatus Truncate(uint64_t size, const IOOptions&, IODebugContext*) override {
    if (size == size_) return IOStatus::OK();
    size_ = size;
    return to_io(disk_, epoch_, disk_.truncate(epoch_, *file_, size));
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return to_io(disk_, epoch_, disk_.sync(epoch_, *file_));
  }
  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return size_; }
  bool IsSyncThreadSafe() const override { return true; }

 private:
  FaultyDisk& disk_;
  FaultyDisk::Handle file_;
  std::uint64_t epoch_;
  std::uint64_t size_;
};

// RocksDB opens an ingested file so, to sync it.
class RandomRWFile final : public rocksdb::FSRandomRWFile {
 public:
  RandomRWFile(FaultyDisk& disk, FaultyDisk::Handle file)
      : disk_(disk), file_(std::move(file)), epoch_(disk.epoch()) {}
  IOStatus Write(uint64_t offset, const Slice& data, const IOOptions&, IODebugContext*) override {
    return to_io(
        disk_, epoch_,
        disk_.write(epoch_, *file_, offset, as_bytes(std::string_view(data.data(), data.size()))));
  }
  IOStatus Read(uint64_t offset, size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    return read_into(disk_, *file_, offset, n, result, scratch);
  }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return to_io(disk_, epoch_, disk_.sync(epoch_, *file_));
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  FaultyDisk& disk_;
  FaultyDisk::Handle file_;
  std::uint64_t epoch_;
};

class Directory final : public rocksdb::FSDirectory {
 public:
  Directory(FaultyDisk& disk, std::string path)
      : disk_(disk), path_(std::move(path)), epoch_(disk.epoch()) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return to_io(disk_, epoch_, disk_.sync_directory(epoch_, path_));
  }

 private:
  FaultyDisk& disk_;
  std::string path_;
  std::uint64_t epoch_;
};

class Lock final : public rocksdb::FileLock {
 public:
  Lock(std::string path, std::uint64_t epoch) : path_(std::move(path)), epoch_(epoch) {}
  std::string path_;
  std::uint64_t epoch_;
};

class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
  size_t GetLogFileSize() const override { return 0; }
};

class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultyFileSystem(FaultyDisk& disk)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}
  const char* Name() const override { return "FaultyFileSystem"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSSequentialFile>* file,
                             IODebugContext*) override {
    return open<SequentialFile>(path, file);
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions&,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                               IODebugContext*) override {
    return open<RandomAccessFile>(path, file);
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions&,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext*) override {
    auto created = disk_.create(clean(path));
    if (!created.ok()) return IOStatus::IOError(created.message());
    (*created)->sector_bytes = kTornBytes;
    file->reset(new WritableFile(disk_, std::move(*created)));
    return IOStatus::OK();
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions&,
                              std::unique_ptr<rocksdb::FSWritableFile>* file,
                              IODebugContext*) override {
    return open<WritableFile>(path, file);
  }
  IOStatus NewRandomRWFile(const std::string& path, const FileOptions&,
                           std::unique_ptr<rocksdb::FSRandomRWFile>* file,
                           IODebugContext*) override {
    return open<RandomRWFile>(path, file);
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&,
                        std::unique_ptr<rocksdb::FSDirectory>* directory,
                        IODebugContext*) override {
    if (!disk_.is_directory(clean(path))) return IOStatus::NotFound(path);
    directory->reset(new Directory(disk_, clean(path)));
    return IOStatus::OK();
  }
  IOStatus FileExists(const std::string& path, const IOOptions&, IODebugContext*) override {
    return disk_.exists(clean(path)) || disk_.is_directory(clean(path)) ? IOStatus::OK()
                                                                        : IOStatus::NotFound(path);
  }
  IOStatus GetChildren(const std::string& path, const IOOptions&, std::vector<std::string>* names,
                       IODebugContext*) override {
    if (!disk_.is_directory(clean(path))) return IOStatus::NotFound(path);
    *names = disk_.list(clean(path));
    return IOStatus::OK();
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override {
    return to_io(disk_.remove(clean(path)));
  }
  IOStatus CreateDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    return to_io(disk_.create_directory(clean(path)));
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions&, IODebugContext*) override {
    return to_io(disk_.create_directory(clean(path)));
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions&, uint64_t* size,
                       IODebugContext*) override {
    if (!disk_.exists(clean(path))) return IOStatus::NotFound(path);
    *size = disk_.size(clean(path));
    return IOStatus::OK();
  }
  IOStatus GetFileModificationTime(const std::string&, const IOOptions&, uint64_t* time,
                                   IODebugContext*) override {
    *time = 0;
    return IOStatus::OK();
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                      IODebugContext*) override {
    return to_io(disk_.rename(clean(from), clean(to)));
  }
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions&,
                    IODebugContext*) override {
    return to_io(disk_.link(clean(from), clean(to)));
  }
  IOStatus LockFile(const std::string& path, const IOOptions&, rocksdb::FileLock** lock,
                    IODebugContext*) override {
    if (!disk_.try_lock(clean(path))) return IOStatus::IOError(path + " is locked");
    *lock = new Lock(clean(path), disk_.epoch());
    return IOStatus::OK();
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override {
    const std::unique_ptr<Lock> held(static_cast<Lock*>(lock));
    disk_.unlock(held->epoch_, held->path_);
    return IOStatus::OK();
  }
  IOStatus NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>* logger,
                     IODebugContext*) override {
    *logger = std::make_shared<SilentLogger>();
    return IOStatus::OK();
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* absolute,
                           IODebugContext*) override {
    *absolute = path;
    return IOStatus::OK();
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is_directory,
                       IODebugContext*) override {
    *is_directory = disk_.is_directory(clean(path));
    return IOStatus::OK();
  }

 private:
  template <class Opened, class Base>
  IOStatus open(const std::string& path, std::unique_ptr<Base>* file) {
    auto found = disk_.open(clean(path));
    if (!found.ok()) return IOStatus::PathNotFound(path);
    file->reset(new Opened(disk_, std::move(*found)));
    return IOStatus::OK();
  }
  // One spelling a path.
  static std::string clean(const std::string& path) {
    std::string cleaned;
    for (const char c : path) {
      if (c != '/' || cleaned.empty() || cleaned.back() != '/') cleaned.push_back(c);
    }
    if (cleaned.size() > 1 && cleaned.back() == '/') cleaned.pop_back();
    return cleaned;
  }

  FaultyDisk& disk_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> make_faulty_env(FaultyDisk& disk) {
  return rocksdb::NewCompositeEnv(std::make_shared<FaultyFileSystem>(disk));
}

}  // namespace testamur::test
