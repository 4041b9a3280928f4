// What an operator sees of the engine (`testamur node status`). Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "consensus/limits.h"
#include "consensus/values/types.h"

namespace testamur::consensus {

enum class VotingState : std::uint8_t {
  kObserver,    // no member of the current set
  kQuarantine,  // a member that may have voted without remembering it: observes
  kFloored,     // votes only above the floor, which the current view has not passed
  kActive,
};
const char* to_text(VotingState state);

// That quarantine is over and the node does not vote yet all the same, and what to do: sentences.
std::string below_floor_text(View floor, View view);

struct PeerHeard {
  InstitutionId id;
  std::uint8_t index = 0;
  bool self = false;
  std::optional<std::uint64_t> heard_ms_ago;  // absent: never since this engine started
  Epoch epoch;                                // the newest position that it showed
  View view;
  View finalized_view;
  bool silent = false;  // for longer than the skip time
};

struct EngineStatus {
  Epoch epoch;
  View view;
  std::size_t validators = 0;
  std::size_t quorum = 0;
  VotingState voting = VotingState::kObserver;
  View floor;                          // meaningful while kFloored
  std::size_t quarantine_answers = 0;  // of others, which showed what they have of this key's votes
  InstitutionId leader;
  bool leading = false;

  Height committed_height;  // applied and durable
  View committed_view;      // in its own epoch
  BlockId committed_block;
  View finalized_view;  // highest finalization known in this epoch; above the committed one while
                        // blocks are missing
  View notarized_view;

  bool pending = false;          // something waits for a block
  std::uint64_t in_view_ms = 0;  // since the current view was entered
  std::uint64_t delta_ms = 0;    // the timeout unit now
  std::uint64_t wake_at_ms = 0;
  std::vector<PeerHeard> peers;              // by validator index
  std::vector<InstitutionId> missing_votes;  // whose votes the current view waits for
  std::string waiting_for;  // why nothing moves, as a sentence; "idle" when nothing is pending
  std::uint64_t evidence_count = 0;    // misbehaviour seen since start
  std::uint64_t nullified_views = 0;   // since start
  std::uint64_t committed_blocks = 0;  // since start
  Holdings holdings;                   // what is kept now; bounded by holdings_bound
};

}  // namespace testamur::consensus
