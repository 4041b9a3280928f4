#include "common/whole_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "common/keys.h"

namespace testamur::inline common::whole_file {
namespace {

// The cause is read before a destructor closes the file.
Failure failed(Step step) { return {step, errno}; }

}  // namespace

bool Descriptor::close() {
  const int descriptor = std::exchange(descriptor_, -1);
  return descriptor < 0 || ::close(descriptor) == 0;
}

bool write_all(int descriptor, ByteView content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
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

bool write_zeros(int descriptor) {
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0) return false;
  return write_all(descriptor, Bytes(static_cast<std::size_t>(facts.st_size))) && sync(descriptor);
}

std::string temporary_name(const std::string& path) {
  std::array<std::uint8_t, 8> random{};
  fill_random(random);
  return path + "." + to_hex(random) + ".tmp";
}

std::optional<Failure> write_temporary(const std::string& temporary, ByteView content, mode_t mode,
                                       const struct stat* like) {
  Descriptor file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file.ok()) return failed(Step::kCreate);

  if (like != nullptr) {
    struct stat now {};
    if (::fstat(file.get(), &now) != 0) return failed(Step::kLook);
    const bool same = now.st_uid == like->st_uid && now.st_gid == like->st_gid;

    // A configuration that the operator's root account replaces must stay the node's to read.
    if (!same && ::fchown(file.get(), like->st_uid, like->st_gid) != 0) return failed(Step::kOwner);
    if (::fchmod(file.get(), like->st_mode & 07777) != 0) return failed(Step::kLook);
  }

  if (!write_all(file.get(), content)) return failed(Step::kWrite);
  if (!sync(file.get())) return failed(Step::kSync);
  if (!file.close()) return failed(Step::kClose);
  return std::nullopt;
}

bool take_free_name(const std::string& temporary, const std::string& path) {
  // A rename that never replaces comes first, because the file systems of memory sticks know no
  // second name of a file; where the system does not know it, a link fails when the name is taken.
  if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0)
    return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  if (::link(temporary.c_str(), path.c_str()) != 0) return false;
  ::unlink(temporary.c_str());
  return true;
}

std::optional<Failure> write_to_device(const std::string& path, ByteView content) {
  Descriptor device(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!device.ok()) return failed(Step::kOpen);
  if (!write_all(device.get(), content)) return failed(Step::kWrite);
  if (!device.close()) return failed(Step::kClose);
  return std::nullopt;
}

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

bool sync_folder(const std::string& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return descriptor.ok() && sync(descriptor.get());
}

}  // namespace testamur::inline common::whole_file
