// The life of a proposal: opened, voted on, passed, closed. Invariants: every event is a record
// under the proposal's id, written together with the row and the agenda; once a proposal has passed
// its votes are not counted again; closing takes away row and agenda entry, so that nothing is due
// twice.
#include <algorithm>

#include "common/check.h"
#include "ledger/registry.h"
#include "ledger/tx/records/tables.h"
#include "ledger/tx/rules/proposals.h"
#include "ledger/validators.h"

namespace testamur::ledger::tx::rules {

namespace {

void record_event(StateWriter& writer, ProposalRecord record) {
  record.cause = writer.cause();
  writer.put_record(Privilege::kGovernance, RegistryKind::kProposal, registry_id(record.proposal),
                    encode(record));
}

void set_deadline(StateWriter& writer, const TransactionId& proposal, std::uint64_t deadline_ms) {
  auto agenda = read_agenda(writer.state());
  const auto entry = std::ranges::find(agenda, proposal, &AgendaEntry::proposal);
  TM_CHECK(entry != agenda.end(), "a proposal is not on the agenda:", proposal.hex());
  entry->deadline_ms = deadline_ms;
  write_agenda(writer.tables(), agenda);
}

// When a proposal that passes now takes effect: a replaced root has time for its veto.
std::uint64_t due_ms(const StateReader& state, const ProposalContent& content,
                     std::uint64_t now_ms) {
  const bool replaces_root = std::holds_alternative<RootReplacementContent>(content.action);
  const auto delay = replaces_root ? read_parameters(state)[Parameter::kRootReplacementDelayMs] : 0;
  return std::max(content.effective_ms, now_ms + delay);
}

// Writes the row; passes the proposal if it has enough.
void settle(StateWriter& writer, const CertifyingSet& set, const TransactionId& id,
            OpenProposal proposal) {
  if (tally_of(set, proposal.votes).passes()) {
    proposal.status = ProposalStatus::kPassed;
    proposal.due_ms = due_ms(writer.state(), content_of(writer.state(), id), writer.time_ms());
    ProposalRecord passed;
    passed.proposal = id;
    passed.event = ProposalEvent::kPassed;
    passed.due_ms = proposal.due_ms;
    record_event(writer, std::move(passed));
    set_deadline(writer, id, proposal.due_ms);
  }
  write_open_proposal(writer.tables(), id, proposal);
}

}  // namespace

ProposalContent content_of(const StateReader& state, const TransactionId& proposal) {
  const auto stored = Registry(state).record(
      {static_cast<std::uint16_t>(RegistryKind::kProposal), registry_id(proposal)}, 1);
  TM_CHECK(stored, "an open proposal has no record:", proposal.hex());
  auto record =
      decode_proposal(proposal, {1, stored->from_height, stored->from_time_ms}, stored->body);
  TM_CHECK(record.ok(), "the record of a proposal is damaged:", record.message());
  return std::move(record->content);
}

void open_proposal(StateWriter& writer, const ProposalContent& content) {
  const auto& id = writer.cause().transaction;
  ProposalRecord record;
  record.proposal = id;
  record.event = ProposalEvent::kProposed;
  record.actor = writer.author();
  record.content = content;
  record_event(writer, std::move(record));

  append_to_list(writer.tables(), kProposalList, to_bytes(id.view()));
  write_open_proposal(writer.tables(), id,
                      {writer.author(), ProposalStatus::kOpen, content.voting_ends_ms, 0, {}});

  // Whether it passes or lapses, something is to happen to it when voting ends.
  auto agenda = read_agenda(writer.state());
  agenda.push_back({id, writer.author(), content.voting_ends_ms});
  write_agenda(writer.tables(), agenda);
}

void cast_vote(StateWriter& writer, const TransactionId& id, bool approve) {
  auto proposal = read_open_proposal(writer.state(), id);
  TM_CHECK(proposal && proposal->status == ProposalStatus::kOpen,
           "a vote on a proposal that is not open:", id.hex());

  ProposalRecord record;
  record.proposal = id;
  record.event = approve ? ProposalEvent::kApproved : ProposalEvent::kOpposed;
  record.actor = writer.author();
  record_event(writer, std::move(record));

  // The last vote of a voter counts; votes stay sorted by voter.
  const auto place =
      std::ranges::lower_bound(proposal->votes, writer.author(), {}, &ProposalVote::voter);
  if (place != proposal->votes.end() && place->voter == writer.author()) {
    place->approve = approve;
  } else {
    proposal->votes.insert(place, {writer.author(), approve, {}});
  }

  settle(writer, read_validators(writer.state()), id, std::move(*proposal));
}

void recount_votes(StateWriter& writer) {
  const auto set = read_validators(writer.state());
  for (const auto& entry : read_agenda(writer.state())) {
    auto proposal = read_open_proposal(writer.state(), entry.proposal);
    TM_CHECK(proposal, "the agenda names a proposal without a row:", entry.proposal.hex());
    if (proposal->status != ProposalStatus::kOpen || proposal->voting_ends_ms <= writer.time_ms())
      continue;

    // Dropped for good: votes do not come back with a seat.
    std::erase_if(proposal->votes,
                  [&](const ProposalVote& vote) { return !sits_in(set, vote.voter); });
    settle(writer, set, entry.proposal, std::move(*proposal));
  }
}

void close_proposal(StateWriter& writer, const TransactionId& proposal, ProposalEvent event,
                    const InstitutionId& actor, RejectionCode reason) {
  ProposalRecord record;
  record.proposal = proposal;
  record.event = event;
  record.actor = actor;
  record.reason = reason;
  record_event(writer, std::move(record));

  erase_open_proposal(writer.tables(), proposal);
  auto agenda = read_agenda(writer.state());
  std::erase_if(agenda, [&](const AgendaEntry& entry) { return entry.proposal == proposal; });
  write_agenda(writer.tables(), agenda);
}

void veto_proposal(StateWriter& writer, const TransactionId& proposal) {
  close_proposal(writer, proposal, ProposalEvent::kVetoed, writer.author());
  writer.tables().put(kRootVetoes, writer.author().view(), Encoder().u64(writer.time_ms()).take());
}

}  // namespace testamur::ledger::tx::rules
