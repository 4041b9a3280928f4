// Vaults: failures told apart, nothing written over, and passphrases as keyboards and editors make
// them.
#include "wallet/keystore/vault.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/support/catch.h"
#include "tests/wallet/temporary_folder.h"
#include "wallet/keystore/file.h"
#include "wallet/keystore/issuer_keys.h"

namespace testamur::wallet {
namespace {

constexpr int kLowWork = 2;

SecretBytes secret(std::string_view text) { return SecretBytes::copy_of(text); }

Vault make(const std::string& path, std::string_view contents) {
  auto outcome = Vault::create(path, secret("pass"), as_bytes(contents), kLowWork);
  REQUIRE(outcome.ok());
  return std::move(*outcome.vault);
}

VaultFailure open_failure(const std::string& path, std::string_view passphrase) {
  const auto outcome = Vault::open(path, secret(passphrase));
  REQUIRE_FALSE(outcome.ok());
  INFO(outcome.failure->message);
  CHECK(outcome.failure->message.find(path) != std::string::npos);
  return outcome.failure->kind;
}

void overwrite(const std::string& path, ByteView bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << as_text(bytes);
}

}  // namespace

TEST_CASE("a vault gives back what was saved last, and keeps its work factor") {
  const test::TemporaryFolder folder;
  const auto path = folder.file("wallet.age");
  auto vault = make(path, "one");
  CHECK_FALSE(vault.save(as_bytes("two")).has_value());
  CHECK(as_text(vault.contents()) == "two");
  auto reopened = Vault::open(path, secret("pass"));
  REQUIRE(reopened.ok());
  CHECK(as_text(reopened.vault->contents()) == "two");
  CHECK_FALSE(reopened.vault->save(as_bytes("three")).has_value());
  CHECK(age::work_factor_of(*read_file(path, 10000)) == kLowWork);
}

TEST_CASE("a vault is asked 2^18 of scrypt unless told otherwise") {
  const test::TemporaryFolder folder;
  const auto path = folder.file("wallet.age");
  REQUIRE(Vault::create(path, secret("pass"), as_bytes("x")).ok());
  CHECK(age::work_factor_of(*read_file(path, 10000)) == 18);
}

TEST_CASE("a wrong passphrase, a damaged vault, a missing one and a foreign file are told apart") {
  const test::TemporaryFolder folder;
  const auto path = folder.file("wallet.age");
  make(path, "contents");
  CHECK(open_failure(path, "wrong") == VaultFailure::kWrongPassphrase);

  Bytes file = *read_file(path, 10000);
  file.back() ^= 1;
  overwrite(path, file);
  CHECK(open_failure(path, "pass") == VaultFailure::kCorrupt);
  file.resize(file.size() / 2);
  overwrite(path, file);
  CHECK(open_failure(path, "pass") == VaultFailure::kCorrupt);

  overwrite(path, as_bytes("not an age file"));
  CHECK(open_failure(path, "pass") == VaultFailure::kCorrupt);
  overwrite(path, {});
  CHECK(open_failure(path, "pass") == VaultFailure::kCorrupt);

  CHECK(open_failure(folder.file("none.age"), "pass") == VaultFailure::kMissing);
  std::filesystem::create_directory(folder.path() / "folder");
  CHECK(open_failure(folder.file("folder"), "pass") == VaultFailure::kUnreadable);
}

TEST_CASE("an existing vault is never overwritten by a new one") {
  const test::TemporaryFolder folder;
  const auto path = folder.file("wallet.age");
  make(path, "precious");
  const auto again = Vault::create(path, secret("other"), as_bytes("new"), kLowWork);
  REQUIRE_FALSE(again.ok());
  CHECK(again.failure->kind == VaultFailure::kExists);
  CHECK(as_text(Vault::open(path, secret("pass")).vault->contents()) == "precious");
}

// The advice was to make a new vault, whose second save wrote over the last copy of the old one.
TEST_CASE("where only the previous version of a vault is left, none is made or missed there") {
  const test::TemporaryFolder folder;
  const auto path = folder.file("wallet.age");
  REQUIRE_FALSE(make(path, "one").save(as_bytes("two")).has_value());
  const auto previous = previous_version(path);
  std::filesystem::remove(path);

  CHECK(open_failure(path, "pass") == VaultFailure::kLeftPrevious);
  const auto made = Vault::create(path, secret("pass"), as_bytes("new"), kLowWork);
  REQUIRE_FALSE(made.ok());
  CHECK(made.failure->kind == VaultFailure::kLeftPrevious);
  CHECK(made.failure->message.find("mv " + previous + " " + path) != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(path));

  std::filesystem::rename(previous, path);
  CHECK(as_text(Vault::open(path, secret("pass")).vault->contents()) == "one");
}

TEST_CASE("of two programs that opened one vault the second to save is told, and changes nothing") {
  const test::TemporaryFolder folder;
  const auto path = folder.file("wallet.age");
  auto first = make(path, "start");
  auto second = Vault::open(path, secret("pass"));
  REQUIRE(second.ok());
  CHECK_FALSE(first.save(as_bytes("first")).has_value());
  const auto failure = second.vault->save(as_bytes("second"));
  REQUIRE(failure.has_value());
  CHECK(failure->kind == VaultFailure::kChanged);
  CHECK(as_text(second.vault->contents()) == "start");
  CHECK(as_text(Vault::open(path, secret("pass")).vault->contents()) == "first");
}

TEST_CASE("a changed passphrase replaces the old one") {
  const test::TemporaryFolder folder;
  const auto path = folder.file("wallet.age");
  auto vault = make(path, "contents");
  CHECK_FALSE(vault.change_passphrase(secret("new")).has_value());
  CHECK(open_failure(path, "pass") == VaultFailure::kWrongPassphrase);
  CHECK(as_text(Vault::open(path, secret("new")).vault->contents()) == "contents");
  CHECK_FALSE(vault.save(as_bytes("more")).has_value());
  CHECK(as_text(Vault::open(path, secret("new")).vault->contents()) == "more");
}

TEST_CASE("a vault is readable by its owner only, and so is what it held before") {
  const test::TemporaryFolder folder;
  const auto path = folder.file("wallet.age");
  auto vault = make(path, "contents");
  CHECK_FALSE(vault.save(as_bytes("again")).has_value());
  struct stat information {};
  REQUIRE(::stat(path.c_str(), &information) == 0);
  CHECK((information.st_mode & 0777) == 0600);
  REQUIRE(::stat(previous_version(path).c_str(), &information) == 0);
  CHECK((information.st_mode & 0777) == 0600);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 2);
}

