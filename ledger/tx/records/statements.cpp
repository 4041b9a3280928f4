#include "ledger/tx/records/statements.h"

#include "common/check.h"
#include "ledger/registry.h"
#include "ledger/tx/records/encoding.h"
#include "ledger/tx/records/tables.h"

namespace testamur::ledger::tx {

Bytes encode(const StatementRecord& record) {
  const auto& content = record.content;
  auto out = begin_record(record.cause);
  out.u8(static_cast<std::uint8_t>(content.kind))
      .u8(content.accreditation ? 1 : 0)
      .u16(content.slot);

  out.u8(content.amount).u8(content.depth);
  encode_scope(out, content.scope);

  out.u64(content.valid_from_ms)
      .u64(content.valid_until_ms)
      .u8(static_cast<std::uint8_t>(content.reason));

  out.fixed(content.evidence_digest).u8(static_cast<std::uint8_t>(content.scheme));
  out.sized(as_bytes(content.report_url)).u16(static_cast<std::uint16_t>(content.names.size()));
  for (const auto& name : content.names) out.fixed(name);
  return out.take();
}

Result<StatementRecord> decode_statement(const InstitutionId& truster, const InstitutionId& subject,
                                         const RecordPlace& at, ByteView body) {
  Decoder in(body);
  StatementRecord record;
  record.at = at;
  record.truster = truster;
  record.cause = begin_record(in);
  record.id = record.cause.transaction;

  auto& content = record.content;
  content.subject = subject;
  content.kind = enumerated<StatementKind>(in, 1, 5);
  content.accreditation = enumerated<std::uint8_t>(in, 0, 1) == 1;
  content.slot = in.u16();
  content.amount = in.u8();
  content.depth = in.u8();
  content.scope = decode_scope(in);
  content.valid_from_ms = in.u64();
  content.valid_until_ms = in.u64();
  content.reason = enumerated<StatementReason>(in, 0, 8);
  content.evidence_digest = in.fixed<Hash256>();
  content.scheme = enumerated<QualityScheme>(in, 0, trust::kSchemeCount - 1);
  content.report_url = as_text(in.sized(kUrlLimitBytes));
  for (unsigned left = in.u16(); left > 0 && in.ok(); --left)
    content.names.push_back(in.fixed<TransactionId>());

  // The bytes may come with a proof from anybody: as strict as the transaction that made them.
  if (!in.finished() || form_error(content, truster)) return malformed_record("a statement");
  return record;
}

namespace {

StatementRecord statement_at(const StateReader& state, const InstitutionId& truster,
                             const InstitutionId& subject, std::uint64_t seq) {
  const auto name = record_name(RegistryKind::kStatements, registry_id(truster, subject));
  const auto record = Registry(state).record(name, seq);
  TM_CHECK(record, "a list names a statement that is not there");
  return intact(decode_statement(truster, subject, place_of(seq, *record), record->body));
}

}  // namespace

std::vector<StatementRecord> statements_between(const StateReader& state,
                                                const InstitutionId& truster,
                                                const InstitutionId& subject) {
  std::vector<StatementRecord> statements;
  for (const auto& record : Registry(state).history(
           record_name(RegistryKind::kStatements, registry_id(truster, subject)))) {
    const auto at = place_of(statements.size() + 1, record);
    statements.push_back(intact(decode_statement(truster, subject, at, record.body)));
  }
  return statements;
}

std::optional<StatementRecord> read_statement(const StateReader& state, const TransactionId& id) {
  const auto place = find_statement(state, id);
  if (!place) return std::nullopt;
  return statement_at(state, place->truster, place->subject, place->seq);
}

std::uint64_t statement_count(const StateReader& state) { return list_size(state, kStatementList); }
StatementRecord statement_at_ordinal(const StateReader& state, std::uint64_t ordinal) {
  const auto entry = list_entry(state, kStatementList, ordinal);
  Decoder in(entry);
  const auto truster = in.fixed<InstitutionId>();
  const auto subject = in.fixed<InstitutionId>();
  return statement_at(state, truster, subject, in.u64());
}

}  // namespace testamur::ledger::tx
