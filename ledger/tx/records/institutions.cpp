// Records of institutions and their keys, and who owns which identifier. Invariants: a key has one
// record that adds it and at most one that retires it; domains and identifiers keep their first
// owner, whatever becomes of it (decision 0912), but for identifiers that only a listing said.
#include "ledger/tx/records/institutions.h"

#include <algorithm>
#include <array>

#include "common/check.h"
#include "ledger/registry.h"
#include "ledger/tx/records/encoding.h"
#include "ledger/tx/records/tables.h"

namespace testamur::ledger::tx {

// ---- institutions

Bytes encode(const InstitutionRecord& record) {
  auto out = begin_record(record.cause);
  out.u8(static_cast<std::uint8_t>(record.institution_class))
      .u8(static_cast<std::uint8_t>(record.standing));
  out.u8(record.root_threshold).u8(record.retroactive ? 1 : 0).fixed(record.sponsor);
  encode(out, record.facts);
  return out.take();
}

Result<InstitutionRecord> decode_institution(const InstitutionId& id, const RecordPlace& at,
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
        intact(decode_institution(id, place_of(history.size() + 1, record), record.body)));
  }
  return history;
}

InstitutionRecord institution_record(const StateReader& state, const InstitutionId& id,
                                     std::uint64_t seq) {
  const auto record =
      Registry(state).record(record_name(RegistryKind::kInstitution, registry_id(id)), seq);
  TM_CHECK(record, "no such record of an institution:", seq);
  return intact(decode_institution(id, place_of(seq, *record), record->body));
}

std::optional<InstitutionRecord> institution_at(const StateReader& state, const InstitutionId& id,
                                                Height height) {
  // Found by halves: an institution may change its facts as often as it likes, and anybody may ask.
  const auto seq =
      Registry(state).seq_as_of(record_name(RegistryKind::kInstitution, registry_id(id)), height);
  return seq == 0 ? std::nullopt : std::optional(institution_record(state, id, seq));
}

std::uint64_t institution_count(const StateReader& state) {
  return list_size(state, kKnownInstitutions);
}
InstitutionId institution_at_ordinal(const StateReader& state, std::uint64_t ordinal) {
  const auto entry = list_entry(state, kKnownInstitutions, ordinal);
  return Decoder(entry).fixed<InstitutionId>();
}

// ---- keys

Bytes encode(const KeyRecord& record) {
  auto out = begin_record(record.cause);
  out.u8(static_cast<std::uint8_t>(record.event)).fixed(record.institution);
  out.u8(static_cast<std::uint8_t>(record.purpose));
  encode(out, record.key);
  out.u64(record.compromised_since_ms);
  return out.take();
}

Result<KeyRecord> decode_key(const KeyId& id, const RecordPlace& at, ByteView body) {
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

  // A compromise is said where a key is retired, and nowhere else.
  if (record.event == KeyEvent::kAdded && record.compromised_since_ms != 0) in.fail();
  if (!in.finished()) return malformed_record("a key");
  return record;
}

std::optional<KeyState> read_key(const StateReader& state, const KeyId& id) {
  const auto history = Registry(state).history(record_name(RegistryKind::kKey, registry_id(id)));
  if (history.empty()) return std::nullopt;
  KeyState key{intact(decode_key(id, place_of(1, history[0]), history[0].body)), {}, {}};
  for (std::uint64_t seq = 2; seq <= history.size(); ++seq) {
    const auto& stored = history[seq - 1];
    auto record = intact(decode_key(id, place_of(seq, stored), stored.body));
    if (record.compromised_since_ms != 0) key.stolen = record;
    if (seq == 2) key.retired = std::move(record);
  }
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

// ---- domains and public identifiers

namespace {

constexpr std::uint8_t kDomainSort = 1;

// The number is part of the table's keys.
struct Identifier {
  std::uint8_t sort;
  std::string_view field;
  std::string_view value;
};

std::array<Identifier, 5> identifiers_of(const InstitutionFacts& facts) {
  return {{{kDomainSort, "domain", facts.domain},
           {2, "ror", facts.ror},
           {3, "eter", facts.eter},
           {4, "lei", facts.lei},
           {5, "deqar", facts.deqar}}};
}

Bytes owner_key(std::uint8_t sort, std::string_view value) {
  return Encoder().u8(sort).raw(as_bytes(lower_case(value))).take();
}

std::optional<InstitutionId> owner_of(const StateReader& state, std::uint8_t sort,
                                      std::string_view value) {
  const auto stored = state.get(kIdentifierOwners, owner_key(sort, value));
  if (!stored) return std::nullopt;
  Decoder in(*stored);
  const auto owner = in.fixed<InstitutionId>();
  TM_CHECK(in.finished(), "the owner of an identifier is damaged");
  return owner;
}

}  // namespace

std::string lower_case(std::string_view identifier) {
  std::string lower(identifier);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

void claim_identifiers(Overlay& state, const InstitutionId& owner, const InstitutionFacts& facts) {
  for (const auto& identifier : identifiers_of(facts)) {
    if (identifier.value.empty() || owner_of(state, identifier.sort, identifier.value) == owner)
      continue;
    state.put(kIdentifierOwners, owner_key(identifier.sort, identifier.value),
              to_bytes(owner.view()));
  }
}

void release_identifiers(Overlay& state, const InstitutionId& owner,
                         const InstitutionFacts& facts) {
  for (const auto& identifier : identifiers_of(facts)) {
    if (identifier.sort == kDomainSort || identifier.value.empty()) continue;
    if (owner_of(state, identifier.sort, identifier.value) != owner) continue;
    state.erase(kIdentifierOwners, owner_key(identifier.sort, identifier.value));
  }
}

std::optional<Rejection> check_identifiers(const StateReader& state, const InstitutionId& claimant,
                                           const InstitutionFacts& facts) {
  for (const auto& identifier : identifiers_of(facts)) {
    if (identifier.value.empty()) continue;
    const auto owner = owner_of(state, identifier.sort, identifier.value);
    if (!owner || *owner == claimant || state.get(kClosedInto, closed_into_key(*owner, claimant)))
      continue;
    return Rejection{RejectionCode::kIdentifierTaken,
                     std::string(identifier.field),
                     std::string(identifier.value) + " belongs to " + to_text(*owner),
                     {}};
  }
  return std::nullopt;
}

std::optional<InstitutionId> owner_of_domain(const StateReader& state, std::string_view domain) {
  return owner_of(state, kDomainSort, domain);
}

}  // namespace testamur::ledger::tx
