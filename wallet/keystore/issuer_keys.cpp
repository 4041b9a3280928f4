#include "wallet/keystore/issuer_keys.h"

#include "common/check.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr const char* kFormatName = "testamur_issuer_keys";

Result<KeyPurpose> parse_purpose(const std::string& name) {
  for (std::uint8_t value = 1; purpose_from(value).has_value(); ++value) {
    if (name == to_text(*purpose_from(value))) return *purpose_from(value);
  }
  return error("the vault is for keys of purpose \"" + name +
               "\", which this version does not know");
}

Result<SecretKey> decode_key(const Json& json, KeyPurpose purpose) {
  ObjectReader reader{json, "a key of the vault"};
  const std::string name = reader.text("alg", 16);
  const SecretBytes secret = reader.secret("secret", SecretKey::kSize);
  TM_TRY_STATUS(reader.finish());
  for (std::uint8_t value = 1; algorithm_from(value).has_value(); ++value) {
    const auto algorithm = *algorithm_from(value);
    if (name == to_text(algorithm) && allowed(purpose, algorithm))
      return SecretKey::from_bytes(algorithm, secret.view());
  }
  return error("a key of purpose " + std::string(to_text(purpose)) +
               " cannot have the algorithm \"" + name + "\"");
}

Result<age::Identity> decode_identity(const Json& json) {
  ObjectReader reader{json, "a register identity"};
  const SecretBytes secret = reader.secret("x25519", 32);
  TM_TRY_STATUS(reader.finish());
  return age::Identity::from_bytes(secret.view());
}

Result<IssuerKeys> decode(const Json& json) {
  ObjectReader reader{json, "the vault"};
  IssuerKeys keys;

  const std::uint64_t format = reader.number(kFormatName);
  if (reader.ok() && format != kFormat)
    return error("the vault has format " + std::to_string(format) +
                 "; this program knows format 1: use a newer one");

  const std::string purpose = reader.text("purpose", 32);
  keys.institution = reader.text("institution", 128);

  const Json& key_list = reader.array("keys");
  const Json& identities = reader.array("register_identities");
  TM_TRY_STATUS(reader.finish());

  // The purpose first: it says which algorithms the keys may have.
  TM_TRY(keys.purpose, parse_purpose(purpose));

  for (const auto& entry : key_list) {
    TM_TRY(auto key, decode_key(entry, keys.purpose));
    keys.keys.push_back(std::move(key));
  }

  for (const auto& entry : identities) {
    TM_TRY(auto identity, decode_identity(entry));
    keys.register_identities.push_back(std::move(identity));
  }

  return keys;
}

}  // namespace

IssuerKeys make_issuer_keys(KeyPurpose purpose, SignatureAlgorithm algorithm,
                            std::string institution) {
  TM_CHECK(allowed(purpose, algorithm), to_text(purpose), to_text(algorithm));
  IssuerKeys keys;
  keys.purpose = purpose;
  keys.institution = std::move(institution);
  keys.keys.push_back(SecretKey::generate(algorithm));
  if (purpose == KeyPurpose::kIssue) keys.register_identities.push_back(age::Identity::generate());
  return keys;
}

Result<SecretBytes> encode_issuer_keys(const IssuerKeys& keys) {
  Json json{{kFormatName, kFormat},
            {"purpose", to_text(keys.purpose)},
            {"institution", keys.institution},
            {"keys", Json::array()},
            {"register_identities", Json::array()}};
  for (const auto& key : keys.keys)
    json["keys"].push_back(
        {{"alg", to_text(key.algorithm())}, {"secret", to_base64url(key.secret_bytes())}});
  for (const auto& identity : keys.register_identities)
    json["register_identities"].push_back({{"x25519", to_base64url(identity.secret_bytes())}});
  auto encoded = dump_secret(json);
  if (const auto again = decode_issuer_keys(encoded.view()); !again.ok())
    return error("the keys are not sealed, since they could not be read again: " + again.message());
  return encoded;
}

Result<IssuerKeys> decode_issuer_keys(ByteView json_text) {
  TM_TRY(auto json, parse_strict_json(as_text(json_text)));
  auto keys = decode(json);
  wipe_strings(json);
  return keys;
}

const SecretKey* find_key(const IssuerKeys& keys, const KeyId& id) {
  for (const auto& key : keys.keys) {
    if (key_id(keys.purpose, key.public_key()) == id) return &key;
  }
  return nullptr;
}

}  // namespace testamur::wallet
