// The files of a real disk behind the seam of file.h. A write is whole or fails, a signal
// interrupts neither reads nor writes; nothing is durable before sync() and, for names,
// sync_directory().
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "common/access.h"
#include "node/store/file.h"

namespace testamur::node {
namespace {

Error system_error(const std::string& action, const std::string& path) {
  const int cause = errno;
  return error("cannot " + action + " " + path + ": " + std::strerror(cause) +
               access_cure(cause, path));
}

class PosixFile final : public File {
 public:
  PosixFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;
  ~PosixFile() override { ::close(descriptor_); }

  Status write_at(std::uint64_t offset, ByteView bytes) override {
    while (!bytes.empty()) {
      const auto written =
          ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0) {
        if (errno == EINTR) continue;
        return system_error("write at offset " + std::to_string(offset) + " of", path_);
      }
      bytes = bytes.subspan(static_cast<std::size_t>(written));
      offset += static_cast<std::uint64_t>(written);
    }
    return {};
  }

  Status read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    while (!out.empty()) {
      const auto read = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
      if (read < 0) {
        if (errno == EINTR) continue;
        return system_error("read at offset " + std::to_string(offset) + " of", path_);
      }
      if (read == 0)
        return error(path_ + " ends at offset " + std::to_string(offset) + ", more was expected");
      out = out.subspan(static_cast<std::size_t>(read));
      offset += static_cast<std::uint64_t>(read);
    }
    return {};
  }

  Status sync() override {
    if (::fdatasync(descriptor_) != 0) return system_error("sync", path_);
    return {};
  }

  Result<std::uint64_t> size() const override {
    struct stat facts {};
    if (::fstat(descriptor_, &facts) != 0) return system_error("examine", path_);
    return static_cast<std::uint64_t>(facts.st_size);
  }

 private:
  int descriptor_;
  std::string path_;
};

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(int descriptor) : descriptor_(descriptor) {}
  PosixLock(const PosixLock&) = delete;
  PosixLock& operator=(const PosixLock&) = delete;
  ~PosixLock() override { ::close(descriptor_); }

 private:
  int descriptor_;
};

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    const int flags = O_RDWR | O_CLOEXEC | (mode == OpenMode::kCreateNew ? O_CREAT | O_EXCL : 0);
    const int descriptor = ::open(path.c_str(), flags, 0600);
    if (descriptor < 0) return system_error(mode == OpenMode::kCreateNew ? "create" : "open", path);
    return std::unique_ptr<File>(std::make_unique<PosixFile>(descriptor, path));
  }

  bool exists(const std::string& path) const override {
    struct stat facts {};
    // Where the system does not say, opening it tells why; a vote store is never taken for missing.
    return ::stat(path.c_str(), &facts) == 0 || (errno != ENOENT && errno != ENOTDIR);
  }

  Result<std::vector<std::string>> list(const std::string& directory) const override {
    DIR* open_directory = ::opendir(directory.c_str());
    if (open_directory == nullptr) return system_error("list", directory);
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(open_directory)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    ::closedir(open_directory);
    std::sort(names.begin(), names.end());
    return names;
  }

  Status create_directory(const std::string& directory) override {
    for (std::size_t at = directory.find('/', 1);; at = directory.find('/', at + 1)) {
      const std::string part = directory.substr(0, at);
      if (!part.empty() && ::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST)
        return system_error("create", part);
      if (at == std::string::npos) return {};
    }
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0)
      return system_error("rename to " + to + " the file", from);
    return {};
  }

  Status remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return system_error("remove", path);
    return {};
  }

  Status sync_directory(const std::string& directory) override {
    const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return system_error("open", directory);
    const int result = ::fsync(descriptor);
    const int cause = errno;
    ::close(descriptor);
    errno = cause;
    if (result != 0) return system_error("sync", directory);
    return {};
  }

  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    TM_TRY(auto lock, try_lock(path, LockKind::kExclusive));
    if (!lock)
      return error(path + " is locked: another process uses this directory; stop it first");
    return lock;
  }
};

}  // namespace

std::unique_ptr<FileSystem> make_posix_file_system() { return std::make_unique<PosixFileSystem>(); }

Result<std::unique_ptr<FileLock>> try_lock(const std::string& path, LockKind kind) {
  const bool exclusive = kind == LockKind::kExclusive;
  const int how = exclusive ? O_RDWR | O_CREAT : O_RDONLY;
  const int descriptor = ::open(path.c_str(), how | O_CLOEXEC, 0600);
  if (descriptor < 0) return system_error(exclusive ? "create" : "open", path);
  if (::flock(descriptor, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
    return std::unique_ptr<FileLock>(std::make_unique<PosixLock>(descriptor));

  // Also of a share that has no locks: it must not be taken for one that somebody else uses.
  const int cause = errno;
  ::close(descriptor);
  if (cause == EWOULDBLOCK) return std::unique_ptr<FileLock>();
  if (cause == ENOLCK || cause == EOPNOTSUPP || cause == ENOSYS) {
    return error(
        "cannot lock " + path + ": " + std::strerror(cause) +
        ". This share keeps no locks, so that two programs could change the folder at "
        "once: use a folder of a local disk and copy it to or from the share, or mount the "
        "share with locks");
  }
  errno = cause;
  return system_error("lock", path);
}

Result<Bytes> read_whole_file(FileSystem& files, const std::string& path) {
  TM_TRY(auto file, files.open(path, OpenMode::kExisting));
  TM_TRY(const auto size, file->size());
  Bytes content(size);
  TM_TRY_STATUS(file->read_at(0, content));
  return content;
}

Status replace_file(FileSystem& files, const std::string& directory, const std::string& name,
                    ByteView content) {
  const std::string path = directory + "/" + name;
  const std::string temporary = path + ".new";
  if (files.exists(temporary)) TM_TRY_STATUS(files.remove(temporary));
  {
    TM_TRY(auto file, files.open(temporary, OpenMode::kCreateNew));
    TM_TRY_STATUS(file->write_at(0, content));
    TM_TRY_STATUS(file->sync());
  }
  TM_TRY_STATUS(files.rename(temporary, path));
  return files.sync_directory(directory);
}

}  // namespace testamur::node
