// Nothing that a draft says of its transaction is believed: the id follows from ledger and body, so
// that the body is opened first and every signature and proof is verified over that id before it
// counts. A Draft in memory therefore holds no signature that does not verify.
#include "wallet/cli/files/draft.h"

#include <algorithm>

#include "common/check.h"
#include "ledger/tx/kinds.h"
#include "wallet/keystore/file.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

constexpr std::size_t kMaxDraftBytes = std::size_t{2} << 20;
constexpr std::size_t kMaxBodyBytes = tx::kCarriedLimitBytes;
constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kMaxKeys = 256;

std::optional<SignatureAlgorithm> algorithm_named(std::string_view name) {
  for (std::uint8_t value = 1; algorithm_from(value); ++value) {
    if (to_text(*algorithm_from(value)) == name) return algorithm_from(value);
  }
  return std::nullopt;
}

std::optional<KeyPurpose> purpose_named(std::string_view name) {
  for (std::uint8_t value = 1; purpose_from(value); ++value) {
    if (to_text(*purpose_from(value)) == name) return purpose_from(value);
  }
  return std::nullopt;
}

// The keys of a registration; none of any other kind.
std::vector<DraftProof> registered_keys(const Draft& draft) {
  std::vector<DraftProof> keys;
  const auto body = decoded_body(draft);
  const auto* registration = std::get_if<tx::InstitutionRegisterContent>(&body.content);
  if (registration == nullptr) return keys;
  for (const auto& entry : registration->keys)
    keys.push_back({entry.purpose, entry.key, std::nullopt});
  return keys;
}

Hash256 proof_message(const Draft& draft, const DraftProof& entry) {
  return possession_message(draft.chain, registered_id(draft), entry.purpose, entry.key);
}

const PublicKey* listed_key(const Draft& draft, const KeyId& id) {
  for (const auto& signer : draft.signers) {
    for (const auto& key : signer.keys) {
      if (key_id(signer.purpose, key) == id) return &key;
    }
  }
  return nullptr;
}

bool has_signed(const Draft& draft, const KeyId& id) {
  return std::ranges::any_of(draft.signatures, [&](const auto& entry) { return entry.key == id; });
}

std::string name_of(const Draft& draft, const InstitutionId& id) {
  const auto found = draft.names.find(to_text(id));
  return found == draft.names.end() ? to_text(id) : found->second + " (" + to_text(id) + ")";
}

Result<DraftSigner> parse_signer(const Json& json, const std::string& where) {
  ObjectReader reader(json, where);
  const std::string institution = reader.text("institution");
  const std::string purpose = reader.text("purpose");
  DraftSigner signer;
  signer.needed = static_cast<std::uint32_t>(reader.number("needed", kMaxKeys));
  const Json& keys = reader.array("keys");

  TM_TRY_STATUS(reader.finish());
  TM_TRY(signer.institution, parse_institution_id(institution));

  const auto known = purpose_named(purpose);
  if (!known) return error(where + ": \"" + purpose + "\" is no purpose of a key");
  if (signer.needed == 0 || keys.size() > kMaxKeys)
    return error(where + ": from 1 to 256 keys sign");
  signer.purpose = *known;

  for (const auto& entry : keys) {
    ObjectReader key_reader(entry, where + ", a key");
    const auto algorithm = algorithm_named(key_reader.text("alg", 16));
    auto bytes = from_hex(key_reader.text("key", 256));
    TM_TRY_STATUS(key_reader.finish());
    if (!algorithm || !bytes)
      return error(where + ": a key has an algorithm and a public key in hexadecimal");

    PublicKey key{*algorithm, std::move(*bytes)};
    if (!is_valid(key) || !allowed(signer.purpose, key.algorithm))
      return error(where + ": one of its public keys is none");
    signer.keys.push_back(std::move(key));
  }
  return signer;
}

Status parse_signature(const Json& json, const std::string& where, Draft& draft) {
  ObjectReader reader(json, where);
  const std::string key = reader.text("key");

  const auto bytes = from_hex(reader.text("signature", 128));
  TM_TRY_STATUS(reader.finish());
  TM_TRY(const auto id, parse_key_id(key));

  const auto signature = bytes ? Signature::from(*bytes) : std::nullopt;
  const auto* listed = listed_key(draft, id);
  if (listed == nullptr) return error(where + ": no signer of the draft has the key " + key);

  if (!signature || !verify(*listed, draft.transaction.id.view(), *signature)) {
    return error(where + ": the signature by " + key + " does not verify over this transaction");
  }

  if (!has_signed(draft, id)) draft.signatures.push_back({id, *signature});
  return {};
}

