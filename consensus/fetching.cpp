// What is missing is asked for, and who misses something is answered.
#include <algorithm>

#include "consensus/core.h"

namespace testamur::consensus {

ValidatorBits Engine::Core::bit_of(const InstitutionId& id) const {
  const auto index = set_.index_of(id);
  return index ? ValidatorBits{1} << *index : 0;
}

// Held ancestors of a certified block are certified too: an honest voter held their certificates.
void Engine::Core::mark_certain(const BlockId& id) {
  for (BlockEntry* at = entry(id); at && !at->certain; at = entry(at->block->facts.parent)) at->certain = true;
}

void Engine::Core::want(const BlockId& id, View view, bool certain, ValidatorBits holders, std::uint64_t ask_at_ms) {
  if (id == base_.id || entry(id)) return;
  missing_.need(id, view, certain, holders, ask_at_ms);
}

// Blocks named by certificates or by an own vote, and below them; of others only what could be voted for now. The
// parent of a block that nobody certified may be invented: its certificates are asked for, by view, before it is.
void Engine::Core::want_missing() {
  missing_.begin_round();
  want_certain();
  want_for_current_view();
  missing_.end_round();
}

void Engine::Core::want_certain() {
  // The proposal may be on its way. Its leader, if it were honest, would have sent it before the votes came.
  const std::uint64_t soon_ms = now_ms_ + config_.timing.fetch_ms;
  for (const auto& [view, at] : views_) {
    const auto& mine = at.mine(Act::kNotarize);
    if (mine && mine->needs_body) want(mine->record.vote.statement.block, view, true, 0, soon_ms);
    const Certificate* held = at.block_certificate();
    if (!held) continue;
    const BlockId& id = held->statement.block;
    mark_certain(id);
    const ValidatorBits voters = at.notarization ? at.notarization->signers : 0;
    want(id, view, true, voters & ~(ValidatorBits{1} << leader(view)), soon_ms);
  }
  for (const auto& [id, held] : blocks_) {
    if (!held.certain || facts_of(held.block->facts.parent)) continue;
    want(held.block->facts.parent, held.block->proposal.parent_view, true, 0, now_ms_);
  }
  if (known_sealing_) want(known_sealing_facts_.id, known_sealing_facts_.view, true, 0, soon_ms);
}

void Engine::Core::want_for_current_view() {
  const ViewState* at = find(view_);
  if (!at || at->proposal) return;
  const std::uint64_t soon_ms = now_ms_ + config_.timing.fetch_ms;
  if (at->signed_first && !at->leader_invalid)
    want(at->signed_first->statement.block, view_, false, 0, soon_ms);  // its copy was false
  const auto& slots = at->slots(Act::kNotarize);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const bool other = slots[i].vote && !(self_ && i == *self_);
    if (other) want(slots[i].vote->statement.block, view_, false, ValidatorBits{1} << i, soon_ms);
  }
}

void Engine::Core::ask_for_missing() {
  ValidatorBits askable = 0;
  for (std::size_t i = 0; i < set_.size(); ++i) {
    if (!(self_ && i == *self_) && !is_silent(i)) askable |= ValidatorBits{1} << i;
  }
  missing_.ask_due(now_ms_, config_.timing.fetch_ms, askable, fetch_failures_,
                   [this](const BlockId& id, View view, std::size_t validator) {
                     driver_.send(set_.at(validator).id, BlockRequest{epoch_, view, id});
                   });
}

bool Engine::Core::claims_more(const PeerView& peer) const {
  return peer.claimed_height > base_.height && now_ms_ >= peer.claims_void_until_ms;
}

bool Engine::Core::somebody_claims_more() const {
  return std::any_of(peers_.begin(), peers_.end(), [&](const PeerView& peer) { return claims_more(peer); }) ||
         std::any_of(others_.begin(), others_.end(), [&](const auto& other) { return claims_more(other.second); });
}

// A claim moves this node for one round of asking, one question for each validator; then it is void for a while.
void Engine::Core::count_asks_for_claims() {
  const auto count = [&](PeerView& peer) {
    if (!claims_more(peer) || ++peer.fruitless_asks < set_.size()) return;
    peer.fruitless_asks = 0;
    peer.claims_void_until_ms = now_ms_ + kClaimsVoidMs;
  };
  for (auto& peer : peers_) count(peer);
  for (auto& [id, other] : others_) count(other);
}

// A gap below a known finalization, or peers that claim to be further, for longer than fetching single blocks takes.
void Engine::Core::ask_for_catch_up() {
  const bool proven = finalized_view() > base_view_;
  if (!proven && !somebody_claims_more()) {
    gap_since_ms_.reset();
    return;
  }
  if (!gap_since_ms_) gap_since_ms_ = now_ms_;
  if (now_ms_ < *gap_since_ms_ + 2 * config_.timing.fetch_ms || now_ms_ < catch_up_at_ms_) return;
  catch_up_at_ms_ = now_ms_ + (proven ? 2 : 10) * config_.timing.fetch_ms;
  if (!proven) count_asks_for_claims();
  driver_.catch_up(proven ? highest_finalization_ : nullptr);
}

