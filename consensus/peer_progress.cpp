// Positions only grow with what messages show, and are set by what their sender says of itself
// (Presence). Credit outlives positions within an epoch: nothing that a peer says gives it back.
#include "consensus/peer_progress.h"

#include <algorithm>

namespace testamur::consensus {

PeerProgress::PeerProgress(const EngineContext& context) : context_(context) { begin_epoch(); }

void PeerProgress::begin_epoch() {
  validators_.assign(context_.committee.size(), PeerView{});
  listen_from_now();
}

void PeerProgress::listen_from_now() { listening_since_ms_ = context_.now_ms(); }

// Strangers are only institutions that the links have authenticated; still, their number is not
// this node's choice.
PeerView& PeerProgress::peer(const InstitutionId& id) {
  if (const auto index = context_.committee.index_of(id)) return validators_[*index];
  if (others_.size() >= kMaxOtherPeers && !others_.contains(id)) others_.clear();
  return others_[id];
}

void PeerProgress::note(const InstitutionId& from, Epoch epoch, View view) {
  PeerView& sender = peer(from);
  sender.heard_ms = context_.now_ms();

  // Views are counted anew in each epoch.
  if (epoch > sender.epoch) {
    sender.view = sender.finalized_view = View{0};
    sender.epoch = epoch;
  }

  // An old message that comes late shows nothing new.
  if (epoch < sender.epoch) return;
  sender.view = std::max(sender.view, view);
}

void PeerProgress::note(const InstitutionId& from, const Presence& presence) {
  PeerView& sender = peer(from);
  sender.heard_ms = context_.now_ms();
  sender.epoch = presence.epoch;
  sender.view = presence.view;
  sender.finalized_view = presence.finalized_view;
  sender.claimed_height = presence.finalized_height;  // unproven: see somebody_claims_more
}

bool PeerProgress::has_reached(std::size_t validator, View view) const {
  const PeerView& seen = validators_[validator];
  return seen.epoch == context_.committee.epoch() && seen.view >= view;
}

bool PeerProgress::is_silent(std::size_t validator) const {
  if (context_.committee.is_self(validator)) return false;
  const std::uint64_t heard_ms = validators_[validator].heard_ms.value_or(listening_since_ms_);
  return context_.now_ms() > heard_ms + context_.timing().skip_ms;
}

std::size_t PeerProgress::audible() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < validators_.size(); ++i) count += is_silent(i) ? 0 : 1;
  return count;
}

std::uint64_t PeerProgress::silent_from_ms(std::size_t validator) const {
  return validators_[validator].heard_ms.value_or(listening_since_ms_) + context_.timing().skip_ms +
         1;
}

bool PeerProgress::trusted(const InstitutionId& from) const {
  return context_.committee.index_of(from).has_value() && in_credit(from);
}

bool PeerProgress::in_credit(const InstitutionId& from) const {
  if (const auto index = context_.committee.index_of(from)) {
    return validators_[*index].credit.trusted(context_.now_ms());
  }
  const auto other = others_.find(from);
  return other == others_.end() || other->second.credit.trusted(context_.now_ms());
}

// A copy that this node restored from its own journal has nobody else to pay for it.
void PeerProgress::pause(const InstitutionId& from) {
  if (from == context_.config.self) return;
  PeerView& punished = peer(from);
  if (punished.credit.trusted(context_.now_ms())) punished.signed_invalid = false;
  punished.credit.punish(context_.now_ms(), context_.timing().skip_ms / 3);
}

void PeerProgress::pause_for_false_signature(const InstitutionId& from) {
  pause(from);
  if (from != context_.config.self) context_.driver.false_signature(from);
}

void PeerProgress::pause_for_invalid_block(std::size_t validator) {
  if (context_.committee.is_self(validator)) return;
  pause(context_.committee.id_of(validator));
  validators_[validator].signed_invalid = true;
}

bool PeerProgress::is_paused_for_invalid_block(std::size_t validator) const {
  const PeerView& peer = validators_[validator];
  return peer.signed_invalid && !peer.credit.trusted(context_.now_ms());
}

bool PeerProgress::may_answer(const InstitutionId& to, std::uint64_t bytes) {
  return peer(to).credit.charge(context_.now_ms(), bytes + kAnswerOverheadBytes);
}

bool PeerProgress::may_help(const InstitutionId& to) {
  PeerView& behind = peer(to);
  const std::uint64_t pause_ms = context_.timing().rebroadcast_ms / 2;
  if (behind.helped_ms != 0 && context_.now_ms() < behind.helped_ms + pause_ms) return false;
  if (behind.epoch > context_.committee.epoch()) return false;
  behind.helped_ms = context_.now_ms();
  return true;
}

Epoch PeerProgress::epoch_of(const InstitutionId& id) { return peer(id).epoch; }

bool PeerProgress::claims_more(const PeerView& peer) const {
  return peer.claimed_height > context_.prefix.base().height &&
         context_.now_ms() >= peer.claims_void_until_ms;
}

bool PeerProgress::somebody_claims_more() const {
  return std::any_of(validators_.begin(), validators_.end(),
                     [&](const auto& peer) { return claims_more(peer); }) ||
         std::any_of(others_.begin(), others_.end(),
                     [&](const auto& other) { return claims_more(other.second); });
}

// A claim moves this node for one round of asking, one question for each validator; then it is void
// for a while.
void PeerProgress::count_ask_for_claims() {
  const auto count = [&](PeerView& peer) {
    if (!claims_more(peer) || ++peer.fruitless_asks < context_.committee.size()) return;
    peer.fruitless_asks = 0;
    peer.claims_void_until_ms = context_.now_ms() + kClaimsVoidMs;
  };
  for (auto& peer : validators_) count(peer);
  for (auto& [id, other] : others_) count(other);
}

void PeerProgress::forget_fruitless_asks() {
  for (auto& peer : validators_) peer.fruitless_asks = 0;
  for (auto& [id, other] : others_) other.fruitless_asks = 0;
}

}  // namespace testamur::consensus
