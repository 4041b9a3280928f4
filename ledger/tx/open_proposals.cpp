#include "ledger/tx/open_proposals.h"

#include <algorithm>
#include <limits>

#include "common/check.h"
#include "ledger/tx/derived_tables.h"

namespace testamur::ledger::tx {

namespace {

// Keys of kAgenda.
constexpr std::array<std::uint8_t, 1> kEntriesKey{0};
constexpr std::array<std::uint8_t, 1> kNextKey{1};

}  // namespace

std::vector<AgendaEntry> read_agenda(const StateReader& state) {
  std::vector<AgendaEntry> agenda;
  const auto stored = state.get(kAgenda, kEntriesKey);
  if (!stored) return agenda;
  Decoder in(*stored);
  while (in.ok() && in.remaining() > 0) {
    AgendaEntry entry;
    entry.proposal = in.fixed<TransactionId>();
    entry.author = in.fixed<InstitutionId>();
    entry.deadline_ms = in.u64();
    agenda.push_back(entry);
  }
  TM_CHECK(in.finished(), "the agenda of open proposals is damaged");
  return agenda;
}

std::uint64_t next_deadline_ms(const StateReader& state) {
  const auto stored = state.get(kAgenda, kNextKey);
  return stored ? Decoder(*stored).u64() : std::numeric_limits<std::uint64_t>::max();
}

void write_agenda(Overlay& state, const std::vector<AgendaEntry>& agenda) {
  if (agenda.empty()) {
    state.erase(kAgenda, kEntriesKey);
    state.erase(kAgenda, kNextKey);
    return;
  }
  Encoder entries;
  for (const auto& entry : agenda)
    entries.fixed(entry.proposal).fixed(entry.author).u64(entry.deadline_ms);
  const auto next = std::ranges::min_element(agenda, {}, &AgendaEntry::deadline_ms)->deadline_ms;
  state.put(kAgenda, kEntriesKey, entries.take());
  state.put(kAgenda, kNextKey, Encoder().u64(next).take());
}

std::optional<OpenProposal> read_open_proposal(const StateReader& state, const TransactionId& id) {
  const auto stored = state.get(kOpenProposals, id.view());
  if (!stored) return std::nullopt;
  Decoder in(*stored);
  OpenProposal proposal;
  proposal.author = in.fixed<InstitutionId>();
  proposal.status = in.u8() == 1 ? ProposalStatus::kPassed : ProposalStatus::kOpen;
  proposal.voting_ends_ms = in.u64();
  proposal.due_ms = in.u64();
  while (in.ok() && in.remaining() > 0) {
    const auto voter = in.fixed<InstitutionId>();
    proposal.votes.push_back({voter, in.u8() == 1, {}});
  }
  TM_CHECK(in.finished(), "an open proposal is damaged");
  return proposal;
}

void write_open_proposal(Overlay& state, const TransactionId& id, const OpenProposal& proposal) {
  Encoder out;
  out.fixed(proposal.author).u8(proposal.status == ProposalStatus::kPassed ? 1 : 0);
  out.u64(proposal.voting_ends_ms).u64(proposal.due_ms);
  for (const auto& vote : proposal.votes) out.fixed(vote.voter).u8(vote.approve ? 1 : 0);
  state.put(kOpenProposals, id.view(), out.take());
}

void erase_open_proposal(Overlay& state, const TransactionId& id) {
  state.erase(kOpenProposals, id.view());
}

bool sits_in(const CertifyingSet& set, const InstitutionId& institution) {
  return std::ranges::find(set.members(), institution, &CertifyingSet::Member::institution) !=
         set.members().end();
}

Tally tally_of(const CertifyingSet& set, const std::vector<ProposalVote>& votes) {
  Tally tally{0, set.size()};
  for (const auto& vote : votes)
    tally.approvals += vote.approve && sits_in(set, vote.voter) ? 1 : 0;
  return tally;
}

}  // namespace testamur::ledger::tx
