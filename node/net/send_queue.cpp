#include "node/net/send_queue.h"

#include "common/check.h"

namespace testamur::node::net {

void SendQueue::push(Priority priority, EncodedFrame frame) {
  TM_CHECK(frame != nullptr && !frame->empty());
  bytes_ += frame->size();
  ++frames_;
  waiting_[static_cast<std::size_t>(priority)].push_back(std::move(frame));
  while (bytes_ > limits_.bytes || frames_ > limits_.frames) drop_one();
}

void SendQueue::take(std::size_t max_bytes, std::vector<EncodedFrame>& out) {
  std::size_t taken = 0;
  for (auto& line : waiting_) {
    while (!line.empty()) {
      const auto size = line.front()->size();
      if (taken + size > max_bytes && !out.empty()) return;
      taken += size;
      out.push_back(pop(line));
    }
  }
}

EncodedFrame SendQueue::pop(std::deque<EncodedFrame>& from) {
  auto frame = std::move(from.front());
  from.pop_front();
  --frames_;
  bytes_ -= frame->size();
  return frame;
}

void SendQueue::drop_one() {
  for (std::size_t priority = kPriorities; priority-- > 0;) {
    if (waiting_[priority].empty()) continue;
    pop(waiting_[priority]);
    ++dropped_[priority];
    return;
  }
}

}  // namespace testamur::node::net
