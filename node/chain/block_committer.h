// Final blocks become the node's state: executed, stored as one batch, and published to every
// reader.
//
// Owns the head, the last finalized state that readers on any thread see, and those who are told of
// each new one. Belongs to the chain's strand, except head().
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>

#include "node/chain/block_processor.h"
#include "node/chain/chain.h"

namespace testamur::node {

class BlockCommitter {
 public:
  // All are borrowed.
  BlockCommitter(const ChainParts& parts, BlockProcessor& processor)
      : parts_(parts), processor_(processor) {}

  struct Applied {
    ExecutedBlock block;
    LogIndex first_log_index;
    HeadPtr head;  // not published yet
    bool first_of_epoch = false;
  };
  // Executes and stores the child of the published head. Nothing when that failed: the node was
  // told to end.
  std::optional<Applied> apply(const consensus::Block& block,
                               const consensus::FinalityProof& proof);
  // Readers, builds and listeners see it from now on.
  void publish(const HeadPtr& head);

  HeadPtr head() const { return head_.load(); }  // any thread
  void add_listener(std::uint64_t id, Chain::HeadListener listener) {
    listeners_[id] = std::move(listener);
  }
  void remove_listener(std::uint64_t id) { listeners_.erase(id); }
  void stop() { listeners_.clear(); }

  // By the wall clock: when an empty block is due because nothing else came.
  std::uint64_t heartbeat_at_ms() const {
    return processor_.base().header.time_ms + heartbeat_interval_ms_;
  }
  std::uint64_t last_commit_ms() const {
    return last_commit_ms_;
  }  // wall clock; 0: none since start

 private:
  const ChainParts& parts_;
  BlockProcessor& processor_;
  std::atomic<HeadPtr> head_;
  std::map<std::uint64_t, Chain::HeadListener> listeners_;
  Hash256 parameters_digest_;  // those from which the interval was read
  std::uint64_t heartbeat_interval_ms_ = 0;
  std::uint64_t last_commit_ms_ = 0;
};

}  // namespace testamur::node
