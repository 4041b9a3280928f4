// What holds here: no file is ever seen half-written under its own name, and after a failure the
// temporary file is gone. The cause of a failure is read before anything else is called.
#include "node/config/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "common/keys.h"

namespace testamur::node {

namespace fs = std::filesystem;

namespace {

Error cannot(const fs::path& file, const std::string& act) {
  const int cause = errno;
  return error(file.string() + " cannot be " + act + ": " + std::strerror(cause));
}

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }
  // Some file systems tell only here that a write failed.
  bool close() {
    const int descriptor = descriptor_;
    descriptor_ = -1;
    return ::close(descriptor) == 0;
  }

 private:
  int descriptor_;
};

bool write_all(int descriptor, ByteView content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

bool sync(int descriptor) {
  while (::fsync(descriptor) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

// The name is nobody's: two processes that write the same file do not meet.
fs::path temporary_of(const fs::path& file) {
  std::array<std::uint8_t, 8> random{};
  fill_random(random);
  return file.string() + "." + to_hex(random) + ".tmp";
}

// `before`: the file whose place the new one takes.
Status write_temporary(const fs::path& file, const fs::path& temporary, ByteView content,
                       mode_t mode, const std::optional<struct stat>& before) {
  Descriptor descriptor(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (descriptor.get() < 0) return cannot(file, "written");

  if (before) {
    struct stat now {};
    if (::fstat(descriptor.get(), &now) != 0) return cannot(file, "written");
    const bool same = now.st_uid == before->st_uid && now.st_gid == before->st_gid;

    // A configuration that the operator's root account replaces must stay the node's to read.
    if (!same && ::fchown(descriptor.get(), before->st_uid, before->st_gid) != 0)
      return cannot(file, "replaced without changing its owner");
    if (::fchmod(descriptor.get(), before->st_mode & 07777) != 0) return cannot(file, "written");
  }

  if (!write_all(descriptor.get(), content)) return cannot(file, "written");
  if (!sync(descriptor.get())) return cannot(file, "synced");
  if (!descriptor.close()) return cannot(file, "written");
  return {};
}

// The new name, unless it is taken. A rename that never replaces comes first, because some file
// systems know no second name of a file; where the system does not know it, a link fails when the
// name is taken.
Status name_unless_taken(const fs::path& temporary, const fs::path& file) {
  if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE) == 0)
    return {};
  if (errno != EINVAL && errno != ENOSYS) return cannot(file, "created");
  if (::link(temporary.c_str(), file.c_str()) != 0) return cannot(file, "created");
  ::unlink(temporary.c_str());
  return {};
}

Status write_through(const fs::path& device, ByteView content) {
  Descriptor descriptor(::open(device.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (descriptor.get() < 0 || !write_all(descriptor.get(), content) || !descriptor.close())
    return cannot(device, "written");
  return {};
}

}  // namespace

Status create_file(const fs::path& file, ByteView content, mode_t mode) {
  // Before anything is written; the last step looks again, in one step with the name.
  struct stat there {};
  if (::lstat(file.c_str(), &there) == 0) {
    errno = EEXIST;
    return cannot(file, "created");
  }

  const auto temporary = temporary_of(file);
  auto status = write_temporary(file, temporary, content, mode, std::nullopt);
  if (status.ok()) status = name_unless_taken(temporary, file);
  if (!status.ok()) {
    ::unlink(temporary.c_str());
    return status;
  }
  return sync_directory_of(file);
}

Status overwrite_file(const fs::path& file, ByteView content, mode_t mode) {
  std::optional<struct stat> before;
  struct stat there {};
  if (::stat(file.c_str(), &there) == 0) before = there;
  // Before links are followed: what /dev/stdout leads to may have no path.
  if (before && !S_ISREG(before->st_mode)) return write_through(file, content);

  // A rename would replace the link and leave what it leads to as it was.
  std::error_code failure;
  const auto resolved = fs::weakly_canonical(file, failure);
  const auto& target = failure ? file : resolved;

  const auto temporary = temporary_of(target);
  auto status = write_temporary(file, temporary, content, mode, before);
  if (status.ok() && ::rename(temporary.c_str(), target.c_str()) != 0)
    status = cannot(file, "written");
  if (!status.ok()) {
    ::unlink(temporary.c_str());
    return status;
  }
  return sync_directory_of(target);
}

Status sync_directory_of(const fs::path& file) {
  const auto parent = file.parent_path();
  const auto directory = parent.empty() ? fs::path(".") : parent;
  Descriptor descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0 || !sync(descriptor.get())) return cannot(directory, "synced");
  return {};
}

}  // namespace testamur::node
