// What the bodies of records are put together from. Invariants: a decoder accepts what its encoder
// writes; facts and scopes are checked for their form again, because the bytes may come with a
// proof from anybody.
#include "ledger/tx/records/encoding.h"

namespace testamur::ledger::tx {

namespace {

constexpr std::size_t kIdentifierLimit = 64;
constexpr std::size_t kDomainLimit = 253;
constexpr std::size_t kKeyLimit = 33;

// First byte of every record body.
constexpr std::uint8_t kFormat = 1;

// Bits of the presence byte of a scope.
constexpr std::uint8_t kHasFields = 1, kHasLevels = 2, kHasTypes = 4, kHasPurposes = 8,
                       kHasAchievements = 16;

std::string text_from(Decoder& in, std::size_t limit) {
  return std::string(as_text(in.sized(limit)));
}

}  // namespace

void encode(Encoder& out, const LocalizedTexts& texts) {
  out.u8(static_cast<std::uint8_t>(texts.size()));
  for (const auto& entry : texts) out.sized(as_bytes(entry.language)).sized(as_bytes(entry.text));
}

LocalizedTexts decode_texts(Decoder& in) {
  LocalizedTexts texts;
  for (unsigned left = in.u8(); left > 0 && in.ok(); --left) {
    LocalizedText entry;
    entry.language = text_from(in, kIdentifierLimit);
    entry.text = text_from(in, kNameLimitBytes);
    texts.push_back(std::move(entry));
  }
  return texts;
}

void encode(Encoder& out, const InstitutionFacts& facts) {
  encode(out, facts.legal_names);
  out.sized(as_bytes(facts.country)).sized(as_bytes(facts.domain));
  out.sized(as_bytes(facts.ror))
      .sized(as_bytes(facts.eter))
      .sized(as_bytes(facts.lei))
      .sized(as_bytes(facts.deqar));
  out.fixed(facts.parent);
}

InstitutionFacts decode_facts(Decoder& in) {
  InstitutionFacts facts;
  facts.legal_names = decode_texts(in);
  facts.country = text_from(in, 2);
  facts.domain = text_from(in, kDomainLimit);
  facts.ror = text_from(in, kIdentifierLimit);
  facts.eter = text_from(in, kIdentifierLimit);
  facts.lei = text_from(in, kIdentifierLimit);
  facts.deqar = text_from(in, kIdentifierLimit);
  facts.parent = in.fixed<InstitutionId>();
  if (in.ok() && form_error(facts)) in.fail();
  return facts;
}

void encode_scope(Encoder& out, const trust::Scope& scope) {
  out.u8(static_cast<std::uint8_t>(
      (scope.fields ? kHasFields : 0) | (scope.levels ? kHasLevels : 0) |
      (scope.award_types ? kHasTypes : 0) | (scope.purposes ? kHasPurposes : 0) |
      (scope.achievements ? kHasAchievements : 0)));
  if (scope.fields) out.u64(scope.fields->low).u64(scope.fields->high);
  if (scope.levels) out.u8(*scope.levels);
  if (scope.award_types) out.u16(*scope.award_types);
  if (scope.purposes) out.u8(*scope.purposes);
  if (!scope.achievements) return;
  out.u8(static_cast<std::uint8_t>(scope.achievements->size()));
  for (const auto& achievement : *scope.achievements)
    out.fixed(achievement.institution).u32(achievement.number);
}

trust::Scope decode_scope(Decoder& in) {
  trust::Scope scope;
  const auto has = in.u8();
  if (has > 31) in.fail();
  if ((has & kHasFields) != 0) {
    scope.fields.emplace();
    scope.fields->low = in.u64();
    scope.fields->high = in.u64();
  }
  if ((has & kHasLevels) != 0) scope.levels = in.u8();
  if ((has & kHasTypes) != 0) scope.award_types = in.u16();
  if ((has & kHasPurposes) != 0) scope.purposes = in.u8();

  if ((has & kHasAchievements) != 0) {
    scope.achievements.emplace();
    for (unsigned left = in.u8(); left > 0 && in.ok(); --left) {
      const auto institution = in.fixed<InstitutionId>();
      scope.achievements->push_back({institution, in.u32()});
    }
  }

  if (in.ok() && trust::check(scope)) in.fail();
  return scope;
}

void encode(Encoder& out, const PublicKey& key) {
  out.u8(static_cast<std::uint8_t>(key.algorithm)).sized(key.bytes);
}

PublicKey decode_public_key(Decoder& in) {
  const auto algorithm = algorithm_from(in.u8());
  if (!algorithm) in.fail();
  PublicKey key;
  if (algorithm) key.algorithm = *algorithm;
  key.bytes = to_bytes(in.sized(kKeyLimit));
  return key;
}

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

std::optional<NewestRecord> newest_record(const StateReader& state, const RecordName& name) {
  const Registry registry(state);
  const auto head = registry.head(name);
  if (!head) return std::nullopt;
  auto record = registry.record(name, head->last);
  TM_CHECK(record, "a registry head names a record that is not there");
  return NewestRecord{place_of(head->last, *record), std::move(*record)};
}

}  // namespace testamur::ledger::tx
