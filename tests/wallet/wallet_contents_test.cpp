// What a wallet keeps, what its words alone give back, and when its backup is behind.
#include "wallet/keystore/wallet_contents.h"

#include "tests/support/catch.h"
#include "tests/wallet/mutations.h"
#include "wallet/keystore/bip39.h"

namespace testamur::wallet {
namespace {

WalletContents full_wallet() {
  WalletContents wallet = make_wallet(1'700'000'000'000);

  StoredCredential derived;
  derived.sd_jwt = "a.b.c~";
  derived.issuer_name = "Universität";
  derived.title = "Statistics";
  derived.imported_at_ms = 5;
  derived.receipt = {1, 2, 3};

  std::uint32_t index = 0;
  (void)next_holder_key(wallet, SignatureAlgorithm::kEcdsaP256, index);
  derived.holder_key.derived_index = index;
  wallet.credentials.push_back(std::move(derived));

  StoredCredential given;
  given.sd_jwt = "d.e.f~";
  given.holder_key.algorithm = SignatureAlgorithm::kEcdsaSecp256k1;
  given.holder_key.issuer_made_secret = SecretBytes::copy_of(Bytes(32, 3));
  wallet.credentials.push_back(std::move(given));

  wallet.requests.push_back({SignatureAlgorithm::kEcdsaP256, 1, "tmi1x", "s-17", 9});
  wallet.grants.push_back(
      {"urn:testamur:1:x:y:0", "https://employer.example", {"title", "grade"}, 10, 20});

  return wallet;
}

}  // namespace

TEST_CASE("a wallet survives its JSON form") {
  const auto wallet = full_wallet();
  const auto encoded = encode_wallet(wallet).value();
  const auto decoded = decode_wallet(encoded.view());
  REQUIRE(decoded.ok());
  CHECK(encode_wallet(*decoded).value().text() == encoded.text());
  CHECK(decoded->next_p256_index == 1);
  CHECK(decoded->credentials[0].holder_key.derived_index == 0);
  CHECK(decoded->credentials[0].receipt == Bytes{1, 2, 3});
  CHECK(equal(decoded->credentials[1].holder_key.issuer_made_secret.view(), Bytes(32, 3)));
  CHECK(decoded->requests[0].student == "s-17");
  CHECK(decoded->grants[0].disclosed.size() == 2);
}

TEST_CASE("an empty wallet has pinned bytes") {
  WalletContents wallet;
  wallet.entropy = SecretBytes::copy_of(Bytes(32, 0));
  wallet.created_at_ms = 7;
  CHECK(
      encode_wallet(wallet).value().text() ==
      R"({"created_at_ms":7,"credentials":[],"entropy":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","grants":[],)"
      R"("last_backup_ms":0,"next_es256":0,"next_es256k":0,"requests":[],"testamur_wallet":1})");
}

TEST_CASE("every derived key is fresh, and the words alone give all of them back") {
  WalletContents wallet = make_wallet(0);
  std::uint32_t first_index = 99;
  std::uint32_t second_index = 99;
  const auto first = next_holder_key(wallet, SignatureAlgorithm::kEcdsaP256, first_index);
  const auto second = next_holder_key(wallet, SignatureAlgorithm::kEcdsaP256, second_index);

  CHECK(first_index == 0);
  CHECK(second_index == 1);
  CHECK(first.public_key() != second.public_key());

  WalletContents recovered = make_wallet(0);
  recovered.entropy = entropy_from_words(words_from_entropy(wallet.entropy.view()).text()).value();
  HolderKeySource source;
  source.derived_index = 1;
  CHECK(holder_key_of(recovered, source).value().public_key() == second.public_key());

  HolderKeySource given;
  given.issuer_made_secret = SecretBytes::copy_of(first.secret_bytes());
  CHECK(holder_key_of(recovered, given).value().public_key() == first.public_key());
}

TEST_CASE("after a restore from a backup no key is given out that was given out since") {
  WalletContents wallet = make_wallet(0);
  std::uint32_t index = 0;
  auto old = open_backup(*seal_backup(wallet), seed_from_entropy(wallet.entropy.view()).view());
  REQUIRE(old.ok());
  const auto since = next_holder_key(wallet, SignatureAlgorithm::kEcdsaP256, index).public_key();

  auto& restored = *old.contents;
  pass_over_used_keys(restored);
  CHECK(next_holder_key(restored, SignatureAlgorithm::kEcdsaP256, index).public_key() != since);
  CHECK(index >= kRecoveredFirstIndex);

  // What was given out meanwhile is found all the same.
  CHECK(find_holder_key(restored, SignatureAlgorithm::kEcdsaP256, [&](const SecretKey& key) {
          return key.public_key() == since;
        }).has_value());
}

