// Records of proposals, ready declarations and evidence, and the tables that follow from them.
// Invariants: the history of a proposal under its id tells everything that happened to it; a
// proposal that is not closed has a row and an entry on the agenda, a closed one has neither; the
// next deadline stands beside the agenda, so that a block in which nothing is due reads one number.
#include "ledger/tx/records/governance.h"

#include <algorithm>
#include <array>
#include <limits>

#include "common/check.h"
#include "ledger/registry.h"
#include "ledger/tx/records/encoding.h"
#include "ledger/tx/records/tables.h"
#include "ledger/tx/wire/codec.h"
#include "ledger/validators.h"

namespace testamur::ledger::tx {

namespace {

constexpr std::size_t kMessageLimit = kCarriedLimitBytes;
constexpr std::size_t kVersionLimitBytes = 64;

// Keys of kAgenda.
constexpr std::array<std::uint8_t, 1> kEntriesKey{0};
constexpr std::array<std::uint8_t, 1> kNextKey{1};

}  // namespace

Bytes registry_id(const TransactionId& proposal) { return to_bytes(proposal.view()); }
Bytes registry_id(const EvidenceName& evidence) {
  return Encoder().fixed(evidence.consensus_key).u64(evidence.epoch).u64(evidence.view).take();
}

Bytes encode(const ProposalRecord& record) {
  auto out = begin_record(record.cause);
  out.u8(static_cast<std::uint8_t>(record.event)).fixed(record.actor).u64(record.due_ms);
  out.u16(static_cast<std::uint16_t>(record.reason));
  const bool proposed = record.event == ProposalEvent::kProposed;
  // As a transaction would carry it: strict, so that the bytes of a value are unique.
  out.sized(proposed ? wire::encode(record.content) : Bytes{});
  return out.take();
}

Result<ProposalRecord> decode_proposal(const TransactionId& proposal, const RecordPlace& at,
                                       ByteView body) {
  Decoder in(body);
  // Filled in place: moving a filled variant makes GCC 12 warn of what is not so.
  Result<ProposalRecord> decoded{ProposalRecord{}};
  auto& record = *decoded;
  record.at = at;
  record.proposal = proposal;
  record.cause = begin_record(in);
  const auto event = in.u8();
  if (event < 1 || event > 8) in.fail();
  record.event = static_cast<ProposalEvent>(event);
  record.actor = in.fixed<InstitutionId>();
  record.due_ms = in.u64();
  record.reason = static_cast<RejectionCode>(in.u16());
  const auto proposed = in.sized(kMessageLimit);
  if (!in.finished()) return malformed_record("a proposal");
  const bool form = record.event == ProposalEvent::kProposed
                        ? wire::decode(proposed, record.content)
                        : proposed.empty();
  const bool fits = (record.due_ms == 0 || record.event == ProposalEvent::kPassed) &&
                    ((record.reason == RejectionCode{}) == (record.event != ProposalEvent::kVoid));
  if (!form || !fits) return malformed_record("a proposal");
  return decoded;
}

std::string_view to_text(ProposalStatus status) {
  static constexpr std::array<std::string_view, 6> kNames = {"open",      "passed", "lapsed",
                                                             "in effect", "void",   "vetoed"};
  return kNames.at(static_cast<std::size_t>(status));
}

ProposalStatus ProposalState::status() const {
  if (!closed) return passed ? ProposalStatus::kPassed : ProposalStatus::kOpen;
  switch (closed->event) {
    case ProposalEvent::kLapsed: return ProposalStatus::kLapsed;
    case ProposalEvent::kInEffect: return ProposalStatus::kInEffect;
    case ProposalEvent::kVoid: return ProposalStatus::kVoid;
    default: return ProposalStatus::kVetoed;
  }
}

std::optional<ProposalState> read_proposal(const StateReader& state, const TransactionId& id) {
  const auto history =
      Registry(state).history(record_name(RegistryKind::kProposal, registry_id(id)));
  if (history.empty()) return std::nullopt;

  ProposalState proposal;
  proposal.id = id;

  // The history is everything that happened to it, so the state of a proposal is a fold over it.
  for (std::size_t i = 0; i < history.size(); ++i) {
    auto record = intact(decode_proposal(id, place_of(i + 1, history[i]), history[i].body));
    switch (record.event) {
      case ProposalEvent::kProposed: proposal.proposed = std::move(record); break;
      case ProposalEvent::kApproved:
      case ProposalEvent::kOpposed: {
        const auto place =
            std::ranges::lower_bound(proposal.votes, record.actor, {}, &ProposalVote::voter);
        const ProposalVote vote{record.actor, record.event == ProposalEvent::kApproved, record.at};
        if (place != proposal.votes.end() && place->voter == record.actor) {
          *place = vote;
        } else {
          proposal.votes.insert(place, vote);
        }
        break;
      }
      case ProposalEvent::kPassed: proposal.passed = std::move(record); break;
      default: proposal.closed = std::move(record);
    }
  }
  return proposal;
}

Tally tally(const StateReader& state, const ProposalState& proposal) {
  const auto row = read_open_proposal(state, proposal.id);
  return tally_of(read_validators(state), row ? row->votes : proposal.votes);
}

std::uint64_t proposal_count(const StateReader& state) { return list_size(state, kProposalList); }
TransactionId proposal_at_ordinal(const StateReader& state, std::uint64_t ordinal) {
  const auto entry = list_entry(state, kProposalList, ordinal);
  return Decoder(entry).fixed<TransactionId>();
}

std::vector<TransactionId> open_proposals(const StateReader& state) {
  std::vector<TransactionId> ids;
  for (const auto& entry : read_agenda(state)) ids.push_back(entry.proposal);
  return ids;
}

// ---- proposals that are not closed

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

// ---- ready declarations and evidence

Bytes encode(const ReadyRecord& record) {
  const auto& content = record.content;
  auto out = begin_record(record.cause);
  out.fixed(record.institution).u16(content.protocol_version).u64(content.checkpoint_height);
  out.fixed(content.checkpoint).sized(as_bytes(content.software_version));
  return out.take();
}

Result<ReadyRecord> decode_ready(const KeyId& key, const RecordPlace& at, ByteView body) {
  Decoder in(body);
  ReadyRecord record;
  record.at = at;
  record.cause = begin_record(in);
  record.institution = in.fixed<InstitutionId>();
  record.content.consensus_key = key;
  record.content.protocol_version = in.u16();
  record.content.checkpoint_height = Height{in.u64()};
  record.content.checkpoint = in.fixed<BlockId>();
  record.content.software_version = as_text(in.sized(kVersionLimitBytes));
  if (!in.finished() || record.content.protocol_version == 0) return malformed_record("a ready");
  return record;
}

std::optional<ReadyRecord> latest_ready(const StateReader& state, const KeyId& consensus_key) {
  const auto newest =
      newest_record(state, record_name(RegistryKind::kReady, registry_id(consensus_key)));
  if (!newest) return std::nullopt;
  return intact(decode_ready(consensus_key, newest->at, newest->record.body));
}

std::optional<ReadyRecord> read_ready(const StateReader& state, const TransactionId& id) {
  const auto stored = state.get(kReadyIds, id.view());
  if (!stored) return std::nullopt;
  Decoder in(*stored);
  const auto key = in.fixed<KeyId>();
  const auto seq = in.u64();
  TM_CHECK(in.finished(), "the place of a ready is damaged");
  const auto record =
      Registry(state).record(record_name(RegistryKind::kReady, registry_id(key)), seq);
  TM_CHECK(record, "a table names a ready that is not there");
  return intact(decode_ready(key, place_of(seq, *record), record->body));
}

bool is_live(const ReadyRecord& ready, std::uint64_t time_ms, std::uint64_t lifetime_ms) {
  return time_ms < ready.at.time_ms + lifetime_ms;
}

Bytes encode(const EvidenceRecord& record) {
  auto out = begin_record(record.cause);
  out.fixed(record.accuser)
      .fixed(record.content.institution)
      .sized(record.content.first)
      .sized(record.content.second);
  return out.take();
}

Result<EvidenceRecord> decode_evidence(const EvidenceName& name, const RecordPlace& at,
                                       ByteView body) {
  constexpr std::size_t kStatementLimit = 256;

  Decoder in(body);
  EvidenceRecord record;
  record.at = at;
  record.name = name;
  record.cause = begin_record(in);

  record.accuser = in.fixed<InstitutionId>();
  record.content.institution = in.fixed<InstitutionId>();
  record.content.first = to_bytes(in.sized(kStatementLimit));
  record.content.second = to_bytes(in.sized(kStatementLimit));

  if (!in.finished()) return malformed_record("an evidence");
  return record;
}

std::optional<EvidenceRecord> read_evidence(const StateReader& state, const EvidenceName& name) {
  const auto record =
      Registry(state).latest(record_name(RegistryKind::kEvidence, registry_id(name)));
  if (!record) return std::nullopt;
  return intact(decode_evidence(name, place_of(1, *record), record->body));
}

std::uint64_t evidence_count(const StateReader& state) { return list_size(state, kEvidenceList); }
EvidenceName evidence_at_ordinal(const StateReader& state, std::uint64_t ordinal) {
  const auto entry = list_entry(state, kEvidenceList, ordinal);
  Decoder in(entry);
  EvidenceName name;
  name.consensus_key = in.fixed<KeyId>();
  name.epoch = Epoch{in.u64()};
  name.view = View{in.u64()};
  return name;
}

std::optional<std::uint64_t> last_root_veto_ms(const StateReader& state,
                                               const InstitutionId& institution) {
  const auto stored = state.get(kRootVetoes, institution.view());
  if (!stored) return std::nullopt;
  return Decoder(*stored).u64();
}

}  // namespace testamur::ledger::tx
