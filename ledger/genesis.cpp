#include "ledger/genesis.h"

#include <algorithm>
#include <set>

#include "common/check.h"
#include "ledger/checkpoint.h"
#include "ledger/ledger_state.h"
#include "ledger/protocol.h"
#include "ledger/recent_blocks.h"
#include "ledger/tx/derived_tables.h"
#include "ledger/tx/facts_codec.h"
#include "ledger/tx/form_check.h"
#include "ledger/tx/identifiers.h"
#include "ledger/tx/registry_records.h"

namespace testamur::ledger {

namespace {

constexpr std::uint16_t kFormat = 1;
constexpr std::size_t kPartiesLimit = 10'000;
constexpr std::size_t kKeysLimit = 255;
constexpr std::size_t kParametersLimitBytes = 64 * 1024;
constexpr std::size_t kRecordLimitBytes = 64 * 1024 * 1024;

KeyId id_of(const GenesisKey& key) { return key_id(key.purpose, key.key); }

std::vector<GenesisKey> sorted_keys(std::vector<GenesisKey> keys) {
  std::ranges::sort(keys, {}, [](const GenesisKey& key) { return std::pair(key.purpose, id_of(key)); });
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
  for (auto& key : party.keys) key.possession = in.fixed<Signature>();
  return party;
}

void encode(Encoder& out, const GenesisContinues& continues) {
  out.fixed(continues.chain).u64(continues.height).fixed(continues.block);
  out.u64(continues.roots.log_size).fixed(continues.roots.log_root);
  out.u64(continues.roots.page_count).fixed(continues.roots.page_root).fixed(continues.roots.registry_root);
}

GenesisContinues decode_continues(Decoder& in) {
  GenesisContinues continues;
  continues.chain = in.fixed<ChainId>();
  continues.height = Height{in.u64()};
  continues.block = in.fixed<BlockId>();
  continues.roots.log_size = in.u64();
  continues.roots.log_root = in.fixed<Hash256>();
  continues.roots.page_count = in.u64();
  continues.roots.page_root = in.fixed<Hash256>();
  continues.roots.registry_root = in.fixed<Hash256>();
  return continues;
}

// The record without the founders' signatures: what the chain id is the digest of.
Bytes encode_content(const GenesisInput& content) {
  Encoder out;
  out.u16(kFormat).u16(content.protocol_version).u64(content.time_ms).sized(encode(content.parameters));
  out.u16(static_cast<std::uint16_t>(content.parties.size()));
  for (const auto& party : content.parties) {
    encode_identity(out, party);
    for (const auto& key : party.keys) out.fixed(key.possession);
  }
  out.u16(static_cast<std::uint16_t>(content.validators.size()));
  for (const auto& validator : content.validators) out.fixed(validator.institution).fixed(validator.consensus_key);
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
  for (unsigned left = in.u16(); left > 0 && in.ok(); --left) content.parties.push_back(decode_party(in));
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

Error wrong(const GenesisParty& party, const std::string& what) {
  return error("genesis: party \"" + std::string(tx::best_text(party.facts.legal_names)) + "\": " + what);
}

Status check_keys(const GenesisParty& party, std::set<KeyId>& seen) {
  if (party.keys.size() > kKeysLimit) return wrong(party, "more than 255 keys");
  const auto party_id_here = party_id(party);
  std::size_t roots = 0;
  for (const auto& key : party.keys) {
    const auto key_text = std::string(to_text(key.purpose)) + " key " + to_text(id_of(key));
    if (!allowed(key.purpose, key.key.algorithm)) return wrong(party, key_text + " has an algorithm that it may not");
    if (!is_valid(key.key)) return wrong(party, key_text + " is not a valid public key");
    if (!seen.insert(id_of(key)).second) return wrong(party, key_text + " occurs twice");
    const auto message = possession_message(ChainId{}, party_id_here, key.purpose, key.key);
    if (!verify(key.key, message.view(), key.possession)) {
      return wrong(party, "the possession proof of the " + key_text + " does not verify");
    }
    if (key.purpose == KeyPurpose::kRoot) ++roots;
  }
  const bool listed = party.institution_class == tx::InstitutionClass::kListed;
  if (listed && (!party.keys.empty() || party.root_threshold != 0)) {
    return wrong(party, "a listed institution has no keys and the root threshold 0");
  }
  if (!listed && (party.root_threshold == 0 || roots < party.root_threshold)) {
    return wrong(party, "needs at least one root key and as many as its root threshold of " +
                            std::to_string(party.root_threshold));
  }
  return {};
}

// One domain and one public identifier name one institution; letters count as lower case (tx/identifiers.h).
Status check_identifiers(const std::vector<GenesisParty>& parties) {
  std::set<std::pair<std::string_view, std::string>> seen;
  for (const auto& party : parties) {
    const auto& facts = party.facts;
    for (const auto& [sort, text] : {std::pair<std::string_view, const std::string&>{"domain", facts.domain},
                                     {"ROR identifier", facts.ror},
                                     {"ETER identifier", facts.eter},
                                     {"LEI", facts.lei},
                                     {"DEQAR identifier", facts.deqar}}) {
      if (text.empty()) continue;
      if (!seen.emplace(sort, tx::lower_case(text)).second)
        return wrong(party, "its " + std::string(sort) + " occurs twice");
    }
  }
  return {};
}

Status check_parties(const GenesisInput& content) {
  if (content.parties.empty() || content.parties.size() > kPartiesLimit) {
    return error("genesis: 1 to 10000 parties, not " + std::to_string(content.parties.size()));
  }
  std::set<KeyId> keys;
  std::set<InstitutionId> ids;
  for (const auto& party : content.parties) ids.insert(party_id(party));
  if (ids.size() != content.parties.size()) return error("genesis: a party occurs twice");
  TM_TRY_STATUS(check_identifiers(content.parties));
  for (const auto& party : content.parties) {
    if (const auto rejection = form_error(party.facts)) return wrong(party, to_text(*rejection));
    if (!party.facts.parent.is_zero() && !ids.contains(party.facts.parent))
      return wrong(party, "its parent is no party");
    if (party.facts.parent == party_id(party)) return wrong(party, "it is its own parent");
    TM_TRY_STATUS(check_keys(party, keys));
  }
  return {};
}

const GenesisParty* find_party(const GenesisInput& content, const InstitutionId& id) {
  const auto found = std::ranges::find(content.parties, id, [](const GenesisParty& party) { return party_id(party); });
  return found == content.parties.end() ? nullptr : &*found;
}

const GenesisKey* find_key(const GenesisParty& party, const KeyId& id) {
  const auto found = std::ranges::find(party.keys, id, id_of);
  return found == party.keys.end() ? nullptr : &*found;
}

Status check_validators(const GenesisInput& content) {
  if (content.validators.empty()) return error("genesis: there are no validators");
  if (content.validators.size() > CertifyingSet::kMaxSize) return error("genesis: more than 31 validators");
  std::set<InstitutionId> seen;
  for (const auto& validator : content.validators) {
    const auto* party = find_party(content, validator.institution);
    if (party == nullptr) return error("genesis: validator " + to_text(validator.institution) + " is no party");
    if (!seen.insert(validator.institution).second) return wrong(*party, "is a validator twice");
    if (party->institution_class != tx::InstitutionClass::kValidator)
      return wrong(*party, "has not the class validator");
    const auto* key = find_key(*party, validator.consensus_key);
    if (key == nullptr || key->purpose != KeyPurpose::kConsensus) {
      return wrong(*party, to_text(validator.consensus_key) + " is not one of its consensus keys");
    }
  }
  return {};
}

Status check_content(const GenesisInput& content) {
  TM_TRY_STATUS(check_parties(content));
  TM_TRY_STATUS(check_validators(content));
  if (content.protocol_version == 0) return error("genesis: the protocol version is 0");
  if (content.protocol_version > kNewestProtocol) {
    return error("genesis: the protocol version is " + std::to_string(content.protocol_version) +
                 ", and this build knows versions up to " + std::to_string(kNewestProtocol));
  }
  if (content.time_ms == 0) return error("genesis: the time is missing");
  return {};
}

void sort_content(GenesisInput& content) {
  for (auto& party : content.parties) {
    std::ranges::sort(party.facts.legal_names, {}, &tx::LocalizedText::language);
    party.keys = sorted_keys(std::move(party.keys));
  }
  std::ranges::sort(content.parties, {}, [](const GenesisParty& party) { return party_id(party); });
  std::ranges::sort(content.validators, {}, &GenesisValidator::institution);
}

Genesis finish(GenesisInput content) {
  Genesis genesis;
  genesis.chain = ChainId{tags::kGenesis(encode_content(content)).bytes};
  genesis.content = std::move(content);
  return genesis;
}

Status check_founders(const Genesis& genesis) {
  std::set<KeyId> expected;
  for (std::size_t i = 1; i < genesis.signatures.size(); ++i) {
    if (genesis.signatures[i - 1].root_key >= genesis.signatures[i].root_key) {
      return error("genesis: the founders' signatures do not ascend by key");
    }
  }
  const auto message = founder_message(genesis.chain);
  std::size_t counted = 0;
  for (const auto& validator : genesis.content.validators) {
    const auto& party = *find_party(genesis.content, validator.institution);
    unsigned signed_by = 0;
    for (const auto& signature : genesis.signatures) {
      const auto* key = find_key(party, signature.root_key);
      if (key == nullptr || key->purpose != KeyPurpose::kRoot) continue;
      if (!verify(key->key, message.view(), signature.signature)) {
        return wrong(party, "the founder's signature by " + to_text(signature.root_key) + " does not verify");
      }
      ++signed_by;
    }
    if (signed_by != party.root_threshold) {
      return wrong(party, std::to_string(signed_by) + " founder's signatures instead of " +
                              std::to_string(party.root_threshold));
    }
    counted += signed_by;
  }
  if (counted != genesis.signatures.size()) return error("genesis: somebody signed who is no founder");
  return {};
}

CertifyingSet certifying_set(const GenesisInput& content) {
  std::vector<CertifyingSet::Member> members;
  for (const auto& validator : content.validators) {
    const auto* key = find_key(*find_party(content, validator.institution), validator.consensus_key);
    CertifyingSet::Member member{validator.institution, {}};
    std::ranges::copy(key->key.bytes, member.key.bytes.begin());
    members.push_back(member);
  }
  auto set = CertifyingSet::make(std::move(members));
  TM_CHECK(set.ok(), "a checked genesis has no valid validator set:", set.message());
  return std::move(set).value();
}

void put_party(LedgerState& state, const GenesisParty& party) {
  const auto put = [&](tx::RegistryKind kind, Bytes id, Bytes body) {
    state.put_record({static_cast<std::uint16_t>(kind), std::move(id)}, std::move(body));
  };
  tx::InstitutionRecord record;
  record.id = party_id(party);
  record.institution_class = party.institution_class;
  record.root_threshold = party.root_threshold;
  record.facts = party.facts;
  put(tx::RegistryKind::kInstitution, tx::registry_id(record.id), encode(record));
  tx::append_to_list(state.overlay(), tx::kInstitutionList, to_bytes(record.id.view()));
  tx::claim_identifiers(state.overlay(), record.id, record.facts);
  Encoder keys;
  for (const auto& key : party.keys) {
    tx::KeyRecord added;
    added.id = id_of(key);
    added.institution = record.id;
    added.purpose = key.purpose;
    added.key = key.key;
    put(tx::RegistryKind::kKey, tx::registry_id(added.id), encode(added));
    keys.fixed(added.id);
  }
  if (!party.keys.empty()) state.overlay().put(tx::kInstitutionKeys, record.id.view(), keys.take());
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

Result<Genesis> make_genesis(GenesisInput input) {
  sort_content(input);
  TM_TRY_STATUS(check_content(input));
  return finish(std::move(input));
}

Hash256 founder_message(const ChainId& chain) { return tags::kGenesisSign(chain.view()); }

Bytes encode(const Genesis& genesis) {
  Encoder out;
  out.raw(encode_content(genesis.content)).u16(static_cast<std::uint16_t>(genesis.signatures.size()));
  for (const auto& signature : genesis.signatures) out.fixed(signature.root_key).fixed(signature.signature);
  return out.take();
}

Result<Genesis> decode_genesis(ByteView bytes) {
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
  TM_TRY_STATUS(check_content(content));
  // Sorting must change nothing: one ledger has one record.
  auto sorted = content;
  sort_content(sorted);
  if (!equal(encode_content(sorted), bytes.first(content_size))) {
    return error("the genesis record is not canonical: parties, keys, names or validators are not sorted");
  }
  auto genesis = finish(std::move(content));
  genesis.signatures = std::move(signatures);
  TM_TRY_STATUS(check_founders(genesis));
  return genesis;
}

GenesisState build_genesis_state(const Genesis& genesis) {
  const MemoryState nothing;
  Overlay overlay(nothing);
  LedgerState state(overlay, Height{0}, genesis.content.time_ms);
  const auto set = certifying_set(genesis.content);
  state.put_record({static_cast<std::uint16_t>(tx::RegistryKind::kParameters), tx::registry_id_of_parameters()},
                   encode(genesis.content.parameters));
  state.put_record({static_cast<std::uint16_t>(tx::RegistryKind::kValidators), tx::registry_id_of_validators()},
                   set.encode());
  put_protocol(overlay, {genesis.content.protocol_version, Height{0}}, Height{0}, genesis.content.time_ms);
  note_block(overlay, Height{0}, genesis.content.time_ms, BlockId{}, 0);
  for (const auto& party : genesis.content.parties) put_party(state, party);
  const auto roots = state.seal();
  GenesisState built;
  built.header = genesis_header(genesis.chain, genesis.content.protocol_version, genesis.content.time_ms,
                                roots.registry_root, set.digest(), parameters_digest(genesis.content.parameters));
  TM_CHECK(built.header.roots == roots, "the genesis header does not say what its state is");
  built.block = block_id(built.header);
  built.delta = overlay.take();
  return built;
}

std::string describe(const Genesis& genesis) {
  std::string text = "chain " + to_text(genesis.chain) + "\n";
  for (const auto& party : genesis.content.parties) {
    text += to_text(party_id(party)) + " " + std::string(tx::best_text(party.facts.legal_names)) + "\n";
    for (const auto& key : party.keys) {
      text += "  " + std::string(to_text(key.purpose)) + " " + to_text(id_of(key)) + "\n";
    }
  }
  return text;
}

}  // namespace testamur::ledger
