#include "ledger/tx/transaction.h"
#include "wallet/client/decode.h"
#include "wallet/client/decode_parts.h"

namespace testamur::wallet {

using namespace parts;

namespace {

ProposalState state_from(v1::ProposalState state) {
  switch (state) {
    case v1::PROPOSAL_STATE_VOTING: return ProposalState::kVoting;
    case v1::PROPOSAL_STATE_PASSED: return ProposalState::kPassed;
    case v1::PROPOSAL_STATE_DONE: return ProposalState::kDone;
    case v1::PROPOSAL_STATE_LAPSED: return ProposalState::kLapsed;
    case v1::PROPOSAL_STATE_VOID: return ProposalState::kVoid;
    case v1::PROPOSAL_STATE_VETOED: return ProposalState::kVetoed;
    default: return ProposalState::kUnknown;
  }
}

// A ready is live only where the node says so and the time of its newest block agrees.
ReadyAnswer ready_from(const v1::ReadyView& view, const std::optional<AsOf>& as_of) {
  ReadyAnswer ready;
  ready.id = id_or_zero<TransactionId>(view.id());
  ready.institution = party_from(view.institution());
  ready.consensus_key = id_of<KeyId>(view.consensus_key_id());
  ready.software_version = view.software_version();
  ready.protocol_version = view.protocol_version();
  ready.lapses_ms = view.lapses_ms();
  ready.lapsed = view.lapsed() || !as_of || view.lapses_ms() <= as_of->time_ms;
  return ready;
}

ProposalAnswer proposal_from(const v1::ProposalView& view) {
  ProposalAnswer proposal;
  proposal.id = id_or_zero<TransactionId>(view.id());
  proposal.proposer = party_from(view.proposer());
  // The strict form or nothing: a field that this program does not know may change what the others
  // mean.
  proposal.content =
      ledger::tx::decode_proposal_message(as_bytes(view.proposal().SerializeAsString()));

  proposal.state = state_from(view.state());
  proposal.reason = view.reason();

  for (const auto& vote : view.votes())
    proposal.votes.push_back(
        {party_from(vote.validator()), vote.approve(), vote.counts(), vote.anchor().time_ms()});

  proposal.approvals = view.approvals();
  proposal.approvals_needed = view.approvals_needed();

  proposal.proposed_ms = view.proposed().time_ms();
  proposal.ended_height = Height{view.ended_height()};
  proposal.ended_ms = view.ended_ms();
  proposal.due_ms = view.due_ms();

  proposal.shown = Shown(view);
  return proposal;
}

}  // namespace

ValidatorsAnswer decode(const v1::GetValidatorsResponse& answer) {
  const auto as_of = as_of_from(answer.has_as_of(), answer.as_of());
  ValidatorsAnswer validators;

  validators.epoch = answer.epoch();

  for (const auto& seat : answer.seats()) {
    SeatAnswer& added = validators.seats.emplace_back();
    added.institution = party_from(seat.institution());
    added.consensus_key = id_of<KeyId>(seat.consensus_key_id());
    if (seat.has_ready()) added.ready = ready_from(seat.ready(), as_of);
  }

  validators.protocol_in_force = answer.protocol().in_force();
  validators.protocol_activating = answer.protocol().activating();
  validators.activation_height = Height{answer.protocol().activation_height()};

  validators.shown = Shown(answer);
  return validators;
}

ReadyListAnswer decode(const v1::ListReadyResponse& answer) {
  const auto as_of = as_of_from(answer.has_as_of(), answer.as_of());
  ReadyListAnswer list;
  for (const auto& view : answer.ready()) list.ready.push_back(ready_from(view, as_of));
  list.shown = Shown(answer);
  return list;
}

ProposalAnswer decode(const v1::GetProposalResponse& answer) {
  return proposal_from(answer.proposal());
}

ProposalsAnswer decode(const v1::ListProposalsResponse& answer) {
  ProposalsAnswer list;
  for (const auto& view : answer.proposals()) list.proposals.push_back(proposal_from(view));
  list.shown = Shown(answer);
  return list;
}

EvidenceListAnswer decode(const v1::ListEvidenceResponse& answer) {
  EvidenceListAnswer list;
  for (const auto& view : answer.evidence()) {
    EvidenceAnswer& added = list.evidence.emplace_back();
    added.validator = party_from(view.validator());
    added.epoch = view.epoch();
    added.view = view.view();
    added.contradiction = view.contradiction();
    added.seen_ms = view.seen_ms();
    if (view.has_anchor()) added.anchored_ms = view.anchor().time_ms();
  }
  list.shown = Shown(answer);
  return list;
}

}  // namespace testamur::wallet
