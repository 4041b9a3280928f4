#include "tests/wallet/fixture.h"

#include "common/check.h"
#include "wallet/credential/sd_jwt.h"

namespace testamur::wallet::test {

Fixture make_fixture(SignatureAlgorithm algorithm) {
  Fixture fixture{{},
                  {},
                  SecretKey::from_bytes(algorithm, Bytes(32, 0x11)).value(),
                  SecretKey::from_bytes(algorithm, Bytes(32, 0x22)).value(),
                  {},
                  {},
                  {}};

  fixture.chain.bytes.fill(0xc0);
  fixture.issuer.bytes.fill(0x15);
  fixture.issuer_key_id = key_id(KeyPurpose::kCredential, fixture.issuer_key.public_key());

  CredentialHead& head = fixture.contents.head;
  head.issuer_domain = "uni-example.eu";
  head.issuer_key = fixture.issuer_key_id;
  head.issued_at_s = 1'790'000'000;
  head.holder = fixture.holder_key.public_key();
  head.holder_made = true;
  head.reference = make_reference(fixture.chain, fixture.issuer, IssuerIndex{41});
  head.salt.bytes.fill(0x5a);
  head.achievement = AchievementId{fixture.issuer, 7, 2};

  fixture.contents.claims = {{ClaimId::kGivenName, std::string("Zoë")},
                             {ClaimId::kFamilyName, std::string("Müller")},
                             {ClaimId::kTitle, std::string("Applied Statistics")},
                             {ClaimId::kAwardDate, std::string("2026-07-31")},
                             {ClaimId::kEctsHundredths, std::uint64_t{750}},
                             {ClaimId::kEqfLevel, std::uint64_t{7}},
                             {ClaimId::kGrade, std::string("1.3")}};

  fixture.issued = issue_credential(fixture.contents, fixture.chain, fixture.issuer_key).value();
  return fixture;
}

BatchPlan batch_plan(const Fixture& fixture, std::uint64_t first_index, std::uint64_t issued_at_s) {
  BatchPlan plan;
  plan.chain = fixture.chain;
  plan.issuer = fixture.issuer;
  plan.issuer_domain = "uni-example.eu";
  plan.issuer_name = "Universität Beispiel";
  plan.credential_key = fixture.issuer_key_id;
  plan.achievement = AchievementId{fixture.issuer, 1, 2};
  plan.first_index = IssuerIndex{first_index};
  plan.issued_at_s = issued_at_s;
  plan.common = {{ClaimId::kTitle, std::string("Applied Statistics")}};
  return plan;
}

std::string flip_s(const std::string& sd_jwt, SignatureAlgorithm algorithm) {
  // (r, n - s) is as good a signature as (r, s), n being the order of the group.
  const char* order_hex = algorithm == SignatureAlgorithm::kEcdsaP256
                              ? "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
                              : "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
  const Bytes order = *from_hex(order_hex);

  SdJwt parts = parse_sd_jwt(sd_jwt).value();
  const auto dot = parts.issuer_jwt.rfind('.');
  Bytes signature = *from_base64url(parts.issuer_jwt.substr(dot + 1));
  TM_CHECK(signature.size() == 64);

  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int difference = order[i] - signature[32 + i] - borrow;
    borrow = difference < 0 ? 1 : 0;
    signature[32 + i] = static_cast<std::uint8_t>(difference);
  }

  parts.issuer_jwt = parts.issuer_jwt.substr(0, dot + 1) + to_base64url(signature);
  return parts.text();
}

}  // namespace testamur::wallet::test
