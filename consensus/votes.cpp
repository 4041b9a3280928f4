// What an honest key signs, and how signatures become certificates.
#include <algorithm>
#include <bit>

#include "common/check.h"
#include "consensus/core.h"
#include "consensus/finality.h"

namespace testamur::consensus {
namespace {

constexpr Act kVotingActs[] = {Act::kNotarize, Act::kNullify, Act::kFinalize};

}  // namespace

bool Engine::Core::in_window(View view) const {
  return view > finalized_view() && view.value <= view_.value + kVotesAhead;
}

bool Engine::Core::verify(const Vote& vote) const {
  return driver_.verify(set_.at(vote.voter).key, signing_digest(config_.chain, set_.digest(), vote.statement),
                        vote.signature);
}

// A signature that was already verified as a vote is not verified again.
bool Engine::Core::verify(const Certificate& certificate) const {
  const auto& statement = certificate.statement;
  const ViewState* known = find(statement.view);
  const Hash256 digest = signing_digest(config_.chain, set_.digest(), statement);
  if (!check_form(set_, certificate).ok()) return false;
  std::size_t next = 0;
  for (std::size_t i = 0; i < set_.size(); ++i) {
    if ((certificate.signers >> i & 1) == 0) continue;
    const Signature& signature = certificate.signatures[next++];
    if (known) {
      const VoteSlot& slot = known->slots(statement.act)[i];
      if (slot.verified && slot.vote->statement == statement && slot.vote->signature == signature) continue;
    }
    if (!driver_.verify(set_.at(i).key, digest, signature)) return false;
  }
  return true;
}

void Engine::Core::receive(const InstitutionId& from, const Vote& vote) {
  const auto& statement = vote.statement;
  if (vote.voter >= set_.size()) return;
  if (self_ && vote.voter == *self_ && statement.epoch == epoch_) {
    if (trusted(from) && !shown_own_vote(vote)) distrust(from);
    return;
  }
  if (from != set_.at(vote.voter).id) return;  // votes come from their voter, everything else is a replay
  const View shown = statement.act == Act::kFinalize ? statement.view.next() : statement.view;
  heard(from, statement.epoch, shown, std::nullopt);
  if (statement.epoch != epoch_ || statement.view <= finalized_view()) return help(from);
  if (!in_window(statement.view)) return;
  ViewState& at = state(statement.view);
  VoteSlot& slot = at.slots(statement.act)[vote.voter];
  if (slot.vote && slot.vote->statement == statement) return;
  if (slot.was_false && !trusted(from)) return;
  report_contradictions(at, vote.voter, vote);
  if (slot.vote) return;  // the first one counts
  slot.vote = vote;
  tally(statement.view, statement.act);
}

// Forms a certificate from the first quorum of equal statements. Signatures are checked only then; a false one frees
// its slot, and its voter, whose link brought it, pays.
void Engine::Core::tally(View view, Act act) {
  ViewState& at = state(view);
  if (at.certificate(act)) return;
  auto& slots = at.slots(act);
  for (const auto& candidate : slots) {
    if (!candidate.vote) continue;
    const Statement statement = candidate.vote->statement;
    const auto agrees = [&](const VoteSlot& slot) { return slot.vote && slot.vote->statement == statement; };
    if (static_cast<std::size_t>(std::count_if(slots.begin(), slots.end(), agrees)) < set_.quorum()) continue;
    auto certificate = std::make_shared<Certificate>();
    certificate->statement = statement;
    for (std::size_t i = 0; i < slots.size() && certificate->signatures.size() < set_.quorum(); ++i) {
      VoteSlot& slot = slots[i];
      if (!agrees(slot)) continue;
      if (!slot.verified && !(slot.verified = verify(*slot.vote))) {
        slot.vote.reset();
        slot.was_false = !trusted(set_.at(i).id);  // one more chance; then not before the pause is over
        distrust(set_.at(i).id);
        continue;
      }
      certificate->signers |= std::uint32_t{1} << i;
      certificate->signatures.push_back(slot.vote->signature);
    }
    if (certificate->signatures.size() == set_.quorum()) return adopt(std::move(certificate));
    return;  // some were false: wait for more
  }
}

void Engine::Core::receive(const InstitutionId& from, const Certificate& message) {
  const auto& statement = message.statement;
  heard(from, statement.epoch, statement.view.next(), std::nullopt);
  if (statement.epoch < epoch_) return help(from);
  if (statement.epoch > epoch_) return;  // its sender learns where we are and proves the end of our epoch
  if (statement.view <= finalized_view()) return;
  const ViewState* known = find(statement.view);
  if (known && known->certificate(statement.act)) return;
  if (!trusted(from)) return;
  if (!verify(message)) return distrust(from);
  check_own_signature(message);
  adopt(std::make_shared<const Certificate>(message));
}

// Takes a verified certificate. Every one is journaled with the next group, so that the reasons for this node's votes,
// and the certificates that a later proposal rests on, survive.
void Engine::Core::adopt(CertificatePtr certificate) {
  const Statement statement = certificate->statement;
  ViewState& at = state(statement.view);
  if (at.certificate(statement.act)) return;
  const Certificate* other = at.block_certificate();
  if (statement.act != Act::kNullify && other && other->statement.block != statement.block) {
    return driver_.notice("two blocks are certified in view " + std::to_string(statement.view.value) +
                          ": more validators than tolerated are faulty");
  }
  at.certificate(statement.act) = certificate;
  highest_certified_ = std::max(highest_certified_, statement.view);
  if (statement.act == Act::kNullify) {
    ++nullified_views_;
  } else {
    highest_notarized_ = std::max(highest_notarized_, statement.view);
  }
  if (statement.act == Act::kFinalize && statement.view > finalized_view()) highest_finalization_ = certificate;
  save(make_record(*certificate));
}

bool Engine::Core::enter_views() {
  if (highest_certified_ < view_) return false;
  view_ = highest_certified_.next();
  entered_ms_ = now_ms_;
  relayed_ = false;
  next_peer_ = 0;
  rebroadcast_interval_ms_ = config_.timing.rebroadcast_ms;
  rebroadcast_at_ms_ = now_ms_ + rebroadcast_interval_ms_;
  building_.id.reset();
  building_.came_empty = false;
  forget_stale_copies();
  show_entry_to(leader(view_));
  return true;
}

bool Engine::Core::voting() const { return started_ && self_.has_value() && !quarantine_ && !base_seals(); }

// Above the last finalized view and above the floor.
bool Engine::Core::may_vote(View view) const { return voting() && view > finalized_view() && view > floor_of_epoch(); }

// Rule 1. The block is valid, extends a certified parent with every view between nullified, and this node has said
// nothing else in the view.
bool Engine::Core::may_notarize(const BlockEntry& candidate) const {
  const auto& block = *candidate.block;
  const ViewState* at = find(view_);
  if (!at || at->mine(Act::kNullify) || at->mine(Act::kNotarize)) return false;
  if (candidate.validity != Validity::kValid || !extends_certified_parent(block)) return false;
  if (block.facts.empty) return pending_besides_proposal();
  return unfinalized_ancestors(block.facts.parent) <= config_.limits.max_unfinalized_ancestors;
}

bool Engine::Core::notarize_if_due() {
  if (!may_vote(view_)) return false;
  const ViewState* at = find(view_);
  if (!at || !at->proposal) return false;
  BlockEntry* candidate = entry(at->proposal->facts.id);
  if (!candidate || !may_notarize(*candidate)) return false;
  persist_block(*candidate);
  const auto& block = *candidate->block;
  const View parent_view = parent_view_in(*facts_of(block.facts.parent));
  cast({Act::kNotarize, epoch_, view_, parent_view, block.facts.id}, Hash256::prefix_of(block.facts.id.view()));
  return true;
}

// Rule 2: the timer, or f + 1 others; also after an own notarize, never after an own finalize.
bool Engine::Core::nullify_if_due() {
  if (!may_vote(view_) || !(pressed_to_nullify() || timer_fired())) return false;
  ViewState& at = state(view_);
  if (at.mine(Act::kNullify) || at.mine(Act::kFinalize)) return false;
  const bool fired = timer_fired();
  const ViewState* before = find(view_ - 1);
  CertificatePtr entry_certificate;
  if (before)
    entry_certificate = before->nullification  ? before->nullification
                        : before->notarization ? before->notarization
                                               : before->finalization;
  cast({Act::kNullify, epoch_, view_, View{0}, BlockId{}}, entry_certificate ? digest(*entry_certificate) : Hash256{});
  if (fired) driver_.resend_pending();
  return true;
}

// Rule 3: every notarization that this node holds, unless it nullified that view.
bool Engine::Core::finalize_if_due() {
  bool changed = false;
  for (auto& [view, at] : views_) {
    if (!at.notarization || at.finalization || !may_vote(view)) continue;
    if (at.mine(Act::kNullify) || at.mine(Act::kFinalize)) continue;
    Statement statement = at.notarization->statement;
    statement.act = Act::kFinalize;
    cast(statement, digest(*at.notarization));
    changed = true;
  }
  return changed;
}

// Signs, records, and lets the vote count and leave once the record is durable.
void Engine::Core::cast(const Statement& statement, const Hash256& support) {
  ViewState& at = state(statement.view);
  TM_CHECK(!at.mine(statement.act), "a second vote of one kind in view", statement.view.value);
  Vote vote{statement, *self_, driver_.sign(signing_digest(config_.chain, set_.digest(), statement))};
  at.mine(statement.act) = OwnVote{{vote, support}};
  rebroadcast_at_ms_ = std::max(rebroadcast_at_ms_, now_ms_ + rebroadcast_interval_ms_);
  save(make_record(VoteRecord{vote, support}));
  const Epoch epoch = epoch_;
  after_sync([this, epoch, view = statement.view, act = statement.act] {
    if (epoch == epoch_) vote_became_durable(view, act);
  });
}

void Engine::Core::vote_became_durable(View view, Act act) {
  const auto found = views_.find(view);
  if (found == views_.end()) return;  // final meanwhile
  auto& mine = found->second.mine(act);
  mine->durable = true;
  if (!may_vote(view)) return;  // quarantined meanwhile: it binds, but is not sent
  VoteSlot& slot = found->second.slots(act)[*self_];
  slot.vote = mine->record.vote;
  slot.verified = true;
  driver_.broadcast(mine->record.vote);
  tally(view, act);
}

// Both signatures are checked before anybody is accused; a false one costs its slot instead.
void Engine::Core::report_contradictions(ViewState& at, std::uint8_t voter, const Vote& vote) {
  for (const Act act : kVotingActs) {
    VoteSlot& slot = at.slots(act)[voter];
    if (!slot.vote || !contradict(slot.vote->statement, vote.statement)) continue;
    if (reported_.contains({epoch_, vote.statement.view, voter}) || !trusted(set_.at(voter).id)) return;
    if (!verify(vote)) return distrust(set_.at(voter).id);
    if (!slot.verified && !(slot.verified = verify(*slot.vote))) {
      slot.vote.reset();
      continue;
    }
    report(voter, slot.vote->statement, slot.vote->signature, vote.statement, vote.signature);
  }
}

void Engine::Core::report(std::uint8_t index, const Statement& a, const Signature& sa, const Statement& b,
                          const Signature& sb) {
  if (!reported_.insert({epoch_, a.view, index}).second) return;
  ++evidence_count_;
  driver_.misbehaviour({set_.at(index).id, index, set_.digest(), a, sa, b, sb});
}

}  // namespace testamur::consensus
