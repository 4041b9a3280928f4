#include "node/api/call_queue.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace testamur::node {
namespace {

// Above the process: half the weight of a thread of consensus, and not less: the API shall answer
// on a busy machine too.
constexpr int kNicer = 4;

}  // namespace

void lower_priority_of_this_thread() {
  thread_local bool done = false;
  if (done) return;
  done = true;
  // Woken up, it does not push aside what runs (sched(7)): on a busy machine consensus is not
  // interrupted, and what has come meanwhile is done in one go.
  const sched_param none{};
  (void)::sched_setscheduler(0, SCHED_BATCH, &none);
  // On Linux the priority is that of one thread, and that of the process is its first thread's: the
  // operator's choice, above or below the usual. Where it cannot be lowered all share alike, as
  // before.
  const int process = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::getpid()));
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), process + kNicer);
}

CallQueue::CallQueue(std::size_t workers) {
  for (std::size_t i = 0; i < std::max<std::size_t>(workers, 2); ++i)
    workers_.emplace_back([this] { work(); });
}

CallQueue::~CallQueue() { stop(); }

void CallQueue::post(const CallerKey& caller, Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    auto& line = lines_[caller];
    if (line.waiting.empty()) turns_.push_back(caller);
    line.waiting.push_back(std::move(task));
  }
  wake_.notify_one();
}

// Precondition: mutex_ is held. The next caller's next task; false when nothing may run now.
bool CallQueue::take(CallerKey& caller, Task& task) {
  for (std::size_t i = 0; i < turns_.size(); ++i) {
    caller = turns_.front();
    turns_.pop_front();
    auto& line = lines_[caller];

    // The last free worker is for somebody else.
    if (line.running + 1 >= workers_.size() && !stopping_) {
      turns_.push_back(caller);
      continue;
    }

    task = std::move(line.waiting.front());
    line.waiting.pop_front();
    ++line.running;
    if (!line.waiting.empty()) turns_.push_back(caller);
    return true;
  }
  return false;
}

void CallQueue::work() {
  lower_priority_of_this_thread();
  std::unique_lock lock(mutex_);
  for (;;) {
    CallerKey caller{};
    Task task;
    if (!take(caller, task)) {
      if (stopping_ && turns_.empty()) return;
      wake_.wait(lock);
      continue;
    }

    lock.unlock();
    task();
    task = nullptr;
    lock.lock();

    auto found = lines_.find(caller);
    if (--found->second.running == 0 && found->second.waiting.empty()) lines_.erase(found);
    // A caller that was put off may go on now.
    if (!turns_.empty()) wake_.notify_one();
  }
}

void CallQueue::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& worker : workers_) {
    if (worker.joinable()) worker.join();
  }
}

}  // namespace testamur::node
