#include "node/chain/peers/block_server.h"

#include <algorithm>
#include <utility>

#include "node/chain/peers/catch_up.h"

namespace testamur::node {

namespace {

constexpr std::size_t kRequestsPerNode = 2;
constexpr std::size_t kWaitingRequests = 64;  // of one institution
constexpr std::size_t kUnreadBytes = 4u
                                     << 20;  // more than this unread, and a node is served nothing
constexpr std::uint64_t kServeAgainAtLeastMs =
    100;  // however long the pace says, so that a stop is not waited for
// Blocks for all who are no members together: KiB a second.
constexpr std::uint64_t kServedUnitsPerSecond = 16 * 1024;
constexpr std::uint64_t kServedUnitsBurst = 8 * 1024;

}  // namespace

BlockServer::BlockServer(Runtime& runtime, PeerSender& sender, std::function<HeadPtr()> head)
    : runtime_(runtime),
      sender_(sender),
      head_(std::move(head)),
      queue_({kWaitingRequests, 1u << 20, kServedUnitsPerSecond, kServedUnitsBurst}) {}

void BlockServer::request(const net::Origin& from, net::Rank rank,
                          const net::BlockRequest& request) {
  bool start = false;
  {
    const std::lock_guard lock(mutex_);
    auto& waiting = waiting_[from.pin];

    // A node that asks for more than it can be given pays for the refusal.
    if (waiting >= kRequestsPerNode ||
        !queue_.push({from.institution, rank}, 0, 0, {from, request})) {
      return sender_.note(from, net::Refusal::kBlockRequests);
    }

    // One task serves all in turn; whoever finds none under way starts it.
    ++waiting;
    start = !std::exchange(serving_, true);
  }

  if (start) runtime_.post_aside([this] { serve_next(); });
}

void BlockServer::forget(const net::Origin& from) {
  const std::lock_guard lock(mutex_);
  queue_.erase_if(from.institution, [&](const Job& job) { return job.from.pin == from.pin; });
  waiting_.erase(from.pin);
}

void BlockServer::close() {
  const std::lock_guard lock(mutex_);
  closing_ = true;
}

// What is paced is looked at again when it may be served.
void BlockServer::serve_next() {
  std::optional<Job> job;
  std::uint64_t wait_ms = 0;
  {
    const std::lock_guard lock(mutex_);
    // The task ends when nothing waits, and goes on, later, when what waits is paced.
    if (!closing_) job = queue_.pop(runtime_.now_ms());
    if (!job) {
      const auto wait = closing_ ? std::nullopt : queue_.wait_ms(runtime_.now_ms());
      serving_ = wait.has_value();
      if (!wait) return;
      wait_ms = std::clamp<std::uint64_t>(*wait, 1, kServeAgainAtLeastMs);
    } else if (auto waiting = waiting_.find(job->from.pin);
               waiting != waiting_.end() && --waiting->second == 0) {
      waiting_.erase(waiting);
    }
  }

  // Without the lock: serve() takes it to charge what the answer cost.
  if (job) serve(*job);
  runtime_.post_aside([this] { serve_next(); }, wait_ms);
}

void BlockServer::serve(const Job& job) {
  // Whoever does not read what it asked for would have it all in this node's memory.
  const auto unread = sender_.unread_bytes(job.from.pin);
  if (!unread) return;
  if (*unread > kUnreadBytes) return sender_.note(job.from, net::Refusal::kNotReading);

  const auto size = sender_.answer(job.from.pin, serve_blocks(*head_()->state, job.request));

  // What it costs is known only now: its line waits for that.
  const std::lock_guard lock(mutex_);
  queue_.charge(job.from.institution, 1 + size / 1024);
}

}  // namespace testamur::node
