#include "wallet/keystore/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "common/keys.h"

namespace testamur::wallet {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  // Closing may report a write that failed late.
  bool reset() {
    const int fd = fd_;
    fd_ = -1;
    return fd < 0 || ::close(fd) == 0;
  }

 private:
  int fd_;
};

Error system_error(const std::string& act, const std::string& path) {
  return error("cannot " + act + " " + path + ": " + std::strerror(errno));
}

bool write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

Status sync_folder(const std::string& folder) {
  const Descriptor descriptor{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!descriptor.ok() || ::fsync(descriptor.get()) != 0) return system_error("sync the folder", folder);
  return {};
}

Status write_temporary(const std::string& path, ByteView contents) {
  Descriptor file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file.ok()) return system_error("create", path);
  if (!write_all(file.get(), contents)) return system_error("write", path);
  if (::fsync(file.get()) != 0) return system_error("sync", path);
  if (!file.reset()) return system_error("close", path);
  return {};
}

// link() fails where the target exists; rename() replaces it. Both are atomic.
Status put_in_place(const std::string& temporary, const std::string& path, Overwrite overwrite) {
  if (overwrite == Overwrite::kRefused) {
    if (::link(temporary.c_str(), path.c_str()) != 0) {
      if (errno == EEXIST) return error(path + " exists already and is not overwritten");
      return system_error("create", path);
    }
    ::unlink(temporary.c_str());
    return {};
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return system_error("replace", path);
  return {};
}

}  // namespace

Result<Bytes> read_file(const std::string& path, std::size_t max_bytes) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat information {};
  if (!file.ok() || ::fstat(file.get(), &information) != 0) return system_error("open", path);
  if (!S_ISREG(information.st_mode)) return error(path + " is not a file");
  if (static_cast<std::uint64_t>(information.st_size) > max_bytes)
    return error(path + " is larger than " + std::to_string(max_bytes) + " bytes");
  Bytes contents(static_cast<std::size_t>(information.st_size));
  std::size_t done = 0;
  while (done < contents.size()) {
    const ssize_t got = ::read(file.get(), contents.data() + done, contents.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read", path);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  contents.resize(done);
  return contents;
}

Status write_file_atomically(const std::string& path, ByteView contents, Overwrite overwrite) {
  struct stat information {};
  if (overwrite == Overwrite::kRefused && ::lstat(path.c_str(), &information) == 0)
    return error(path + " exists already and is not overwritten");
  std::array<std::uint8_t, 8> random{};
  fill_random(random);
  const std::string temporary = path + "." + to_hex(random) + ".tmp";
  Status status = write_temporary(temporary, contents);
  if (status.ok()) status = put_in_place(temporary, path, overwrite);
  if (!status.ok()) {
    ::unlink(temporary.c_str());
    return status;
  }
  return sync_folder(folder_of(path));
}

}  // namespace testamur::wallet
