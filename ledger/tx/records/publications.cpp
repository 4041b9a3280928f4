// Records of achievements, policies and rules. Invariants: an achievement's record wraps the
// publication exactly as the transaction carried it (decision 0300); records of one name only add
// to each other, so that what was published stays readable.
#include "ledger/tx/records/publications.h"

#include <algorithm>

#include "common/check.h"
#include "ledger/registry.h"
#include "ledger/tx/records/encoding.h"
#include "ledger/tx/records/tables.h"
#include "ledger/tx/wire/codec.h"

namespace testamur::ledger::tx {

// ---- achievements

Bytes encode_achievement(const Cause& cause, AchievementEvent event, const InstitutionId& actor,
                         ByteView published) {
  auto out = begin_record(cause);
  out.u8(static_cast<std::uint8_t>(event)).fixed(actor).sized(published);
  return out.take();
}

Bytes encode(const AchievementRecord& record) {
  Bytes published;
  if (record.event == AchievementEvent::kPublished) published = wire::encode(record.content);
  return encode_achievement(record.cause, record.event, record.actor, published);
}

Result<AchievementRecord> decode_achievement(const AchievementId& id, const RecordPlace& at,
                                             ByteView body) {
  Decoder in(body);
  AchievementRecord record;
  record.at = at;
  record.id = id;
  record.cause = begin_record(in);
  record.event = enumerated<AchievementEvent>(in, 1, 3);
  record.actor = in.fixed<InstitutionId>();
  const auto published = in.sized(kAchievementLimitBytes);
  if (!in.finished() || (record.event == AchievementEvent::kPublished) == published.empty()) {
    return malformed_record("an achievement");
  }
  if (published.empty()) return record;
  // The bytes may come with a proof from anybody: as strict as the transaction that made them.
  if (!wire::decode(published, record.content)) return malformed_record("an achievement");
  return record;
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

  // Published once, co-signed and retired later: the state is a fold over the history.
  AchievementState achievement;
  for (std::size_t i = 0; i < history.size(); ++i) {
    auto record = intact(decode_achievement(id, place_of(i + 1, history[i]), history[i].body));
    switch (record.event) {
      case AchievementEvent::kPublished: achievement.published = std::move(record); break;
      case AchievementEvent::kCosigned: achievement.cosigned_by.push_back(record.actor); break;
      case AchievementEvent::kRetired: achievement.retired = std::move(record); break;
    }
  }

  return achievement;
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

// ---- policies and rules

Bytes encode(const PolicyRecord& record) {
  auto out = begin_record(record.cause);
  out.fixed(record.content.digest).sized(as_bytes(record.content.url));
  return out.take();
}

Result<PolicyRecord> decode_policy(const InstitutionId& institution, const RecordPlace& at,
                                   ByteView body) {
  Decoder in(body);
  PolicyRecord record;
  record.at = at;
  record.institution = institution;
  record.cause = begin_record(in);
  record.content.digest = in.fixed<Hash256>();
  record.content.url = as_text(in.sized(kUrlLimitBytes));
  if (!in.finished() || form_error(record.content)) return malformed_record("a policy");
  return record;
}

std::optional<PolicyRecord> read_policy(const StateReader& state,
                                        const InstitutionId& institution) {
  auto newest = policies_of(state, institution, 1);
  if (newest.empty()) return std::nullopt;
  return std::move(newest.front());
}

std::vector<PolicyRecord> policies_of(const StateReader& state, const InstitutionId& institution,
                                      std::size_t most) {
  const auto name = record_name(RegistryKind::kPolicies, registry_id(institution));
  const Registry registry(state);
  std::vector<PolicyRecord> newest;
  const auto head = registry.head(name);
  for (auto seq = head ? head->last : 0; seq > 0 && newest.size() < most; --seq) {
    const auto record = registry.record(name, seq);
    TM_CHECK(record, "a registry head counts a record that is not there");
    newest.push_back(intact(decode_policy(institution, place_of(seq, *record), record->body)));
  }
  return newest;
}

Bytes encode(const RuleRecord& record) {
  const auto& content = record.content;
  auto out = begin_record(record.cause);
  out.u32(content.number).u16(content.version);
  encode(out, content.titles);
  out.fixed(content.digest).sized(as_bytes(content.url));
  return out.take();
}

Result<RuleRecord> decode_rule(const InstitutionId& institution, const RecordPlace& at,
                               ByteView body) {
  Decoder in(body);
  RuleRecord record;
  record.at = at;
  record.institution = institution;
  record.cause = begin_record(in);

  record.content.number = in.u32();
  record.content.version = in.u16();
  record.content.titles = decode_texts(in);
  record.content.digest = in.fixed<Hash256>();
  record.content.url = as_text(in.sized(kUrlLimitBytes));

  if (!in.finished() || form_error(record.content)) return malformed_record("a rule");
  return record;
}

std::optional<RuleRecord> read_rule(const StateReader& state, const AchievementId& id) {
  const auto record = Registry(state).record(record_name(RegistryKind::kRules, registry_id(id)), 1);
  if (!record) return std::nullopt;
  return intact(decode_rule(id.institution, place_of(1, *record), record->body));
}

}  // namespace testamur::ledger::tx
