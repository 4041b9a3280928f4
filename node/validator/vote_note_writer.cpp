#include "node/validator/vote_note_writer.h"

#include <utility>

namespace testamur::node {

VoteNoteWriter::VoteNoteWriter(NodeKeys& keys, Log& log, DurableGroups durable_groups)
    : keys_(keys), log_(log), durable_groups_(std::move(durable_groups)) {}

bool VoteNoteWriter::write(std::uint64_t groups) {
  const std::lock_guard lock(writing_);
  // The thread may have asked before a write that is newer.
  if (written_ && groups < *written_) return true;

  const auto noted = keys_.note_votes(groups);
  if (noted.ok()) written_ = groups;
  // A folder of keys that cannot be written protects less, and keeps no node from serving. It is
  // said when it begins; the status says it as long as it lasts.
  if (!noted.ok() && !failed_) log_.warn("votes_not_noted", {{"cause", noted.message()}});
  failed_ = !noted.ok();
  return noted.ok();
}

void VoteNoteWriter::begin() {
  thread_ = std::thread([this] { run(); });
}

void VoteNoteWriter::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void VoteNoteWriter::run() {
  std::optional<std::uint64_t> seen;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, kEvery, [this] { return stopping_; })) return;
    }
    const auto groups = durable_groups_();
    if (!groups || groups == seen) continue;
    if (write(*groups)) seen = groups;
  }
}

}  // namespace testamur::node
