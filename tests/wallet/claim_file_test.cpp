// Claim codes and claim files: what a learner gets, and what a wallet takes from it.
#include "wallet/credential/claim_file.h"

#include "tests/support/catch.h"
#include "tests/wallet/fixture.h"
#include "tests/wallet/mutations.h"
#include "wallet/keystore/slip10.h"

namespace testamur::wallet {
namespace {

constexpr std::string_view kCode = "7H2KQ-9ZWX4-M8N3P-0AB6C";

ClaimFile claim_of(const test::Fixture& fixture, bool with_key) {
  ClaimFile claim;
  claim.sd_jwt = fixture.issued.sd_jwt;
  if (with_key) claim.holder_secret = SecretBytes::copy_of(fixture.holder_key.secret_bytes());
  claim.issuer_name = "Universität Beispiel";
  claim.title = "Applied Statistics";
  claim.receipt = {1, 2, 3};
  return claim;
}

SecretKey wallet_key(const WalletContents& wallet, std::uint32_t index) {
  HolderKeySource source;
  source.derived_index = index;
  return holder_key_of(wallet, source).value();
}

// A credential bound to a key of this wallet.
ClaimFile claim_for(WalletContents& wallet, test::Fixture& fixture, std::uint32_t& index) {
  const SecretKey key = next_holder_key(wallet, SignatureAlgorithm::kEcdsaP256, index);
  fixture.contents.head.holder = key.public_key();
  fixture.issued = issue_credential(fixture.contents, fixture.chain, fixture.issuer_key).value();
  return claim_of(fixture, false);
}

}  // namespace

TEST_CASE("a claim file opens with its code, however typed, and is cheap to open") {
  const auto fixture = test::make_fixture();
  const Bytes file = seal_claim_file(claim_of(fixture, true), kCode).value();
  CHECK(age::work_factor_of(file) == age::kClaimFileWorkLog2);
  const auto outcome = open_claim_file(file, "7h2kq 9zwx4 m8n3p oab6c");
  REQUIRE(outcome.claim.has_value());
  CHECK(outcome.claim->sd_jwt == fixture.issued.sd_jwt);
  CHECK(equal(outcome.claim->holder_secret.view(), fixture.holder_key.secret_bytes()));
  CHECK(outcome.claim->issuer_name == "Universität Beispiel");
  CHECK(outcome.claim->receipt == Bytes{1, 2, 3});
}

TEST_CASE("a wrong code and a damaged claim file are told apart") {
  const auto fixture = test::make_fixture();
  Bytes file = seal_claim_file(claim_of(fixture, true), kCode).value();
  CHECK(open_claim_file(file, "7H2KQ-9ZWX4-M8N3P-0AB6D").wrong_code);
  CHECK(open_claim_file(file, "7H2KQ").wrong_code);
  file.back() ^= 1;
  const auto damaged = open_claim_file(file, kCode);
  CHECK_FALSE(damaged.claim.has_value());
  CHECK_FALSE(damaged.wrong_code);
}

TEST_CASE("an imported credential is bound to the key that came with it") {
  const auto fixture = test::make_fixture();
  WalletContents wallet = make_wallet(0);
  REQUIRE(import_claim(wallet, claim_of(fixture, true), 7).ok());

  REQUIRE(wallet.credentials.size() == 1);
  CHECK(wallet.credentials[0].imported_at_ms == 7);
  CHECK(holder_key_of(wallet, wallet.credentials[0].holder_key).value().public_key() ==
        fixture.holder_key.public_key());

  CHECK(import_claim(wallet, claim_of(fixture, true), 8).message() ==
        "the wallet holds this credential already");

  ClaimFile wrong = claim_of(fixture, false);
  wrong.holder_secret = SecretBytes::copy_of(fixture.issuer_key.secret_bytes());
  WalletContents other = make_wallet(0);
  CHECK(import_claim(other, std::move(wrong), 7).message() ==
        "the key in the claim file is not the one that the credential names");
  CHECK(other.credentials.empty());
}

TEST_CASE(
    "a credential that answers a request is opened, bound to the wallet's key and the request "
    "closed") {
  auto fixture = test::make_fixture();
  WalletContents wallet = make_wallet(0);
  std::uint32_t index = 0;
  (void)next_holder_key(wallet, SignatureAlgorithm::kEcdsaP256, index);

  const ClaimFile claim = claim_for(wallet, fixture, index);
  wallet.requests.push_back({SignatureAlgorithm::kEcdsaP256, index, "tmi1x", "s-17", 0});
  const auto key = wallet_key(wallet, index);
  const Bytes file = seal_claim_file(claim, derive_delivery_identity(key).recipient()).value();

  auto outcome = open_requested_claim_file(file, wallet);
  REQUIRE(outcome.claim.has_value());
  REQUIRE(import_claim(wallet, std::move(*outcome.claim), 7).ok());

  CHECK(wallet.requests.empty());
  CHECK(wallet.credentials[0].holder_key.derived_index == index);

  const WalletContents stranger = make_wallet(0);
  CHECK_FALSE(open_requested_claim_file(file, stranger).claim.has_value());
}

TEST_CASE("a wallet recovered from its words takes up a credential that its lost self asked for") {
  auto fixture = test::make_fixture();
  WalletContents lost = make_wallet(0);
  std::uint32_t index = 0;
  const ClaimFile claim = claim_for(lost, fixture, index);

  WalletContents recovered = recover_wallet(lost.entropy.clone(), 0);
  ClaimFile again;
  again.sd_jwt = claim.sd_jwt;

  REQUIRE(import_claim(recovered, std::move(again), 7).ok());
  CHECK(recovered.credentials[0].holder_key.derived_index == index);
  CHECK(recovered.next_p256_index == kRecoveredFirstIndex);

  // The lost wallet may have given out any index below, so fresh keys begin above all of them.
  std::uint32_t fresh = 0;
  (void)next_holder_key(recovered, SignatureAlgorithm::kEcdsaP256, fresh);
  CHECK(fresh == kRecoveredFirstIndex);
}

TEST_CASE("a credential for another wallet, or no credential at all, is not imported") {
  const auto fixture = test::make_fixture();
  WalletContents wallet = make_wallet(0);
  CHECK_FALSE(import_claim(wallet, claim_of(fixture, false), 7).ok());
  ClaimFile broken = claim_of(fixture, true);
  broken.sd_jwt.pop_back();
  CHECK_FALSE(import_claim(wallet, std::move(broken), 7).ok());
  CHECK(wallet.credentials.empty());
}

TEST_CASE("damaged claim files never crash the reader") {
  const auto fixture = test::make_fixture();
  const auto identity = age::Identity::generate();
  const Bytes file = seal_claim_file(claim_of(fixture, true), identity.recipient()).value();
  testamur::test::for_each_mutation(file, 500, [&](ByteView damaged) {
    if (!equal(damaged, file)) CHECK_FALSE(open_claim_file(damaged, identity).claim.has_value());
  });
}

}  // namespace testamur::wallet
