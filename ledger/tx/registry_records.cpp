#include "ledger/tx/registry_records.h"

#include <algorithm>

#include "common/check.h"
#include "ledger/registry.h"
#include "ledger/tx/content.h"
#include "ledger/tx/derived_tables.h"
#include "ledger/tx/facts_codec.h"
#include "ledger/tx/record_codec.h"

namespace testamur::ledger::tx {

namespace {

// First byte of every record body.
constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kAchievementLimit = kAchievementLimitBytes;
constexpr std::size_t kUrlLimit = kUrlLimitBytes;

}  // namespace

Encoder begin_record(const Cause& cause) {
  Encoder out;
  out.u8(kFormat).fixed(cause.transaction).fixed(cause.key).u64(cause.log_index);
  return out;
}

Cause begin_record(Decoder& in) {
  if (in.u8() != kFormat) in.fail();
  Cause cause;
  cause.transaction = in.fixed<TransactionId>();
  cause.key = in.fixed<KeyId>();
  cause.log_index = LogIndex{in.u64()};
  return cause;
}

Bytes registry_id(const InstitutionId& institution) { return to_bytes(institution.view()); }
Bytes registry_id(const KeyId& key) { return to_bytes(key.view()); }
Bytes registry_id(const AchievementId& achievement) {
  return Encoder()
      .fixed(achievement.institution)
      .u32(achievement.number)
      .u16(achievement.version)
      .take();
}
Bytes registry_id(const InstitutionId& truster, const InstitutionId& subject) {
  return Encoder().fixed(truster).fixed(subject).take();
}
Bytes registry_id_of_parameters() { return {0}; }
Bytes registry_id_of_validators() { return {0}; }
Bytes registry_id_of_protocol() { return {0}; }
Bytes registry_id_of_predecessors() { return {0}; }

Bytes encode(const InstitutionRecord& record) {
  auto out = begin_record(record.cause);
  out.u8(static_cast<std::uint8_t>(record.institution_class))
      .u8(static_cast<std::uint8_t>(record.standing));
  out.u8(record.root_threshold).u8(record.retroactive ? 1 : 0).fixed(record.sponsor);
  encode(out, record.facts);
  return out.take();
}

Result<InstitutionRecord> decode_institution(const InstitutionId& id, const Anchored& at,
                                             ByteView body) {
  Decoder in(body);
  InstitutionRecord record;
  record.at = at;
  record.id = id;
  record.cause = begin_record(in);
  record.institution_class = enumerated<InstitutionClass>(in, 1, 4);
  record.standing = enumerated<Standing>(in, 1, 4);
  record.root_threshold = in.u8();
  record.retroactive = enumerated<std::uint8_t>(in, 0, 1) == 1;
  if (record.retroactive && record.institution_class == InstitutionClass::kAccreditor) in.fail();
  record.sponsor = in.fixed<InstitutionId>();
  record.facts = decode_facts(in);
  if (!in.finished()) return malformed_record("an institution");
  return record;
}

Bytes encode(const KeyRecord& record) {
  auto out = begin_record(record.cause);
  out.u8(static_cast<std::uint8_t>(record.event)).fixed(record.institution);
  out.u8(static_cast<std::uint8_t>(record.purpose));
  encode(out, record.key);
  out.u64(record.compromised_since_ms);
  return out.take();
}

Result<KeyRecord> decode_key(const KeyId& id, const Anchored& at, ByteView body) {
  Decoder in(body);
  KeyRecord record;
  record.at = at;
  record.id = id;
  record.cause = begin_record(in);
  record.event = enumerated<KeyEvent>(in, 1, 2);
  record.institution = in.fixed<InstitutionId>();
  record.purpose = enumerated<KeyPurpose>(in, 1, 7);
  record.key = decode_public_key(in);
  record.compromised_since_ms = in.u64();
  if (record.event == KeyEvent::kAdded && record.compromised_since_ms != 0) in.fail();
  if (!in.finished()) return malformed_record("a key");
  return record;
}

Bytes encode_achievement(const Cause& cause, AchievementEvent event, const InstitutionId& actor,
                         ByteView published) {
  auto out = begin_record(cause);
  out.u8(static_cast<std::uint8_t>(event)).fixed(actor).sized(published);
  return out.take();
}

Bytes encode(const AchievementRecord& record) {
  std::string published;
  if (record.event == AchievementEvent::kPublished) {
    v1::AchievementPublish message;
    write(record.content, message);
    published = message.SerializeAsString();
  }
  return encode_achievement(record.cause, record.event, record.actor, as_bytes(published));
}

Result<AchievementRecord> decode_achievement(const AchievementId& id, const Anchored& at,
                                             ByteView body) {
  Decoder in(body);
  AchievementRecord record;
  record.at = at;
  record.id = id;
  record.cause = begin_record(in);
  record.event = enumerated<AchievementEvent>(in, 1, 3);
  record.actor = in.fixed<InstitutionId>();
  const auto published = in.sized(kAchievementLimit);
  if (!in.finished() || (record.event == AchievementEvent::kPublished) == published.empty()) {
    return malformed_record("an achievement");
  }
  if (published.empty()) return record;
  // The bytes may come with a proof from anybody: as strict as the transaction that made them.
  static const WireGrammar grammar(*v1::AchievementPublish::descriptor());
  v1::AchievementPublish message;
  if (grammar.scan(published) ||
      !message.ParseFromArray(published.data(), static_cast<int>(published.size())) ||
      read(message, record.content)) {
    return malformed_record("an achievement");
  }
  return record;
}

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
                                         const Anchored& at, ByteView body) {
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
  content.report_url = as_text(in.sized(kUrlLimit));
  for (unsigned left = in.u16(); left > 0 && in.ok(); --left)
    content.names.push_back(in.fixed<TransactionId>());
  if (!in.finished() || form_error(content, truster)) return malformed_record("a statement");
  return record;
}

