// The tables of the transaction kinds (32 to 63 of ledger/state.h): counters and indexes that
// follow from the registry.
//
// Not authenticated; every entry can be computed again from the registry's records in ledger order.
// Execution reads the statement and key tables, listing reads the lists. Private to ledger/
// (readers: the families beside). docs/formats/kinds.md.
#pragma once

#include <cstdint>
#include <optional>

#include "common/bytes.h"
#include "common/ids.h"
#include "ledger/state.h"

namespace testamur::ledger::tx {

// Lists: u64 ordinal -> entry. The number of entries of a list stands in kListCounts under the
// list's table byte.
inline constexpr Table kKnownInstitutions{32};  // institution
inline constexpr Table kAchievementList{33};    // institution, number u32, version u16
inline constexpr Table kStatementList{34};      // truster, subject, seq u64
inline constexpr Table kChangeList{
    35};  // registry kind u16, institution, key (zero: none), seq u64
inline constexpr Table kListCounts{36};       // u8 table -> u64
inline constexpr Table kInstitutionKeys{37};  // institution -> key ids, oldest first
inline constexpr Table kStatementIds{
    38};  // statement id -> truster, subject, seq u64, u8 kind, u8 space
inline constexpr Table kStatementSlots{39};    // truster, subject, u8 space, u16 slot -> SlotRow
inline constexpr Table kTrusterCounts{40};     // truster -> TrusterCounts
inline constexpr Table kClosedInto{49};        // closed predecessor, successor -> u8 1
inline constexpr Table kIdentifierOwners{50};  // u8 sort, identifier in lower case -> institution
inline constexpr Table kSuccessionConsents{
    51};  // succession content, party -> u64 time of its consent
inline constexpr Table kRecentBlocks{
    52};                             // u64 height -> u64 time, block id (ledger/recent_blocks.h)
inline constexpr Table kAgenda{53};  // u8 0 -> open proposals, u8 1 -> u64 the next deadline
inline constexpr Table kOpenProposals{54};  // proposal id -> its row (OpenProposal)
inline constexpr Table kProposalList{55};   // list: proposal id
inline constexpr Table kReadyIds{56};      // transaction id of a ready -> consensus key id, seq u64
inline constexpr Table kEvidenceList{57};  // list: consensus key id, u64 epoch, u64 view
inline constexpr Table kRootVetoes{58};    // institution -> u64 time of the last veto of its root
inline constexpr Table kAuthorBytes{59};   // author -> AuthorBytes

void append_to_list(Overlay& state, Table list, Bytes entry);
std::uint64_t list_size(const StateReader& state, Table list);
// Precondition: ordinal < list_size().
Bytes list_entry(const StateReader& state, Table list, std::uint64_t ordinal);

// The newest statement of a slot, and whether the slot counts as live: no later end of the slot,
// and no end or void that names that statement.
struct SlotRow {
  TransactionId newest;
  bool live = false;
};
std::optional<SlotRow> read_slot(const StateReader& state, ByteView key);
void write_slot(Overlay& state, ByteView key, const SlotRow& row);
Bytes slot_key(const InstitutionId& truster, const InstitutionId& subject, bool accreditation,
               std::uint16_t slot);

// canonical succession bytes, party
Bytes consent_key(ByteView content, const InstitutionId& party);
// closed predecessor, successor
Bytes closed_into_key(const InstitutionId& predecessor, const InstitutionId& successor);

inline constexpr std::uint64_t kDayMs = 86'400'000;  // days are counted by header times, in UTC

// What bounds a truster: its live slots and accreditations, and how many statements it made on the
// last day that saw one (day = header time / kDayMs).
struct TrusterCounts {
  std::uint64_t live = 0;
  std::uint64_t day = 0;
  std::uint64_t changes = 0;
};
TrusterCounts read_counts(const StateReader& state, const InstitutionId& truster);
void write_counts(Overlay& state, const InstitutionId& truster, const TrusterCounts& counts);

// The carried bytes that an author committed on the last day that saw any (day = header time /
// kDayMs); counted from protocol version 3 on.
struct AuthorBytes {
  std::uint64_t day = 0;
  std::uint64_t bytes = 0;
};
AuthorBytes read_author_bytes(const StateReader& state, const InstitutionId& author);
void write_author_bytes(Overlay& state, const InstitutionId& author, const AuthorBytes& written);

// Where a statement stands in the registry.
struct StatementPlace {
  InstitutionId truster, subject;
  std::uint64_t seq = 0;
  std::uint8_t kind = 0;  // StatementKind
  bool accreditation = false;
};
std::optional<StatementPlace> find_statement(const StateReader& state, const TransactionId& id);
void write_statement_place(Overlay& state, const TransactionId& id, const StatementPlace& place);

}  // namespace testamur::ledger::tx
