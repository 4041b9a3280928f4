// Frames waiting to be written to one peer, by priority, within QueueLimits.
//
// When the queue is full the oldest frame of the lowest priority present goes first: a vote is
// never dropped while a block waits, nor a block while transactions wait. Oldest first, because
// votes are sent again anyway and a newer one says more. A frame that is the only one of the lowest
// priority may be dropped by its own push.
//
// Thread rule: one thread at a time (the session guards it).
#pragma once

#include <array>
#include <deque>
#include <vector>

#include "node/net/frame.h"
#include "node/net/network.h"

namespace testamur::node::net {

class SendQueue {
 public:
  explicit SendQueue(const QueueLimits& limits) : limits_(limits) {}

  void push(Priority priority, EncodedFrame frame);
  // Appends to `out` what is to be written next: by priority, in order of arrival, as many as fit
  // into `max_bytes`; if `out` was empty, one frame of any size.
  void take(std::size_t max_bytes, std::vector<EncodedFrame>& out);

  bool empty() const { return frames_ == 0; }
  std::size_t frames() const { return frames_; }
  std::size_t bytes() const { return bytes_; }
  const std::array<std::uint64_t, kPriorities>& dropped() const { return dropped_; }

 private:
  EncodedFrame pop(std::deque<EncodedFrame>& from);
  void drop_one();

  QueueLimits limits_;
  std::array<std::deque<EncodedFrame>, kPriorities> waiting_;
  std::size_t frames_ = 0;
  std::size_t bytes_ = 0;
  std::array<std::uint64_t, kPriorities> dropped_{};
};

}  // namespace testamur::node::net
