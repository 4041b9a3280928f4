// RFC 9901: what is disclosed and what is not, every form that must be refused, and the key
// binding.
#include "wallet/credential/sd_jwt.h"

#include <algorithm>

#include "tests/support/catch.h"
#include "tests/wallet/mutations.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kNow = 1'800'000'000;

SecretKey issuer() {
  return SecretKey::from_bytes(SignatureAlgorithm::kEcdsaP256, Bytes(32, 0x42)).value();
}
SecretKey holder() {
  return SecretKey::from_bytes(SignatureAlgorithm::kEcdsaSecp256k1, Bytes(32, 0x43)).value();
}

Json rich_payload() {
  return Json{
      {"iss", "https://issuer.example"},
      {"cnf", {{"jwk", to_jwk(holder().public_key())}}},
      {"name", "Zoë"},
      {"address",
       {{"street", "Hauptstraße 1"}, {"city", "Wien"}, {"geo", {{"lat", 48}, {"lon", 16}}}}},
      {"languages", {"de", "en", "fr"}},
      {"a/b~c", true}};
}

SdJwt issue(std::vector<std::string> disclosable, std::size_t decoys = 0) {
  IssueOptions options;
  options.disclosable = std::move(disclosable);
  options.decoys_per_object = decoys;
  return issue_sd_jwt(rich_payload(), options, issuer()).value();
}

// An SD-JWT by hand: any payload, any disclosures.
SdJwt by_hand(const Json& payload, std::vector<std::string> disclosures) {
  return {sign_jws({{"typ", "dc+sd-jwt"}}, payload, issuer()), std::move(disclosures), {}};
}
std::string encode(std::string_view json) { return to_base64url(as_bytes(json)); }

KeyBindingRules rules() { return {"https://verifier.example", "nonce-1", kNow, 300, 60}; }
SdJwt bound(SdJwt sd_jwt) {
  return bind_to_holder(std::move(sd_jwt), {"https://verifier.example", "nonce-1", kNow - 10},
                        holder());
}

Status binding_status(const SdJwt& sd_jwt, const KeyBindingRules& with) {
  const auto result = verify_key_binding(sd_jwt, process_sd_jwt(sd_jwt).value(), with);
  if (!result.ok()) return result.failure();
  return {};
}

}  // namespace

TEST_CASE("what is issued and fully disclosed is the payload again") {
  const std::vector<std::string> all = {
      "/name",        "/address",     "/address/street", "/address/geo/lat",
      "/languages/1", "/languages/2", "/a~1b~0c"};
  const auto sd_jwt = issue(all, 2);
  CHECK(sd_jwt.disclosures.size() == all.size());
  const auto processed = process_sd_jwt(parse_sd_jwt(sd_jwt.text()).value());
  REQUIRE(processed.ok());
  CHECK(processed->claims == rich_payload());
  CHECK(processed->withheld == 6);  // two decoys in each of three objects
  for (const auto& pointer : all)
    CHECK(std::ranges::count(processed->disclosures, pointer, &Disclosure::pointer) == 1);
}

TEST_CASE("a withheld claim is absent from the payload in every form") {
  const auto sd_jwt = issue({"/name", "/address/street", "/languages/1"});
  const auto nothing = select_disclosures(sd_jwt, {}).value();
  const auto processed = process_sd_jwt(nothing).value();
  CHECK_FALSE(processed.claims.contains("name"));
  CHECK_FALSE(processed.claims["address"].contains("street"));
  CHECK(processed.claims["languages"] == Json({"de", "fr"}));
  CHECK(processed.withheld == 3);
  const std::string payload = processed.jws.payload.dump();
  for (const char* secret : {"Zoë", "Hauptstraße", "\"en\"", "name"})
    CHECK(payload.find(secret) == std::string::npos);
}

