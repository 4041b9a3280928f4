// Leading a view: one block, on the highest certified block below which every later view is nullified.
#include "common/check.h"
#include "consensus/core.h"

namespace testamur::consensus {

// The parent's view for a block in `view`; nothing while certificates are missing.
std::optional<View> Engine::Core::parent_view_for(View view) const {
  for (View at = view - 1; at > base_view_; at = at - 1) {
    const ViewState* before = find(at);
    if (before && before->block_certificate()) return at;
    if (!before || !before->nullification) return std::nullopt;
  }
  return base_view_;
}

bool Engine::Core::may_propose() const {
  if (!may_vote(view_) || leader(view_) != *self_) return false;
  if (view_ <= proposed_ || view_ <= no_proposal_through_ || base_seals()) return false;
  const ViewState* at = find(view_);
  return !at || (!at->mine(Act::kNullify) && !at->proposal);
}

// Unfinalized blocks need descendants, a quiet ledger a heartbeat; but after half a Δ only, so that a block that is
// about to be final does not drag an empty one behind it.
bool Engine::Core::wants_empty_block() const {
  const bool wanted = highest_notarized_ > finalized_view() || heartbeat_due_;
  return wanted && now_ms_ >= entered_ms_ + delta_ms() / 2;
}

// Rule 0: the journal durably names a view >= view - n. What names one is on its way in the unsaved records.
bool Engine::Core::journal_allows_proposing() {
  if (durable_view_ && durable_view_->value + set_.size() >= view_.value) return true;
  if (!unsaved_.empty()) sync_wanted_ = true;
  return false;
}

void Engine::Core::propose_if_due() {
  if (building_.id || now_ms_ < building_.retry_at_ms || !may_propose()) return;
  const bool with_content = transactions_ && !building_.came_empty;
  if (!with_content && !wants_empty_block()) return;
  const auto parent_view = parent_view_for(view_);
  if (!parent_view) return;
  const BlockId parent =
      *parent_view == base_view_ ? base_.id : find(*parent_view)->block_certificate()->statement.block;
  const HeaderFacts* facts = facts_of(parent);
  if (!facts || !is_ready(parent)) return;
  const bool at_limit = unfinalized_ancestors(parent) > config_.limits.max_unfinalized_ancestors;
  const bool filler = facts->epoch == epoch_ && (facts->sealing || facts->filler);
  if ((at_limit || filler) && !wants_empty_block()) return;
  if (!journal_allows_proposing()) return;

  building_.id = ++building_.last_id;
  building_.parent_view = *parent_view;
  driver_.build({.id = *building_.id,
                 .epoch = epoch_,
                 .view = view_,
                 .parent_view = *parent_view,
                 .parent = parent,
                 .empty = at_limit || filler,
                 .filler = filler,
                 .halvings = backoff() >= 2 ? backoff() - 1 : 0});
}

void Engine::Core::on_built(std::uint64_t request_id, const std::optional<BuiltBlock>& built) {
  if (building_.id != request_id) return;
  building_.id.reset();
  if (!built) {
    building_.retry_at_ms = now_ms_ + config_.timing.fetch_ms;
    return advance();
  }
  HeaderFacts facts = driver_.read_header(*built->header);
  TM_CHECK(facts.well_formed && facts.epoch == epoch_ && facts.view == view_ && facts.proposer == config_.self);
  if (facts.empty && !wants_empty_block()) {
    building_.came_empty = true;
    return advance();
  }
  if (may_propose()) {
    Proposal proposal{epoch_, view_, building_.parent_view, built->header, built->body, {}};
    const Statement statement{Act::kPropose, epoch_, view_, proposal.parent_view, facts.id};
    proposal.signature = driver_.sign(signing_digest(config_.chain, set_.digest(), statement));
    proposed_ = view_;
    auto block = std::make_shared<const Block>(Block{std::move(proposal), std::move(facts)});
    note_signed(block->proposal, block->facts.id);
    accept(block, config_.self, true);
    blocks_[block->facts.id].validity = Validity::kValid;  // its state was made while building
    // Whoever is still in the view before can follow the proposal into this one.
    for (std::size_t i = 0; i < set_.size(); ++i) show_entry_to(i);
    driver_.broadcast(block->proposal);
  }
  advance();
}

}  // namespace testamur::consensus
