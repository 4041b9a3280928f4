#include "node/main/streams.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "node/main/complaint.h"

namespace testamur::node {

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

void prepare_streams() {
  std::signal(SIGPIPE, SIG_IGN);
  fill_if_closed(STDIN_FILENO, "/dev/null", O_RDONLY);
  fill_if_closed(STDOUT_FILENO, "/dev/full", O_WRONLY);
  fill_if_closed(STDERR_FILENO, "/dev/null", O_WRONLY);
}

int after_output(int code) {
  errno = 0;
  std::cout.flush();
  const bool arrived = std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good();
  if (arrived) return code;

  const char* cause = errno == 0 ? "the standard output is broken" : std::strerror(errno);
  if (is_full_device(STDOUT_FILENO)) cause = "the standard output is closed or full";
  const int told = complain("the result cannot be printed: " + std::string(cause));
  return code == 0 ? told : code;
}

}  // namespace testamur::node
