// The examples of RFC 9901: every issuer signature, every disclosure and every key binding verifies
// here.
#include <algorithm>

#include "tests/support/catch.h"
#include "tests/support/shared.h"
#include "wallet/credential/sd_jwt.h"

namespace testamur::wallet {
namespace {

std::optional<Json> examples() {
  const auto path = testamur::test::shared_file("vectors/sd-jwt/examples.json");
  if (!path) return std::nullopt;
  return Json::parse(testamur::test::read_file(*path));
}

SdJwt read_example(const Json& example) {
  std::string compact = example.at("compact").get<std::string>();
  if (example.at("form") == "issuer-signed-jwt") compact += '~';
  return parse_sd_jwt(compact).value();
}

}  // namespace

TEST_CASE("all examples of RFC 9901 verify, and their disclosures are the stated ones") {
  const auto list = examples();
  if (!list) return;
  std::size_t disclosures = 0;
  for (const auto& example : *list) {
    INFO(example.at("source_section") << " " << example.at("form"));

    const auto sd_jwt = read_example(example);
    const auto processed = process_sd_jwt(sd_jwt);
    REQUIRE(processed.ok());
    CHECK(verify_jws(processed->jws, from_jwk(example.at("issuer_jwk")).value()).ok());
    CHECK(processed->disclosures.size() == example.at("disclosures").size());
    disclosures += processed->disclosures.size();

    // The signature is what is compared, and not only the form.
    const auto other = SecretKey::generate(SignatureAlgorithm::kEcdsaP256).public_key();
    CHECK_FALSE(verify_jws(processed->jws, other).ok());
  }

  CHECK(list->size() == 10);
  CHECK(disclosures > 60);
}

TEST_CASE("the key bindings of the examples verify for their audience, nonce and time only") {
  const auto list = examples();
  if (!list) return;
  std::size_t count = 0;
  for (const auto& example : *list) {
    if (!example.contains("kb")) continue;
    INFO(example.at("source_section"));

    const auto sd_jwt = read_example(example);
    const auto processed = process_sd_jwt(sd_jwt).value();
    const auto payload = parse_jws(sd_jwt.key_binding_jwt).value().payload;

    KeyBindingRules rules;
    rules.audience = payload.at("aud").get<std::string>();
    rules.nonce = payload.at("nonce").get<std::string>();
    rules.now_s = payload.at("iat").get<std::uint64_t>() + 100;
    CHECK(verify_key_binding(sd_jwt, processed, rules).ok());

    rules.now_s += 300;
    CHECK_FALSE(verify_key_binding(sd_jwt, processed, rules).ok());
    ++count;
  }

  CHECK(count == 3);
}

TEST_CASE("an example with a disclosure of another example is refused") {
  const auto list = examples();
  if (!list) return;
  auto sd_jwt = read_example(list->at(4));
  const auto other = read_example(list->at(5));
  sd_jwt.disclosures.push_back(other.disclosures.front());
  CHECK_FALSE(process_sd_jwt(sd_jwt).ok());
}

}  // namespace testamur::wallet
