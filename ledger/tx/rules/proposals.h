// Proposals from the first vote to the effect: ledger/governance.cpp walks those that are due,
// proposals.cpp the transactions about them. Private to ledger/; one thread at a time.
#pragma once

#include <optional>

#include "ledger/tx/content.h"
#include "ledger/tx/records/governance.h"
#include "ledger/tx/state_view.h"
#include "ledger/tx/state_writer.h"

namespace testamur::ledger::tx::rules {

// ---- proposal_life.cpp: opened, voted on, passed, closed. Each function writes records, rows and
// agenda together, with the cause of the given writer.

// The writer's transaction is the proposal, its author the proposer.
void open_proposal(StateWriter& writer, const ProposalContent& content);

// The writer's author votes; passes the proposal when that was the vote that it needed.
// Precondition: it is open.
void cast_vote(StateWriter& writer, const TransactionId& proposal, bool approve);

// After a change of the validator set: votes of those who left are dropped, for good, and what has
// enough without them passes, if voting is still open.
void recount_votes(StateWriter& writer);

// Ends a proposal: nothing can happen to it any more. `event`: lapsed, in effect, void (with the
// reason) or vetoed (by `actor`).
void close_proposal(StateWriter& writer, const TransactionId& proposal, ProposalEvent event,
                    const InstitutionId& actor = {}, RejectionCode reason = {});

// The veto of the writer's author against the replacement of its root.
void veto_proposal(StateWriter& writer, const TransactionId& proposal);

// What a proposal that is on the agenda proposes.
ProposalContent content_of(const StateReader& state, const TransactionId& proposal);

// ---- proposal_actions.cpp: whether the state allows an action, and what it does

// A vote cannot know the state of the day on which it takes effect, so most rules hold at both
// moments; that a quorum is ready for a protocol version is asked when it is due.
enum class Moment : std::uint8_t { kProposed, kDue };

// The rule that stands against the action; fields begin with "governance_propose.". At kDue its
// code is the reason for which a proposal is void.
std::optional<Rejection> check_action(const StateView& view, const ProposedAction& action,
                                      Moment moment);

// Whether applying it now changes the validator set, and so seals the block.
bool changes_set(const StateReader& state, const ProposedAction& action);

// All that applying it may create or change, besides the proposal itself.
Privilege privileges_of(const ProposedAction& action);

// Precondition: check_action(…, kDue) found nothing. The writer's cause is the proposal.
void apply_action(StateWriter& writer, const ProposedAction& action);

}  // namespace testamur::ledger::tx::rules