TEST_CASE("a backup is opened by the words of its wallet, and by no others") {
  const auto wallet = full_wallet();
  const Bytes backup = seal_backup(wallet).value();
  CHECK(age::inspect(backup).value() == age::FileKind::kRecipients);
  const auto restored = open_backup(backup, seed_from_entropy(wallet.entropy.view()).view());
  REQUIRE(restored.ok());
  CHECK(encode_wallet(*restored.contents).value().text() == encode_wallet(wallet).value().text());
  const auto other = open_backup(backup, seed_from_entropy(Bytes(32, 1)).view());
  CHECK(other.kind == BackupFailure::kOtherWords);
  CHECK(other.failure == "these words do not open this backup: they are another wallet's");
}

TEST_CASE("a backup that is cut short is damaged, and nobody's words are called wrong for it") {
  const auto wallet = full_wallet();
  const Bytes backup = seal_backup(wallet).value();
  const auto seed = seed_from_entropy(wallet.entropy.view());
  for (std::size_t size = 0; size < backup.size(); ++size) {
    CAPTURE(size);
    const auto cut = open_backup(ByteView{backup}.first(size), seed.view());
    REQUIRE_FALSE(cut.ok());
    const bool begins = size >= std::string_view("age-encryption.org/v1\n").size();
    CHECK(cut.kind == (begins ? BackupFailure::kDamaged : BackupFailure::kNoBackup));
  }
  CHECK(open_backup(age::seal("words", 1, as_bytes("x")).value(), seed.view()).kind ==
        BackupFailure::kNoBackup);
}

TEST_CASE("the wallet knows when a credential came after the last backup") {
  WalletContents wallet = full_wallet();
  wallet.last_backup_ms = 6;
  CHECK_FALSE(backup_is_older_than_a_credential(wallet));
  wallet.credentials[1].imported_at_ms = 6;
  CHECK(backup_is_older_than_a_credential(wallet));
}

TEST_CASE("a wallet of a newer format is not half understood") {
  std::string text{encode_wallet(full_wallet()).value().text()};
  text.replace(text.find("wallet\":1"), 9, "wallet\":2");
  CHECK(decode_wallet(as_bytes(text)).message() ==
        "the wallet has format 2; this program knows format 1: use a newer one");
  std::string extra{encode_wallet(full_wallet()).value().text()};
  extra.insert(1, "\"zzz\":1,");
  CHECK_FALSE(decode_wallet(as_bytes(extra)).ok());
}

TEST_CASE("damaged wallet contents never crash the reader") {
  const auto encoded = encode_wallet(full_wallet()).value();
  test::for_each_mutation(encoded.view(), 2000,
                          [](ByteView damaged) { (void)decode_wallet(damaged); });
}

// A vault of what no command reads kept the right words out of its place.
TEST_CASE("what could not be read again is not written") {
  auto wallet = recover_wallet(SecretBytes{16}, 7);
  CHECK_FALSE(encode_wallet(wallet).ok());
  wallet = recover_wallet(SecretBytes{kRecoveryEntropyBytes}, 7);
  CHECK(encode_wallet(wallet).ok());

  // As long as a ledger may make it, and longer than a wallet reads.
  wallet.credentials.push_back({});
  wallet.credentials.back().sd_jwt = std::string((std::size_t{512} << 10) + 1, 'x');
  CHECK(encode_wallet(wallet).message().find("could not be read again") != std::string::npos);
  CHECK_FALSE(seal_backup(wallet).ok());
}

TEST_CASE("a backup that holds an open request holds more than a wallet that lacks it") {
  const auto older = full_wallet();
  auto newer = full_wallet();
  newer.entropy = SecretBytes::copy_of(older.entropy.view());
  CHECK(holds_no_more(older, newer));
  newer.requests.clear();
  CHECK_FALSE(holds_no_more(older, newer));
  newer.credentials[0].holder_key.derived_index = older.requests[0].index;
  CHECK(holds_no_more(older, newer));
}

TEST_CASE("a backup that knows a credential by name is not replaced by one that knows no name") {
  auto older = full_wallet();
  auto newer = full_wallet();
  newer.entropy = SecretBytes::copy_of(older.entropy.view());
  older.credentials[0].name = "thesis";
  newer.credentials[0].name.clear();
  CHECK_FALSE(holds_no_more(older, newer));
  newer.credentials[0].name = "diploma";
  CHECK(holds_no_more(older, newer));
}

// Two copies of one wallet gave one key to two universities.
TEST_CASE("two credentials of one holder key are known as such, whatever copy asked for them") {
  auto wallet = recover_wallet(SecretBytes{kRecoveryEntropyBytes}, 7);
  for (const char* text : {"a", "b"}) {
    wallet.credentials.emplace_back();
    wallet.credentials.back().sd_jwt = text;
    wallet.credentials.back().holder_key.derived_index = 3;
  }
  CHECK(shares_holder_key(wallet, wallet.credentials[0]));
  CHECK(shares_holder_key(wallet, wallet.credentials[1]));
  wallet.credentials[1].holder_key.derived_index = 4;
  CHECK_FALSE(shares_holder_key(wallet, wallet.credentials[0]));
  for (auto& each : wallet.credentials) each.holder_key.derived_index.reset();
  CHECK_FALSE(shares_holder_key(wallet, wallet.credentials[0]));
}

}  // namespace testamur::wallet
