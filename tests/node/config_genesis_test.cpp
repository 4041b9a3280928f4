// From `init` over party files and a signed genesis file to the record that nodes follow.
#include "node/config/genesis_file.h"

#include "node/config/config.h"
#include "node/config/key_file.h"
#include "node/main/init.h"
#include "node/store/vote_store.h"
#include "tests/node/temporary_directory.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kTime = 1'800'000'000'000;

InitOptions university(const fs::path& root, const std::string& name) {
  InitOptions options;
  options.directory = root / name;
  options.facts.legal_names = {{"en", "University of \"" + name + "\""}};
  options.facts.country = "AT";
  options.facts.domain = name + ".example";
  options.peer_address = "127.0.0.1:7000";
  options.issuer_keys = root / (name + "-keys");
  return options;
}

struct Two {
  TemporaryDirectory directory;
  std::vector<fs::path> parties;
  Two() {
    for (const char* name : {"alpha", "beta"}) {
      auto made = init_node(university(directory.path(), name));
      INFO(made.message());
      REQUIRE(made.ok());
      parties.push_back(directory.path() / name / "party.toml");
    }
  }
  SecretKey root_of(const std::string& name) {
    return read_key_file(directory.path() / (name + "-keys") / "root.key", KeyPurpose::kRoot).value();
  }
};

