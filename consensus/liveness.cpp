// When a view is given up, and what is said again so that nobody is left behind.
#include <algorithm>

#include "consensus/core.h"

namespace testamur::consensus {

bool Engine::Core::pressed_to_nullify() const {
  const ViewState* at = find(view_);
  if (!at) return false;
  std::size_t others = 0;
  const auto& slots = at->slots(Act::kNullify);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].vote && !(self_ && i == *self_)) ++others;
  }
  return others >= set_.max_faulty() + 1;
}

bool Engine::Core::pending_besides_proposal() const {
  return transactions_ || heartbeat_due_ || highest_notarized_ > finalized_view() || pressed_to_nullify();
}

bool Engine::Core::pending() const {
  if (pending_besides_proposal()) return true;
  const ViewState* at = find(view_);
  if (!at || !at->proposal || at->proposal->facts.empty) return false;
  const BlockEntry* proposed = entry(at->proposal->facts.id);
  return proposed && proposed->validity == Validity::kValid;
}

void Engine::Core::update_pending() {
  if (!pending()) {
    pending_since_ms_.reset();
  } else if (!pending_since_ms_) {
    pending_since_ms_ = now_ms_;
  }
}

std::optional<std::uint64_t> Engine::Core::timer_start_ms() const {
  if (!pending_since_ms_) return std::nullopt;
  return std::max(entered_ms_, *pending_since_ms_);
}

// Views since the last finality, not nullified ones only: a Byzantine voter can keep views notarized that never
// finalize.
unsigned Engine::Core::backoff() const {
  const std::uint64_t ahead = view_.value - finalized_view().value;
  return ahead <= 2 ? 0 : static_cast<unsigned>(std::min<std::uint64_t>(ahead - 2, 32));
}

std::uint64_t Engine::Core::delta_ms() const {
  return std::min(config_.timing.base_ms << std::min(backoff(), 16U), config_.timing.cap_ms);
}

bool Engine::Core::is_silent(std::size_t index) const {
  if (self_ && index == *self_) return false;
  return now_ms_ > peers_[index].heard_ms.value_or(listening_since_ms_) + config_.timing.skip_ms;
}

// Reasons to give the leader up without waiting. A leader that nullified and has shown no proposal will not make one;
// the others count only while little has been tried since the last finality, so that in the end patience alone decides.
bool Engine::Core::leader_is_skipped() const {
  const std::uint8_t index = leader(view_);
  const bool leading = self_ && index == *self_;
  const ViewState* at = find(view_);
  const bool proposed = at && at->proposal;
  if (leading) return !proposed && view_ <= no_proposal_through_;
  const bool gave_up = at && at->slots(Act::kNullify)[index].vote.has_value();
  if (gave_up && !proposed) return true;
  if (view_.value - finalized_view().value > 2 * set_.size()) return false;
  if (gave_up || (at && at->leader_invalid)) return true;
  if (proposed) return false;
  std::size_t audible = 0;
  for (std::size_t i = 0; i < set_.size(); ++i) audible += is_silent(i) ? 0 : 1;
  return is_silent(index) && audible >= set_.quorum();
}

bool Engine::Core::timer_fired() const {
  const auto start = timer_start_ms();
  if (!start) return false;
  if (leader_is_skipped()) return true;
  const ViewState* at = find(view_);
  const std::uint64_t patience = at && at->proposal ? 3 : 2;
  return now_ms_ >= *start + patience * delta_ms();
}

// Something above the last finalized view was said or certified, or waits.
bool Engine::Core::unfinished() const {
  if (pending()) return true;
  for (const auto& [view, at] : views_) {
    if (view > finalized_view() && (at.own[0] || at.own[1] || at.own[2] || at.nullification || at.notarization))
      return true;
  }
  return false;
}

void Engine::Core::rebroadcast_if_due() {
  if (now_ms_ < rebroadcast_at_ms_ || !unfinished()) return;
  rebroadcast();
  rebroadcast_interval_ms_ = std::min(2 * rebroadcast_interval_ms_, 8 * config_.timing.rebroadcast_ms);
  rebroadcast_at_ms_ = now_ms_ + rebroadcast_interval_ms_;
}

// Own votes and certificates of every view above the last finalized, and the highest finalization.
void Engine::Core::rebroadcast() {
  if (highest_finalization_) driver_.broadcast(*highest_finalization_);
  for (const auto& [view, at] : views_) {
    if (view <= finalized_view()) continue;
    for (const auto& mine : at.own) {
      if (mine && mine->durable && !mine->needs_body && may_vote(view)) driver_.broadcast(mine->record.vote);
    }
    if (at.nullification) driver_.broadcast(*at.nullification);
    if (at.notarization) driver_.broadcast(*at.notarization);
  }
}

// The certificates that let this node into its view, to a validator that has not shown that it is there.
void Engine::Core::show_entry_to(std::size_t validator) {
  if (!started_ || !self_ || validator == *self_) return;
  if (peers_[validator].epoch == epoch_ && peers_[validator].view >= view_) return;
  const ViewState* before = find(view_ - 1);
  if (!before) return;
  for (const auto& certificate : {before->finalization, before->notarization, before->nullification}) {
    if (certificate) driver_.send(set_.at(validator).id, *certificate);
  }
}

