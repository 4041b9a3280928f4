#include "node/main/operator_file.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "files/durable_file.h"
#include "files/paths.h"
#include "node/config/named_files.h"
#include "node/store/store.h"

namespace testamur::node {

namespace fs = std::filesystem;

namespace {

bool is_device(const fs::path& file) {
  struct stat there {};
  return ::stat(file.c_str(), &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode);
}

// Also a link that leads nowhere.
bool is_name_taken(const fs::path& file) {
  struct stat there {};
  return ::lstat(file.c_str(), &there) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

std::string name_of(uid_t user) {
  const auto* entry = ::getpwuid(user);
  return entry == nullptr ? std::to_string(user) : entry->pw_name;
}

// Empty but for the lock of whoever claimed it for a first backup, or as the backup engine of the
// store leaves a folder.
bool takes_backups(const fs::path& folder) {
  if (is_folder(folder / "meta")) return true;
  std::error_code failure;
  const fs::directory_iterator entries(folder, failure);
  return !failure && std::all_of(begin(entries), end(entries), [](const auto& entry) {
    return entry.path().filename() == kBackupLock;
  });
}

}  // namespace

Status check_operator_file(const NodeConfig& config, const fs::path& file) {
  // Whatever is there or not: the first key that is made later would find the place taken.
  for (const auto& named : named_files(config)) {
    if (!is_same_file(named.path, file)) continue;
    return error(file.string() + " is what the configuration calls " + named.key +
                 ": nothing was written. Name another file");
  }
  for (const auto& folder :
       {store_directory(config.data_dir), journal_directory(config.data_dir)}) {
    if (is_inside(file, folder))
      return error(file.string() +
                   " lies in the node's data: nothing was written. Name another "
                   "file");
  }

  if (is_device(file) || !is_name_taken(file)) return {};
  return error(file.string() +
               " is there already and is never written over: nothing was written. Name another "
               "file, or move this one away");
}

Status write_operator_file(const NodeConfig& config, const fs::path& file, ByteView content) {
  TM_TRY_STATUS(check_operator_file(config, file));
  // Where something has taken the name since, creating fails.
  return write_file(file, content, is_device(file));
}

Status check_backup_folder(const NodeConfig& config, const fs::path& folder) {
  for (const auto& named : named_files(config)) {
    // Next to the configuration or the socket a backup harms nobody; in data or among keys it goes
    // where they go.
    const bool key = named.key.starts_with("keys.");
    const auto closed = key ? named.path.parent_path() : named.path;
    const bool beside_all = key && is_same_file(closed, config.file.parent_path());
    if (beside_all || !is_inside(folder, closed)) continue;
    return error("--to " + folder.string() + " lies in " + closed.string() + " (" + named.key +
                 "): a backup is for the day on which that is lost. Name a folder of its own, best "
                 "on another disk");
  }
  if (!is_there(folder)) {
    // A slip in the path, or a disk that is not mounted, would be filled on another one.
    const auto parent = whole_path(folder).parent_path();
    if (is_folder(parent)) return {};
    return error("--to " + folder.string() + ": there is no folder " + parent.string() +
                 ": make it first, or mount the disk that has it");
  }
  if (!is_folder(folder)) return error("--to " + folder.string() + " is no folder");
  if (takes_backups(folder)) return {};
  return error("--to " + folder.string() +
               " holds other things than backups: name a folder that is new or empty, or one to "
               "which this node was backed up before");
}

Status check_owner(const fs::path& place) {
  if (::geteuid() != 0) return {};
  auto nearest = whole_path(place);
  while (!is_there(nearest) && nearest.has_relative_path()) nearest = nearest.parent_path();

  struct stat facts {};
  if (::stat(nearest.c_str(), &facts) != 0 || facts.st_uid == 0) return {};
  const auto owner = name_of(facts.st_uid);
  return error("this is root, and " + nearest.string() + " belongs to " + owner +
               ": the files that root makes there " + owner +
               " could not open. Run it as that user: sudo -u " + owner +
               " testamurd …; what root has made there before: chown -R " + owner + " " +
               nearest.string());
}

}  // namespace testamur::node