std::optional<NewestRecord> newest_record(const StateReader& state, const RecordName& name) {
  const Registry registry(state);
  const auto head = registry.head(name);
  if (!head) return std::nullopt;
  auto record = registry.record(name, head->last);
  TM_CHECK(record, "a registry head names a record that is not there");
  return NewestRecord{anchored(head->last, *record), std::move(*record)};
}

std::optional<InstitutionRecord> read_institution(const StateReader& state,
                                                  const InstitutionId& id) {
  const auto newest =
      newest_record(state, record_name(RegistryKind::kInstitution, registry_id(id)));
  if (!newest) return std::nullopt;
  return intact(decode_institution(id, newest->at, newest->record.body));
}

std::vector<InstitutionRecord> institution_history(const StateReader& state,
                                                   const InstitutionId& id) {
  std::vector<InstitutionRecord> history;
  for (const auto& record :
       Registry(state).history(record_name(RegistryKind::kInstitution, registry_id(id)))) {
    history.push_back(
        intact(decode_institution(id, anchored(history.size() + 1, record), record.body)));
  }
  return history;
}

InstitutionRecord institution_record(const StateReader& state, const InstitutionId& id,
                                     std::uint64_t seq) {
  const auto record =
      Registry(state).record(record_name(RegistryKind::kInstitution, registry_id(id)), seq);
  TM_CHECK(record, "no such record of an institution:", seq);
  return intact(decode_institution(id, anchored(seq, *record), record->body));
}

std::optional<InstitutionRecord> institution_at(const StateReader& state, const InstitutionId& id,
                                                Height height) {
  std::optional<InstitutionRecord> found;
  for (auto& record : institution_history(state, id)) {
    if (record.at.height <= height) found = std::move(record);
  }
  return found;
}

std::optional<KeyState> read_key(const StateReader& state, const KeyId& id) {
  const auto history = Registry(state).history(record_name(RegistryKind::kKey, registry_id(id)));
  if (history.empty()) return std::nullopt;
  KeyState key{intact(decode_key(id, anchored(1, history[0]), history[0].body)), {}};
  if (history.size() > 1)
    key.retired = intact(decode_key(id, anchored(2, history[1]), history[1].body));
  return key;
}

std::vector<KeyId> keys_of(const StateReader& state, const InstitutionId& institution) {
  std::vector<KeyId> keys;
  const auto stored = state.get(kInstitutionKeys, institution.view());
  if (!stored) return keys;
  Decoder in(*stored);
  while (in.ok() && in.remaining() > 0) keys.push_back(in.fixed<KeyId>());
  TM_CHECK(in.finished(), "the list of an institution's keys is damaged");
  return keys;
}

