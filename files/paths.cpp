#include "files/paths.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "common/access.h"

namespace testamur::inline files {

namespace fs = std::filesystem;

namespace {

bool is_absence(int cause) { return cause == ENOENT || cause == ENOTDIR; }

}  // namespace

bool is_there(const fs::path& path) {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 || !is_absence(errno);
}

bool is_folder(const fs::path& path) {
  std::error_code failure;
  return fs::is_directory(path, failure);
}

fs::path whole_path(const fs::path& path) {
  std::error_code failure;
  const auto whole = fs::absolute(path, failure);
  return (failure ? path : whole).lexically_normal();
}

Status check_regular(const std::string& named, const fs::path& file) {
  struct stat facts {};
  const auto name = named.empty() ? file.string() : named + " " + file.string();
  if (::stat(file.c_str(), &facts) != 0) {
    if (is_absence(errno)) return {};
    const int refused = errno;
    return error(name + " cannot be read: " + std::strerror(refused) +
                 access_cure(refused, file.string()));
  }
  if (S_ISREG(facts.st_mode)) return {};
  return error(name + " is " + (S_ISDIR(facts.st_mode) ? "a folder" : "no regular file") +
               ": name a file");
}

}  // namespace testamur::inline files
