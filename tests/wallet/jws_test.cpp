// JWS and JWK: the vector of RFC 7515, one key for one algorithm, and strict reading.
#include "wallet/credential/jws.h"

#include "tests/support/catch.h"
#include "tests/wallet/mutations.h"

namespace testamur::wallet {
namespace {

SecretKey key_of(SignatureAlgorithm algorithm) {
  return SecretKey::from_bytes(algorithm, Bytes(32, 0x42)).value();
}

std::string compact(std::string_view header, std::string_view payload) {
  return to_base64url(as_bytes(header)) + '.' + to_base64url(as_bytes(payload)) + '.' +
         to_base64url(Bytes(64, 1));
}

// RFC 7515 appendix A.3: an ES256 signature by others.
constexpr std::string_view kRfcKey =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr std::string_view kRfcJws =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    "."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

}  // namespace

TEST_CASE("the ES256 example of RFC 7515 verifies") {
  const auto key = from_jwk(parse_strict_json(kRfcKey).value());
  REQUIRE(key.ok());
  const auto jws = parse_jws(kRfcJws);
  REQUIRE(jws.ok());
  CHECK(verify_jws(*jws, *key).ok());
  CHECK(jws->payload["iss"] == "joe");
  CHECK(to_jwk(*key) == parse_strict_json(kRfcKey).value());
}

TEST_CASE("a JWS verifies under its key and algorithm only") {
  const SecretKey p256 = key_of(SignatureAlgorithm::kEcdsaP256);
  const SecretKey secp = key_of(SignatureAlgorithm::kEcdsaSecp256k1);
  const auto by_p256 = parse_jws(sign_jws({{"typ", "x"}}, {{"a", 1}}, p256)).value();
  const auto by_secp = parse_jws(sign_jws({{"typ", "x"}}, {{"a", 1}}, secp)).value();

  CHECK(by_p256.header["alg"] == "ES256");
  CHECK(by_secp.header["alg"] == "ES256K");
  CHECK(verify_jws(by_p256, p256.public_key()).ok());
  CHECK(verify_jws(by_secp, secp.public_key()).ok());

  // Neither another curve nor another key of the same curve.
  CHECK(verify_jws(by_p256, secp.public_key()).message() ==
        "the JWT says \"ES256\", but the key is for ES256K");
  CHECK_FALSE(
      verify_jws(by_p256, SecretKey::generate(SignatureAlgorithm::kEcdsaP256).public_key()).ok());
  CHECK_FALSE(
      verify_jws(by_p256, SecretKey::generate(SignatureAlgorithm::kEd25519).public_key()).ok());
}

TEST_CASE("a JWS without algorithm, with none, or with extensions is refused") {
  const auto key = key_of(SignatureAlgorithm::kEcdsaP256).public_key();
  CHECK_FALSE(parse_jws(compact("{}", "{}")).ok());
  CHECK_FALSE(parse_jws(compact(R"({"alg":5})", "{}")).ok());
  CHECK_FALSE(parse_jws(compact(R"({"alg":"ES256","crit":["b64"],"b64":false})", "{}")).ok());
  CHECK_FALSE(verify_jws(parse_jws(compact(R"({"alg":"none"})", "{}")).value(), key).ok());
  CHECK_FALSE(verify_jws(parse_jws(compact(R"({"alg":"HS256"})", "{}")).value(), key).ok());
}

TEST_CASE("the compact form is read strictly") {
  const std::string good = compact(R"({"alg":"ES256"})", "{}");
  CHECK(parse_jws(good).ok());
  CHECK_FALSE(parse_jws(good + ".").ok());
  CHECK_FALSE(parse_jws(good + "=").ok());
  CHECK_FALSE(parse_jws(good.substr(0, good.rfind('.'))).ok());
  CHECK_FALSE(parse_jws(good.substr(0, good.size() - 4)).ok());
  CHECK_FALSE(parse_jws(compact(R"({"alg":"ES256","alg":"ES256"})", "{}")).ok());
  CHECK_FALSE(parse_jws(compact(R"({"alg":"ES256"})", R"({"a":1,"a":1})")).ok());
  CHECK_FALSE(parse_jws(compact(R"({"alg":"ES256"})", "[]")).ok());
  CHECK_FALSE(parse_jws("").ok());
}

TEST_CASE("a JWK is a public point of a known curve, or nothing") {
  for (const auto algorithm :
       {SignatureAlgorithm::kEcdsaP256, SignatureAlgorithm::kEcdsaSecp256k1}) {
    const auto key = key_of(algorithm).public_key();
    const Json jwk = to_jwk(key);
    CHECK(from_jwk(jwk).value() == key);

    Json with_private = jwk;
    with_private["d"] = "AAAA";
    CHECK_FALSE(from_jwk(with_private).ok());

    Json swapped = jwk;
    std::swap(swapped["x"], swapped["y"]);
    CHECK_FALSE(from_jwk(swapped).ok());

    Json other_curve = jwk;
    other_curve["crv"] = algorithm == SignatureAlgorithm::kEcdsaP256 ? "secp256k1" : "P-256";
    CHECK_FALSE(from_jwk(other_curve).ok());

    Json other_parity = jwk;  // the other square root: a point, but not this one
    Bytes y = *from_base64url(jwk["y"].get<std::string>());
    y.back() ^= 1;
    other_parity["y"] = to_base64url(y);
    CHECK_FALSE(from_jwk(other_parity).ok());
  }

  CHECK_FALSE(from_jwk(Json::array()).ok());
  CHECK_FALSE(from_jwk(Json{{"kty", "RSA"}}).ok());
  CHECK_FALSE(from_jwk(Json{{"kty", 1}, {"crv", "P-256"}}).ok());
}

TEST_CASE("no damage to a JWS verifies, and none crashes the parser") {
  const SecretKey key = key_of(SignatureAlgorithm::kEcdsaP256);
  const std::string original = sign_jws({{"typ", "x"}}, {{"a", "b"}}, key);
  testamur::test::for_each_mutation(as_bytes(original), 1500, [&](ByteView damaged) {
    const auto jws = parse_jws(as_text(damaged));
    if (jws.ok() && !equal(damaged, as_bytes(original)))
      CHECK_FALSE(verify_jws(*jws, key.public_key()).ok());
  });
}

}  // namespace testamur::wallet
