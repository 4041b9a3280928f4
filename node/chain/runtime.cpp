#include "node/chain/runtime.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <thread>

namespace testamur::node {

namespace asio = boost::asio;

struct ThreadRuntime::Threads {
  explicit Threads(std::size_t pool_threads)
      : work(strand.get_executor()), pool(pool_threads), aside(pool_threads), timer(strand) {
    thread = std::thread([this] { strand.run(); });
  }

  asio::io_context strand{1};
  asio::executor_work_guard<asio::io_context::executor_type> work;
  asio::thread_pool pool;
  asio::thread_pool aside;
  asio::steady_timer timer;
  std::thread thread;
};

ThreadRuntime::ThreadRuntime(std::size_t pool_threads)
    : threads_(std::make_unique<Threads>(pool_threads)) {}
ThreadRuntime::~ThreadRuntime() {
  join_pool();
  stop();
}

void ThreadRuntime::post(Task task) { asio::post(threads_->strand, std::move(task)); }
void ThreadRuntime::post_to_pool(Task task) { asio::post(threads_->pool, std::move(task)); }

void ThreadRuntime::post_aside(Task task, std::uint64_t delay_ms) {
  if (delay_ms == 0) return asio::post(threads_->aside, std::move(task));
  auto timer =
      std::make_shared<asio::steady_timer>(threads_->aside, std::chrono::milliseconds(delay_ms));
  timer->async_wait([timer, task = std::move(task)](const boost::system::error_code&) { task(); });
}

std::uint64_t ThreadRuntime::now_ms() const {
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

void ThreadRuntime::arm(std::uint64_t at_ms, Task task) {
  auto now = now_ms();
  threads_->timer.expires_after(std::chrono::milliseconds(at_ms > now ? at_ms - now : 0));
  threads_->timer.async_wait([task = std::move(task)](const boost::system::error_code& failure) {
    if (!failure) task();
  });
}

void ThreadRuntime::join_pool() {
  threads_->aside.join();
  threads_->pool.join();
}

void ThreadRuntime::stop() {
  if (!threads_->thread.joinable()) return;
  threads_->work.reset();
  threads_->strand.stop();
  threads_->thread.join();
}

}  // namespace testamur::node
