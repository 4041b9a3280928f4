#include "wallet/cli/busy_line.h"

#include <unistd.h>

#include <cstdio>
#include <string>
#include <system_error>

#include "common/visible.h"
#include "common/waiting.h"

namespace testamur::wallet {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(1);
// A longer line would wrap, and what wraps is not drawn over.
constexpr std::size_t kMaxBytes = 60;

struct Line {
  std::mutex mutex;
  std::condition_variable changed;
  int pauses = 0;
  std::string text;  // what stands on the terminal
  Clock::time_point quiet_since = Clock::now();
};

Line& line() {
  static Line only;
  return only;
}

// A program in the background does not write over what a person types meanwhile.
bool is_in_front() {
  const auto front = tcgetpgrp(STDERR_FILENO);
  return front < 0 || front == getpgrp();  // of a terminal that controls nobody there is no front
}

// Under the mutex. With blanks, which every terminal knows.
void erase(Line& shown) {
  if (shown.text.empty()) return;
  const std::string blanks(shown.text.size(), ' ');  // as many as columns, or more
  std::fprintf(stderr, "\r%s\r", blanks.c_str());
  std::fflush(stderr);
  shown.text.clear();
}

// Under the mutex.
void draw(Line& shown, std::chrono::seconds waited) {
  std::string what = one_line(Waiting::for_what());
  if (what.empty() || what.size() > kMaxBytes) what = "working";
  const std::string text = what + ", " + std::to_string(waited.count()) + " s";
  if (text == shown.text) return;
  erase(shown);
  std::fprintf(stderr, "\r%s", text.c_str());
  std::fflush(stderr);
  shown.text = text;
}

}  // namespace

BusyLine::BusyLine(bool silent) {
  if (silent || isatty(STDERR_FILENO) != 1) return;
  // A machine that has no thread to spare has the answer without the line.
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
  }
}

BusyLine::~BusyLine() {
  {
    const std::lock_guard lock(line().mutex);
    stopped_ = true;
    line().changed.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void BusyLine::run() {
  std::unique_lock lock(line().mutex);
  while (!stopped_) {
    const auto waited = Clock::now() - line().quiet_since;
    if (line().pauses == 0 && waited >= kPatience && is_in_front())
      draw(line(), std::chrono::floor<std::chrono::seconds>(waited));
    line().changed.wait_for(lock, kPatience / 4);
  }
  erase(line());
}

BusyLinePause::BusyLinePause() {
  const std::lock_guard lock(line().mutex);
  ++line().pauses;
  erase(line());
}

BusyLinePause::~BusyLinePause() {
  const std::lock_guard lock(line().mutex);
  --line().pauses;
  line().quiet_since = Clock::now();
}

}  // namespace testamur::wallet
