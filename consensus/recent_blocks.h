// Final blocks for peers that are just behind, the newest last: so many of them, and so many bytes
// of bodies at most. Private to consensus/. One thread.
#pragma once

#include <cstddef>
#include <deque>

#include "consensus/limits.h"
#include "consensus/values/types.h"

namespace testamur::consensus {

class RecentBlocks {
 public:
  explicit RecentBlocks(const Limits& limits) : limits_(limits) {}

  // The oldest go; the newest stays, whatever its size.
  void add(const BlockPtr& block) {
    blocks_.push_back(block);
    body_bytes_ += block->proposal.body->size();
    while (blocks_.size() > limits_.recent_blocks ||
           (body_bytes_ > limits_.recent_bytes && blocks_.size() > 1)) {
      body_bytes_ -= blocks_.front()->proposal.body->size();
      blocks_.pop_front();
    }
  }

  BlockPtr find(const BlockId& id) const {
    for (const auto& block : blocks_) {
      if (block->facts.id == id) return block;
    }
    return nullptr;
  }

 private:
  const Limits& limits_;
  std::deque<BlockPtr> blocks_;
  std::size_t body_bytes_ = 0;
};

}  // namespace testamur::consensus
