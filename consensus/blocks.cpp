// Proposals, their validation, and fetching what is missing.
#include <algorithm>

#include "consensus/core.h"

namespace testamur::consensus {

// A proposal is known by its leader's signature, whoever brings it.
void Engine::Core::receive(const InstitutionId& from, const Proposal& proposal) {
  const bool member = set_.index_of(from).has_value();
  heard(from, proposal.epoch, View{0}, std::nullopt);
  if (proposal.epoch != epoch_) return help(from);
  HeaderFacts facts = driver_.read_header(*proposal.header);
  const bool wanted = wanted_.contains(facts.id);
  // A leader's next turn is n views away: further ones are fetched when their time comes.
  const bool near = in_window(proposal.view) && proposal.view.value <= view_.value + set_.size();
  if (!wanted && !(member && near)) return;
  if (proposal.view <= base_view_ || entry(facts.id)) return;
  ViewState& at = state(proposal.view);
  const Statement statement{Act::kPropose, epoch_, proposal.view, proposal.parent_view, facts.id};
  if (at.proposal && at.proposal->facts.id == facts.id) return;
  if (at.proposal && !wanted && reported_.contains({epoch_, proposal.view, leader(proposal.view)})) return;
  const auto& key = set_.at(leader(proposal.view)).key;
  if (!wanted && !trusted(from)) return;
  if (!driver_.verify(key, signing_digest(config_.chain, set_.digest(), statement), proposal.signature)) {
    return distrust(from);
  }
  if (at.proposal) {
    const auto& first = at.proposal->proposal;
    report(leader(proposal.view), {Act::kPropose, epoch_, first.view, first.parent_view, at.proposal->facts.id},
           first.signature, statement, proposal.signature);
    if (!wanted) return;
  }
  accept(std::make_shared<const Block>(Block{proposal, std::move(facts)}));
}

void Engine::Core::accept(const BlockPtr& block) {
  const auto& facts = block->facts;
  BlockEntry& added = blocks_[facts.id];
  added.block = block;
  wanted_.erase(facts.id);
  ViewState& at = state(block->proposal.view);
  if (!at.proposal) at.proposal = block;
  const bool consistent = facts.well_formed && facts.epoch == epoch_ && facts.view == block->proposal.view &&
                          facts.proposer == leader_id(facts.view) && block->proposal.parent_view < facts.view;
  if (!consistent) mark_invalid(added);
  resend_own_vote_when_complete();
}

void Engine::Core::mark_invalid(BlockEntry& bad) {
  bad.validity = Validity::kInvalid;
  ViewState& at = state(bad.block->proposal.view);
  if (at.proposal == bad.block) at.leader_invalid = true;
}

const HeaderFacts* Engine::Core::facts_of(const BlockId& id) const {
  if (id == base_.id) return &base_;
  const BlockEntry* known = entry(id);
  return known ? &known->block->facts : nullptr;
}

bool Engine::Core::is_ready(const BlockId& id) const {
  if (id == committed_.id) return true;
  const BlockEntry* known = entry(id);
  return known && (known->validity == Validity::kValid || known->validity == Validity::kWaiting);
}

// What a header must say on this parent: everything that needs no state.
bool Engine::Core::well_placed(const Block& block, const HeaderFacts& parent) const {
  const auto& facts = block.facts;
  const bool after_sealing = parent.epoch == epoch_ && (parent.sealing || parent.filler);
  const View parent_view = parent.epoch == epoch_ ? parent.view : View{0};
  if (block.proposal.parent_view != parent_view || facts.filler != after_sealing) return false;
  if (facts.filler && !facts.empty) return false;
  return facts.height == (facts.filler ? parent.height : parent.height.next());
}

bool Engine::Core::validate_ready_blocks() {
  bool changed = false;
  for (auto& [id, candidate] : blocks_) {
    const bool retry =
        candidate.validity == Validity::kWaiting && !candidate.retry_on_finality && now_ms_ >= candidate.retry_at_ms;
    if (candidate.validity != Validity::kUnknown && !retry) continue;
    const auto& block = *candidate.block;
    const HeaderFacts* parent = facts_of(block.facts.parent);
    const BlockEntry* before = entry(block.facts.parent);
    if (!parent) continue;
    if (!well_placed(block, *parent) || (before && before->validity == Validity::kInvalid)) {
      mark_invalid(candidate);
      changed = true;
    } else if (is_ready(block.facts.parent)) {
      candidate.validity = Validity::kAsked;
      driver_.validate(candidate.block);
      changed = true;
    }
  }
  return changed;
}

void Engine::Core::on_validated(const BlockId& id, Validation validation) {
  BlockEntry* known = entry(id);
  if (!known || known->validity != Validity::kAsked) return;
  switch (validation.verdict) {
    case Verdict::kValid: known->validity = Validity::kValid; break;
    case Verdict::kInvalid: mark_invalid(*known); break;
    case Verdict::kNotYet:
    case Verdict::kRefused:
      known->validity = Validity::kWaiting;
      known->retry_at_ms = std::max(validation.retry_at_ms, now_ms_ + 1);
      known->retry_on_finality = validation.verdict == Verdict::kRefused;
      break;
    case Verdict::kBadCopy: drop_copy(BlockPtr{known->block}); break;
  }
  advance();
}

// Only this copy of the body is false; the block itself may be sound and is asked for again.
void Engine::Core::drop_copy(const BlockPtr& block) {
  ViewState& at = state(block->proposal.view);
  if (at.proposal && at.proposal->facts.id == block->facts.id) at.proposal.reset();
  blocks_.erase(block->facts.id);
  want(block->proposal.view, block->facts.id);
  const auto again = wanted_.find(block->facts.id);
  if (again != wanted_.end()) again->second.ask_at_ms = now_ms_ + delta_ms();
}

bool Engine::Core::certified(View view, const BlockId& block) const {
  const ViewState* at = find(view);
  const Certificate* held = at ? at->block_certificate() : nullptr;
  return held && held->statement.block == block;
}

bool Engine::Core::extends_certified_parent(const Block& block) const {
  const View parent_view = block.proposal.parent_view;
  const BlockId& parent = block.facts.parent;
  if (parent_view == base_view_ ? parent != base_.id : !certified(parent_view, parent)) return false;
  for (View view = parent_view.next(); view < block.proposal.view; view = view.next()) {
    const ViewState* between = find(view);
    if (!between || !between->nullification) return false;
  }
  return true;
}

std::uint64_t Engine::Core::unfinalized_ancestors(const BlockId& parent) const {
  std::uint64_t count = 0;
  for (const BlockEntry* at = entry(parent); at && at->block->facts.id != base_.id;
       at = entry(at->block->facts.parent)) {
    ++count;
  }
  return count;
}

void Engine::Core::want(View view, const BlockId& block) {
  if (view <= base_view_ || entry(block)) return;
  Wanted& wanted = wanted_[block];
  if (wanted.view == view) return;
  // The proposal may be on its way.
  wanted = {view, now_ms_ + config_.timing.fetch_ms, set_.leader(epoch_, view)};
}

// Every block that a certificate, a held block or a vote in the current view names, and that is not there.
void Engine::Core::want_missing() {
  for (const auto& [view, at] : views_) {
    if (const Certificate* held = at.block_certificate()) want(view, held->statement.block);
    if (view != view_ || at.proposal) continue;
    for (const auto& slot : at.slots(Act::kNotarize)) {
      if (slot.vote) want(view, slot.vote->statement.block);
    }
    if (const auto& mine = at.mine(Act::kNotarize)) want(view, mine->record.vote.statement.block);
  }
  for (const auto& [id, held] : blocks_) {
    const auto& block = *held.block;
    if (held.validity != Validity::kInvalid && !facts_of(block.facts.parent)) {
      want(block.proposal.parent_view, block.facts.parent);
    }
  }
  if (known_sealing_) want(known_sealing_facts_.view, known_sealing_facts_.id);
}

void Engine::Core::ask_for_missing() {
  for (auto& [id, wanted] : wanted_) {
    if (now_ms_ < wanted.ask_at_ms) continue;
    wanted.ask_at_ms = now_ms_ + config_.timing.fetch_ms;
    for (std::size_t tries = 0; tries < set_.size(); ++tries) {
      const std::size_t next = wanted.next_peer++ % set_.size();
      if ((self_ && next == *self_) || is_silent(next)) continue;
      driver_.send(set_.at(next).id, BlockRequest{epoch_, wanted.view, id});
      break;
    }
  }
}

// A gap below a known finalization, or peers that claim to be further, for longer than fetching single blocks takes.
void Engine::Core::ask_for_catch_up() {
  const bool proven = finalized_view() > base_view_;
  if (!proven && claimed_height_ <= base_.height) {
    gap_since_ms_.reset();
    return;
  }
  if (!gap_since_ms_) gap_since_ms_ = now_ms_;
  if (now_ms_ < *gap_since_ms_ + 2 * config_.timing.fetch_ms || now_ms_ < catch_up_at_ms_) return;
  catch_up_at_ms_ = now_ms_ + (proven ? 2 : 10) * config_.timing.fetch_ms;
  driver_.catch_up(proven ? highest_finalization_ : nullptr);
}

// Without some certificate the proposal of the current view, or an own one, cannot be judged.
bool Engine::Core::certificates_missing() const {
  const ViewState* at = find(view_);
  if (at && at->proposal) return !extends_certified_parent(*at->proposal);
  return self_ && leader(view_) == *self_ && pending() && !parent_view_for(view_);
}

void Engine::Core::ask_for_certificates() {
  if (now_ms_ < certificates_asked_ms_ + config_.timing.fetch_ms || !certificates_missing()) return;
  const ViewState* at = find(view_);
  View first = base_view_.next();
  if (at && at->proposal) first = std::max(first, at->proposal->proposal.parent_view);
  for (const ViewState* have = find(first); first < view_ - 1; first = first.next(), have = find(first)) {
    if (!have || !have->nullification) break;
  }
  certificates_asked_ms_ = now_ms_;
  const std::size_t ask = (leader(view_) + next_peer_++) % set_.size();
  if (self_ && ask == *self_) return;
  driver_.send(set_.at(ask).id, CertificateRequest{epoch_, first, view_ - 1});
}

void Engine::Core::receive(const InstitutionId& from, const CertificateRequest& request) {
  heard(from, request.epoch, View{0}, std::nullopt);
  if (request.epoch != epoch_) return help(from);
  if (request.first <= finalized_view() && highest_finalization_) driver_.send(from, *highest_finalization_);
  if (request.last < request.first) return;
  const View end = std::min(request.last, request.first + (kMaxRequestedViews - 1));
  for (auto at = views_.lower_bound(request.first); at != views_.end() && at->first <= end; ++at) {
    if (at->second.nullification) driver_.send(from, *at->second.nullification);
    if (at->second.notarization) driver_.send(from, *at->second.notarization);
  }
}

void Engine::Core::receive(const InstitutionId& from, const BlockRequest& request) {
  heard(from, request.epoch, View{0}, std::nullopt);
  const BlockEntry* known = entry(request.block);
  BlockPtr block = known ? known->block : nullptr;
  for (const auto& recent : recent_) {
    if (recent->facts.id == request.block) block = recent;
  }
  if (block && !block->proposal.signature.is_zero()) driver_.send(from, block->proposal);
}

}  // namespace testamur::consensus