Status parse_proofs(const Json& list, const std::string& where, Draft& draft) {
  if (list.size() != draft.proofs.size()) {
    return error(where + ": the transaction registers " + std::to_string(draft.proofs.size()) +
                 " keys, but there are " + std::to_string(list.size()) + " proofs");
  }

  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_string()) return error(where + ": a proof is a text");
    const auto text = list[i].get<std::string>();
    if (text.empty()) continue;

    const auto bytes = from_hex(text);
    const auto proof = bytes ? Signature::from(*bytes) : std::nullopt;
    auto& entry = draft.proofs[i];

    if (!proof || !verify(entry.key, proof_message(draft, entry).view(), *proof)) {
      return error(where + ": the proof of possession of " +
                   to_text(key_id(entry.purpose, entry.key)) + " does not hold");
    }
    entry.proof = *proof;
  }
  return {};
}

Result<Names> parse_names(const Json& json, const std::string& where) {
  Names names;
  for (const auto& [id, name] : json.items()) {
    if (!name.is_string() || !parse_institution_id(id).ok())
      return error(where + ": a name stands by the id of an institution");
    names[id] = name.get<std::string>().substr(0, tx::kNameLimitBytes);
  }
  return names;
}

std::string still_to_sign(const Draft& draft, const DraftSigner& signer) {
  std::uint32_t done = 0;

  std::string open;

  for (const auto& key : signer.keys) {
    const auto id = key_id(signer.purpose, key);
    if (has_signed(draft, id)) {
      ++done;
    } else {
      open += (open.empty() ? "" : ", ") + to_text(id);
    }
  }

  if (done >= signer.needed) return {};
  return std::to_string(signer.needed - done) + " of these " +
         std::string(to_text(signer.purpose)) + " keys of " + name_of(draft, signer.institution) +
         (done == 0 ? " must sign: " : " must still sign: ") +
         (open.empty() ? "(there are none)" : open);
}

}  // namespace

Draft begin_draft(const ChainId& chain, const tx::UnsignedTransaction& transaction,
                  std::vector<DraftSigner> signers, std::uint64_t window_ms, Names names) {
  Draft draft{chain, transaction, std::move(signers), {}, {}, window_ms, std::move(names)};
  draft.proofs = registered_keys(draft);
  return draft;
}

std::string draft_text(const Draft& draft) {
  Json json{{"testamur_draft", kFormat},
            {"chain", to_text(draft.chain)},
            {"body", to_base64url(draft.transaction.body)},
            {"signers", Json::array()},
            {"signatures", Json::array()},
            {"proofs", Json::array()},
            {"window_ms", draft.window_ms},
            {"names", draft.names}};
  // An empty map would be written as null, which the strict reader refuses.
  if (draft.names.empty()) json["names"] = Json::object();

  for (const auto& signer : draft.signers) {
    Json keys = Json::array();
    for (const auto& key : signer.keys)
      keys.push_back({{"alg", to_text(key.algorithm)}, {"key", to_hex(key.bytes)}});
    json["signers"].push_back({{"institution", to_text(signer.institution)},
                               {"purpose", to_text(signer.purpose)},
                               {"needed", signer.needed},
                               {"keys", std::move(keys)}});
  }

  for (const auto& entry : draft.signatures) {
    json["signatures"].push_back(
        {{"key", to_text(entry.key)}, {"signature", entry.signature.hex()}});
  }

  for (const auto& entry : draft.proofs)
    json["proofs"].push_back(entry.proof ? entry.proof->hex() : "");
  return json.dump(2) + "\n";
}

Result<Draft> parse_draft(std::string_view text, const std::string& file) {
  auto parsed = parse_strict_json(text, kMaxDraftBytes);
  if (!parsed.ok()) return error(file + " is no draft: " + parsed.message());

  ObjectReader reader(*parsed, file);
  Draft draft;

  const auto format = reader.number("testamur_draft");
  if (reader.ok() && format != kFormat) {
    return error(file + " has the draft format " + std::to_string(format) +
                 "; this program knows 1: use a newer one");
  }

  const std::string chain = reader.text("chain");
  Bytes body = reader.base64url("body", kMaxBodyBytes);
  const Json& signers = reader.array("signers");
  const Json& signatures = reader.array("signatures");
  const Json& proofs = reader.array("proofs");
  draft.window_ms = reader.number("window_ms");
  const Json& names = reader.object("names");
  TM_TRY_STATUS(reader.finish());

  TM_TRY(draft.chain, parse_chain_id(chain));
  // The id that everything below is verified over is computed here, from ledger and body.
  auto opened = tx::reopen(draft.chain, std::move(body));
  if (const auto* broken = std::get_if<tx::Rejection>(&opened))
    return error(file + ": its body: " + to_text(*broken));
  draft.transaction = std::get<tx::UnsignedTransaction>(std::move(opened));

  TM_TRY(draft.names, parse_names(names, file));

  for (const auto& entry : signers) {
    TM_TRY(auto signer, parse_signer(entry, file + ", a signer"));
    draft.signers.push_back(std::move(signer));
  }

  draft.proofs = registered_keys(draft);

  for (const auto& entry : signatures) TM_TRY_STATUS(parse_signature(entry, file, draft));
  TM_TRY_STATUS(parse_proofs(proofs, file, draft));
  return draft;
}

