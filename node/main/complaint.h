// How a command of testamurd ends that did not do its work.
#pragma once

#include <cerrno>
#include <cstring>
#include <iostream>
#include <string>

namespace testamur::node {

// Exit codes (commands.h).
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kFatalExit = 70;

// One line on standard error; gives the exit code.
inline int complain(const std::string& message, int code = kFailed) {
  std::cerr << "testamurd: " << message << "\n";
  return code;
}

// kFatalExit where the message of a failure names a disk that takes no more, as the system says it.
inline int failure_code(const std::string& message) {
  return message.find(std::strerror(ENOSPC)) == std::string::npos ? kFailed : kFatalExit;
}

}  // namespace testamur::node