TEST_CASE(
    "a vault keeps its previous version beside it, and forgets it where something was erased") {
  const test::TemporaryFolder folder;
  const auto path = folder.file("wallet.age");
  auto vault = make(path, "one");
  CHECK_FALSE(std::filesystem::exists(previous_version(path)));

  CHECK_FALSE(vault.save(as_bytes("two")).has_value());
  CHECK_FALSE(vault.save(as_bytes("three")).has_value());
  CHECK(as_text(Vault::open(previous_version(path), secret("pass")).vault->contents()) == "two");

  // What was erased, or sealed under the old passphrase, would still open in the previous version.
  CHECK_FALSE(vault.save_and_forget(as_bytes("four")).has_value());
  CHECK_FALSE(std::filesystem::exists(previous_version(path)));
  CHECK_FALSE(vault.save(as_bytes("five")).has_value());
  CHECK_FALSE(vault.change_passphrase(secret("new")).has_value());
  CHECK_FALSE(std::filesystem::exists(previous_version(path)));
}

TEST_CASE(
    "one passphrase opens a vault in whatever form of letters it is typed, and vaults of old still "
    "open") {
  const std::string composed = "gr\u00F6\u00DFtes geheimnis n\u00E9",
                    decomposed = "gro\u0308\u00DFtes geheimnis ne\u0301";
  const std::string mark = "\xef\xbb\xbf";
  const test::TemporaryFolder folder;
  const auto made = [&](const std::string& passphrase) {
    const auto path = folder.file("new.age");
    std::filesystem::remove(path);
    REQUIRE(Vault::create(path, secret(passphrase), as_bytes("x"), kLowWork).ok());
    return path;
  };
  for (const auto& sealed : {composed, decomposed, mark + composed}) {
    for (const auto& typed : {composed, decomposed, mark + decomposed})
      CHECK(Vault::open(made(sealed), secret(typed)).ok());
    // Stock age opens it under the form that is documented.
    CHECK(age::open(*read_file(made(sealed), 10'000), composed).ok());
  }
  for (const auto& sealed : {composed, decomposed, mark + composed, std::string("\xff latin")}) {
    const auto path = folder.file("old.age");
    overwrite(path, *age::seal(sealed, kLowWork, as_bytes("old")));
    auto opened = Vault::open(path, secret(sealed));
    REQUIRE(opened.ok());
    CHECK_FALSE(opened.vault->save(as_bytes("newer")).has_value());
    CHECK(Vault::open(path, secret(sealed)).ok());
    if (sealed.front() != '\xff') CHECK(Vault::open(path, secret(composed)).ok());
  }
  CHECK(open_failure(made(composed), "grosstes geheimnis ne") == VaultFailure::kWrongPassphrase);
}

TEST_CASE("a new vault is sealed under what can be typed again") {
  const auto refusal = [](const std::string& text) {
    return check_new_passphrase(secret(text)).message();
  };
  CHECK(refusal("gr\u00F6\u00DFtes geheimnis").empty());
  CHECK(refusal("\xef\xbb\xbfplain").empty());
  for (const auto utf16 : {std::string_view("\xff\xfeg\0r\0", 6),
                           std::string_view("\xfe\xff\0g\0r", 6), std::string_view("g\0r\0", 4)})
    CHECK(refusal(std::string(utf16)).find("UTF-16") != std::string::npos);
  CHECK(refusal("gr\xf6\xdftes geheimnis").find("not in UTF-8") != std::string::npos);
  CHECK(refusal("").find("empty") != std::string::npos);
  // Sealed in silence, these lost keys that were erased in the same breath.
  for (const std::string unseen : {"secret ", " secret", "secret\t", "secret\r"})
    CHECK(refusal(unseen).find("white space") != std::string::npos);
  CHECK(refusal("correct horse battery").empty());
  CHECK(refusal("\xef\xbb\xbf").find("empty") != std::string::npos);
}

TEST_CASE("a write that cannot be made leaves the old file and says why") {
  const test::TemporaryFolder folder;
  const auto missing = folder.file("none/file");
  const auto status = write_file_atomically(missing, as_bytes("x"), Overwrite::kAllowed);
  REQUIRE_FALSE(status.ok());
  CHECK(status.message() == "cannot create " + missing + ": No such file or directory");
  const auto path = folder.file("file");
  REQUIRE(write_file_atomically(path, as_bytes("old"), Overwrite::kRefused).ok());
  CHECK_FALSE(write_file_atomically(path, as_bytes("new"), Overwrite::kRefused).ok());
  CHECK(as_text(*read_file(path, 10)) == "old");
  CHECK_FALSE(read_file(path, 2).ok());
}

TEST_CASE("issuer keys survive their vault, and only keys that the purpose allows are read") {
  auto keys = make_issuer_keys(KeyPurpose::kIssue, SignatureAlgorithm::kBip340, "tmi1example");
  keys.keys.push_back(SecretKey::generate(SignatureAlgorithm::kBip340));
  const auto encoded = encode_issuer_keys(keys).value();
  const auto decoded = decode_issuer_keys(encoded.view());
  REQUIRE(decoded.ok());
  CHECK(decoded->purpose == KeyPurpose::kIssue);
  CHECK(decoded->institution == "tmi1example");
  REQUIRE(decoded->keys.size() == 2);
  CHECK(decoded->keys[1].public_key() == keys.keys[1].public_key());
  REQUIRE(decoded->register_identities.size() == 1);
  CHECK(decoded->register_identities[0].recipient() == keys.register_identities[0].recipient());
  const auto id = key_id(KeyPurpose::kIssue, keys.keys[1].public_key());
  CHECK(find_key(*decoded, id)->public_key() == keys.keys[1].public_key());
  CHECK(find_key(*decoded, KeyId{}) == nullptr);
  CHECK(make_issuer_keys(KeyPurpose::kCredential, SignatureAlgorithm::kEcdsaP256, "")
            .register_identities.empty());

  std::string text{encoded.text()};
  text.replace(text.find("bip340"), 6, "es256\"");
  CHECK_FALSE(decode_issuer_keys(as_bytes(text)).ok());
  std::string newer{encoded.text()};
  newer.replace(newer.find("keys\":1"), 7, "keys\":2");
  CHECK(decode_issuer_keys(as_bytes(newer)).message() ==
        "the vault has format 2; this program knows format 1: use a newer one");
}

}  // namespace testamur::wallet
