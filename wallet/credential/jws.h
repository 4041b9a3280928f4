// Compact JWS (RFC 7515) with ES256 and ES256K (RFC 7518, RFC 8812), and EC keys as JWK (RFC 7517).
// Reading is strict: canonical base64url, no duplicate members, `alg` must be the key's own, `crit`
// is refused. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/keys.h"
#include "common/result.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {

inline constexpr std::size_t kMaxJwsBytes = std::size_t{256} << 10;

struct Jws {
  Json header;
  Json payload;
  std::string signing_input;  // b64(header).b64(payload)
  Signature signature;
};

// Form only, no signature: three parts, JSON objects, an `alg` that is a text, no `crit`.
Result<Jws> parse_jws(std::string_view compact);
// Whether the text has all that a JWT is made of, whatever it says: three parts of which the first
// two are JSON objects and the last is as long as a signature. One that was cut off does not.
bool is_whole_jws(std::string_view compact);
// Precondition: the key is P-256 or secp256k1 ECDSA. `header` is completed with `alg`.
std::string sign_jws(Json header, const Json& payload, const SecretKey& key);
// Fails with the reason: unknown `alg`, an `alg` that is not the key's, a wrong signature. Both
// twins of an ECDSA signature pass: JOSE knows no low-s rule.
Status verify_jws(const Jws& jws, const PublicKey& key);

// ES256 or ES256K; nothing for other algorithms.
std::string_view jws_algorithm(SignatureAlgorithm algorithm);
// Precondition: a valid P-256 or secp256k1 key.
Json to_jwk(const PublicKey& key);
// Fails on another kind of key, a point that is not on its curve, and a private key.
Result<PublicKey> from_jwk(const Json& jwk);

}  // namespace testamur::wallet
