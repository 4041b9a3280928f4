// What lies beside a consensus key and says with which vote store it was allowed to vote last, and
// how far that one had got (decision 1201). The key may be found beside another vote store, or
// beside an earlier copy of its own: a data directory that was named wrongly, or put back. Neither
// holds all its votes, and neither says so by itself.
//
// The note goes with the key's file and never says more than the vote store holds already, so that
// no crash makes it contradict an honest one. Not thread-safe.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "common/result.h"
#include "node/store/vote_store.h"

namespace testamur::node {

struct VoteNote {
  JournalId journal;
  std::uint64_t groups = 0;              // that the journal held at least
  std::vector<ConsensusPublicKey> keys;  // of other keys it says nothing
};

// `keys/consensus.key.votes` of `keys/consensus.key`.
std::filesystem::path vote_note_of(const std::filesystem::path& consensus_key);

// Nothing where there is none; fails, with what to do, where it is damaged.
Result<std::optional<VoteNote>> read_vote_note(const std::filesystem::path& file);
// Replaces it, durably.
Status write_vote_note(const std::filesystem::path& file, const VoteNote& note);

// Whether a key voted with another vote store than this one, or later than it knows.
bool contradicts(const VoteNote& note, const ConsensusPublicKey& key, const JournalId& journal,
                 std::uint64_t groups);

}  // namespace testamur::node
