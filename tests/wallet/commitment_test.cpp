#include "wallet/credential/commitment.h"

#include "tests/support/catch.h"
#include "tests/wallet/fixture.h"
#include "wallet/credential/sd_jwt.h"

namespace testamur::wallet {
namespace {

// The golden credential: header {"alg":"ES256","typ":"dc+sd-jwt"} and payload {"a":1} as signing
// input.
constexpr std::string_view kSigningInput =
    "eyJhbGciOiJFUzI1NiIsInR5cCI6ImRjK3NkLWp3dCJ9.eyJhIjoxfQ";

}  // namespace

TEST_CASE("the commitment of known values is pinned") {
  // Recomputed with hashlib: docs/formats/commitment.md.
  ChainId chain;
  chain.bytes.fill(1);
  InstitutionId issuer;
  issuer.bytes.fill(2);
  Salt salt;
  salt.bytes.fill(3);
  CHECK(commitment_of(chain, issuer, salt, as_bytes(kSigningInput)).hex() ==
        "89a66898d97dd4b9affe988d953a33e673178ad4ef89d5b1f9bf5a730d8355c6");
}

TEST_CASE("every part of the commitment counts") {
  const ChainId chain;
  const InstitutionId issuer;
  const Salt salt;
  const auto original = commitment_of(chain, issuer, salt, as_bytes(kSigningInput));

  ChainId other_chain;
  other_chain.bytes[31] = 1;
  InstitutionId other_issuer;
  other_issuer.bytes[0] = 1;
  Salt other_salt;
  other_salt.bytes[0] = 1;

  CHECK(commitment_of(other_chain, issuer, salt, as_bytes(kSigningInput)) != original);
  CHECK(commitment_of(chain, other_issuer, salt, as_bytes(kSigningInput)) != original);
  CHECK(commitment_of(chain, issuer, other_salt, as_bytes(kSigningInput)) != original);
  CHECK(commitment_of(chain, issuer, salt, as_bytes("x")) != original);
}

TEST_CASE("all presentations of a credential, and its twin with the other s, have one commitment") {
  for (const auto algorithm :
       {SignatureAlgorithm::kEcdsaP256, SignatureAlgorithm::kEcdsaSecp256k1}) {
    const auto fixture = test::make_fixture(algorithm);

    const auto commitment = [&](const std::string& text) {
      return commitment_of(fixture.chain, read_credential(text).value());
    };
    CHECK(commitment(fixture.issued.sd_jwt) == fixture.issued.commitment);

    for (const auto& claims : std::vector<std::vector<ClaimId>>{
             {}, {ClaimId::kTitle}, {ClaimId::kGrade, ClaimId::kFamilyName}}) {
      PresentationRequest request;
      request.claims = claims;
      request.audience = "https://employer.example";
      request.nonce = "n";
      const auto shown = present_credential(fixture.issued.sd_jwt, request, fixture.holder_key);
      CHECK(commitment(shown.value()) == fixture.issued.commitment);
    }

    const std::string twin = test::flip_s(fixture.issued.sd_jwt, algorithm);
    CHECK(twin != fixture.issued.sd_jwt);
    CHECK(verify_issuer_signature(twin, fixture.issuer_key.public_key()).ok());
    CHECK(commitment(twin) == fixture.issued.commitment);
  }
}

}  // namespace testamur::wallet
