// A disk that is full: while it is in scope, no file of this process grows beyond so many bytes.
// One thread.
#pragma once

#include <signal.h>
#include <sys/resource.h>

#include "common/check.h"

namespace testamur::node {

class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    TM_CHECK(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    handler_ = ::signal(SIGXFSZ, SIG_IGN);  // the write fails instead
    const rlimit limit{bytes, before_.rlim_max};
    TM_CHECK(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit before_{};
  sighandler_t handler_ = SIG_DFL;
};

}  // namespace testamur::node
