#include "consensus/status.h"

#include <algorithm>

#include "consensus/core.h"

namespace testamur::consensus {

const char* to_text(VotingState state) {
  switch (state) {
    case VotingState::kObserver: return "observer";
    case VotingState::kQuarantine: return "quarantine";
    case VotingState::kFloored: return "below its floor";
    case VotingState::kActive: return "active";
  }
  return "unknown";
}

std::string below_floor_text(View floor, View view) {
  return "this node does not vote yet: it votes again from view " +
         std::to_string(floor.value + 1) + " on (now in view " + std::to_string(view.value) +
         "), because votes of its lost copy up to there are not known. Restore no other validator "
         "before it has voted. If the ledger stands still and no other copy of its key exists: "
         "testamurd resume-voting --i-destroyed-the-other-copy";
}

VotingState Engine::Core::voting_state() const {
  if (!committee_.self()) return VotingState::kObserver;
  if (quarantine_.active()) return VotingState::kQuarantine;
  return pacemaker_.view() <= quarantine_.floor() ? VotingState::kFloored : VotingState::kActive;
}

EngineStatus Engine::Core::status() const {
  const View view = pacemaker_.view();
  EngineStatus status;
  status.epoch = committee_.epoch();
  status.view = view;
  status.validators = committee_.size();
  status.quorum = committee_.set().quorum();
  status.floor = quarantine_.floor();
  status.quarantine_answers = quarantine_.answers();
  status.voting = voting_state();
  status.leader = committee_.leader_id(view);
  status.leading = committee_.leads(view);

  status.committed_height = prefix_.committed().height;
  status.committed_view = prefix_.committed().view;
  status.committed_block = prefix_.committed().id;
  status.finalized_view = votes_.finalized_view();
  status.notarized_view = votes_.highest_notarized();

  status.pending = pacemaker_.pending();
  status.in_view_ms = clock_.now_ms() - pacemaker_.entered_ms();
  status.delta_ms = pacemaker_.delta_ms();
  status.wake_at_ms = wake_at_ms();

  describe_peers(status);
  status.waiting_for = explain();
  status.evidence_count = evidence_.count();
  status.nullified_views = votes_.nullified_views();
  status.committed_blocks = committed_blocks_;
  status.holdings = holdings();
  return status;
}

void Engine::Core::describe_peers(EngineStatus& status) const {
  for (std::size_t i = 0; i < committee_.size(); ++i) {
    const PeerView& seen = peers_.at(i);
    PeerHeard heard{.id = committee_.id_of(i),
                    .index = static_cast<std::uint8_t>(i),
                    .self = committee_.is_self(i),
                    .heard_ms_ago = {},
                    .epoch = seen.epoch,
                    .view = seen.view,
                    .finalized_view = seen.finalized_view,
                    .silent = peers_.is_silent(i)};
    if (seen.heard_ms) heard.heard_ms_ago = clock_.now_ms() - *seen.heard_ms;
    status.peers.push_back(heard);

    const bool voted = votes_.has_voted(status.view, Act::kNotarize, i) ||
                       votes_.has_voted(status.view, Act::kNullify, i);
    if (status.pending && !voted) status.missing_votes.push_back(committee_.id_of(i));
  }
}

Holdings Engine::Core::holdings() const {
  // A view counts once, whether votes or a proposal of it are kept, or both.
  std::size_t views = votes_.views().size();
  for (const auto& [view, proposal] : blocks_.proposals()) views += votes_.find(view) ? 0 : 1;

  Holdings held;
  held.views = views;
  held.blocks = blocks_.blocks().size();
  held.block_bytes = blocks_.size_bytes();
  held.wanted = fetcher_.size();
  held.votes = votes_.vote_count();
  held.claims = peers_.size() + evidence_.size() + quarantine_.answers();
  return held;
}

// The first cause, in the order in which things are needed.
std::string Engine::Core::explain() const {
  if (votes_.finality_is_ahead()) return "this node fetches blocks that are final elsewhere";
  if (prefix_.ends_epoch()) return "this node writes the last block of the epoch";
  if (quarantine_.active() && committee_.self()) return explain_quarantine();

  if (!pacemaker_.pending()) return "idle";
  const std::size_t audible = peers_.audible();
  if (audible < committee_.set().quorum()) {
    return "there are too few validators: " + std::to_string(audible) + " of " +
           std::to_string(committee_.size()) + " are heard of, and " +
           std::to_string(committee_.set().quorum()) + " are needed";
  }

  const View view = pacemaker_.view();
  if (voting_state() == VotingState::kFloored) return below_floor_text(quarantine_.floor(), view);
  const Block* proposal = blocks_.proposed(view);
  if (!proposal)
    return "this node waits for the proposal of " + to_text(committee_.leader_id(view));
  if (!extends_certified_parent(*proposal))
    return "this node waits for certificates of earlier views";
  return "this node waits for votes of the other validators in view " + std::to_string(view.value);
}

std::string Engine::Core::explain_quarantine() const {
  if (committee_.size() == 1)
    return "this node is in quarantine, and votes alone: let a second node or an observer that has "
           "later blocks connect first; then only the command resume-voting ends it";
  return "this node's quarantine ends when " +
         std::to_string(2 * committee_.set().max_faulty() + 1) +
         " other validators have answered, and " + std::to_string(quarantine_.answers()) +
         " have: see that they are connected. One that is in quarantine itself does not answer. "
         "Where too few can, and no other copy of this node's key exists: testamurd resume-voting "
         "--i-destroyed-the-other-copy";
}

}  // namespace testamur::consensus
