// What the registry says of governance: proposals with their votes and outcomes, ready
// declarations, evidence.
//
// Kinds 21 to 23 of the registry; bodies in docs/formats/kinds.md. The history of a proposal is
// everything that happened to it, so one history proof shows that it passed, with whose votes, and
// when it took effect. Pure; any thread that may read the given state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/result.h"
#include "ledger/proofs/checkpoint.h"
#include "ledger/state.h"
#include "ledger/tx/content.h"
#include "ledger/tx/records/record.h"

namespace testamur::ledger::tx {

enum class ProposalEvent : std::uint8_t {
  kProposed = 1,
  kApproved = 2,  // a vote; the last one of a voter counts
  kOpposed = 3,
  kPassed = 4,  // more than two thirds of the validators of that moment have approved
  kLapsed = 5,  // voting ended before it passed
  kInEffect = 6,
  kVoid = 7,    // due, but the state did not allow it any more: `reason` says why
  kVetoed = 8,  // by the old root
};

struct ProposalRecord {
  RecordPlace at;
  Cause cause;  // of kLapsed, kInEffect and kVoid: the proposal, no key, the size of the log at
                // that block's start
  TransactionId proposal;
  ProposalEvent event = ProposalEvent::kProposed;
  InstitutionId actor;       // who proposed, voted or vetoed; zero for what nobody did
  std::uint64_t due_ms = 0;  // of kPassed: it takes effect in the first block at or after this time
  RejectionCode reason{};    // of kVoid
  ProposalContent content;   // of kProposed
};
Bytes encode(const ProposalRecord& record);
Result<ProposalRecord> decode_proposal(const TransactionId& proposal, const RecordPlace& at,
                                       ByteView body);

enum class ProposalStatus : std::uint8_t { kOpen, kPassed, kLapsed, kInEffect, kVoid, kVetoed };
std::string_view to_text(
    ProposalStatus status);  // "open", "passed", "lapsed", "in effect", "void", "vetoed"

struct ProposalVote {
  InstitutionId voter;
  bool approve = false;
  RecordPlace at{};  // from read_proposal()
};

struct ProposalState {
  TransactionId id;
  ProposalRecord proposed;          // author = proposed.actor
  std::vector<ProposalVote> votes;  // the last of each voter, by voter
  std::optional<ProposalRecord> passed;
  std::optional<ProposalRecord> closed;  // lapsed, in effect, void or vetoed: nothing follows
  ProposalStatus status() const;
};
std::optional<ProposalState> read_proposal(const StateReader& state, const TransactionId& id);

// How the open vote stands with the validators of now: approvals of others do not count.
struct Tally {
  std::size_t approvals = 0;
  std::size_t validators = 0;
  std::size_t needed() const { return validators * 2 / 3 + 1; }
  bool passes() const { return approvals >= needed(); }
};
Tally tally(const StateReader& state, const ProposalState& proposal);

// Proposals in ledger order, by ordinal from 0, and those that are not closed.
std::uint64_t proposal_count(const StateReader& state);
TransactionId proposal_at_ordinal(const StateReader& state, std::uint64_t ordinal);
std::vector<TransactionId> open_proposals(const StateReader& state);

// ---- proposals that are not closed: what execution has to know of them without reading their
// histories. Derived from the records above; not authenticated. Private to ledger/.
//
// The agenda is the list of all open proposals with the time at which something is to happen to
// each; the earliest of these stands apart, so that a block in which nothing is due reads one
// number.

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

// ---- ready declarations and evidence

struct ReadyRecord {
  RecordPlace at;
  Cause cause;  // names the ready by its transaction
  InstitutionId institution;
  ReadyContent content;
};
Bytes encode(const ReadyRecord& record);
Result<ReadyRecord> decode_ready(const KeyId& key, const RecordPlace& at, ByteView body);
// The newest of a consensus key, and one by its transaction. A ready lives for the parameter
// ready_lifetime_ms.
std::optional<ReadyRecord> latest_ready(const StateReader& state, const KeyId& consensus_key);
std::optional<ReadyRecord> read_ready(const StateReader& state, const TransactionId& id);
bool is_live(const ReadyRecord& ready, std::uint64_t time_ms, std::uint64_t lifetime_ms);

// What an accusation is about: one a key, epoch and view.
struct EvidenceName {
  KeyId consensus_key;
  Epoch epoch;
  View view;
  auto operator<=>(const EvidenceName&) const = default;
};
struct EvidenceRecord {
  RecordPlace at;
  Cause cause;
  InstitutionId accuser;
  EvidenceName name;
  EvidenceContent content;
};
Bytes encode(const EvidenceRecord& record);
Result<EvidenceRecord> decode_evidence(const EvidenceName& name, const RecordPlace& at,
                                       ByteView body);
std::optional<EvidenceRecord> read_evidence(const StateReader& state, const EvidenceName& name);
std::uint64_t evidence_count(const StateReader& state);
EvidenceName evidence_at_ordinal(const StateReader& state, std::uint64_t ordinal);

// When the last veto of an institution's root was; nothing when there was none.
std::optional<std::uint64_t> last_root_veto_ms(const StateReader& state,
                                               const InstitutionId& institution);

Bytes registry_id(const TransactionId& proposal);
Bytes registry_id(const EvidenceName& evidence);

}  // namespace testamur::ledger::tx
