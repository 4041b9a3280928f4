// Proposals that are not closed: what execution has to know of them without reading their
// histories. Derived from the registry's records; not authenticated. Private to ledger/ (readers:
// governance_records.h).
//
// The agenda is the list of all open proposals with the time at which something is to happen to
// each; the earliest of these stands apart, so that a block in which nothing is due reads one
// number.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/ids.h"
#include "ledger/checkpoint.h"
#include "ledger/state.h"
#include "ledger/tx/governance_records.h"

namespace testamur::ledger::tx {

struct AgendaEntry {
  TransactionId proposal;
  InstitutionId author;
  std::uint64_t deadline_ms = 0;  // voting ends (open), or it is due (passed)
};
// In the order of proposing.
std::vector<AgendaEntry> read_agenda(const StateReader& state);
// No later than the deadline of anything on the agenda; the largest number when it is empty.
std::uint64_t next_deadline_ms(const StateReader& state);
void write_agenda(Overlay& state, const std::vector<AgendaEntry>& agenda);

struct OpenProposal {
  InstitutionId author;
  ProposalStatus status = ProposalStatus::kOpen;  // kOpen or kPassed
  std::uint64_t voting_ends_ms = 0;
  std::uint64_t due_ms = 0;         // once passed
  std::vector<ProposalVote> votes;  // by voter; of members of the current set
};
std::optional<OpenProposal> read_open_proposal(const StateReader& state, const TransactionId& id);
void write_open_proposal(Overlay& state, const TransactionId& id, const OpenProposal& proposal);
void erase_open_proposal(Overlay& state, const TransactionId& id);

Tally tally_of(const CertifyingSet& set, const std::vector<ProposalVote>& votes);
bool sits_in(const CertifyingSet& set, const InstitutionId& institution);

}  // namespace testamur::ledger::tx
