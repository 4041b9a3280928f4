// Files as the wallet needs them: whole or not at all. Whatever is written goes to a temporary name
// beside its place, is synced and then takes the name in one step, so that a power cut leaves the
// old file or the new one. A file of the home is never written over by what a person named,
// whichever of its names they used (judge_output()).
#include "wallet/keystore/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "common/check.h"
#include "common/whole_file.h"
#include "wallet/keystore/output_stream.h"

namespace testamur::wallet {
namespace {

using whole_file::Descriptor;
using whole_file::folder_of;
using whole_file::temporary_name;
using whole_file::write_all;

Error system_error(const std::string& act, const std::string& path) {
  return error("cannot " + act + " " + path + ": " + std::strerror(errno));
}

Error system_error(const whole_file::Failure& failure, const std::string& path) {
  const auto act = [&]() -> std::string {
    switch (failure.step) {
      case whole_file::Step::kCreate: return "create";
      case whole_file::Step::kOpen: return "open";
      case whole_file::Step::kSync: return "sync";
      case whole_file::Step::kClose: return "close";
      default: return "write";
    }
  }();
  errno = failure.cause;
  return system_error(act, path);
}

Status sync_folder(const std::string& folder) {
  if (whole_file::sync_folder(folder)) return {};
  return system_error("sync the folder", folder);
}

// `path` is what the person knows: the temporary name tells nobody anything.
Status write_temporary(const std::string& temporary, const std::string& path, ByteView contents) {
  const auto failure = whole_file::write_temporary(temporary, contents, 0600);
  return failure ? Status(system_error(*failure, path)) : Status{};
}

// Every step is atomic.
Status put_in_place(const std::string& temporary, const std::string& path, Overwrite overwrite) {
  if (overwrite == Overwrite::kRefused) {
    if (whole_file::take_free_name(temporary, path)) return {};
    if (errno == EEXIST) return error(path + " exists already and is not overwritten");
    return system_error("create", path);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return system_error("replace", path);
  return {};
}

// A second name for what the file holds now, in the place of an older one, which stands until then.
// Where the file system knows no second names it is a copy.
Status keep_previous(const std::string& path) {
  const std::string previous = previous_version(path);
  const std::string temporary = temporary_name(previous);

  if (::link(path.c_str(), temporary.c_str()) == 0) {
    if (::rename(temporary.c_str(), previous.c_str()) == 0) {
      ::unlink(temporary.c_str());  // both names of one file: rename() leaves them alone
      return {};
    }
    const auto failure = system_error("replace", previous);
    ::unlink(temporary.c_str());
    return failure;
  }

  // Memory sticks know no second name; every other cause is a real one.
  if (errno != EPERM && errno != EOPNOTSUPP)
    return system_error("keep the previous version of", path);

  constexpr std::size_t kMostBytes = std::size_t{1} << 30;
  TM_TRY(const auto before, read_file(path, kMostBytes));
  return write_file_atomically(previous, before, Overwrite::kAllowed);
}

// ---- files that a person asked for

bool same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// What a home holds (wallet/cli/context.h), by the first part of the name.
bool is_name_of_home(std::string_view first) {
  constexpr std::array<std::string_view, 4> kNames = {"config.toml", "issuer", "outbox", "ledgers"};
  if (first.starts_with("wallet.age") || first == ".lock") return true;
  return std::find(kNames.begin(), kNames.end(), first) != kNames.end();
}

// Whether the path, as it is written or behind links of any kind, is a place of the home. Compared
// by device and inode, so that another name of the same file or folder is seen.
bool lies_in_home(const std::string& path, const struct stat& home) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::path at = fs::absolute(path, ignored).lexically_normal();
  for (fs::path above = at.parent_path(); above != at; at = above, above = above.parent_path()) {
    struct stat information {};
    if (::stat(above.c_str(), &information) == 0 && same_file(information, home))
      return is_name_of_home(at.filename().string());
  }
  return false;
}

// Whether it is this file or folder, or one below it. Links to folders are not followed.
bool holds_file(const std::string& path, const struct stat& wanted) {
  struct stat information {};
  if (::stat(path.c_str(), &information) == 0 && same_file(information, wanted)) return true;
  if (::lstat(path.c_str(), &information) != 0 || !S_ISDIR(information.st_mode)) return false;
  const auto inner = list_folder(path);
  return inner.ok() && std::ranges::any_of(*inner, [&](const std::string& each) {
           return holds_file(each, wanted);
         });
}

bool is_file_of_home(const struct stat& wanted, const std::string& home) {
  const auto entries = list_folder(home);
  return entries.ok() && std::ranges::any_of(*entries, [&](const std::string& each) {
           return is_name_of_home(std::filesystem::path(each).filename().string()) &&
                  holds_file(each, wanted);
         });
}

bool belongs_to_home(const std::string& path, const std::string& target, const std::string& home) {
  struct stat of_home {};
  if (home.empty() || ::stat(home.c_str(), &of_home) != 0) return false;
  if (lies_in_home(path, of_home) || lies_in_home(target, of_home)) return true;
  struct stat information {};
  return ::stat(target.c_str(), &information) == 0 && is_file_of_home(information, home);
}

// Where the bytes go: what a symbolic link points to, even when that does not exist yet.
std::string target_of(const std::string& path) {
  namespace fs = std::filesystem;
  constexpr int kMostLinks = 40;  // as the kernel follows
  std::error_code failure;
  fs::path target = path;
  for (int i = 0; i < kMostLinks && fs::is_symlink(target, failure); ++i) {
    const fs::path next = fs::read_symlink(target, failure);
    if (failure) break;
    target = next.is_absolute() ? next : target.parent_path() / next;
  }
  const auto whole = fs::weakly_canonical(target, failure);
  return failure ? path : whole.string();
}

Status write_to_device(const std::string& path, ByteView contents) {
  const auto failure = whole_file::write_to_device(path, contents);
  return failure ? Status(system_error(*failure, path)) : Status{};
}

struct Judged {
  std::optional<OutputError> error;
  std::string target;
  bool is_device = false;
  bool is_there = false;  // with these contents already
  Overwrite overwrite = Overwrite::kRefused;
};

Judged refused(const std::string& message) { return {OutputError{true, message}, {}}; }

// A file that is there: nothing in it is lost by writing, or it is refused.
Judged judge_existing(Judged judged, const std::string& path, std::size_t size, ByteView contents,
                      const OutputRules& rules) {
  const auto existing = read_file(path, size);
  judged.is_there = existing.ok() && existing->size() == contents.size() &&
                    std::equal(existing->begin(), existing->end(), contents.begin());
  const bool older = existing.ok() && rules.holds_no_more && rules.holds_no_more(*existing);
  if (!judged.is_there && !rules.force && !older && size != 0)
    return refused(path +
                   " exists already and is not overwritten: name another file, or say --force");

  judged.overwrite = Overwrite::kAllowed;
  return judged;
}

Judged judge_output(const std::string& path, ByteView contents, const OutputRules& rules) {
  if (path.empty()) return refused("no file is named to write to");
  if (path == "-")
    return refused(
        "\"-\" names no file: leave the option out where the output is to be printed, or name a "
        "file (./- for one that is called so)");

  Judged judged;
  judged.target = target_of(path);
  if (belongs_to_home(path, judged.target, rules.home))
    return refused(path + " belongs to the home " + rules.home +
                   " and is not written over: name another file");

  struct stat information {};
  if (::stat(path.c_str(), &information) != 0) {
    if (errno != ENOENT) return {OutputError{false, system_error("write", path).message}, {}};
    return judged;
  }
  if (S_ISDIR(information.st_mode)) return refused(path + " is a folder: name a file");
  judged.is_device = !S_ISREG(information.st_mode);
  if (judged.is_device) return judged;

  const auto size = static_cast<std::size_t>(information.st_size);
  return judge_existing(std::move(judged), path, size, contents, rules);
}

}  // namespace

Result<Bytes> read_file(const std::string& path, std::size_t max_bytes) {
  // Without O_NONBLOCK a named pipe without a writer would stop the program in open().
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

    // The file became shorter meanwhile; what is there is handed over, and whoever parses it sees
    // that it is cut.
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }

