// Rules 1 to 3: what an honest key signs beside proposals; and which votes and certificates of
// others count. A vote binds from the moment of signing; it is sent, and counts here, once it is
// durable.
#include <algorithm>

#include "common/check.h"
#include "consensus/core.h"

namespace testamur::consensus {

// Above what is final, and not so far ahead that a liar could fill the memory.
bool Engine::Core::counts_votes_of(View view) const {
  return view > votes_.finalized_view() && view.value <= pacemaker_.view().value + kVotesAhead;
}

void Engine::Core::receive(const InstitutionId& from, const Vote& vote) {
  const auto& statement = vote.statement;
  if (vote.voter >= committee_.size()) return;

  // This node's own vote, shown by another: it may have been lost here.
  if (committee_.is_self(vote.voter) && statement.epoch == committee_.epoch()) {
    if (peers_.trusted(from) && !adopt_own_vote_from_peer(vote))
      peers_.pause_for_false_signature(from);
    return;
  }

  // Votes come from their voter, everything else is a replay. A finalize vote shows that its voter
  // is a view further.
  if (from != committee_.id_of(vote.voter)) return;
  const View shown = statement.act == Act::kFinalize ? statement.view.next() : statement.view;
  peers_.note(from, statement.epoch, shown);

  if (statement.epoch != committee_.epoch() || statement.view <= votes_.finalized_view()) {
    return relay_.bring_forward(from);
  }
  if (counts_votes_of(statement.view)) votes_.add(vote);
}

void Engine::Core::receive(const InstitutionId& from, const Certificate& certificate) {
  const auto& statement = certificate.statement;
  peers_.note(from, statement.epoch, statement.view.next());
  if (statement.epoch < committee_.epoch()) return relay_.bring_forward(from);
  if (statement.epoch > committee_.epoch())
    return;  // its sender learns where we are and proves the end of our epoch

  if (statement.view <= votes_.finalized_view()) return;
  const ViewVotes* known = votes_.find(statement.view);
  if (known && known->certificate(statement.act)) return;

  if (!peers_.trusted(from)) return;
  if (!votes_.verify(certificate)) return peers_.pause_for_false_signature(from);
  quarantine_.check_own_signature(certificate);
  votes_.adopt(std::make_shared<const Certificate>(certificate));
}

// The parent is certified, and every view between nullified. Its view is the one in its header,
// whatever a proposal says beside it.
bool Engine::Core::extends_certified_parent(const Block& block) const {
  const HeaderFacts* parent = blocks_.facts_of(block.facts.parent);
  if (!parent) return false;
  const View parent_view = blocks_.parent_view_in(*parent);
  if (parent->id != prefix_.base().id && !votes_.certifies(parent_view, parent->id)) return false;
  for (View view = parent_view.next(); view < block.facts.view; view = view.next()) {
    if (!votes_.is_nullified(view)) return false;
  }
  return true;
}

// Rule 1. The block is valid, extends a certified parent with every view between nullified, and
// this node has said nothing else in the view.
bool Engine::Core::may_notarize(const BlockEntry& candidate) const {
  const View view = pacemaker_.view();
  const auto& block = *candidate.block;
  if (votes_.own(view, Act::kNullify) || votes_.own(view, Act::kNotarize)) return false;
  if (candidate.validity != Validity::kValid || !extends_certified_parent(block)) return false;

  // Voting rules, which never decide validity: an empty block needs another reason than itself, and
  // only empty ones pass the limit of what may be open.
  if (block.facts.empty) return pacemaker_.pending_besides_proposal();
  return blocks_.unfinalized_ancestors(block.facts.parent) <=
         config_.limits.max_unfinalized_ancestors;
}

bool Engine::Core::notarize_if_due() {
  const View view = pacemaker_.view();
  if (!quarantine_.may_vote(view)) return false;
  const Block* proposal = blocks_.proposed(view);
  if (!proposal) return false;
  const BlockEntry* candidate = blocks_.find(proposal->facts.id);
  if (!candidate || !may_notarize(*candidate)) return false;

  // The vote's promise is worth the body: both are in one group.
  const auto& block = *candidate->block;
  blocks_.persist(block.facts.id);
  const View parent_view = blocks_.parent_view_in(*blocks_.facts_of(block.facts.parent));
  cast({Act::kNotarize, committee_.epoch(), view, parent_view, block.facts.id},
       Hash256::prefix_of(block.facts.id.view()));
  return true;
}

// Rule 2: the timer, or f + 1 others; also after an own notarize, never after an own finalize.
bool Engine::Core::nullify_if_due() {
  const View view = pacemaker_.view();
  if (!quarantine_.may_vote(view)) return false;
  const bool fired = pacemaker_.timer_fired();
  if (!fired && !pacemaker_.f_plus_1_others_nullified()) return false;
  if (votes_.own(view, Act::kNullify) || votes_.own(view, Act::kFinalize)) return false;

  // The vote rests on the certificate that let this node into the view.
  CertificatePtr entry;
  if (const ViewVotes* before = votes_.find(view - 1)) {
    entry = before->nullification  ? before->nullification
            : before->notarization ? before->notarization
                                   : before->finalization;
  }
  cast({Act::kNullify, committee_.epoch(), view, View{0}, BlockId{}},
       entry ? digest(*entry) : Hash256{});

  if (fired) relay_.note_view_given_up();
  return true;
}

// Rule 3: every notarization that this node holds, unless it nullified that view.
bool Engine::Core::finalize_if_due() {
  bool changed = false;
  for (const auto& [view, votes] : votes_.views()) {
    if (!votes.notarization || votes.finalization || !quarantine_.may_vote(view)) continue;
    if (votes_.own(view, Act::kNullify) || votes_.own(view, Act::kFinalize)) continue;
    Statement statement = votes.notarization->statement;
    statement.act = Act::kFinalize;
    cast(statement, digest(*votes.notarization));
    changed = true;
  }
  return changed;
}

// Signs, records, and lets the vote count and leave once the record is durable.
void Engine::Core::cast(const Statement& statement, const Hash256& support) {
  TM_CHECK(!votes_.own(statement.view, statement.act), "a second vote of one kind in view",
           statement.view.value);
  const VoteRecord record{{statement, *committee_.self(), committee_.sign(statement)}, support};
  votes_.bind(record, false, false);
  relay_.note_vote_cast();

  durability_.save(make_record(record));
  durability_.after_sync(
      [this, epoch = committee_.epoch(), view = statement.view, act = statement.act] {
        if (epoch == committee_.epoch()) on_vote_durable(view, act);
      });
}

void Engine::Core::on_vote_durable(View view, Act act) {
  const OwnVote* mine = votes_.own(view, act);
  if (!mine) return;  // final meanwhile
  votes_.note_durable(view, act);

  // It binds, but is not sent: its body is not here, or the node is in quarantine meanwhile.
  if (mine->awaiting_body || !quarantine_.may_vote(view)) return;

  votes_.count_own(view, act);
  driver_.broadcast(mine->record.vote);
  votes_.tally(view, act);
}

// A vote restored without its block binds; it is sent again once the block is there, its body is
// known to be true, and both are durable.
void Engine::Core::resend_own_votes_with_bodies() {
  for (const auto& [view, votes] : votes_.views()) {
    const OwnVote* mine = votes_.own(view, Act::kNotarize);
    if (!mine || !mine->awaiting_body || view <= prefix_.base_view()) continue;
    const BlockId& block = mine->record.vote.statement.block;
    if (!blocks_.find(block) || !blocks_.check_body(block)) continue;

    blocks_.persist(block);
    votes_.note_body(view);
    durability_.after_sync([this, epoch = committee_.epoch(), at_view = view] {
      if (epoch == committee_.epoch()) on_vote_durable(at_view, Act::kNotarize);
    });
  }
}

// A vote under this node's key that a peer holds: it binds from now on, whatever ends a quarantine,
// and one that this node does not remember begins one. False only for a forged vote.
bool Engine::Core::adopt_own_vote_from_peer(const Vote& vote) {
  const auto& statement = vote.statement;
  if (!counts_votes_of(statement.view)) return true;
  const OwnVote* mine = votes_.own(statement.view, statement.act);
  if (mine && mine->record.vote.statement == statement) return true;
  if (!committee_.verify(vote)) return false;

  const bool above_floor = statement.view > quarantine_.floor();
  if (!mine) {
    const VoteRecord record{vote, Hash256{}};
    votes_.bind(record, false, statement.act == Act::kNotarize);
    durability_.save(make_record(record));
    resend_own_votes_with_bodies();
    durability_.after_sync(
        [this, epoch = committee_.epoch(), view = statement.view, act = statement.act] {
          if (epoch == committee_.epoch()) on_vote_durable(view, act);
        });
  }

  // Up to the floor it is what the quarantine before was about.
  if (above_floor) {
    quarantine_.enter("a peer holds a vote of this key in view " +
                      std::to_string(statement.view.value) + " that this node did not make");
  }
  return true;
}

}  // namespace testamur::consensus
