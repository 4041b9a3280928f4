// The configuration file and key files: defaults, and mistakes named by file, line and key.
#include "node/config/config.h"

#include <fstream>
#include <set>

#include "files/key_file.h"
#include "tests/node/temporary_directory.h"
#include "tests/support/catch.h"
#include "trust/presets.h"
#include "wallet/cli/files/policy_file.h"

namespace testamur::node {
namespace {

std::string failure_of(std::string_view text) {
  auto config = parse_config(text, "/etc/testamur/testamurd.toml");
  REQUIRE_FALSE(config.ok());
  return config.message();
}

TEST_CASE("the file that init writes says nothing but the defaults") {
  auto written = parse_config(config_text({}), "/x/testamurd.toml");
  auto empty = parse_config("", "/x/testamurd.toml");

  INFO(written.message());
  REQUIRE(written.ok());
  REQUIRE(empty.ok());

  CHECK(written->api.listen == empty->api.listen);
  CHECK(written->api.max_message_bytes == empty->api.max_message_bytes);
  CHECK(written->mempool_bytes == empty->mempool_bytes);
  CHECK(written->policy == empty->policy);
  CHECK(empty->policy == trust::friends_policy());
  CHECK(written->base_timeout_ms == 250);
  CHECK(written->log_level == "info");
  CHECK(written->data_dir == "/x/data");
}

TEST_CASE("every key of the list is written with its comment") {
  auto text = config_text({});
  for (const auto& key : kConfigKeys) {
    CAPTURE(key.section, key.name);
    CHECK(text.find("# " + std::string(key.comment) + "\n" + std::string(key.name) + " = ") !=
          std::string::npos);
  }
}

TEST_CASE("a preset in the written file is not undone by the other keys") {
  for (const char* name : {"strict", "friends"}) {
    auto config = parse_config(config_text(std::vector<std::pair<std::string, std::string>>{
                                   {"policy.preset", "\"" + std::string(name) + "\""}}),
                               "/x/testamurd.toml");
    REQUIRE(config.ok());
    CHECK(config->policy == trust::preset(name));
  }
}

TEST_CASE("a policy's requirements and local statements are read, and their mistakes have lines") {
  auto config = parse_config(
      "[policy]\nthreshold = 60\n[[policy.accreditation]]\nlevels = [7]\nschemes = [\"esg\"]\n"
      "[[policy.statement]]\nsubject = \"" +
          to_text(InstitutionId{}) + "\"\namount = 60\n",
      "/x/t.toml");

  INFO(config.message());
  REQUIRE(config.ok());
  CHECK(config->policy.threshold == 60);
  CHECK(config->policy.accreditation.size() == 1);
  CHECK(config->policy.local.size() == 1);

  CHECK(
      failure_of("[policy]\n[[policy.statement]]\nsubject = "
                 "\"tmi1\"\n[[policy.accreditation]]\namount = 0\n")
          .find("testamurd.toml:5: policy.accreditation.amount: must lie between 1 and 1000000") !=
      std::string::npos);

  CHECK(failure_of("[policy]\nthreshhold = 1\n") ==
        "/etc/testamur/testamurd.toml:2: policy.threshhold: is not a known key");
  CHECK(failure_of("[policy]\nceilings = [1, \"a\"]\n").find(":2: policy.ceilings: ") !=
        std::string::npos);
}

TEST_CASE("a value replaces its default in the written file") {
  std::vector<std::pair<std::string, std::string>> values = {{"api.listen", "\"127.0.0.1:9\""}};
  auto config = parse_config(config_text(values), "/x/testamurd.toml");
  REQUIRE(config.ok());
  CHECK(config->api.listen == "127.0.0.1:9");
}

TEST_CASE("relative paths begin at the directory of the file") {
  auto config = parse_config("[node]\ndata_dir = \"d\"\ngenesis = \"/g.bin\"\n",
                             "/etc/testamur/testamurd.toml");
  REQUIRE(config.ok());
  CHECK(config->data_dir == "/etc/testamur/d");
  CHECK(config->genesis == "/g.bin");
}

TEST_CASE("a mistake names file, line and key") {
  CHECK(failure_of("[api]\nlisten = 7\n") ==
        "/etc/testamur/testamurd.toml:2: api.listen: must be a text in quotes");
  CHECK(failure_of("\n[log]\n\nlevel = \"loud\"\n") ==
        "/etc/testamur/testamurd.toml:4: log.level: must be trace, debug, info, warn or error");
  CHECK(failure_of("[chain]\nblok_bytes = 1\n") ==
        "/etc/testamur/testamurd.toml:2: chain.blok_bytes: is not a known key");
  CHECK(failure_of("[chian]\n") == "/etc/testamur/testamurd.toml:1: chian: is not a known key");
}

TEST_CASE("a file that is not TOML is named with line and column") {
  auto message = failure_of("[node]\ndata_dir = \"open\n");
  CHECK(message.find("/etc/testamur/testamurd.toml:2: not TOML at column") == 0);
}

TEST_CASE("all mistakes of a file are told at once") {
  auto message =
      failure_of("[api]\nlisten = \"nowhere\"\ntls = \"perhaps\"\n[mempool]\nmax_bytes = -1\n");
  CHECK(message.find("api.listen: must be host:port") != std::string::npos);
  CHECK(message.find("api.tls: must be auto, on or off") != std::string::npos);
  CHECK(message.find("mempool.max_bytes: must lie between") != std::string::npos);
}

TEST_CASE("addresses are host and port") {
  for (std::string bad : {"nowhere", "host:", ":1", "host:port", "host:70000", "host:123456"}) {
    CAPTURE(bad);
    CHECK(failure_of("[peers]\nlisten = \"" + bad + "\"\n").find("peers.listen") !=
          std::string::npos);
  }
  CHECK(parse_config("[peers]\nlisten = \"[::1]:7600\"\n", "f").ok());
  CHECK(parse_config("[peers]\nlisten = \"\"\n", "f").ok());
}

TEST_CASE("TLS that is switched on needs a certificate and its key") {
  CHECK(failure_of("[api]\ntls = \"on\"\n").find("certificate and private_key must be given") !=
        std::string::npos);
}

TEST_CASE("a peer needs an institution, an address and, if given, a whole pin") {
  auto institution = to_text(InstitutionId{});
  CHECK(failure_of("[[peer]]\naddress = \"a:1\"\n").find("peer.institution: is missing") !=
        std::string::npos);
  CHECK(failure_of("[[peer]]\ninstitution = \"" + institution + "\"\n").find("peer.address") !=
        std::string::npos);
  CHECK(failure_of("[[peer]]\ninstitution = \"" + institution +
                   "\"\naddress = \"a:1\"\npin = \"ab\"\n")
            .find("peer.pin: must be 64 hexadecimal digits") != std::string::npos);
  auto mistyped = institution;
  mistyped.back() = mistyped.back() == 'q' ? 'p' : 'q';
  CHECK(failure_of("[[peer]]\ninstitution = \"" + mistyped + "\"\naddress = \"a:1\"\n")
            .find("peer.institution") != std::string::npos);
}

TEST_CASE("a missing configuration file says what to do") {
  auto config = load_config("/nonexistent/testamurd.toml");
  REQUIRE_FALSE(config.ok());
  CHECK(config.message().find("testamurd init") != std::string::npos);
}

TEST_CASE("a key file gives the key back to its owner only") {
  TemporaryDirectory directory;
  auto file = directory.path() / "root.key";
  auto key = SecretKey::generate(SignatureAlgorithm::kBip340);
  REQUIRE(write_key_file(file, KeyPurpose::kRoot, key).ok());
  auto again = read_key_file(file, KeyPurpose::kRoot);
  REQUIRE(again.ok());
  CHECK(again->public_key() == key.public_key());

  SECTION("a key is never overwritten") {
    CHECK_FALSE(write_key_file(file, KeyPurpose::kRoot, key).ok());
  }
  SECTION("a key of another purpose is refused") {
    CHECK(read_key_file(file, KeyPurpose::kIssue).message().find("holds no issue key") !=
          std::string::npos);
  }
  SECTION("a file that others may read is refused") {
    std::filesystem::permissions(file, std::filesystem::perms::group_read,
                                 std::filesystem::perm_options::add);
    CHECK(read_key_file(file, KeyPurpose::kRoot).message().find("readable by others") !=
          std::string::npos);
  }
  SECTION("a damaged file is refused") {
    std::ofstream(file, std::ios::trunc) << "testamur-key-1 root bip340\n00ff\n";
    CHECK_FALSE(read_key_file(file, KeyPurpose::kRoot).ok());
  }
}

// A table that the reader of policies does not know is refused there.
TEST_CASE("the tables of a node's configuration are those that a policy file may have") {
  std::set<std::string_view> ours{"peer"};
  for (const auto& key : kConfigKeys) ours.insert(key.section);
  const auto theirs = wallet::tables_of_nodes();
  CHECK(ours == std::set<std::string_view>(theirs.begin(), theirs.end()));
}

}  // namespace
}  // namespace testamur::node
