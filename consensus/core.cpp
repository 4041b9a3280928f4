#include "consensus/core.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace testamur::consensus {

Engine::Core::Core(EngineConfig config, Tip tip, Driver& driver)
    : config_(std::move(config)),
      keys_(config_.more_keys),
      driver_(driver),
      epoch_(tip.epoch),
      set_(tip.validators),
      previous_(std::move(tip.previous)) {
  if (!config_.observer) keys_.push_back(config_.key);
  base_ = committed_ = tip.block;
  reset_epoch(tip.epoch, std::move(tip.validators));
  base_view_ = tip.block.epoch == epoch_ ? tip.block.view : View{0};
  highest_certified_ = highest_notarized_ = base_view_;
  view_ = base_view_.next();
  if (tip.finalization && tip.finalization->statement.epoch == epoch_) highest_finalization_ = tip.finalization;
}

void Engine::Core::reset_epoch(Epoch epoch, ValidatorSet set) {
  epoch_ = epoch;
  set_ = std::move(set);
  self_ = set_.index_of(config_.self);
  if (config_.observer || (self_ && !is_own(set_.at(*self_).key))) self_.reset();
  base_view_ = highest_certified_ = highest_notarized_ = proposed_ = no_proposal_through_ = View{0};
  highest_finalization_.reset();
  view_ = View{1};
  entered_ms_ = listening_since_ms_ = now_ms_;
  views_.clear();
  blocks_.clear();
  missing_.clear();
  fetch_failures_.assign(set_.size(), 0);
  building_ = Building{.last_id = building_.last_id, .id = {}, .parent_view = {}};
  peers_.assign(set_.size(), PeerView{});
  for (auto& peer : peers_) peer.epoch = epoch_;
  durable_view_.reset();
  exchange_ = Exchange{};
  reported_.clear();
  relayed_ = false;
  known_sealing_.reset();
  gap_since_ms_.reset();
}

bool Engine::Core::is_own(const ConsensusKey& key) const {
  return std::find(keys_.begin(), keys_.end(), key) != keys_.end();
}

void Engine::Core::set_keys(const std::vector<ConsensusKey>& keys) {
  keys_ = keys;
  TM_CHECK(!self_ || is_own(set_.at(*self_).key), "the key in use was taken away");
}

ViewState& Engine::Core::state(View view) {
  ViewState& found = views_[view];
  if (found.votes[0].empty()) {
    for (auto& slots : found.votes) slots.resize(set_.size());
  }
  return found;
}

const ViewState* Engine::Core::find(View view) const {
  const auto at = views_.find(view);
  return at == views_.end() ? nullptr : &at->second;
}

BlockEntry* Engine::Core::entry(const BlockId& id) {
  const auto at = blocks_.find(id);
  return at == blocks_.end() ? nullptr : &at->second;
}

const BlockEntry* Engine::Core::entry(const BlockId& id) const {
  const auto at = blocks_.find(id);
  return at == blocks_.end() ? nullptr : &at->second;
}

void Engine::Core::on_message(const InstitutionId& from, const Message& message) {
  TM_CHECK(started_);
  std::visit([&](const auto& content) { receive(from, content); }, message);
  advance();
}

void Engine::Core::on_tick(std::uint64_t now_ms) {
  if (now_ms > now_ms_) now_ms_ = now_ms;
  if (!started_) return;
  advance();
  rebroadcast_if_due();
  relay_if_due();
  announce_if_due();
  ask_for_missing();
  ask_for_certificates();
  ask_for_catch_up();
  query_if_due();
}

void Engine::Core::on_pending_changed(bool transactions, bool heartbeat_due) {
  transactions_ = transactions;
  heartbeat_due_ = heartbeat_due;
  building_.came_empty = false;
  if (started_) advance();
}

void Engine::Core::on_synced(std::uint64_t sequence) {
  if (sequence > synced_) synced_ = sequence;
  TM_CHECK(synced_ <= sequence_, "a group was reported as synced that was never written:", sequence, sequence_);
  while (!held_.empty() && held_.front().sequence <= synced_) {
    const auto effect = std::move(held_.front().effect);
    held_.pop_front();
    effect();
  }
  advance();
}

// Applies the rules until nothing changes. Each round makes progress of a bounded kind (a view entered, a vote cast, a
// block handed over), so it ends.
void Engine::Core::advance() {
  while (advance_once()) {
  }
  update_pending();
  propose_if_due();
  want_missing();
  flush();
}

bool Engine::Core::advance_once() {
  bool changed = enter_views();
  changed |= schedule_commit();
  changed |= validate_ready_blocks();
  update_pending();
  changed |= notarize_if_due();
  changed |= finalize_if_due();
  changed |= nullify_if_due();
  return changed;
}

}  // namespace testamur::consensus