bool AchievementState::complete() const {
  return std::ranges::all_of(published.content.awarding_bodies, [this](const InstitutionId& body) {
    return body == published.actor || std::ranges::find(cosigned_by, body) != cosigned_by.end();
  });
}

std::optional<AchievementState> read_achievement(const StateReader& state,
                                                 const AchievementId& id) {
  const auto history =
      Registry(state).history(record_name(RegistryKind::kAchievement, registry_id(id)));
  if (history.empty()) return std::nullopt;
  AchievementState achievement;
  for (std::size_t i = 0; i < history.size(); ++i) {
    auto record = intact(decode_achievement(id, anchored(i + 1, history[i]), history[i].body));
    switch (record.event) {
      case AchievementEvent::kPublished: achievement.published = std::move(record); break;
      case AchievementEvent::kCosigned: achievement.cosigned_by.push_back(record.actor); break;
      case AchievementEvent::kRetired: achievement.retired = std::move(record); break;
    }
  }
  return achievement;
}

std::vector<StatementRecord> statements_between(const StateReader& state,
                                                const InstitutionId& truster,
                                                const InstitutionId& subject) {
  std::vector<StatementRecord> statements;
  for (const auto& record : Registry(state).history(
           record_name(RegistryKind::kStatements, registry_id(truster, subject)))) {
    const auto at = anchored(statements.size() + 1, record);
    statements.push_back(intact(decode_statement(truster, subject, at, record.body)));
  }
  return statements;
}

namespace {

StatementRecord statement_at(const StateReader& state, const InstitutionId& truster,
                             const InstitutionId& subject, std::uint64_t seq) {
  const auto name = record_name(RegistryKind::kStatements, registry_id(truster, subject));
  const auto record = Registry(state).record(name, seq);
  TM_CHECK(record, "a list names a statement that is not there");
  return intact(decode_statement(truster, subject, anchored(seq, *record), record->body));
}

}  // namespace

std::optional<StatementRecord> read_statement(const StateReader& state, const TransactionId& id) {
  const auto place = find_statement(state, id);
  if (!place) return std::nullopt;
  return statement_at(state, place->truster, place->subject, place->seq);
}

std::uint64_t institution_count(const StateReader& state) {
  return list_size(state, kInstitutionList);
}
InstitutionId institution_at_ordinal(const StateReader& state, std::uint64_t ordinal) {
  const auto entry = list_entry(state, kInstitutionList, ordinal);
  return Decoder(entry).fixed<InstitutionId>();
}

std::uint64_t achievement_count(const StateReader& state) {
  return list_size(state, kAchievementList);
}
AchievementId achievement_at_ordinal(const StateReader& state, std::uint64_t ordinal) {
  const auto entry = list_entry(state, kAchievementList, ordinal);
  Decoder in(entry);
  AchievementId id;
  id.institution = in.fixed<InstitutionId>();
  id.number = in.u32();
  id.version = in.u16();
  return id;
}

std::uint64_t statement_count(const StateReader& state) { return list_size(state, kStatementList); }
StatementRecord statement_at_ordinal(const StateReader& state, std::uint64_t ordinal) {
  const auto entry = list_entry(state, kStatementList, ordinal);
  Decoder in(entry);
  const auto truster = in.fixed<InstitutionId>();
  const auto subject = in.fixed<InstitutionId>();
  return statement_at(state, truster, subject, in.u64());
}

std::uint64_t registry_change_count(const StateReader& state) {
  return list_size(state, kChangeList);
}
RegistryChange registry_change_at_ordinal(const StateReader& state, std::uint64_t ordinal) {
  const auto entry = list_entry(state, kChangeList, ordinal);
  Decoder in(entry);
  RegistryChange change;
  change.kind = static_cast<RegistryKind>(in.u16());
  change.institution = in.fixed<InstitutionId>();
  change.key = in.fixed<KeyId>();
  change.seq = in.u64();
  return change;
}

}  // namespace testamur::ledger::tx