// A voter may have given its vote to few. The leader of the view is shown the certificate at once by everybody who
// enters (votes.cpp), and shows it with its proposal (propose.cpp); the rest of those behind are a little later.
void Engine::Core::relay_if_due() {
  if (relayed_ || !self_ || now_ms_ < entered_ms_ + config_.timing.rebroadcast_ms / 2) return;
  relayed_ = true;
  for (std::size_t i = 0; i < set_.size(); ++i) show_entry_to(i);
}

void Engine::Core::announce_if_due() {
  if (now_ms_ < announce_at_ms_) return;
  announce_at_ms_ = now_ms_ + config_.timing.skip_ms / 3;
  driver_.broadcast(Presence{epoch_, view_, base_view_, base_.height});
}

void Engine::Core::receive(const InstitutionId& from, const Presence& presence) {
  PeerView& sender = peer(from);
  sender.heard_ms = now_ms_;
  sender.epoch = presence.epoch;  // exact: a peer may have fallen back
  sender.view = presence.view;
  sender.finalized_view = presence.finalized_view;
  sender.claimed_height = presence.finalized_height;  // unproven: see somebody_claims_more
  const bool behind =
      presence.epoch < epoch_ ||
      (presence.epoch == epoch_ && (presence.finalized_view < finalized_view() || presence.view < view_));
  if (behind) help(from);
}

// Signatures cost time: of votes, certificates and proposals only validators' are checked, and after a false one a
// pause is made with its sender.
bool Engine::Core::trusted(const InstitutionId& from) {
  return set_.index_of(from).has_value() && peer(from).credit.trusted(now_ms_);
}

void Engine::Core::distrust(const InstitutionId& from) {
  if (from != config_.self) peer(from).credit.punish(now_ms_, config_.timing.skip_ms / 3);
}

PeerView& Engine::Core::peer(const InstitutionId& id) {
  if (const auto index = set_.index_of(id)) return peers_[*index];
  if (others_.size() >= kMaxOtherPeers && !others_.contains(id)) others_.clear();
  return others_[id];
}

void Engine::Core::heard(const InstitutionId& from, Epoch epoch, View view, std::optional<View> finalized) {
  PeerView& sender = peer(from);
  sender.heard_ms = now_ms_;
  if (epoch > sender.epoch) {
    sender.view = sender.finalized_view = View{0};
    sender.epoch = epoch;
  }
  if (epoch < sender.epoch) return;
  sender.view = std::max(sender.view, view);
  if (finalized) sender.finalized_view = std::max(sender.finalized_view, *finalized);
}

// The answer to whatever a peer that is behind says, at a bounded rate: how its epoch ended, or the highest
// finalization and the certificate that lets it into this view.
void Engine::Core::help(const InstitutionId& to) {
  PeerView& behind = peer(to);
  if (behind.helped_ms != 0 && now_ms_ < behind.helped_ms + config_.timing.rebroadcast_ms / 2) return;
  if (behind.epoch > epoch_) return;
  behind.helped_ms = now_ms_;
  if (behind.epoch < epoch_) {
    if (previous_) driver_.send(to, *previous_);
    return;
  }
  if (highest_finalization_) driver_.send(to, *highest_finalization_);
  const ViewState* before = find(view_ - 1);
  if (!before) return;
  if (before->nullification) driver_.send(to, *before->nullification);
  if (before->notarization) driver_.send(to, *before->notarization);
}

std::uint64_t Engine::Core::wake_at_ms() const {
  std::uint64_t at = announce_at_ms_;
  const auto sooner = [&](std::uint64_t when) { at = std::min(at, when); };
  const auto& timing = config_.timing;
  if (const auto start = timer_start_ms(); start && voting()) {
    const ViewState* now = find(view_);
    const bool gave_up = now && (now->mine(Act::kNullify) || now->mine(Act::kFinalize));
    const std::uint64_t patience = now && now->proposal ? 3 : 2;
    if (!gave_up && may_vote(view_)) {
      sooner(*start + patience * delta_ms());
      const std::uint8_t index = leader(view_);
      if (!is_silent(index)) sooner(peers_[index].heard_ms.value_or(listening_since_ms_) + timing.skip_ms + 1);
    }
    if (leader(view_) == *self_ && view_ > proposed_) {
      const std::uint64_t half = entered_ms_ + delta_ms() / 2;
      if (half > now_ms_) sooner(half);
      if (building_.retry_at_ms > now_ms_) sooner(building_.retry_at_ms);
    }
  }
  if (unfinished()) sooner(rebroadcast_at_ms_);
  if (!relayed_ && self_) sooner(entered_ms_ + timing.rebroadcast_ms / 2);
  at = missing_.wake_at_ms(at);
  for (const auto& [id, held] : blocks_) {
    if (held.validity == Validity::kWaiting && !held.retry_on_finality) sooner(held.retry_at_ms);
  }
  if (gap_since_ms_) sooner(std::max(*gap_since_ms_ + 2 * timing.fetch_ms, catch_up_at_ms_));
  if (missing_certificates()) sooner(certificates_asked_ms_ + timing.fetch_ms);
  if (quarantine_ && self_) sooner(exchange_.ask_at_ms);
  return std::max(at, now_ms_ + 1);
}

}  // namespace testamur::consensus
