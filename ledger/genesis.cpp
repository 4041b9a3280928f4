// The bytes of a genesis record and what follows from them alone: ids, chain id, the first
// validator set. What a record must keep to is in genesis_rules.cpp. Invariants: everything is
// written in sorted order, and a record that is not sorted is refused, so that one ledger has one
// record and one chain id; the chain id covers everything but the founders' signatures.
#include "ledger/genesis.h"

#include <algorithm>

#include "common/check.h"
#include "ledger/genesis_parties.h"
#include "ledger/sort_by.h"
#include "ledger/tx/records/encoding.h"

namespace testamur::ledger {

namespace {

constexpr std::uint16_t kFormat = 1;
constexpr std::size_t kParametersLimitBytes = 64 * 1024;
constexpr std::size_t kRecordLimitBytes = 64 * 1024 * 1024;

KeyId id_of(const GenesisKey& key) { return key_id(key.purpose, key.key); }

std::vector<GenesisKey> sorted_keys(std::vector<GenesisKey> keys) {
  sort_by(keys, [](const GenesisKey& key) { return std::pair(key.purpose, id_of(key)); });
  return keys;
}

// Everything of a party but the possession proofs, which sign the id that this record gives.
void encode_identity(Encoder& out, const GenesisParty& party) {
  out.u8(static_cast<std::uint8_t>(party.institution_class)).u8(party.root_threshold);
  tx::encode(out, party.facts);
  out.u8(static_cast<std::uint8_t>(party.keys.size()));
  for (const auto& key : party.keys) {
    out.u8(static_cast<std::uint8_t>(key.purpose));
    tx::encode(out, key.key);
  }
}

GenesisParty decode_party(Decoder& in) {
  GenesisParty party;

  const auto institution_class = in.u8();
  if (institution_class < 1 || institution_class > 4) in.fail();
  party.institution_class = static_cast<tx::InstitutionClass>(institution_class);

  party.root_threshold = in.u8();
  party.facts = tx::decode_facts(in);

  for (unsigned left = in.u8(); left > 0 && in.ok(); --left) {
    const auto purpose = purpose_from(in.u8());
    if (!purpose) in.fail();
    GenesisKey key;
    if (purpose) key.purpose = *purpose;
    key.key = tx::decode_public_key(in);
    party.keys.push_back(std::move(key));
  }

  // The proofs stand behind the identity: they sign the id that follows from it.
  for (auto& key : party.keys) key.possession = in.fixed<Signature>();
  return party;
}

// The record without the founders' signatures: what the chain id is the digest of.
Bytes encode_content(const GenesisInput& content) {
  Encoder out;
  out.u16(kFormat)
      .u16(content.protocol_version)
      .u64(content.time_ms)
      .sized(encode(content.parameters));

  out.u16(static_cast<std::uint16_t>(content.parties.size()));
  for (const auto& party : content.parties) {
    encode_identity(out, party);
    for (const auto& key : party.keys) out.fixed(key.possession);
  }

  out.u16(static_cast<std::uint16_t>(content.validators.size()));
  for (const auto& validator : content.validators)
    out.fixed(validator.institution).fixed(validator.consensus_key);

  out.u8(content.continues ? 1 : 0);
  if (content.continues) encode(out, *content.continues);
  return out.take();
}

Result<GenesisInput> decode_content(Decoder& in) {
  GenesisInput content;
  if (in.u16() != kFormat) return error("the genesis record has an unknown format");
  content.protocol_version = in.u16();
  content.time_ms = in.u64();

  TM_TRY(content.parameters, decode_parameters(in.sized(kParametersLimitBytes)));

  for (unsigned left = in.u16(); left > 0 && in.ok(); --left)
    content.parties.push_back(decode_party(in));
  for (unsigned left = in.u16(); left > 0 && in.ok(); --left) {
    const auto institution = in.fixed<InstitutionId>();
    content.validators.push_back({institution, in.fixed<KeyId>()});
  }

  const auto continues = in.u8();
  if (continues > 1) in.fail();
  if (continues == 1) content.continues = decode_continues(in);

  if (!in.ok()) return error("the genesis record is truncated or malformed");
  return content;
}

void sort_content(GenesisInput& content) {
  for (auto& party : content.parties) {
    std::ranges::sort(party.facts.legal_names, {}, &tx::LocalizedText::language);
    party.keys = sorted_keys(std::move(party.keys));
  }
  sort_by(content.parties, [](const GenesisParty& party) { return party_id(party); });
  std::ranges::sort(content.validators, {}, &GenesisValidator::institution);
  if (content.continues) sort_continues(*content.continues);
}

Genesis finish(GenesisInput content) {
  Genesis genesis;
  genesis.chain = ChainId{tags::kGenesis(encode_content(content)).bytes};
  genesis.content = std::move(content);
  return genesis;
}

Error refused(const GenesisFault& fault) {
  return error("genesis: " + fault.what + " [" + fault.name + "]");
}

using MemberKey = decltype(CertifyingSet::Member::key);

std::optional<MemberKey> as_member_key(KeyPurpose purpose, const PublicKey& key,
                                       const KeyId& wanted) {
  if (purpose != KeyPurpose::kConsensus || key_id(purpose, key) != wanted) return std::nullopt;
  return MemberKey::from(key.bytes);
}

std::optional<MemberKey> consensus_key_of(const GenesisInput& content, const PartiesById& parties,
                                          const GenesisValidator& validator) {
  if (const auto* party = parties.find(validator.institution)) {
    for (const auto& key : party->keys) {
      if (auto found = as_member_key(key.purpose, key.key, validator.consensus_key)) return found;
    }
  }

  // In a recovery there are no parties: a seat has a replaced key, or the one that it had.
  if (!content.continues) return std::nullopt;
  for (const auto& replaced : content.continues->keys) {
    if (replaced.institution != validator.institution) continue;
    if (auto found = as_member_key(replaced.purpose, replaced.key, validator.consensus_key))
      return found;
  }

  for (const auto& member : content.continues->set().members()) {
    const PublicKey key{SignatureAlgorithm::kBip340, to_bytes(member.key.view())};
    if (member.institution == validator.institution &&
        key_id(KeyPurpose::kConsensus, key) == validator.consensus_key) {
      return member.key;
    }
  }
  return std::nullopt;
}

}  // namespace

InstitutionId party_id(const GenesisParty& party) {
  GenesisParty ordered = party;
  ordered.keys = sorted_keys(party.keys);
  std::ranges::sort(ordered.facts.legal_names, {}, &tx::LocalizedText::language);
  Encoder out;
  encode_identity(out, ordered);
  return InstitutionId::prefix_of(tags::kParty(out.bytes()).view());
}

Genesis draft_genesis(GenesisInput input) {
  sort_content(input);
  return finish(std::move(input));
}

Result<Genesis> make_genesis(GenesisInput input) {
  auto genesis = draft_genesis(std::move(input));
  const auto faults = find_content_faults(genesis.content, 1);
  if (!faults.empty()) return refused(faults.front());
  return genesis;
}

Hash256 founder_message(const ChainId& chain) { return tags::kGenesisSign(chain.view()); }

Bytes encode(const Genesis& genesis) {
  Encoder out;
  out.raw(encode_content(genesis.content))
      .u16(static_cast<std::uint16_t>(genesis.signatures.size()));
  for (const auto& signature : genesis.signatures)
    out.fixed(signature.root_key).fixed(signature.signature);
  return out.take();
}

Result<Genesis> decode_genesis_draft(ByteView bytes) {
  if (bytes.size() > kRecordLimitBytes) return error("the genesis record is larger than 64 MiB");
  Decoder in(bytes);
  TM_TRY(auto content, decode_content(in));
  const auto content_size = bytes.size() - in.remaining();
  std::vector<FounderSignature> signatures;
  for (unsigned left = in.u16(); left > 0 && in.ok(); --left) {
    const auto key = in.fixed<KeyId>();
    signatures.push_back({key, in.fixed<Signature>()});
  }
  if (!in.finished()) return error("the genesis record is truncated or has bytes behind it");
  // Sorting must change nothing: one ledger has one record.
  auto genesis = draft_genesis(std::move(content));
  if (!equal(encode_content(genesis.content), bytes.first(content_size))) {
    return error(
        "the genesis record is not canonical: parties, keys, names or validators are not sorted");
  }
  genesis.signatures = std::move(signatures);
  return genesis;
}

Result<Genesis> decode_genesis(ByteView bytes) {
  TM_TRY(auto genesis, decode_genesis_draft(bytes));
  const auto faults = find_faults(genesis, 1);
  if (!faults.empty()) return refused(faults.front());
  return genesis;
}

Result<CertifyingSet> genesis_set(const GenesisInput& content) {
  // Nothing is looked up for validators that no set can hold.
  if (content.validators.size() > CertifyingSet::kMaxSize)
    return error("a set of " + std::to_string(content.validators.size()) +
                 " validators, and at most " + std::to_string(CertifyingSet::kMaxSize) +
                 " can agree");

  const PartiesById parties(content.parties);
  std::vector<CertifyingSet::Member> members;
  for (const auto& validator : content.validators) {
    const auto key = consensus_key_of(content, parties, validator);
    if (!key) {
      return error(to_text(validator.consensus_key) + " is not one of the consensus keys of " +
                   to_text(validator.institution));
    }
    members.push_back({validator.institution, *key});
  }
  return CertifyingSet::make(std::move(members));
}

Epoch genesis_epoch(const Genesis& genesis) {
  if (!genesis.content.continues) return Epoch{0};
  const auto& last = genesis.content.continues->last.header;
  return last.seals_epoch() ? last.epoch + 2 : last.epoch.next();
}

LightClient make_light_client(const Genesis& genesis) {
  auto set = genesis_set(genesis.content);
  TM_CHECK(set.ok(), "a checked genesis has no valid validator set:", set.message());
  return {genesis.chain, genesis_epoch(genesis), std::move(set).value()};
}

Status verify_continuation(const Genesis& recovery, const LightClient& old) {
  if (!recovery.content.continues) return error("recovery: the record continues no ledger");
  const auto& continues = *recovery.content.continues;
  if (continues.chain() != old.chain()) {
    return error("recovery: the record continues " + to_text(continues.chain()) + ", not " +
                 to_text(old.chain()));
  }
  auto status = old.verify(continues.last);
  if (!status.ok())
    return error("recovery: its last block is not proven final on the old ledger: " +
                 status.message());
  return {};
}

std::string describe(const Genesis& genesis) {
  std::string text = "chain " + to_text(genesis.chain) + "\n";
  for (const auto& party : genesis.content.parties) {
    text +=
        to_text(party_id(party)) + " " + std::string(tx::best_text(party.facts.legal_names)) + "\n";
    for (const auto& key : party.keys) {
      text += "  " + std::string(to_text(key.purpose)) + " " + to_text(id_of(key)) + "\n";
    }
  }
  return text;
}

}  // namespace testamur::ledger