  contents.resize(done);
  return contents;
}

Result<std::vector<std::string>> list_folder(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code failure;
  std::filesystem::directory_iterator at(folder, failure);
  for (const std::filesystem::directory_iterator end; !failure && at != end; at.increment(failure))
    paths.push_back(at->path().string());
  if (failure) return error("cannot read the folder " + folder + ": " + failure.message());
  std::ranges::sort(paths);
  return paths;
}

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

bool is_regular_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

bool is_there(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::symlink_status(path, ignored).type() !=
         std::filesystem::file_type::not_found;
}

Status write_file_atomically(const std::string& path, ByteView contents, Overwrite overwrite) {
  struct stat information {};
  if (overwrite == Overwrite::kRefused && ::lstat(path.c_str(), &information) == 0)
    return error(path + " exists already and is not overwritten");
  const std::string temporary = temporary_name(path);
  Status status = write_temporary(temporary, path, contents);
  if (status.ok()) status = put_in_place(temporary, path, overwrite);
  if (!status.ok()) {
    ::unlink(temporary.c_str());
    return status;
  }
  return sync_folder(folder_of(path));
}

std::string previous_version(const std::string& path) { return path + ".previous"; }

Status write_file_keeping_previous(const std::string& path, ByteView contents) {
  TM_TRY_STATUS(keep_previous(path));
  return write_file_atomically(path, contents, Overwrite::kAllowed);
}