TEST_CASE("a claim inside a disclosed claim brings its parent along") {
  const auto sd_jwt = issue({"/address", "/address/geo", "/address/geo/lat", "/name"});
  const auto selected = select_disclosures(sd_jwt, {"/address/geo/lat"}).value();
  CHECK(selected.disclosures.size() == 3);
  const auto processed = process_sd_jwt(selected).value();
  CHECK(processed.claims["address"]["geo"] == Json({{"lat", 48}, {"lon", 16}}));
  CHECK_FALSE(processed.claims.contains("name"));
  CHECK_FALSE(select_disclosures(sd_jwt, {"/languages/0"}).ok());
}

TEST_CASE("decoys and digests cannot be told apart, and their order says nothing") {
  const auto payload = process_sd_jwt(issue({"/name", "/iss"}, 5)).value().jws.payload;
  const auto digests = payload["_sd"].get<std::vector<std::string>>();
  CHECK(digests.size() == 7);
  CHECK(std::ranges::is_sorted(digests));
  for (const auto& digest : digests) CHECK(digest.size() == 43);
  CHECK(payload["_sd_alg"] == "sha-256");
  // Fresh salts: the same payload never gives the same digests.
  CHECK(process_sd_jwt(issue({"/name"})).value().jws.payload["_sd"] !=
        process_sd_jwt(issue({"/name"})).value().jws.payload["_sd"]);
}

TEST_CASE("an issuer cannot disclose what is not there, or use the reserved names") {
  IssueOptions options;
  options.disclosable = {"/missing"};
  CHECK_FALSE(issue_sd_jwt(rich_payload(), options, issuer()).ok());
  options.disclosable = {"/languages/3"};
  CHECK_FALSE(issue_sd_jwt(rich_payload(), options, issuer()).ok());
  options.disclosable = {};
  CHECK_FALSE(issue_sd_jwt({{"_sd", 1}}, options, issuer()).ok());
  CHECK_FALSE(issue_sd_jwt({{"a", {{"...", 1}}}}, options, issuer()).ok());
  CHECK_FALSE(issue_sd_jwt({{"_sd_alg", "sha-256"}}, options, issuer()).ok());
  CHECK_FALSE(issue_sd_jwt(Json::array(), options, issuer()).ok());
}

TEST_CASE("a disclosure that nothing references is refused") {
  auto sd_jwt = issue({"/name"});
  sd_jwt.disclosures.push_back(encode(R"(["salt","role","admin"])"));
  CHECK(process_sd_jwt(sd_jwt).message() ==
        "disclosure 2 is not referenced by what the issuer signed");
  auto twice = issue({"/name"});
  twice.disclosures.push_back(twice.disclosures[0]);
  CHECK(process_sd_jwt(twice).message() == "disclosure 2 is given twice");
  // A disclosure whose parent is withheld is not referenced either.
  const auto nested = issue({"/address", "/address/street"});
  const auto child = process_sd_jwt(nested).value().disclosures;
  SdJwt orphan{nested.issuer_jwt, {}, {}};
  for (const auto& disclosure : child) {
    if (disclosure.pointer == "/address/street") orphan.disclosures.push_back(disclosure.encoded);
  }
  CHECK_FALSE(process_sd_jwt(orphan).ok());
}

TEST_CASE("a digest that occurs twice is refused, disclosed or not") {
  const std::string disclosure = encode(R"(["salt","x",1])");
  const std::string digest = sd_digest(disclosure);
  CHECK_FALSE(process_sd_jwt(by_hand({{"_sd", {digest, digest}}}, {})).ok());
  CHECK_FALSE(
      process_sd_jwt(by_hand({{"_sd", {digest}}, {"o", {{"_sd", {digest}}}}}, {disclosure})).ok());
  CHECK_FALSE(process_sd_jwt(by_hand({{"_sd", {digest}}, {"l", {{{"...", digest}}}}}, {})).ok());
  const std::string inner = encode(R"(["salt","y",{"_sd":[")" + digest + R"("]}])");
  CHECK_FALSE(
      process_sd_jwt(by_hand({{"_sd", {digest, sd_digest(inner)}}}, {disclosure, inner})).ok());
}