TEST_CASE("init makes a directory with keys of its owner only and a fresh vote store") {
  Two two;
  auto alpha = two.directory.path() / "alpha";
  auto mode = fs::status(alpha / "keys" / "consensus.key").permissions();
  CHECK((mode & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none);
  auto files = make_posix_file_system();
  auto identity = read_vote_store_identity(*files, journal_directory(alpha / "data").string());
  REQUIRE(identity.ok());
  REQUIRE(identity->has_value());
  CHECK_FALSE((*identity)->used);
  CHECK_FALSE(init_node(university(two.directory.path(), "alpha")).ok());
}

TEST_CASE("a party file is read back as it was written") {
  Two two;
  auto text = read_text(two.parties[0]).value();
  auto party = parse_party(text, "party.toml");
  INFO(party.message());
  REQUIRE(party.ok());
  CHECK(party->validator);
  CHECK(party->party.keys.size() == 6);
  CHECK(party->party.facts.legal_names.front().text == "University of \"alpha\"");
  CHECK(party_text(*party) == text);
}

TEST_CASE("a party whose facts or proofs were changed is refused") {
  Two two;
  auto text = read_text(two.parties[0]).value();
  auto with = [&](const std::string& from, const std::string& to) {
    auto copy = text;
    copy.replace(copy.find(from), from.size(), to);
    return parse_party(copy, "party.toml").message();
  };
  CHECK(with("alpha.example", "gamma.example").find("is not the id of these facts and keys") != std::string::npos);
  CHECK(with("country = \"AT\"", "country = \"Austria\"").find("party.toml") != std::string::npos);
  auto at = text.rfind("possession = \"") + 14;
  auto forged = text;
  forged[at] = forged[at] == '0' ? '1' : '0';
  CHECK(parse_party(forged, "party.toml").message().find("possession proof") != std::string::npos);
}

// Found by tests/fuzz (genesis-file): an address with a control character was written as it stood. Worse, `genesis
// join` copied addresses of other founders into the node's configuration without escaping: a party file could bring
// keys of its own.
TEST_CASE("an address of another party cannot say anything else in a node's configuration") {
  Two two;
  const auto text = read_text(two.parties[0]).value();
  for (const char* address : {R"(a:1"
[policy]
preset = "strict)",
                              R"(a:1)", "a b:1", "a:1 # x", "Ã¤:1"}) {
    CAPTURE(address);
    auto changed = text;
    const std::string good = "peer_address = \"127.0.0.1:7000\"";
    REQUIRE(changed.find(good) != std::string::npos);
    changed.replace(changed.find(good), good.size(), "peer_address = \"" + std::string(address) + "\"");
    CHECK(parse_party(changed, "party.toml").message().find("must be host:port") != std::string::npos);
  }
  CHECK(toml_text("a\"b\\c\n\x7f\xc3\xa4") == "\"a\\\"b\\\\c\\u000a\\u007f\xc3\xa4\"");
}

TEST_CASE("everybody who has the genesis file computes the same chain") {
  Two two;
  auto file = assemble_genesis(two.parties, kTime, {{"heartbeat_ms", 5000}});
  REQUIRE(file.ok());
  auto reversed = assemble_genesis({two.parties[1], two.parties[0]}, kTime, {{"heartbeat_ms", 5000}});
  REQUIRE(reversed.ok());
  auto read = parse_genesis(genesis_text(*file), "genesis.toml");
  INFO(read.message());
  REQUIRE(read.ok());
  auto chain = to_genesis(*file).value().chain;
  CHECK(to_genesis(*read).value().chain == chain);
  CHECK(to_genesis(*reversed).value().chain == chain);
  auto later = assemble_genesis(two.parties, kTime + 1, {{"heartbeat_ms", 5000}});
  CHECK(to_genesis(*later).value().chain != chain);
}

TEST_CASE("a record needs the signature of every founder") {
  Two two;
  auto file = assemble_genesis(two.parties, kTime, {}).value();
  REQUIRE(sign_genesis(file, two.root_of("alpha")).ok());
  CHECK_FALSE(ledger::decode_genesis(ledger::encode(*to_genesis(file))).ok());
  REQUIRE(sign_genesis(file, two.root_of("beta")).ok());
  auto again = parse_genesis(genesis_text(file), "genesis.toml").value();
  auto record = ledger::decode_genesis(ledger::encode(*to_genesis(again)));
  INFO(record.message());
  REQUIRE(record.ok());
  CHECK(record->content.validators.size() == 2);
}

TEST_CASE("a stranger's root key cannot sign") {
  Two two;
  auto file = assemble_genesis(two.parties, kTime, {}).value();
  auto status = sign_genesis(file, SecretKey::generate(SignatureAlgorithm::kBip340));
  CHECK(status.message().find("no party of this genesis") != std::string::npos);
}

TEST_CASE("a parameter that does not exist or is out of bounds is named") {
  auto unknown = parse_genesis("time_ms = 1\n[parameters]\nspeed = 3\n", "genesis.toml");
  CHECK(unknown.message().find("genesis.toml:3: parameters.speed: is not a known parameter") != std::string::npos);
  auto wild = parse_genesis("time_ms = 1\n[parameters]\nheartbeat_ms = 0\n", "genesis.toml");
  CHECK(wild.message().find("parameters.heartbeat_ms: must lie between") != std::string::npos);
}

TEST_CASE("join puts the record and the other parties into a node's directory, once") {
  Two two;
  auto file = assemble_genesis(two.parties, kTime, {}).value();
  REQUIRE(sign_genesis(file, two.root_of("alpha")).ok());
  REQUIRE(sign_genesis(file, two.root_of("beta")).ok());
  auto record = two.directory.path() / "genesis.bin";
  REQUIRE(write_file(record, ledger::encode(*to_genesis(file))).ok());
  auto alpha = two.directory.path() / "alpha";
  for (int i = 0; i < 2; ++i) {
    auto joined = join_ledger(alpha, record, two.parties);
    INFO(joined.message());
    REQUIRE(joined.ok());
  }
  auto config = load_config(alpha / "testamurd.toml");
  REQUIRE(config.ok());
  REQUIRE(config->peers.size() == 1);
  CHECK(config->peers.front().pin.has_value());
  CHECK(load_genesis(config->genesis).ok());
  REQUIRE(write_file(config->genesis, as_bytes("no record"), true).ok());
  CHECK(load_genesis(config->genesis).message().find("is no genesis record") != std::string::npos);
}

}  // namespace
}  // namespace testamur::node
