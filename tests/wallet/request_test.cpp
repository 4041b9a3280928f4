#include "wallet/credential/request.h"

#include "tests/support/catch.h"
#include "tests/wallet/mutations.h"
#include "wallet/credential/jws.h"
#include "wallet/keystore/slip10.h"

namespace testamur::wallet {
namespace {

ChainId chain() {
  ChainId id;
  id.bytes.fill(0xc0);
  return id;
}
InstitutionId issuer() {
  InstitutionId id;
  id.bytes.fill(0x15);
  return id;
}
SecretKey holder(SignatureAlgorithm algorithm = SignatureAlgorithm::kEcdsaP256) {
  return SecretKey::from_bytes(algorithm, Bytes(32, 0x22)).value();
}
std::string request() {
  return make_wallet_request(chain(), issuer(), "s-17", holder(), 1'700'000'000'000).value();
}

std::string changed(const char* member, const Json& value) {
  Json json = Json::parse(request());
  json[member] = value;
  return json.dump();
}

}  // namespace

TEST_CASE("a wallet request proves its key and says where to seal to") {
  for (const auto algorithm :
       {SignatureAlgorithm::kEcdsaP256, SignatureAlgorithm::kEcdsaSecp256k1}) {
    const auto text = make_wallet_request(chain(), issuer(), "s-17", holder(algorithm), 5).value();
    const auto read = read_wallet_request(text, chain(), issuer());
    REQUIRE(read.ok());
    CHECK(read->student == "s-17");
    CHECK(read->holder == holder(algorithm).public_key());
    CHECK(read->recipient == derive_delivery_identity(holder(algorithm)).recipient());
    CHECK(read->made_at_ms == 5);
  }
}

TEST_CASE("the message that a wallet request signs is pinned") {
  // Recomputed with hashlib: docs/formats/claim-file.md.
  WalletRequest request;
  request.chain = chain();
  request.issuer = issuer();
  request.student = "s-17";
  request.holder = PublicKey{SignatureAlgorithm::kEcdsaP256, Bytes(33, 2)};
  request.recipient.point.fill(3);
  request.made_at_ms = 1'700'000'000'000;
  CHECK(wallet_request_message(request).hex() ==
        "970ed27044df22f5bdb633662b2ca5153008cad0ace04d021f39e8d8c0cd3ca3");
}

TEST_CASE(
    "a wallet request cannot be turned to another student, issuer, ledger, key or recipient") {
  CHECK(read_wallet_request(request(), ChainId{}, issuer()).message() ==
        "the wallet request was made for another ledger");
  CHECK(read_wallet_request(request(), chain(), InstitutionId{}).message() ==
        "the wallet request was made for another issuer");

  const std::string forged = "the wallet request does not prove that its sender holds the key";
  CHECK(read_wallet_request(changed("student", "s-18"), chain(), issuer()).message() == forged);
  CHECK(read_wallet_request(changed("made_at_ms", 6), chain(), issuer()).message() == forged);

  const auto other = SecretKey::generate(SignatureAlgorithm::kEcdsaP256);
  CHECK(read_wallet_request(changed("holder", to_jwk(other.public_key())), chain(), issuer())
            .message() == forged);
  const auto recipient = age::to_text(age::Identity::generate().recipient());
  CHECK(read_wallet_request(changed("recipient", recipient), chain(), issuer()).message() ==
        forged);

  CHECK_FALSE(read_wallet_request(changed("more", 1), chain(), issuer()).ok());
  CHECK_FALSE(read_wallet_request(changed("testamur_wallet_request", 2), chain(), issuer()).ok());
}

TEST_CASE("a student reference has its bounds") {
  CHECK_FALSE(make_wallet_request(chain(), issuer(), "", holder(), 5).ok());
  CHECK_FALSE(make_wallet_request(chain(), issuer(), std::string(129, 'x'), holder(), 5).ok());
  CHECK_FALSE(make_wallet_request(chain(), issuer(), "\xff", holder(), 5).ok());
}

TEST_CASE("no damage to a wallet request changes what it asks for") {
  const std::string original = request();
  const auto before = read_wallet_request(original, chain(), issuer()).value();
  testamur::test::for_each_mutation(as_bytes(original), 1500, [&](ByteView damaged) {
    const auto read = read_wallet_request(as_text(damaged), chain(), issuer());
    if (read.ok()) CHECK(wallet_request_message(*read) == wallet_request_message(before));
  });
}

}  // namespace testamur::wallet