TEST_CASE("disclosures and digests of the wrong form or place are refused") {
  const auto refused = [](const Json& payload, std::vector<std::string> disclosures) {
    return !process_sd_jwt(by_hand(payload, std::move(disclosures))).ok();
  };
  const auto with = [](const std::string& disclosure) {
    return Json{{"_sd", {sd_digest(disclosure)}}};
  };

  for (const char* text :
       {R"(["s"])", R"(["s","a",1,2])", R"({"a":1})", R"([1,"a",2])", R"(["s",1,2])",
        R"(["s","_sd",[]])", R"(["s","...","x"])", "nonsense", R"(["s","a",{"b":1,"b":2}])"}) {
    CAPTURE(text);
    CHECK(refused(with(encode(text)), {encode(text)}));
  }

  // An element where a member stands, a member where an element stands, and a name that is taken.
  const std::string element = encode(R"(["s","value"])");
  CHECK(refused(with(element), {element}));
  const std::string member = encode(R"(["s","a",1])");
  CHECK(refused({{"l", {{{"...", sd_digest(member)}}}}}, {member}));
  Json taken = with(member);
  taken["a"] = 0;
  CHECK(refused(taken, {member}));

  const std::string same_name = encode(R"(["t","a",2])");
  CHECK(refused({{"_sd", {sd_digest(member), sd_digest(same_name)}}}, {member, same_name}));

  CHECK(refused({{"_sd", "x"}}, {}));
  CHECK(refused({{"_sd", {1}}}, {}));
  CHECK(refused({{"l", {{{"...", 5}}}}}, {}));
  CHECK(refused({{"l", {{{"...", sd_digest(element)}, {"x", 1}}}}}, {element}));

  CHECK(refused({{"o", {{"...", "x"}}}}, {}));
  CHECK(refused({{"o", {{"_sd_alg", "sha-256"}}}}, {}));
  CHECK(refused({{"_sd_alg", "sha-512"}}, {}));
  CHECK(refused({{"_sd_alg", 1}}, {}));

  CHECK_FALSE(refused({{"_sd_alg", "sha-256"}}, {}));
  CHECK(refused(with(member), {member + "="}));
}

TEST_CASE("disclosures inside disclosures are bounded in depth and number") {
  std::string inner = encode(R"(["s","x",1])");
  std::vector<std::string> chain = {inner};
  for (int i = 0; i < 100; ++i) {
    inner = encode(R"(["s","x",{"_sd":[")" + sd_digest(inner) + R"("]}])");
    chain.push_back(inner);
  }
  CHECK_FALSE(process_sd_jwt(by_hand({{"_sd", {sd_digest(inner)}}}, chain)).ok());
  std::vector<std::string> many(kMaxDisclosures + 1, "x");
  CHECK_FALSE(process_sd_jwt(by_hand(Json::object(), many)).ok());
}

