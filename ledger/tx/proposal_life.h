// The life of a proposal: opened, voted on, passed, closed. Each function writes records, rows and
// agenda together, with the cause of the given writer. Private to ledger/.
#pragma once

#include "ledger/tx/open_proposals.h"
#include "ledger/tx/state_view.h"

namespace testamur::ledger::tx {

// The writer's transaction is the proposal, its author the proposer.
void open_proposal(StateWriter& writer, const ProposalContent& content);

// The writer's author votes; passes the proposal when that was the vote that it needed.
// Precondition: it is open.
void cast_vote(StateWriter& writer, const TransactionId& proposal, bool approve);

// After a change of the validator set: votes of those who left are dropped, for good, and what has
// enough without them passes, if voting is still open.
void recount_votes(StateWriter& writer);

// Nothing follows. `event`: lapsed, in effect, void (with the reason) or vetoed (by `actor`).
void close_proposal(StateWriter& writer, const TransactionId& proposal, ProposalEvent event,
                    const InstitutionId& actor = {}, RejectionCode reason = {});

// The veto of the writer's author against the replacement of its root.
void veto_proposal(StateWriter& writer, const TransactionId& proposal);

// What a proposal that is on the agenda proposes.
ProposalContent content_of(const StateReader& state, const TransactionId& proposal);

}  // namespace testamur::ledger::tx
