#include "common/standard_streams.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>

namespace testamur::inline common {
namespace {

// The lowest free number is given to the next open(): in ascending order each takes its own.
void fill_if_closed(int stream, const char* device, int flags) {
  if (::fcntl(stream, F_GETFD) >= 0 || errno != EBADF) return;
  const int opened = ::open(device, flags);
  if (opened < 0 || opened == stream) return;
  ::dup2(opened, stream);
  ::close(opened);
}

// What stands in the place of a closed output.
bool is_full_device(int stream) {
  struct stat open {};
  struct stat full {};
  return ::fstat(stream, &open) == 0 && ::stat("/dev/full", &full) == 0 && S_ISCHR(open.st_mode) &&
         open.st_rdev == full.st_rdev;
}

}  // namespace

void prepare_standard_streams() {
  std::signal(SIGPIPE, SIG_IGN);
  fill_if_closed(STDIN_FILENO, "/dev/null", O_RDONLY);
  fill_if_closed(STDOUT_FILENO, "/dev/full", O_WRONLY);
  fill_if_closed(STDERR_FILENO, "/dev/null", O_WRONLY);
}

bool standard_output_arrived() {
  std::cout.flush();
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good();
}

std::optional<std::string> standard_output_failure() {
  errno = 0;
  if (standard_output_arrived()) return std::nullopt;
  if (is_full_device(STDOUT_FILENO)) return "the standard output is closed or full";
  return errno == 0 ? "the standard output is broken" : std::strerror(errno);
}

}  // namespace testamur::inline common
