#include "ledger/tx/records/successions.h"

#include "common/check.h"
#include "ledger/registry.h"
#include "ledger/tx/records/encoding.h"
#include "ledger/tx/records/tables.h"

namespace testamur::ledger::tx {

namespace {

void encode_list(Encoder& out, const std::vector<InstitutionId>& ids) {
  out.u8(static_cast<std::uint8_t>(ids.size()));
  for (const auto& id : ids) out.fixed(id);
}

std::vector<InstitutionId> decode_list(Decoder& in) {
  std::vector<InstitutionId> ids;
  for (unsigned left = in.u8(); left > 0 && in.ok(); --left)
    ids.push_back(in.fixed<InstitutionId>());
  return ids;
}

}  // namespace

Bytes encode(const SuccessionContent& content) {
  Encoder out;
  out.u8(static_cast<std::uint8_t>(content.kind)).u8(content.closes ? 1 : 0).fixed(content.heir);
  encode_list(out, content.predecessors);
  encode_list(out, content.successors);
  return out.take();
}

Bytes encode(const SuccessionRecord& record) {
  auto out = begin_record(record.cause);
  out.u8(static_cast<std::uint8_t>(record.event)).raw(encode(record.content));
  return out.take();
}

Result<SuccessionRecord> decode_succession(const InstitutionId& institution, const RecordPlace& at,
                                           ByteView body) {
  Decoder in(body);
  SuccessionRecord record;
  record.at = at;
  record.institution = institution;
  record.cause = begin_record(in);

  record.event = enumerated<SuccessionEvent>(in, 1, 2);
  record.content.kind = enumerated<SuccessionKind>(in, 1, 4);
  record.content.closes = enumerated<std::uint8_t>(in, 0, 1) == 1;
  record.content.heir = in.fixed<InstitutionId>();

  record.content.predecessors = decode_list(in);
  record.content.successors = decode_list(in);

  if (!in.finished() || form_error(record.content)) return malformed_record("a succession");
  return record;
}

std::vector<SuccessionRecord> successions_of(const StateReader& state,
                                             const InstitutionId& institution) {
  std::vector<SuccessionRecord> history;
  for (const auto& record :
       Registry(state).history(record_name(RegistryKind::kSuccessions, registry_id(institution)))) {
    history.push_back(
        intact(decode_succession(institution, place_of(history.size() + 1, record), record.body)));
  }
  return history;
}

SuccessionRecord succession_record(const StateReader& state, const InstitutionId& institution,
                                   std::uint64_t seq) {
  const auto record = Registry(state).record(
      record_name(RegistryKind::kSuccessions, registry_id(institution)), seq);
  TM_CHECK(record, "no such record of a succession:", seq);
  return intact(decode_succession(institution, place_of(seq, *record), record->body));
}

std::optional<std::uint64_t> read_consent(const StateReader& state,
                                          const SuccessionContent& content,
                                          const InstitutionId& party) {
  const auto stored = state.get(kSuccessionConsents, consent_key(encode(content), party));
  if (!stored) return std::nullopt;
  Decoder in(*stored);
  const auto time_ms = in.u64();
  TM_CHECK(in.finished(), "the time of a consent is damaged");
  return time_ms;
}

}  // namespace testamur::ledger::tx
