// Which copies of blocks are taken, and what the driver says of them. A proposal is known by its
// leader's signature, whoever brings it; what its id does not cover (its parent view, body and
// signature, and the view beside the header) makes this copy good or bad, never the block
// (docs/consensus.md, "What is not in the block id").
#include "consensus/core.h"

namespace testamur::consensus {

// A copy that is wanted and not yet held.
struct Engine::Core::Copy {
  const InstitutionId& from;
  const Proposal& proposal;
  const HeaderFacts& facts;
  const MissingBlock* missing;  // null: nobody asked for the block
  bool certain;                 // a certificate asks for it

  // The epoch and the view beside a header are the copy's own.
  bool says_what_its_header_says() const {
    return facts.epoch == proposal.epoch && facts.view == proposal.view;
  }
};

void Engine::Core::receive(const InstitutionId& from, const Proposal& proposal) {
  peers_.note(from, proposal.epoch, View{0});
  if (proposal.epoch != committee_.epoch()) return relay_.bring_forward(from);

  HeaderFacts facts = driver_.read_header(*proposal.header);
  const BlockId id = facts.id;
  const MissingBlock* missing = fetcher_.find(id);
  const bool certain = missing && missing->certain;
  if (!wants_copy(from, proposal, missing)) return;
  if (const BlockEntry* held = blocks_.find(id)) return compare_copies(from, proposal, *held);

  const Copy copy{from, proposal, facts, missing, certain};
  if (!certain && leader_has_shown_another(proposal.view, id)) return;
  if (!accept_signature(copy) || !accept_header(copy)) return;

  const bool check_now = must_hash_body_now(copy);
  if (check_now && !driver_.body_matches(*proposal.header, *proposal.body)) {
    return reject_false_copy(id, facts.view, from);
  }

  if (missing) fetcher_.note_delivered(from);
  blocks_.add(std::make_shared<const Block>(Block{proposal, std::move(facts)}), from, check_now);
  fetcher_.note_arrived(id);
  resend_own_votes_with_bodies();
  if (certain) blocks_.mark_certain(id);
}

// Blocks that a certificate asks for are taken whatever their view; others near the own one, from
// validators in credit.
bool Engine::Core::wants_copy(const InstitutionId& from, const Proposal& proposal,
                              const MissingBlock* missing) const {
  const auto index = committee_.index_of(from);
  const View view = proposal.view;
  if (!index || view <= prefix_.base_view()) return false;
  if (missing && (missing->liars >> *index & 1) != 0) return false;
  if (missing && missing->certain) return true;

  // A leader that is paused is heard once in its own view: its turn would otherwise be lost to
  // everybody. Not one that signed an invalid block: its views are given up.
  const ViewProposal* shown = blocks_.find_proposal(view);
  const bool first_word = committee_.leader(view) == *index &&
                          !(shown && (shown->signed_first || shown->leader_invalid)) &&
                          !peers_.is_paused_for_invalid_block(*index);
  if (!peers_.in_credit(from) && !first_word) return false;

  const std::uint64_t current = pacemaker_.view().value;
  return view > votes_.finalized_view() && view.value + kProposalsBehind >= current &&
         view.value <= current + kProposalsAhead;
}

// Whether the leader is reported for two blocks in this view, of which this is not the first: then
// it costs no further signatures.
bool Engine::Core::leader_has_shown_another(View view, const BlockId& block) const {
  const ViewProposal* shown = blocks_.find_proposal(view);
  const bool second = shown && shown->signed_first && shown->signed_first->statement.block != block;
  return second && evidence_.has_reported(view, committee_.leader(view));
}

// Whether its leader signed this copy, and no other block before it. Of a certain block this copy
// alone is bad; of another one its leader may be passed over, if it was the sender.
bool Engine::Core::accept_signature(const Copy& copy) {
  const BlockId& id = copy.facts.id;
  if (copy.certain && !copy.says_what_its_header_says()) {
    reject_false_copy(id, copy.missing->view, copy.from);
    return false;
  }

  const View view = copy.proposal.view;
  if (!is_signed_by_leader(copy.proposal, id)) {
    if (copy.certain) {
      fetcher_.note_false_copy(id, copy.missing->view, copy.from);
    } else if (copy.from == committee_.leader_id(view)) {
      blocks_.mark_leader_invalid(view);
    }
    peers_.pause_for_false_signature(copy.from);
    return false;
  }
  return is_first_signed(copy.proposal, id) || copy.certain;
}

// The leader signed what cannot be valid, or about another view than the header's (another copy may
// be sound): the view may be given up, but nothing is remembered of the block. Nobody honest holds
// such a copy, or passes it on.
bool Engine::Core::accept_header(const Copy& copy) {
  const View view = copy.proposal.view;
  const bool may_be_valid = copy.facts.well_formed && copy.says_what_its_header_says() &&
                            copy.facts.proposer == committee_.leader_id(view);
  if (may_be_valid) return true;

  blocks_.mark_leader_invalid(view);
  peers_.pause(copy.from);
  return false;
}

// A body that is validated next is hashed there; where that must wait, a false copy came before, or
// an own vote takes the block to the journal at once, it is now.
bool Engine::Core::must_hash_body_now(const Copy& copy) const {
  return !blocks_.facts_of(copy.facts.parent) || (copy.missing && copy.missing->liars != 0) ||
         votes_.own_vote_awaits(copy.facts.id);
}

bool Engine::Core::is_signed_by_leader(const Proposal& proposal, const BlockId& block) const {
  const Statement statement{Act::kPropose, committee_.epoch(), proposal.view, proposal.parent_view,
                            block};
  return committee_.verify(committee_.leader(proposal.view), committee_.digest_of(statement),
                           proposal.signature);
}

// Keeps what the leader signed first in this view; a second block is evidence. Whether this one is
// the first.
bool Engine::Core::is_first_signed(const Proposal& proposal, const BlockId& block) {
  const Statement statement{Act::kPropose, committee_.epoch(), proposal.view, proposal.parent_view,
                            block};
  const SignedStatement* first = blocks_.note_signed({statement, proposal.signature});
  if (!first) return true;
  evidence_.report(committee_.leader(proposal.view), *first, {statement, proposal.signature});
  return false;
}

// Who brought it pays, and the block is asked for elsewhere at once.
void Engine::Core::reject_false_copy(const BlockId& block, View view, const InstitutionId& sender) {
  fetcher_.note_false_copy(block, view, sender);
  peers_.pause(sender);
}

// Another copy of a block that is held. Only where the bodies differ is one of them false, and only
// then a held body is hashed that was not yet.
void Engine::Core::compare_copies(const InstitutionId& from, const Proposal& proposal,
                                  const BlockEntry& held) {
  if (*proposal.body == *held.block->proposal.body) return;
  const BlockId id = held.block->facts.id;
  if (blocks_.check_body(id)) return peers_.pause(from);

  drop_false_copy(id);
  receive(from, proposal);  // its own body is checked there
}

void Engine::Core::drop_false_copy(const BlockId& block) {
  const BlockEntry* held = blocks_.find(block);
  const View view = held->block->facts.view;
  const InstitutionId sender = held->from;
  blocks_.drop_copy(block);
  reject_false_copy(block, view, sender);
}

void Engine::Core::on_validated(const BlockId& block, Validation validation) {
  if (!blocks_.awaits_verdict(block)) return;  // of a copy that was given up meanwhile
  if (validation.verdict == Verdict::kInvalid) {
    peers_.pause_for_invalid_block(committee_.leader(blocks_.find(block)->block->facts.view));
  }
  if (!blocks_.take_verdict(block, validation)) drop_false_copy(block);
  advance();
}

}  // namespace testamur::consensus
