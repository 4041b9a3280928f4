// One issuer, one learner, one credential: what the tests of wallet/credential and wallet/verify
// start from.
#pragma once

#include <string>

#include "wallet/credential/batch.h"
#include "wallet/credential/credential.h"

namespace testamur::wallet::test {

struct Fixture {
  ChainId chain;
  InstitutionId issuer;
  SecretKey issuer_key;
  SecretKey holder_key;
  KeyId issuer_key_id;
  CredentialContents contents;
  IssuedCredential issued;
};
Fixture make_fixture(SignatureAlgorithm algorithm = SignatureAlgorithm::kEcdsaP256);

// A batch of the fixture's issuer, all with the title "Applied Statistics".
BatchPlan batch_plan(const Fixture& fixture, std::uint64_t first_index, std::uint64_t issued_at_s);

// The other signature of the same key over the same message: s replaced by the group order minus s.
std::string flip_s(const std::string& sd_jwt, SignatureAlgorithm algorithm);

}  // namespace testamur::wallet::test
