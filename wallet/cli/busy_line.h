// The line that tells a person at a terminal why nothing comes yet: after a second without output
// it says what is waited for and for how many seconds, is drawn over each second, and is gone when
// anything else is printed. Nothing where standard error is no terminal.
//
// All that terminal.h prints steps before it; while a question waits for its answer, or a bar is
// drawn, it is not shown.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace testamur::wallet {

// One in a program, made by main.
class BusyLine {
 public:
  explicit BusyLine(bool silent);
  ~BusyLine();
  BusyLine(const BusyLine&) = delete;
  BusyLine& operator=(const BusyLine&) = delete;

 private:
  void run();
  bool stopped_ = false;  // under the mutex of the line
  std::thread thread_;
};

// Nothing is drawn while one of these lives: whoever prints or asks holds one.
class BusyLinePause {
 public:
  BusyLinePause();
  ~BusyLinePause();
  BusyLinePause(const BusyLinePause&) = delete;
  BusyLinePause& operator=(const BusyLinePause&) = delete;
};

}  // namespace testamur::wallet
