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

EngineStatus Engine::Core::status() const {
  EngineStatus status;
  status.epoch = epoch_;
  status.view = view_;
  status.validators = set_.size();
  status.quorum = set_.quorum();
  status.floor = floor_of_epoch();
  status.voting = !self_                  ? VotingState::kObserver
                  : quarantine_           ? VotingState::kQuarantine
                  : view_ <= status.floor ? VotingState::kFloored
                                          : VotingState::kActive;
  status.leader = leader_id(view_);
  status.leading = self_ && leader(view_) == *self_;
  status.committed_height = committed_.height;
  status.committed_view = committed_.view;
  status.committed_block = committed_.id;
  status.finalized_view = finalized_view();
  status.notarized_view = highest_notarized_;
  status.pending = pending();
  status.in_view_ms = now_ms_ - entered_ms_;
  status.delta_ms = delta_ms();
  status.wake_at_ms = wake_at_ms();
  const ViewState* at = find(view_);
  for (std::size_t i = 0; i < set_.size(); ++i) {
    const bool self = self_ && i == *self_;
    const PeerView& seen = peers_[i];
    PeerHeard heard{set_.at(i).id, static_cast<std::uint8_t>(i), self,        {}, seen.epoch,
                    seen.view,     seen.finalized_view,          is_silent(i)};
    if (seen.heard_ms) heard.heard_ms_ago = now_ms_ - *seen.heard_ms;
    status.peers.push_back(heard);
    const bool voted = at && (at->slots(Act::kNotarize)[i].vote || at->slots(Act::kNullify)[i].vote);
    if (status.pending && !voted) status.missing_votes.push_back(set_.at(i).id);
  }
  status.waiting_for = explain();
  status.evidence_count = evidence_count_;
  status.nullified_views = nullified_views_;
  status.committed_blocks = committed_blocks_;
  status.holdings = holdings();
  return status;
}

Holdings Engine::Core::holdings() const {
  Holdings held;
  held.views = views_.size();
  held.blocks = blocks_.size();
  for (const auto& [id, one] : blocks_) {
    held.block_bytes += one.block->proposal.header->size() + one.block->proposal.body->size();
  }
  held.wanted = missing_.size();
  for (const auto& [view, at] : views_) {
    for (const auto& slots : at.votes) {
      held.votes += static_cast<std::size_t>(
          std::count_if(slots.begin(), slots.end(), [](const VoteSlot& slot) { return slot.vote.has_value(); }));
    }
  }
  held.claims = others_.size() + peers_.size() + reported_.size() + exchange_.answers.size();
  return held;
}

// The first cause, in the order in which things are needed.
std::string Engine::Core::explain() const {
  if (finalized_view() > base_view_) return "fetching blocks that are final elsewhere";
  if (base_seals()) return "writing the last block of the epoch";
  if (quarantine_ && self_) {
    if (set_.size() == 1) return "in quarantine: only the command resume-voting ends it";
    return "in quarantine: " + std::to_string(exchange_.answers.size()) + " of " +
           std::to_string(2 * set_.max_faulty() + 1) + " answers of other validators received";
  }
  if (!pending()) return "idle";
  std::size_t audible = 0;
  for (std::size_t i = 0; i < set_.size(); ++i) audible += is_silent(i) ? 0 : 1;
  if (audible < set_.quorum()) {
    return "too few validators: " + std::to_string(audible) + " of " + std::to_string(set_.size()) + " heard of, " +
           std::to_string(set_.quorum()) + " needed";
  }
  if (self_ && view_ <= floor_of_epoch())
    return "this node may not vote up to view " + std::to_string(floor_of_epoch().value);
  const ViewState* at = find(view_);
  if (!at || !at->proposal) return "the proposal of " + to_text(leader_id(view_));
  if (!extends_certified_parent(*at->proposal)) return "certificates of earlier views";
  return "votes of the other validators in view " + std::to_string(view_.value);
}

}  // namespace testamur::consensus
