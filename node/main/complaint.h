// How a command of testamurd ends that did not do its work.
#pragma once

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

}  // namespace testamur::node
