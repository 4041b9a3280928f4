// RocksDB's environment with an ear for its background jobs, so that a run can wait until none is
// left and mostly repeats. Jobs are still run by RocksDB's own threads.
#pragma once

#include <rocksdb/env.h>

#include <condition_variable>
#include <memory>
#include <mutex>

namespace testamur::sim {

class QuietEnv final : public rocksdb::EnvWrapper {
 public:
  explicit QuietEnv(std::unique_ptr<rocksdb::Env> target)
      : EnvWrapper(target.get()), owned_(std::move(target)) {}

  void wait_until_quiet() {
    std::unique_lock lock(mutex_);
    quiet_.wait(lock, [this] { return jobs_ == 0; });
  }

  void Schedule(void (*function)(void*), void* argument, Priority priority, void* tag,
                void (*unschedule)(void*)) override {
    {
      std::lock_guard lock(mutex_);
      ++jobs_;
    }
    target()->Schedule(run, new Job{*this, function, unschedule, argument}, priority, tag, cancel);
  }

 private:
  struct Job {
    QuietEnv& env;
    void (*function)(void*);
    void (*unschedule)(void*);
    void* argument;
  };
  static void end(Job* raw, void (*last_call)(void*)) {
    const std::unique_ptr<Job> job(raw);
    if (last_call != nullptr) last_call(job->argument);
    std::lock_guard lock(job->env.mutex_);
    if (--job->env.jobs_ == 0) job->env.quiet_.notify_all();
  }
  static void run(void* job) { end(static_cast<Job*>(job), static_cast<Job*>(job)->function); }
  static void cancel(void* job) { end(static_cast<Job*>(job), static_cast<Job*>(job)->unschedule); }

  std::unique_ptr<rocksdb::Env> owned_;
  std::mutex mutex_;
  std::condition_variable quiet_;
  std::size_t jobs_ = 0;
};

}  // namespace testamur::sim
