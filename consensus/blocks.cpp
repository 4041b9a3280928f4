// Proposals: which copies are taken and kept, and what makes a block valid.
#include <algorithm>

#include "consensus/core.h"

namespace testamur::consensus {

// A proposal is known by its leader's signature, whoever brings it; what its id does not cover (its parent view, body
// and signature, and the view beside the header) makes this copy good or bad, never the block.
void Engine::Core::receive(const InstitutionId& from, const Proposal& proposal) {
  heard(from, proposal.epoch, View{0}, std::nullopt);
  if (proposal.epoch != epoch_) return help(from);
  HeaderFacts facts = driver_.read_header(*proposal.header);
  const MissingBlock* missing = missing_.find(facts.id);
  const bool certain = missing && missing->certain;
  if (!wants_copy(from, proposal, missing)) return;
  if (BlockEntry* held = entry(facts.id)) return compare_copies(from, proposal, *held);

  // A leader that has shown two blocks in one view costs no further signatures.
  const ViewState* at = find(proposal.view);
  const bool second = at && at->signed_first && at->signed_first->statement.block != facts.id;
  if (second && !certain && reported_.contains({epoch_, proposal.view, leader(proposal.view)})) return;

  const bool as_its_header = facts.epoch == epoch_ && facts.view == proposal.view;
  if (!(as_its_header || !certain) || !signed_by_leader(proposal, facts.id)) {
    if (certain) missing_.false_copy(facts.id, missing->view, bit_of(from), now_ms_);
    if (!certain && from == leader_id(proposal.view)) state(proposal.view).leader_invalid = true;
    return distrust(from);
  }
  if (!note_signed(proposal, facts.id) && !certain) return;

  // The leader signed what cannot be valid, or about another view than the header's (another copy may be sound): the
  // view may be given up, but nothing is remembered of the block. Nobody honest holds such a copy, or passes it on.
  if (!facts.well_formed || !as_its_header || facts.proposer != leader_id(proposal.view)) {
    state(proposal.view).leader_invalid = true;
    return distrust(from);
  }

  // A body that is validated next is hashed there; where that must wait, a false copy came before, or an own vote takes
  // the block to the journal at once, it is now.
  const bool waits = !facts_of(facts.parent) || (missing && missing->liars != 0) || own_vote_lacks(facts.id);
  if (waits && !driver_.body_matches(*proposal.header, *proposal.body)) {
    missing_.false_copy(facts.id, facts.view, bit_of(from), now_ms_);
    return distrust(from);
  }
  if (const auto index = set_.index_of(from); missing && index) fetch_failures_[*index] = 0;
  const BlockId id = facts.id;
  accept(std::make_shared<const Block>(Block{proposal, std::move(facts)}), from, waits);
  if (certain) mark_certain(id);
}

// Blocks that a certificate asks for are taken whatever their view; others near the own one, from validators in credit.
bool Engine::Core::wants_copy(const InstitutionId& from, const Proposal& proposal, const MissingBlock* missing) const {
  const auto index = set_.index_of(from);
  if (!index || proposal.view <= base_view_) return false;
  if (missing && (missing->liars >> *index & 1) != 0) return false;
  if (missing && missing->certain) return true;
  // A leader that is paused is heard once in its own view: its turn would otherwise be lost to everybody.
  const ViewState* at = find(proposal.view);
  const bool first_word = leader(proposal.view) == *index && !(at && (at->signed_first || at->leader_invalid));
  if (!peers_[*index].credit.trusted(now_ms_) && !first_word) return false;
  return proposal.view > finalized_view() && proposal.view.value + kProposalsBehind >= view_.value &&
         proposal.view.value <= view_.value + kProposalsAhead;
}

bool Engine::Core::signed_by_leader(const Proposal& proposal, const BlockId& id) {
  const Statement statement{Act::kPropose, epoch_, proposal.view, proposal.parent_view, id};
  const auto& key = set_.at(leader(proposal.view)).key;
  return driver_.verify(key, signing_digest(config_.chain, set_.digest(), statement), proposal.signature);
}

// Keeps what the leader signed first in this view; a second block is evidence. Whether this one is the first.
bool Engine::Core::note_signed(const Proposal& proposal, const BlockId& id) {
  ViewState& at = state(proposal.view);
  const Statement statement{Act::kPropose, epoch_, proposal.view, proposal.parent_view, id};
  if (!at.signed_first) {
    at.signed_first = {statement, proposal.signature};
    return true;
  }
  if (at.signed_first->statement.block == id) return true;
  report(leader(proposal.view), at.signed_first->statement, at.signed_first->signature, statement, proposal.signature);
  return false;
}

// Another copy of a block that is held. Only where the bodies differ is one of them false, and only then a held body is
// hashed that was not yet.
void Engine::Core::compare_copies(const InstitutionId& from, const Proposal& proposal, BlockEntry& held) {
  if (*proposal.body == *held.block->proposal.body) return;
  const bool held_is_true = held.body_checked || check_body(held);
  if (held_is_true) return distrust(from);
  const BlockId id = held.block->facts.id;
  const View view = held.block->facts.view;
  const InstitutionId liar = held.from;
  distrust(liar);
  drop_copy(id);
  missing_.false_copy(id, view, bit_of(liar), now_ms_);
  receive(from, proposal);  // its own body is checked there
}

bool Engine::Core::check_body(BlockEntry& held) {
  held.body_checked = driver_.body_matches(*held.block->proposal.header, *held.block->proposal.body);
  return held.body_checked;
}

void Engine::Core::accept(const BlockPtr& block, const InstitutionId& from, bool body_checked) {
  BlockEntry& added = blocks_[block->facts.id];
  added.block = block;
  added.from = from;
  added.body_checked = body_checked;
  missing_.arrived(block->facts.id);
  ViewState& at = state(block->facts.view);
  if (!at.proposal) at.proposal = block;
  resend_own_vote_when_complete();
}

// Only this copy is false; the block itself may be sound and is asked for elsewhere.
void Engine::Core::drop_copy(const BlockId& id) {
  const auto held = blocks_.find(id);
  ViewState& at = state(held->second.block->facts.view);
  if (at.proposal && at.proposal->facts.id == id) at.proposal.reset();
  blocks_.erase(held);
}

// A copy that must stay: a certificate names its block, this node's vote does, or it is of a view near the own one.
bool Engine::Core::is_needed_copy(const BlockEntry& held) const {
  const auto& facts = held.block->facts;
  if (held.certain || held.saved || held.validity == Validity::kFinal) return true;
  return facts.view.value + kProposalsBehind >= view_.value;
}

// A block that turns out to be certified later is fetched from those who voted for it.
void Engine::Core::forget_stale_copies() {
  for (auto at = blocks_.begin(); at != blocks_.end();) {
    if (is_needed_copy(at->second)) {
      ++at;
      continue;
    }
    ViewState& view = state(at->second.block->facts.view);
    if (view.proposal == at->second.block) view.proposal.reset();
    driver_.abandon(at->first);
    at = blocks_.erase(at);
  }
}

void Engine::Core::mark_invalid(BlockEntry& bad) {
  bad.validity = Validity::kInvalid;
  ViewState& at = state(bad.block->facts.view);
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

View Engine::Core::parent_view_in(const HeaderFacts& parent) const {
  return parent.epoch == epoch_ ? parent.view : View{0};
}

// What a header must say on this parent: everything that needs no state, and nothing that is not in the block id.
bool Engine::Core::well_placed(const Block& block, const HeaderFacts& parent) const {
  const auto& facts = block.facts;
  const bool after_sealing = parent.epoch == epoch_ && (parent.sealing || parent.filler);
  if (parent_view_in(parent) >= facts.view || facts.filler != after_sealing) return false;
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
  if (validation.verdict == Verdict::kBadCopy && (known->body_checked || check_body(*known))) {
    known->validity = Validity::kUnknown;  // said of another copy, which was replaced meanwhile
    return advance();
  }
  switch (validation.verdict) {
    case Verdict::kValid:
      known->validity = Validity::kValid;
      known->body_checked = true;
      break;
    case Verdict::kInvalid: mark_invalid(*known); break;
    case Verdict::kNotYet:
    case Verdict::kRefused:
      known->validity = Validity::kWaiting;
      known->retry_at_ms = std::max(validation.retry_at_ms, now_ms_ + 1);
      known->retry_on_finality = validation.verdict == Verdict::kRefused;
      break;
    case Verdict::kBadCopy: {
      const View view = known->block->facts.view;
      const InstitutionId liar = known->from;
      drop_copy(id);
      missing_.false_copy(id, view, bit_of(liar), now_ms_);
      distrust(liar);
      break;
    }
  }
  advance();
}

bool Engine::Core::certified(View view, const BlockId& block) const {
  const ViewState* at = find(view);
  const Certificate* held = at ? at->block_certificate() : nullptr;
  return held && held->statement.block == block;
}

// The parent's view is the one in its header, whatever a proposal says beside it.
bool Engine::Core::extends_certified_parent(const Block& block) const {
  const HeaderFacts* parent = facts_of(block.facts.parent);
  if (!parent) return false;
  const View parent_view = parent_view_in(*parent);
  if (parent->id != base_.id && !certified(parent_view, parent->id)) return false;
  for (View view = parent_view.next(); view < block.facts.view; view = view.next()) {
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

}  // namespace testamur::consensus
