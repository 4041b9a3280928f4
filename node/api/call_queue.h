// Turns of work for calls that read much or check signatures: beside the chain's strand and beside
// gRPC's own threads.
//
// Each caller has a queue of its own and callers are served one after the other, so that one who
// asks for a thousand things delays another by one of them. One caller never has all workers. The
// workers, and every thread that serves calls, run at a lower priority than consensus. How much may
// wait is bounded by CallGate (Held::kQueued), not here. Thread-safe.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "node/api/caller.h"

namespace testamur::node {

// The calling thread yields to consensus when there is not enough processor for both. Idempotent;
// cheap.
void lower_priority_of_this_thread();

class CallQueue {
 public:
  using Task = std::function<void()>;

  explicit CallQueue(std::size_t workers);
  ~CallQueue();

  // Runs `task` on a worker, never inside the call. After stop() it is dropped.
  void post(const CallerKey& caller, Task task);
  // Waits for what runs; what waits is run too. Idempotent.
  void stop();

 private:
  struct Line {
    std::deque<Task> waiting;
    std::size_t running = 0;
  };
  void work();
  bool take(CallerKey& caller, Task& task);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<CallerKey, Line> lines_;
  std::deque<CallerKey> turns_;  // callers with something that waits, each once
  bool stopping_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace testamur::node
