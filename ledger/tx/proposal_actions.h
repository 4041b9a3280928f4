// What a proposal may do: whether the state allows an action, when it is proposed and again when it
// is due, and doing it. Private to ledger/.
#pragma once

#include <optional>

#include "ledger/tx/governance_content.h"
#include "ledger/tx/state_view.h"

namespace testamur::ledger::tx {

// A vote cannot know the state of the day on which it takes effect, so most rules hold at both
// moments; that a quorum is ready for a protocol version is asked when it is due.
enum class Moment : std::uint8_t { kProposed, kDue };

// The rule that stands against the action; fields begin with "governance_propose.". At kDue its
// code is the reason for which a proposal is void.
std::optional<Rejection> check_action(const StateView& view, const ProposedAction& action,
                                      Moment moment);

// Whether doing it now changes the validator set, and so seals the block.
bool changes_set(const StateReader& state, const ProposedAction& action);

// All that doing it may create or change, besides the proposal itself.
Privilege privileges_of(const ProposedAction& action);

// Precondition: check_action(…, kDue) found nothing. The writer's cause is the proposal.
void do_action(StateWriter& writer, const ProposedAction& action);

}  // namespace testamur::ledger::tx
