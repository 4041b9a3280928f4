// Reading a journal back after a crash (docs/formats/journal.md "Recovery"). Private to node/store;
// one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "node/store/journal.h"
#include "node/store/vote_store.h"

namespace testamur::node {

std::string segment_file_name(std::uint64_t number);

struct RecoveredJournal {
  std::vector<std::uint64_t> segments;  // numbers, ascending without gaps
  std::uint64_t end = 0;                // offset of the next group in the last segment
  std::uint64_t next_sequence = 1;
  Hash256 last_digest;
  std::uint64_t group_count = 0;
};

// Replays all groups and zeroes what a group whose sync never returned has left. Fails on
// corruption, naming the file, the offset and what to do, and on the first failure of `replay`.
// Who only looks has nothing zeroed.
enum class Recovering { kForUse, kToLook };
Result<RecoveredJournal> recover_journal(FileSystem& files, const std::string& directory,
                                         const JournalId& id, const JournalOptions& options,
                                         const Journal::Replay& replay,
                                         Recovering purpose = Recovering::kForUse);

}  // namespace testamur::node
