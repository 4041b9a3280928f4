// Threads, time and the journal's pace of a running chain: the seam at which tests/sim puts a
// virtual clock, so that the same chain runs there without a thread.
//
// The chain's mutable state belongs to the *strand*: what is posted there runs one after the other,
// in order, never inside the call. All functions but arm() may be called from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace testamur::node {

class Runtime {
 public:
  using Task = std::function<void()>;
  virtual ~Runtime() = default;

  virtual void post(Task task) = 0;  // to the strand
  virtual void post_to_pool(
      Task task) = 0;  // to another thread: what blocks and their journal wait for
  // To a further thread, not before `delay_ms`: what peers cause, and no block waits for.
  virtual void post_aside(Task task, std::uint64_t /*delay_ms*/ = 0) {
    post_to_pool(std::move(task));
  }
  // A monotonic clock.
  virtual std::uint64_t now_ms() const = 0;
  // Runs `task` on the strand at `at_ms` of that clock, instead of what was armed before. Strand
  // only.
  virtual void arm(std::uint64_t at_ms, Task task) = 0;
};

// A thread for the strand, a small pool, and another one of as many threads for what is done aside.
class ThreadRuntime final : public Runtime {
 public:
  explicit ThreadRuntime(std::size_t pool_threads);
  ~ThreadRuntime() override;

  void post(Task task) override;
  void post_to_pool(Task task) override;
  void post_aside(Task task, std::uint64_t delay_ms = 0) override;
  std::uint64_t now_ms() const override;
  void arm(std::uint64_t at_ms, Task task) override;

  // Waits for what the pools do; nothing may be posted to them afterwards.
  void join_pool();
  // Ends the strand with what is posted there undone. Idempotent.
  void stop();

 private:
  struct Threads;
  std::unique_ptr<Threads> threads_;
};

}  // namespace testamur::node
