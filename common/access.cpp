#include "common/access.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "common/whole_file.h"

namespace testamur::inline common {

namespace {

std::string user_name(uid_t id) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> room{};
  const int failure = ::getpwuid_r(id, &entry, room.data(), room.size(), &found);
  return failure == 0 && found != nullptr ? found->pw_name : std::to_string(id);
}

// The nearest part of a path of which the system says whose it is.
std::string nearest_known(std::string path, struct stat& facts) {
  while (::stat(path.c_str(), &facts) != 0) {
    auto folder = whole_file::folder_of(path);
    if (folder == path) return "";
    path = std::move(folder);
  }
  return path;
}

}  // namespace

std::string home_slip(const std::string& path) {
  const auto slash = path.find('/');
  if (!path.starts_with('~') || (slash == std::string::npos && path != "~")) return "";
  // "~" or the name of a user.
  constexpr char kName[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  if (path.substr(0, slash).find_first_not_of(kName, 1) != std::string::npos) return "";
  constexpr std::size_t kShown = 80;
  return "\"" + path.substr(0, kShown) +
         "\": ~ is not expanded here. Write the whole path, as /home/you" +
         (slash == std::string::npos ? "" : path.substr(slash, kShown)) +
         " (./~ is a file of that name)";
}

std::string access_cure(int cause, const std::string& path) {
  if (cause != EACCES && cause != EPERM) return "";
  const auto self = user_name(::geteuid());
  struct stat facts {};
  const auto place = nearest_known(path, facts);
  const auto runs = ". This program runs as " + self;
  if (place.empty()) return runs;
  if (facts.st_uid == ::geteuid()) {
    return runs + ", to whom " + place + " belongs: give it the right back (chmod u+rwX " + place +
           ")";
  }
  const auto owner = user_name(facts.st_uid);
  // Never that a folder on the way be given away: it may be the home of somebody.
  if (place != path) {
    return runs + ", and the folder " + place + " belongs to " + owner +
           ": run it as that user, or name a place in a folder that " + self + " may use";
  }
  return runs + ", and " + place + " belongs to " + owner +
         ": run it as that user, or give it to this one (chown " +
         (S_ISDIR(facts.st_mode) ? "-R " : "") + self + " " + place + ")";
}

}  // namespace testamur::inline common
