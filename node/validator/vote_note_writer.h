// Keeps what lies beside the consensus key up to date while the node votes (decision 1201), so that
// an earlier copy of the data is known as one also where the node did not end by itself.
//
// A thread of its own writes at most once in kEvery, and nothing while the journal stands still:
// one small file that takes its name in one step, two syncs. No vote waits for it. What it writes
// was synced in the journal before, so that no crash makes an honest vote store look old.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "node/log/log.h"
#include "node/validator/node_keys.h"

namespace testamur::node {

class VoteNoteWriter {
 public:
  // How long the note may lag behind the journal, and a write beside that.
  static constexpr std::chrono::seconds kEvery{5};
  // Groups that the journal holds, synced; nothing while the keys may not vote. Called by any
  // thread.
  using DurableGroups = std::function<std::optional<std::uint64_t>()>;

  VoteNoteWriter(NodeKeys& keys, Log& log, DurableGroups durable_groups);
  ~VoteNoteWriter() { stop(); }

  // Writes at once, whoever may vote: before the first vote, and when the journal has ended. False
  // where it could not.
  bool write(std::uint64_t groups);
  void begin();
  void stop();  // idempotent

 private:
  void run();

  NodeKeys& keys_;
  Log& log_;
  const DurableGroups durable_groups_;

  std::mutex writing_;  // guards the two below, while a file is written
  std::optional<std::uint64_t> written_;
  bool failed_ = false;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace testamur::node
