// Rule 0, leading a view: one block, on the highest certified block below which every later view is
// nullified.
#include "common/check.h"
#include "consensus/core.h"

namespace testamur::consensus {

// The parent's view for a block in `view`; nothing while certificates are missing.
std::optional<View> Engine::Core::parent_view_for(View view) const {
  const View base_view = prefix_.base_view();
  for (View at = view - 1; at > base_view; at = at - 1) {
    if (votes_.block_certificate(at)) return at;
    if (!votes_.is_nullified(at)) return std::nullopt;
  }
  return base_view;
}

// The block of a view that parent_view_for() names: the one that is certified there, or the base.
BlockId Engine::Core::certified_block(View view) const {
  return view == prefix_.base_view() ? prefix_.base().id
                                     : votes_.block_certificate(view)->statement.block;
}

// The leader, once in a view; after a restart in none in which it may have proposed; and not where
// it has nullified.
bool Engine::Core::may_propose() const {
  const View view = pacemaker_.view();
  if (!quarantine_.may_vote(view) || !committee_.leads(view)) return false;
  if (view <= proposed_ || pacemaker_.may_have_proposed()) return false;
  return !votes_.own(view, Act::kNullify) && !blocks_.proposed(view);
}

bool Engine::Core::wants_block() const {
  const bool with_content = pacemaker_.has_transactions() && !building_.came_empty;
  return with_content || wants_empty_block();
}

// Unfinalized blocks need descendants, a quiet ledger a heartbeat; but after half a Δ only, so that
// a block that is about to be final does not drag an empty one behind it.
bool Engine::Core::wants_empty_block() const {
  const bool wanted =
      votes_.highest_notarized() > votes_.finalized_view() || pacemaker_.heartbeat_is_due();
  return wanted && clock_.now_ms() >= pacemaker_.half_delta_ms();
}

// The journal durably names a view >= view - n. What names one is on its way in the unsaved
// records.
bool Engine::Core::journal_allows_proposing() {
  const auto& named = durability_.durable_view();
  if (named && named->value + committee_.size() >= pacemaker_.view().value) return true;
  if (durability_.has_unsaved()) durability_.request_sync();
  return false;
}

void Engine::Core::propose_if_due() {
  if (building_.id || clock_.now_ms() < building_.retry_at_ms || !may_propose()) return;
  if (!wants_block()) return;

  const View view = pacemaker_.view();
  const auto parent_view = parent_view_for(view);
  if (!parent_view) return;
  const BlockId parent = certified_block(*parent_view);
  const HeaderFacts* facts = blocks_.facts_of(parent);
  if (!facts || !blocks_.is_ready(parent)) return;

  // Too many blocks that are not final, or a sealing block below: only an empty block can help, and
  // only in its time.
  const bool at_limit =
      blocks_.unfinalized_ancestors(parent) > config_.limits.max_unfinalized_ancestors;
  const bool filler = facts->epoch == committee_.epoch() && (facts->sealing || facts->filler);
  const bool empty = at_limit || filler;
  if (empty && !wants_empty_block()) return;
  if (!journal_allows_proposing()) return;

  building_.id = ++building_.last_id;
  building_.parent_view = *parent_view;
  const unsigned backoff = pacemaker_.backoff();
  driver_.build({.id = *building_.id,
                 .epoch = committee_.epoch(),
                 .view = view,
                 .parent_view = *parent_view,
                 .parent = parent,
                 .empty = empty,
                 .filler = filler,
                 .halvings = backoff >= 2 ? backoff - 1 : 0});
}

void Engine::Core::on_built(std::uint64_t request_id, const std::optional<BuiltBlock>& built) {
  if (building_.id != request_id) return;  // of a view that was left
  building_.id.reset();

  if (!built) {
    building_.retry_at_ms = clock_.now_ms() + config_.timing.fetch_ms;
    return advance();
  }

  HeaderFacts facts = driver_.read_header(*built->header);
  TM_CHECK(facts.well_formed && facts.epoch == committee_.epoch() &&
           facts.view == pacemaker_.view() && facts.proposer == config_.self);

  // The transactions that were waiting have ended meanwhile: an empty block has its own time.
  if (facts.empty && !wants_empty_block()) {
    building_.came_empty = true;
    return advance();
  }
  if (may_propose()) propose(*built, std::move(facts));
  advance();
}

// Signs and sends. The proposal leaves before this node's own sync: its signature, not a vote, is
// the promise, and rule 0 keeps it after a crash.
void Engine::Core::propose(const BuiltBlock& built, HeaderFacts facts) {
  const View view = pacemaker_.view();
  Proposal proposal{committee_.epoch(), view, building_.parent_view, built.header, built.body, {}};
  const Statement statement{Act::kPropose, committee_.epoch(), view, proposal.parent_view,
                            facts.id};
  proposal.signature = committee_.sign(statement);
  proposed_ = view;

  const auto block = std::make_shared<const Block>(Block{std::move(proposal), std::move(facts)});
  is_first_signed(block->proposal, block->facts.id);
  blocks_.add_built(block);
  fetcher_.note_arrived(block->facts.id);
  resend_own_votes_with_bodies();

  // Whoever is still in the view before can follow the proposal into this one.
  relay_.show_entry_to_all();
  driver_.broadcast(block->proposal);
}

// When the leader of the view looks again: for an empty block, or after a build that failed.
std::uint64_t Engine::Core::proposal_deadline_ms() const {
  const View view = pacemaker_.view();
  const bool may_still =
      pacemaker_.timer_start_ms() && quarantine_.voting() && committee_.leads(view);
  if (!may_still || view <= proposed_) return kNever;

  std::uint64_t at_ms = kNever;
  for (const std::uint64_t due_ms : {pacemaker_.half_delta_ms(), building_.retry_at_ms}) {
    if (due_ms > clock_.now_ms()) at_ms = std::min(at_ms, due_ms);
  }
  return at_ms;
}

}  // namespace testamur::consensus
