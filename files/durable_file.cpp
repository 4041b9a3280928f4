// What holds here: no file is ever seen half-written under its own name, and after a failure the
// temporary file is gone. The cause of a failure is read before anything else is called.
#include "files/durable_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "common/access.h"
#include "common/whole_file.h"
#include "files/paths.h"

namespace testamur::inline files {

namespace fs = std::filesystem;

namespace {

Error cannot(const fs::path& file, const std::string& act) {
  const int cause = errno;
  return error(file.string() + " cannot be " + act + ": " + std::strerror(cause) +
               access_cure(cause, file.string()));
}

Status cannot(const fs::path& file, const whole_file::Failure& failure) {
  const auto act = [&]() -> std::string {
    switch (failure.step) {
      case whole_file::Step::kSync: return "synced";
      case whole_file::Step::kOwner: return "replaced without changing its owner";
      default: return "written";
    }
  }();
  errno = failure.cause;
  return cannot(file, act);
}

Status write_temporary(const fs::path& file, const std::string& temporary, ByteView content,
                       mode_t mode, const struct stat* before) {
  const auto failure = whole_file::write_temporary(temporary, content, mode, before);
  return failure ? cannot(file, *failure) : Status{};
}

}  // namespace

Status create_file(const fs::path& file, ByteView content, mode_t mode) {
  // Before anything is written; the last step looks again, in one step with the name.
  struct stat there {};
  if (::lstat(file.c_str(), &there) == 0) {
    errno = EEXIST;
    return cannot(file, "created");
  }

  const auto temporary = whole_file::temporary_name(file);
  auto status = write_temporary(file, temporary, content, mode, nullptr);
  if (status.ok() && !whole_file::take_free_name(temporary, file)) status = cannot(file, "created");
  if (!status.ok()) {
    ::unlink(temporary.c_str());
    return status;
  }
  return sync_directory_of(file);
}

Status overwrite_file(const fs::path& file, ByteView content, mode_t mode) {
  struct stat before {};
  const bool is_there = ::stat(file.c_str(), &before) == 0;
  // Before links are followed: what /dev/stdout leads to may have no path.
  if (is_there && !S_ISREG(before.st_mode)) {
    const auto failure = whole_file::write_to_device(file, content);
    return failure ? cannot(file, *failure) : Status{};
  }

  // A rename would replace the link and leave what it leads to as it was.
  std::error_code failure;
  const auto resolved = fs::weakly_canonical(file, failure);
  const auto& target = failure ? file : resolved;

  const auto temporary = whole_file::temporary_name(target);
  auto status = write_temporary(file, temporary, content, mode, is_there ? &before : nullptr);
  if (status.ok() && ::rename(temporary.c_str(), target.c_str()) != 0)
    status = cannot(file, "written");
  if (!status.ok()) {
    ::unlink(temporary.c_str());
    return status;
  }
  return sync_directory_of(target);
}

Status sync_directory_of(const fs::path& file) {
  const auto directory = whole_file::folder_of(file);
  return whole_file::sync_folder(directory) ? Status{} : cannot(directory, "synced");
}

Status write_file(const fs::path& file, ByteView content, bool replace) {
  constexpr mode_t kMode = 0644;
  return replace ? overwrite_file(file, content, kMode) : create_file(file, content, kMode);
}

Result<std::string> read_text(const fs::path& file) {
  constexpr std::size_t kMostBytes = 16 << 20;
  TM_TRY_STATUS(check_regular("", file));
  const std::ifstream in(file, std::ios::binary);
  if (!in) return cannot(file, "read");
  std::error_code failure;
  if (fs::file_size(file, failure) > kMostBytes && !failure)
    return error(file.string() + " is larger than " + std::to_string(kMostBytes >> 20) + " MiB");
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

}  // namespace testamur::inline files
