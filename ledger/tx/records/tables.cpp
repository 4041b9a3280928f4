#include "ledger/tx/records/tables.h"

#include "common/check.h"

namespace testamur::ledger::tx {

namespace {

Bytes ordinal_key(std::uint64_t ordinal) { return Encoder().u64(ordinal).take(); }
Bytes count_key(Table list) { return Encoder().u8(static_cast<std::uint8_t>(list)).take(); }

}  // namespace

std::uint64_t list_size(const StateReader& state, Table list) {
  const auto stored = state.get(kListCounts, count_key(list));
  if (!stored) return 0;
  Decoder in(*stored);
  const auto count = in.u64();
  TM_CHECK(in.finished(), "the size of a list is damaged");
  return count;
}

void append_to_list(Overlay& state, Table list, Bytes entry) {
  const auto ordinal = list_size(state, list);
  state.put(list, ordinal_key(ordinal), std::move(entry));
  state.put(kListCounts, count_key(list), ordinal_key(ordinal + 1));
}

Bytes list_entry(const StateReader& state, Table list, std::uint64_t ordinal) {
  auto entry = state.get(list, ordinal_key(ordinal));
  TM_CHECK(entry, "a list lacks its entry", ordinal);
  return std::move(*entry);
}

Bytes consent_key(ByteView content, const InstitutionId& party) {
  return Encoder().raw(content).fixed(party).take();
}

Bytes closed_into_key(const InstitutionId& predecessor, const InstitutionId& successor) {
  return Encoder().fixed(predecessor).fixed(successor).take();
}

Bytes slot_key(const InstitutionId& truster, const InstitutionId& subject, bool accreditation,
               std::uint16_t slot) {
  return Encoder().fixed(truster).fixed(subject).u8(accreditation ? 1 : 0).u16(slot).take();
}

std::optional<SlotRow> read_slot(const StateReader& state, ByteView key) {
  const auto stored = state.get(kStatementSlots, key);
  if (!stored) return std::nullopt;
  Decoder in(*stored);
  SlotRow row{in.fixed<TransactionId>(), in.u8() != 0};
  TM_CHECK(in.finished(), "a statement slot is damaged");
  return row;
}

void write_slot(Overlay& state, ByteView key, const SlotRow& row) {
  state.put(kStatementSlots, key, Encoder().fixed(row.newest).u8(row.live ? 1 : 0).take());
}

TrusterCounts read_counts(const StateReader& state, const InstitutionId& truster) {
  const auto stored = state.get(kTrusterCounts, truster.view());
  if (!stored) return {};
  Decoder in(*stored);
  TrusterCounts counts{in.u64(), in.u64(), in.u64()};
  TM_CHECK(in.finished(), "the counts of a truster are damaged");
  return counts;
}

void write_counts(Overlay& state, const InstitutionId& truster, const TrusterCounts& counts) {
  state.put(kTrusterCounts, truster.view(),
            Encoder().u64(counts.live).u64(counts.day).u64(counts.changes).take());
}

AuthorBytes read_author_bytes(const StateReader& state, const InstitutionId& author) {
  const auto stored = state.get(kAuthorBytes, author.view());
  if (!stored) return {};
  Decoder in(*stored);
  AuthorBytes written{in.u64(), in.u64()};
  TM_CHECK(in.finished(), "the bytes of an author are damaged");
  return written;
}

void write_author_bytes(Overlay& state, const InstitutionId& author, const AuthorBytes& written) {
  state.put(kAuthorBytes, author.view(), Encoder().u64(written.day).u64(written.bytes).take());
}

std::optional<StatementPlace> find_statement(const StateReader& state, const TransactionId& id) {
  const auto stored = state.get(kStatementIds, id.view());
  if (!stored) return std::nullopt;
  Decoder in(*stored);
  StatementPlace place;
  place.truster = in.fixed<InstitutionId>();
  place.subject = in.fixed<InstitutionId>();
  place.seq = in.u64();
  place.kind = in.u8();
  place.accreditation = in.u8() != 0;
  TM_CHECK(in.finished(), "the place of a statement is damaged");
  return place;
}

void write_statement_place(Overlay& state, const TransactionId& id, const StatementPlace& place) {
  Encoder out;
  out.fixed(place.truster)
      .fixed(place.subject)
      .u64(place.seq)
      .u8(place.kind)
      .u8(place.accreditation ? 1 : 0);
  state.put(kStatementIds, id.view(), out.take());
}

}  // namespace testamur::ledger::tx