Result<Draft> read_draft(const std::string& file) {
  TM_TRY(auto text, read_file(file, kMaxDraftBytes));
  return parse_draft(as_text(text), file);
}

tx::DecodedBody decoded_body(const Draft& draft) {
  auto decoded = tx::decode_body(draft.transaction.body);
  const auto* broken = std::get_if<tx::Rejection>(&decoded);
  TM_CHECK(broken == nullptr, "a checked body is none:", broken == nullptr ? "" : to_text(*broken));
  return std::get<tx::DecodedBody>(std::move(decoded));
}

InstitutionId registered_id(const Draft& draft) {
  const auto body = decoded_body(draft);
  const auto* registration = std::get_if<tx::InstitutionRegisterContent>(&body.content);
  TM_CHECK(registration != nullptr, "no registration:", tx::name(body.kind));
  return tx::registered_id(draft.transaction.id, *registration);
}

bool sign_draft(Draft& draft, KeyPurpose purpose, const SecretKey& key) {
  bool added = false;
  const auto id = key_id(purpose, key.public_key());

  for (const auto& signer : draft.signers) {
    const bool asked = signer.purpose == purpose &&
                       std::ranges::find(signer.keys, key.public_key()) != signer.keys.end();
    if (!asked || has_signed(draft, id)) continue;
    draft.signatures.push_back(tx::sign(draft.transaction, purpose, key));
    added = true;
  }

  for (auto& entry : draft.proofs) {
    if (entry.proof || entry.purpose != purpose || entry.key != key.public_key()) continue;
    entry.proof = key.sign(proof_message(draft, entry).view());
    added = true;
  }

  return added;
}

bool asks_for(const Draft& draft, KeyPurpose purpose) {
  return std::ranges::any_of(draft.signers,
                             [&](const auto& signer) { return signer.purpose == purpose; }) ||
         std::ranges::any_of(draft.proofs,
                             [&](const auto& entry) { return entry.purpose == purpose; });
}

Status merge(Draft& draft, const Draft& copy) {
  if (draft.transaction.id != copy.transaction.id) {
    return error("they are drafts of two transactions, " + to_text(draft.transaction.id) + " and " +
                 to_text(copy.transaction.id) + ": send them one after the other");
  }
  // Signatures of keys that this draft does not list count for nothing, whatever the copy says of
  // its signers.
  for (const auto& entry : copy.signatures) {
    const auto* listed = listed_key(draft, entry.key);
    const bool counts =
        listed != nullptr && verify(*listed, draft.transaction.id.view(), entry.signature);
    if (counts && !has_signed(draft, entry.key)) draft.signatures.push_back(entry);
  }

  for (std::size_t i = 0; i < draft.proofs.size(); ++i) {
    if (!draft.proofs[i].proof) draft.proofs[i].proof = copy.proofs[i].proof;
  }

  return {};
}

std::vector<std::string> missing(const Draft& draft) {
  std::vector<std::string> out;
  for (const auto& signer : draft.signers) {
    if (auto text = still_to_sign(draft, signer); !text.empty()) out.push_back(std::move(text));
  }
  for (const auto& entry : draft.proofs) {
    if (entry.proof) continue;
    out.push_back("the new institution must prove that it holds its " +
                  std::string(to_text(entry.purpose)) + " key " +
                  to_text(key_id(entry.purpose, entry.key)));
  }
  return out;
}

Bytes carried(const Draft& draft) {
  TM_CHECK(missing(draft).empty(), "a draft was sent before it was complete");

  std::vector<tx::SignatureEntry> signatures;

  // Exactly as many as the threshold: the ledger refuses one more as it refuses one less.
  for (const auto& signer : draft.signers) {
    std::uint32_t counted = 0;
    for (const auto& key : signer.keys) {
      const auto id = key_id(signer.purpose, key);
      const auto found = std::ranges::find(draft.signatures, id, &tx::SignatureEntry::key);
      if (found == draft.signatures.end() || counted == signer.needed) continue;
      signatures.push_back(*found);
      ++counted;
    }
  }

  std::vector<Signature> proofs;
  for (const auto& entry : draft.proofs) proofs.push_back(*entry.proof);

  return tx::attach(draft.transaction, std::move(signatures), proofs);
}

std::uint64_t valid_until_ms(const Draft& draft) { return decoded_body(draft).valid_until_ms; }

std::uint64_t valid_from_ms(const Draft& draft) {
  const auto until_ms = valid_until_ms(draft);
  return until_ms > draft.window_ms ? until_ms - draft.window_ms : 0;
}

}  // namespace testamur::wallet
