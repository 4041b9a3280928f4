// Compact JWS and JWK. A Jws that parse_jws() gave has an `alg` that is a text and no `crit`, which
// verify_jws() relies on; it is the key and never the header that chooses the algorithm.
#include "wallet/credential/jws.h"

#include <algorithm>

#include "common/check.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kCoordinateBytes = 32;

Result<Json> parse_part(std::string_view encoded, const char* name) {
  const auto bytes = from_base64url(encoded);
  if (!bytes) return error("the " + std::string(name) + " of the JWT is not base64url");
  auto json = parse_strict_json(as_text(*bytes), kMaxJwsBytes);
  if (!json.ok()) return error("the " + std::string(name) + " of the JWT: " + json.message());
  if (!json->is_object())
    return error("the " + std::string(name) + " of the JWT is not a JSON object");
  return json;
}

// Callers pass checked UTF-8; anything else would be replaced rather than thrown about.
std::string encode_part(const Json& json) {
  return to_base64url(as_bytes(json.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

const std::string* find_text(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

std::string_view curve_name(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::kEcdsaP256 ? "P-256" : "secp256k1";
}

std::optional<Bytes> read_coordinate(const Json& jwk, const char* name) {
  const std::string* text = find_text(jwk, name);
  auto bytes = text != nullptr ? from_base64url(*text) : std::nullopt;
  if (!bytes || bytes->size() != kCoordinateBytes) return std::nullopt;
  return bytes;
}

Result<Jws> parse_parts(std::string_view compact) {
  if (compact.size() > kMaxJwsBytes)
    return error("the JWT is longer than " + std::to_string(kMaxJwsBytes) + " bytes");
  const auto first = compact.find('.');
  const auto last = compact.rfind('.');
  if (std::ranges::count(compact, '.') != 2)
    return error("a JWT has three parts with two dots between; this is none");

  Jws jws;
  TM_TRY(jws.header, parse_part(compact.substr(0, first), "header"));
  TM_TRY(jws.payload, parse_part(compact.substr(first + 1, last - first - 1), "payload"));

  const auto signature = from_base64url(compact.substr(last + 1));
  const auto fixed = signature ? Signature::from(*signature) : std::nullopt;
  if (!fixed) return error("the signature of the JWT is not base64url of 64 bytes");
  jws.signature = *fixed;
  jws.signing_input = compact.substr(0, last);
  return jws;
}

}  // namespace

Result<Jws> parse_jws(std::string_view compact) {
  TM_TRY(auto jws, parse_parts(compact));

  // `none` and other names are refused in verify_jws(), where the key says which one is right.
  if (find_text(jws.header, "alg") == nullptr) return error("the header of the JWT has no \"alg\"");

  // RFC 7515, section 4.1.11: who does not understand an extension in `crit` must refuse the JWS.
  if (jws.header.contains("crit"))
    return error("the header of the JWT asks for extensions (\"crit\") that are not known");

  return jws;
}

bool is_whole_jws(std::string_view compact) { return parse_parts(compact).ok(); }

std::string sign_jws(Json header, const Json& payload, const SecretKey& key) {
  const auto algorithm = jws_algorithm(key.algorithm());
  TM_CHECK(!algorithm.empty(), to_text(key.algorithm()));
  header["alg"] = algorithm;
  const std::string signing_input = encode_part(header) + '.' + encode_part(payload);
  return signing_input + '.' + to_base64url(key.sign(as_bytes(signing_input)).view());
}

Status verify_jws(const Jws& jws, const PublicKey& key) {
  const auto expected = jws_algorithm(key.algorithm);
  const std::string& named = *find_text(jws.header, "alg");
  if (expected.empty())
    return error("the key is for " + std::string(to_text(key.algorithm)) +
                 ", which signs no JWT here");
  if (named != expected)
    return error("the JWT says \"" + named + "\", but the key is for " + std::string(expected));
  if (!verify(key, as_bytes(jws.signing_input), jws.signature, EcdsaS::kAny))
    return error("the signature is not by this key over these contents");
  return {};
}

std::string_view jws_algorithm(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEcdsaP256: return "ES256";
    case SignatureAlgorithm::kEcdsaSecp256k1: return "ES256K";
    case SignatureAlgorithm::kBip340:
    case SignatureAlgorithm::kEd25519: break;
  }
  return {};
}

Json to_jwk(const PublicKey& key) {
  const auto coordinates = point_coordinates(key);
  TM_CHECK(coordinates.has_value(), to_text(key.algorithm));
  const ByteView all{*coordinates};
  return Json{{"kty", "EC"},
              {"crv", curve_name(key.algorithm)},
              {"x", to_base64url(all.first(kCoordinateBytes))},
              {"y", to_base64url(all.last(kCoordinateBytes))}};
}

Result<PublicKey> from_jwk(const Json& jwk) {
  // A private key here is one that somebody has published by mistake; it must not become a holder
  // key.
  if (!jwk.is_object()) return error("the JWK is not a JSON object");
  if (jwk.contains("d")) return error("the JWK holds a private key where a public one belongs");

  const std::string* type = find_text(jwk, "kty");
  const std::string* curve = find_text(jwk, "crv");
  if (type == nullptr || *type != "EC" || curve == nullptr)
    return error("the JWK is not an elliptic-curve key");

  PublicKey key;
  if (*curve == "P-256") {
    key.algorithm = SignatureAlgorithm::kEcdsaP256;
  } else if (*curve == "secp256k1") {
    key.algorithm = SignatureAlgorithm::kEcdsaSecp256k1;
  } else {
    return error("the JWK is on the curve \"" + *curve + "\"; P-256 and secp256k1 are known");
  }

  const auto x = read_coordinate(jwk, "x");
  const auto y = read_coordinate(jwk, "y");
  if (!x || !y) return error("the coordinates of the JWK are not base64url of 32 bytes");

  // The compressed form keeps x and the sign of y. Whether y is the one of that x is found below:
  // the point is computed again and must be the one that was given, so that no point off the curve
  // (an invalid-curve attack) becomes a key.
  key.bytes.push_back(static_cast<std::uint8_t>(2 + (y->back() & 1)));
  key.bytes.insert(key.bytes.end(), x->begin(), x->end());

  Bytes given = *x;
  given.insert(given.end(), y->begin(), y->end());
  if (point_coordinates(key) != given)
    return error("the coordinates of the JWK are not a point of its curve");

  return key;
}

}  // namespace testamur::wallet