Status write_file_forgetting_previous(const std::string& path, ByteView contents) {
  TM_TRY_STATUS(remove_file(previous_version(path)));
  TM_TRY(const auto beside, list_folder(whole_file::folder_of(path)));
  // What a death in the middle of an earlier write has left: a version of before as well.
  const auto name = std::filesystem::path(path).filename().string() + ".";
  for (const auto& file : beside) {
    const auto other = std::filesystem::path(file).filename().string();
    if (other.starts_with(name) && other.ends_with(".tmp")) TM_TRY_STATUS(remove_file(file));
  }
  return write_file_atomically(path, contents, Overwrite::kAllowed);
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return {};
    return system_error("remove", path);
  }
  return sync_folder(folder_of(path));
}

std::optional<OutputError> check_output(const std::string& path, ByteView contents,
                                        const OutputRules& rules) {
  return judge_output(path, contents, rules).error;
}

std::optional<OutputError> write_output(const std::string& path, ByteView contents,
                                        const OutputRules& rules) {
  const Judged judged = judge_output(path, contents, rules);
  if (judged.error) return judged.error;
  if (judged.is_there) return std::nullopt;
  const Status written = judged.is_device
                             ? write_to_device(path, contents)
                             : write_file_atomically(judged.target, contents, judged.overwrite);
  if (!written.ok()) return OutputError{false, written.message()};
  return std::nullopt;
}

std::optional<OutputError> OutputStream::open(const std::string& path, const OutputRules& rules) {
  TM_CHECK(descriptor_ < 0);
  const Judged judged = judge_output(path, {}, rules);
  if (judged.error) return judged.error;

  path_ = path;
  target_ = judged.target;
  overwrite_ = judged.overwrite;

  // A device or pipe has no name to take, so the bytes go there directly.
  if (judged.is_device) {
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  } else {
    temporary_ = temporary_name(target_);
    descriptor_ =
        ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  }

  if (descriptor_ >= 0) return std::nullopt;

  const auto failure = OutputError{false, system_error("create", path).message};
  temporary_.clear();
  return failure;
}

OutputStream::~OutputStream() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

std::optional<OutputError> OutputStream::flush() {
  if (!write_all(descriptor_, waiting_))
    return OutputError{false, system_error("write", path_).message};
  waiting_.clear();
  return std::nullopt;
}

std::optional<OutputError> OutputStream::write(ByteView piece) {
  constexpr std::size_t kPieceBytes = 64 * 1024;
  TM_CHECK(descriptor_ >= 0);
  waiting_.insert(waiting_.end(), piece.begin(), piece.end());
  return waiting_.size() < kPieceBytes ? std::nullopt : flush();
}

std::optional<OutputError> OutputStream::finish() {
  TM_CHECK(descriptor_ >= 0);
  if (auto failure = flush()) return failure;
  const bool synced = temporary_.empty() || ::fsync(descriptor_) == 0;
  const bool closed = ::close(std::exchange(descriptor_, -1)) == 0;
  if (!synced || !closed) return OutputError{false, system_error("write", path_).message};
  if (temporary_.empty()) return std::nullopt;

  // Only a whole file takes the name.
  const auto placed = put_in_place(temporary_, target_, overwrite_);
  if (!placed.ok()) return OutputError{overwrite_ == Overwrite::kRefused, placed.message()};
  temporary_.clear();
  const auto folder = sync_folder(folder_of(target_));
  return folder.ok() ? std::nullopt : std::optional(OutputError{false, folder.message()});
}

}  // namespace testamur::wallet
