#include "files/key_file.h"
#include "tests/support/catch.h"
#include "tests/wallet/temporary_folder.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/files/key_files.h"
#include "wallet/keystore/file.h"

using namespace testamur;
using namespace testamur::wallet;
using testamur::test::TemporaryFolder;

namespace {

const ChainId kChain = ChainId::prefix_of(Bytes(32, 7));
const InstitutionId kVienna = InstitutionId::prefix_of(Bytes(16, 1));

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a key file is read by its purpose and never overwritten") {
  const TemporaryFolder folder;
  const auto key = SecretKey::generate(SignatureAlgorithm::kBip340);
  const auto file = folder.file("root.key");
  REQUIRE(write_key_file(file, KeyPurpose::kRoot, key).ok());

  const auto read = read_key_file(file, KeyPurpose::kRoot);
  REQUIRE(read.ok());
  CHECK(read->public_key() == key.public_key());

  CHECK(says(read_key_file(file, KeyPurpose::kIssue).message(), "holds no issue key"));
  CHECK_FALSE(write_key_file(file, KeyPurpose::kRoot, key).ok());

  const auto all = read_key_directory(folder.path().string());
  REQUIRE(all.ok());
  CHECK(all->size() == 1);

  // Whoever can read it can sign in the institution's name.
  std::filesystem::permissions(file, std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  CHECK(says(read_key_directory(folder.path().string()).message(), "readable by others"));
  std::filesystem::permissions(file, std::filesystem::perms::group_read,
                               std::filesystem::perm_options::remove);

  REQUIRE(erase_key_file(file).ok());
  CHECK(says(read_key_directory(folder.path().string()).message(), "holds no key file"));
}

TEST_CASE("a public key file carries a key with the proof for one institution on one ledger") {
  const TemporaryFolder folder;
  const auto key = SecretKey::generate(SignatureAlgorithm::kBip340);
  const auto text =
      public_key_text({kChain, kVienna, prove(kChain, kVienna, KeyPurpose::kRoot, key)});
  const auto file = folder.file("alice.toml");
  const auto read_back = [&](const std::string& content) {
    REQUIRE(write_file_atomically(file, as_bytes(content), Overwrite::kAllowed).ok());
    return read_public_key_file(file);
  };
  const auto good = read_back(text);
  REQUIRE(good.ok());
  CHECK(good->chain == kChain);
  CHECK(good->institution == kVienna);
  CHECK(good->content.key == key.public_key());
  CHECK(good->content.purpose == KeyPurpose::kRoot);

  const auto other = to_text(InstitutionId::prefix_of(Bytes(16, 2)));
  CHECK(says(read_back(replaced(text, to_text(kVienna), other)).message(), "possession"));
  CHECK(says(read_back(replaced(text, "\"root\"", "\"issue\"")).message(), "possession"));
  CHECK(says(read_back(replaced(text, "\"root\"", "\"chief\"")).message(), "purpose"));
  CHECK(says(read_back(replaced(text, "\"bip340\"", "\"ed25519\"")).message(), "algorithm"));
  CHECK(says(read_back(replaced(text, to_text(kChain), "tmn1x")).message(), "chain"));
  CHECK(says(read_back(text + "secret = \"x\"\n").message(), "\"secret\""));
  CHECK(says(read_back("purpose = \n").message(), ":1: not TOML"));
}

TEST_CASE("times are read as people type them and shown in UTC") {
  CHECK(parse_time("2026-12-01", 0).value() == 1'796'083'200'000);
  CHECK(parse_time("2026-12-01T12:30", 0).value() == 1'796'128'200'000);
  CHECK(parse_time("2026-12-01 12:30:15", 0).value() == 1'796'128'215'000);
  CHECK(parse_time("+7d", 1'000).value() == 1'000 + 7ULL * 86'400'000);
  CHECK(parse_time("+90m", 0).value() == 5'400'000);
  CHECK(parse_time("+30s", 0).value() == 30'000);

  for (const char* bad :
       {"", "tomorrow", "2026-13-01", "2026-12-01T25:00", "2026-12-01T12", "2026-12-01x12:00", "+7",
        "+d", "+7w", "+99999999999999999999d", "2026-12-01T12:00:0"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_time(bad, 0).ok());
  }

  CHECK(moment_text(1'796'128'200'000) == "2026-12-01 12:30 UTC");
  CHECK(moment_text(1'796'128'215'999) == "2026-12-01 12:30:15 UTC");
  CHECK(moment_text(UINT64_MAX) == "after the year 9999");
  CHECK(duration_text(7ULL * 86'400'000) == "7 days");
  CHECK(duration_text(3'600'000) == "1 hour");
  CHECK(duration_text(5'400'000) == "90 minutes");
  CHECK(duration_text(1'500) == "1500 ms");
}