TEST_CASE("the compact form needs its tildes") {
  const auto sd_jwt = issue({"/name"});
  CHECK(parse_sd_jwt(sd_jwt.text()).value().text() == sd_jwt.text());
  CHECK_FALSE(parse_sd_jwt(sd_jwt.issuer_jwt).ok());
  CHECK(parse_sd_jwt(sd_jwt.issuer_jwt + "~").ok());
  CHECK_FALSE(parse_sd_jwt(sd_jwt.issuer_jwt + "~~").ok());
  CHECK_FALSE(parse_sd_jwt("").ok());
  CHECK_FALSE(parse_sd_jwt(std::string(600'000, 'a')).ok());
}

TEST_CASE("a key binding holds for its audience, nonce, time and disclosures only") {
  const auto sd_jwt = bound(issue({"/name", "/address"}));
  CHECK(binding_status(sd_jwt, rules()).ok());
  auto other = rules();
  other.audience = "https://elsewhere.example";
  CHECK(binding_status(sd_jwt, other)
            .message()
            .starts_with("the key binding was made for another audience: \""));
  other = rules();
  other.nonce = "nonce-2";
  CHECK(binding_status(sd_jwt, other)
            .message()
            .starts_with("the key binding was made for another nonce: \""));
  other = rules();
  other.now_s = kNow + 300;
  CHECK(binding_status(sd_jwt, other).message() ==
        "the key binding is 310 s old; at most 300 s are accepted");
  other.now_s = kNow - 10 + 300;
  CHECK(binding_status(sd_jwt, other).ok());
  other.now_s = kNow - 71;
  CHECK(binding_status(sd_jwt, other).message() ==
        "the key binding is dated 61 s in the future: is this machine's clock right?");
  other.now_s = kNow - 70;
  CHECK(binding_status(sd_jwt, other).ok());

  SdJwt fewer = sd_jwt;
  fewer.disclosures.pop_back();
  CHECK(binding_status(fewer, rules()).message() ==
        "the key binding was made for another set of disclosures");
  SdJwt reordered = sd_jwt;
  std::swap(reordered.disclosures[0], reordered.disclosures[1]);
  CHECK_FALSE(binding_status(reordered, rules()).ok());
  CHECK(binding_status(issue({"/name"}), rules()).message() ==
        "the presentation has no key binding");
}

TEST_CASE("a key binding that begins later does not hold yet") {
  const auto beginning = [](const Json& nbf) {
    const KeyBinding binding{"https://verifier.example", "nonce-1", kNow - 10};
    return binding_status(bind_to_holder(issue({"/name"}), binding, holder(), {{"nbf", nbf}}),
                          rules());
  };
  CHECK(beginning(kNow - 10).ok());
  CHECK(beginning(kNow + 60).ok());  // clocks differ
  CHECK(beginning(kNow + 61).message() == "the key binding holds only in 61 s");
  CHECK_FALSE(beginning("tomorrow").ok());
}

TEST_CASE("a key binding is of type kb+jwt and by the key of cnf") {
  const auto plain = issue({"/name"});

  const auto with = [&](const Json& header, const SecretKey& key) {
    SdJwt sd_jwt = plain;
    const Json payload{{"aud", rules().audience},
                       {"nonce", rules().nonce},
                       {"iat", kNow},
                       {"sd_hash", sd_digest(plain.text())}};
    sd_jwt.key_binding_jwt = sign_jws(header, payload, key);
    return binding_status(sd_jwt, rules());
  };

  CHECK(with({{"typ", "kb+jwt"}}, holder()).ok());
  CHECK_FALSE(with({{"typ", "jwt"}}, holder()).ok());
  CHECK_FALSE(with(Json::object(), holder()).ok());
  CHECK_FALSE(with({{"typ", "kb+jwt"}}, issuer()).ok());

  IssueOptions options;
  const auto without_cnf = bound(issue_sd_jwt({{"iss", "x"}}, options, issuer()).value());
  CHECK(binding_status(without_cnf, rules()).message() ==
        "the credential names no holder key (\"cnf\")");
}

TEST_CASE("no damage to a presentation passes, and none crashes the reader") {
  const auto original =
      bound(issue({"/name", "/address", "/address/street", "/languages/1"}, 1)).text();
  testamur::test::for_each_mutation(as_bytes(original), 1500, [&](ByteView damaged) {
    if (equal(damaged, as_bytes(original))) return;
    const auto sd_jwt = parse_sd_jwt(as_text(damaged));
    if (!sd_jwt.ok()) return;
    const auto processed = process_sd_jwt(*sd_jwt);
    if (!processed.ok()) return;
    const bool signed_by_issuer = verify_jws(processed->jws, issuer().public_key()).ok();
    CHECK_FALSE((signed_by_issuer && verify_key_binding(*sd_jwt, *processed, rules()).ok()));
  });
}

}  // namespace testamur::wallet
