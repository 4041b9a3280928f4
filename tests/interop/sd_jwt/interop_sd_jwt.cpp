// Issues and verifies for interop.mjs, which sets our SD-JWT against @sd-jwt/sd-jwt-vc. JSON on
// standard output and input.
//   interop_sd_jwt issue ALG     {credential, presentation, issuer_jwk, audience, nonce, claims,
//   shown} interop_sd_jwt verify        reads {sd_jwt, issuer_jwk, audience, nonce, now_s}; prints
//   {claims, key_binding}
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>

#include "common/clock.h"
#include "wallet/credential/credential.h"
#include "wallet/credential/sd_jwt.h"

namespace testamur::wallet {
namespace {

constexpr const char* kAudience = "https://verifier.example";
constexpr const char* kNonce = "nonce-of-the-verifier";

Result<SignatureAlgorithm> parse_algorithm(const std::string& name) {
  for (const auto algorithm :
       {SignatureAlgorithm::kEcdsaP256, SignatureAlgorithm::kEcdsaSecp256k1}) {
    if (name == jws_algorithm(algorithm)) return algorithm;
  }
  return error("unknown algorithm " + name);
}

Result<Json> issue(SignatureAlgorithm algorithm) {
  const SecretKey issuer = SecretKey::generate(algorithm);
  const SecretKey holder = SecretKey::generate(algorithm);
  const std::uint64_t now_s = SystemClock{}.now_ms() / 1000;

  ChainId chain;
  chain.bytes.fill(1);
  InstitutionId institution;
  institution.bytes.fill(2);

  CredentialContents contents;
  contents.head.issuer_domain = "uni-example.eu";
  contents.head.issuer_key = key_id(KeyPurpose::kCredential, issuer.public_key());
  contents.head.issued_at_s = now_s - 10;
  contents.head.expires_at_s = now_s + 3600;
  contents.head.holder = holder.public_key();
  contents.head.reference = make_reference(chain, institution, IssuerIndex{5});
  contents.head.salt = random_fixed<Salt>();
  contents.head.achievement = AchievementId{institution, 1, 1};
  contents.claims = {{ClaimId::kFamilyName, std::string("Müller")},
                     {ClaimId::kTitle, std::string("Applied Statistics")},
                     {ClaimId::kEctsHundredths, std::uint64_t{500}}};

  TM_TRY(const auto issued, issue_credential(contents, chain, issuer));

  PresentationRequest request;
  request.claims = {ClaimId::kTitle};
  request.audience = kAudience;
  request.nonce = kNonce;
  request.now_s = now_s;
  TM_TRY(const auto presentation, present_credential(issued.sd_jwt, request, holder));

  return Json{
      {"credential", issued.sd_jwt},
      {"presentation", presentation},
      {"issuer_jwk", to_jwk(issuer.public_key())},
      {"audience", kAudience},
      {"nonce", kNonce},
      {"claims",
       {{"family_name", "Müller"}, {"title", "Applied Statistics"}, {"ects_hundredths", 500}}},
      {"shown", {{"title", "Applied Statistics"}}}};
}

Result<Json> verify_theirs(const Json& question) {
  TM_TRY(const auto sd_jwt, parse_sd_jwt(question.at("sd_jwt").get<std::string>()));
  TM_TRY(const auto processed, process_sd_jwt(sd_jwt));
  TM_TRY(const auto key, from_jwk(question.at("issuer_jwk")));
  TM_TRY_STATUS(verify_jws(processed.jws, key));

  Json answer{{"claims", processed.claims}, {"key_binding", nullptr}};

  if (question.contains("nonce")) {
    KeyBindingRules rules;
    rules.audience = question.at("audience").get<std::string>();
    rules.nonce = question.at("nonce").get<std::string>();
    rules.now_s = question.at("now_s").get<std::uint64_t>();
    TM_TRY(answer["key_binding"], verify_key_binding(sd_jwt, processed, rules));
  }

  return answer;
}

Result<Json> run(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  if (command == "issue" && argc == 3) {
    TM_TRY(const auto algorithm, parse_algorithm(argv[2]));
    return issue(algorithm);
  }
  if (command == "verify" && argc == 2) {
    const std::string input{std::istreambuf_iterator<char>(std::cin), {}};
    TM_TRY(const auto question, parse_strict_json(input));
    return verify_theirs(question);
  }
  return error("usage: interop_sd_jwt issue ES256|ES256K, or verify");
}

}  // namespace
}  // namespace testamur::wallet

int main(int argc, char** argv) {
  const auto answer = testamur::wallet::run(argc, argv);
  if (!answer.ok()) {
    std::fprintf(stderr, "%s\n", answer.message().c_str());
    return 1;
  }
  std::printf("%s\n", answer->dump().c_str());
  return 0;
}