std::optional<View> Engine::Core::certified_view_of(const BlockId& id) const {
  for (const auto& [view, at] : views_) {
    if (view > highest_certified_) break;
    const Certificate* held = at.block_certificate();
    if (held && held->statement.block == id) return view;
  }
  return std::nullopt;
}

// The views whose certificates a proposal of the current view needs: its parent's, and nullifications of all between.
std::optional<Engine::Core::ViewRange> Engine::Core::missing_for(const Block& proposal) const {
  const BlockId& parent = proposal.facts.parent;
  const HeaderFacts* facts = facts_of(parent);
  std::optional<View> parent_view = certified_view_of(parent);
  if (!parent_view && facts) parent_view = parent_view_in(*facts);
  std::optional<ViewRange> missing;
  const auto add = [&](View view) { missing = {missing ? missing->first : view, view}; };
  // Where nobody has proven which view is the parent's, what the proposal says of it is a hint.
  const View said = proposal.proposal.parent_view;
  if (!parent_view && said > base_view_ && said < view_) add(said);
  if (parent_view && parent != base_.id && *parent_view > base_view_ && !certified(*parent_view, parent)) {
    add(*parent_view);
  }
  for (View view = parent_view.value_or(std::max(base_view_, std::min(said, view_))).next(); view < view_;
       view = view.next()) {
    const ViewState* between = find(view);
    if (!between || !between->nullification) add(view);
  }
  return missing;
}

// Without some certificate the proposal of the current view, or an own one, cannot be judged.
std::optional<Engine::Core::ViewRange> Engine::Core::missing_certificates() const {
  const ViewState* now = find(view_);
  if (now && now->proposal) return missing_for(*now->proposal);
  if (!self_ || leader(view_) != *self_ || !pending()) return std::nullopt;
  std::optional<ViewRange> missing;
  for (View view = view_ - 1; view > base_view_; view = view - 1) {
    const ViewState* before = find(view);
    if (before && before->block_certificate()) break;
    if (!before || !before->nullification) missing = {view, missing ? missing->last : view};
  }
  return missing;
}

void Engine::Core::ask_for_certificates() {
  if (now_ms_ < certificates_asked_ms_ + config_.timing.fetch_ms) return;
  const auto missing = missing_certificates();
  if (!missing) return;
  certificates_asked_ms_ = now_ms_;
  for (std::size_t tries = 0; tries < set_.size(); ++tries) {
    const std::size_t next = (leader(view_) + next_peer_++) % set_.size();
    if ((self_ && next == *self_) || is_silent(next)) continue;
    driver_.send(set_.at(next).id, CertificateRequest{epoch_, missing->first, missing->last});
    return;
  }
}

// Answers cost their asker: it may cause so many bytes a second, and more only after a while.
bool Engine::Core::may_answer(const InstitutionId& to, std::uint64_t bytes) {
  return peer(to).credit.charge(now_ms_, bytes + kAnswerOverheadBytes);
}

void Engine::Core::receive(const InstitutionId& from, const CertificateRequest& request) {
  heard(from, request.epoch, View{0}, std::nullopt);
  if (request.epoch != epoch_) return help(from);
  const std::uint64_t certificate_bytes = set_.quorum() * 64;
  const auto give = [&](const CertificatePtr& held) {
    if (held && may_answer(from, certificate_bytes)) driver_.send(from, *held);
  };
  if (request.first <= finalized_view()) give(highest_finalization_);
  if (request.last < request.first) return;
  const View end = std::min(request.last, request.first + (kMaxRequestedViews - 1));
  for (auto at = views_.lower_bound(request.first); at != views_.end() && at->first <= end; ++at) {
    give(at->second.nullification);
    give(at->second.notarization);
  }
}

// Only copies whose bodies are known to be true are passed on: who forwards a false one is taken for its maker.
void Engine::Core::receive(const InstitutionId& from, const BlockRequest& request) {
  heard(from, request.epoch, View{0}, std::nullopt);
  BlockEntry* known = entry(request.block);
  BlockPtr block = known ? known->block : nullptr;
  for (const auto& recent : recent_) {
    if (recent->facts.id == request.block) block = recent;
  }
  if (!block || block->proposal.signature.is_zero()) return;
  if (!may_answer(from, block->proposal.body->size())) return;
  if (known && known->block == block && !known->body_checked && !check_body(*known)) return;
  driver_.send(from, block->proposal);
}

}  // namespace testamur::consensus
