// From `init` over public party files to the record that nodes follow.
#include "files/durable_file.h"
#include "files/key_file.h"
#include "files/party_file.h"
#include "ledger/protocol.h"
#include "node/config/config.h"
#include "node/config/genesis_file.h"
#include "node/main/init.h"
#include "node/main/recovery.h"
#include "node/store/vote_store.h"
#include "tests/node/temporary_directory.h"
#include "tests/support/catch.h"
#include "tests/support/shared.h"
#include "wallet/cli/files/ceremony_files.h"

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
  options.peer_address = name == "alpha" ? "127.0.0.1:7000" : "127.0.0.1:7001";
  options.issuer_keys = root / (name + "-keys");
  return options;
}

struct Two {
  TemporaryDirectory directory;
  std::vector<ledger::GenesisParty> parties;
  std::vector<fs::path> files;
  Two() {
    for (const char* name : {"alpha", "beta"}) {
      auto made = init_node(university(directory.path(), name));
      INFO(made.message());
      REQUIRE(made.ok());
      parties.push_back(std::move(made).value());
      files.push_back(directory.path() / name / "party.toml");
    }
  }
  SecretKey root_of(const std::string& name) {
    return read_key_file(directory.path() / (name + "-keys") / "root.key", KeyPurpose::kRoot)
        .value();
  }
  std::string read_changed(const std::string& from, const std::string& to) {
    auto text = read_text(files[0]).value();
    text.replace(text.find(from), from.size(), to);
    const auto changed = directory.path() / "changed.toml";
    REQUIRE(write_file(changed, as_bytes(text), true).ok());
    return wallet::read_ceremony_file(changed.string()).message();
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

TEST_CASE("init that cannot write its configuration, or finds a node, makes no key") {
  Two two;
  auto options = university(two.directory.path(), "gamma");
  options.config = two.directory.path() / "nowhere" / "testamurd.toml";
  const auto made = init_node(options);
  REQUIRE_FALSE(made.ok());
  CHECK(made.message().find("there is no folder") != std::string::npos);
  CHECK_FALSE(fs::exists(options.directory));

  // A node that is there already, though its configuration lies elsewhere.
  auto again = university(two.directory.path(), "alpha");
  again.config = two.directory.path() / "other.toml";
  const auto found = init_node(again);
  REQUIRE_FALSE(found.ok());
  CHECK(found.message().find("holds a node already") != std::string::npos);
  CHECK_FALSE(fs::exists(again.config));
}
TEST_CASE("the ceremony reads from a party file exactly the party that init made") {
  Two two;
  auto read = wallet::read_ceremony_file(two.files[0].string());
  INFO(read.message());
  REQUIRE(read.ok());

  REQUIRE(read->party);
  CHECK(read->party->validator);

  const auto& party = read->party->party;
  CHECK(ledger::party_id(party) == ledger::party_id(two.parties[0]));
  CHECK(party.facts == two.parties[0].facts);
  REQUIRE(party.keys.size() == 6);
  CHECK(party.keys[3].possession == two.parties[0].keys[3].possession);

  auto address = read_party_address(two.files[0]);
  REQUIRE(address.ok());
  CHECK(address->peer_address == "127.0.0.1:7000");
  CHECK(address->institution == ledger::party_id(party));
}

TEST_CASE("a party file whose facts were changed, or that is none, is refused with its line") {
  Two two;
  CHECK(two.read_changed("alpha.example", "gamma.example")
            .find("is not the id of these facts and keys") != std::string::npos);
  CHECK(two.read_changed("possession = \"", "possession = \"x").find("128 hexadecimal digits") !=
        std::string::npos);
  CHECK(
      two.read_changed("purpose = \"root\"", "purpose = \"royal\"").find("purpose: must be root") !=
      std::string::npos);
  CHECK(two.read_changed("validator = true", "validator = true\nspeed = 3").find("changed.toml:") !=
        std::string::npos);
}

// Found by tests/fuzz: an address with a control character was written as it stood. Worse, `join`
// copied addresses of other founders into the node's configuration without escaping: a party file
// could bring keys of its own.
TEST_CASE("an address of another party cannot say anything else in a node's configuration") {
  Two two;
  const auto text = read_text(two.files[0]).value();

  for (const char* address :
       {R"(a:1\"\n[policy]\npreset = \"strict)", R"(a:1\u000a)", "a b:1", "a:1 # x"}) {
    CAPTURE(address);

    auto changed = text;
    const std::string good = "peer_address = \"127.0.0.1:7000\"";
    REQUIRE(changed.find(good) != std::string::npos);
    changed.replace(changed.find(good), good.size(),
                    "peer_address = \"" + std::string(address) + "\"");

    const auto file = two.directory.path() / "address.toml";
    REQUIRE(write_file(file, as_bytes(changed), true).ok());
    CHECK(read_party_address(file).message().find("must be host:port") != std::string::npos);
  }
  CHECK(toml_text("a\"b\\c\n\x7f\xc3\xa4") == "\"a\\\"b\\\\c\\u000a\\u007f\xc3\xa4\"");
}

TEST_CASE("a record needs the signature of every founder, and nobody else's") {
  Two two;
  const auto alpha = two.root_of("alpha");
  const auto beta = two.root_of("beta");
  CHECK(found_ledger(two.parties, {&alpha}, kTime, {}).message().find("founder_missing") !=
        std::string::npos);
  auto genesis = found_ledger(two.parties, {&alpha, &beta}, kTime, {});
  INFO(genesis.message());
  REQUIRE(genesis.ok());
  CHECK(genesis->content.validators.size() == 2);
  const auto stranger = SecretKey::generate(SignatureAlgorithm::kBip340);
  CHECK(found_ledger(two.parties, {&alpha, &beta, &stranger}, kTime, {})
            .message()
            .find("founder_stranger") != std::string::npos);
}

TEST_CASE("joining puts the record and the others' addresses into a node's directory, once") {
  Two two;
  const auto alpha = two.root_of("alpha");
  const auto beta = two.root_of("beta");
  const auto genesis = found_ledger(two.parties, {&alpha, &beta}, kTime, {}).value();
  const auto record = two.directory.path() / "genesis.bin";

  REQUIRE(write_file(record, ledger::encode(genesis)).ok());

  for (int times = 0; times < 2; ++times) {
    auto status = join_ledger(two.directory.path() / "alpha" / "testamurd.toml", record, two.files);
    INFO(status.message());
    REQUIRE(status.ok());
  }

  auto config = load_config(two.directory.path() / "alpha" / "testamurd.toml");
  REQUIRE(config.ok());
  REQUIRE(config->peers.size() == 1);
  CHECK(config->peers[0].institution == ledger::party_id(two.parties[1]));
  CHECK(load_genesis(config->genesis).value().chain == genesis.chain);

  // A registration gave another node another id: that goes into its line, comments and peers stay.
  REQUIRE(init_node(university(two.directory.path(), "gamma")).ok());
  const auto file = two.directory.path() / "gamma" / "testamurd.toml";
  REQUIRE(join_ledger(file, record, two.files).ok());
  const auto before = test::read_file(file);
  const auto registered = random_fixed<InstitutionId>();
  for (int times = 0; times < 2; ++times)
    REQUIRE(join_ledger(file, record, two.files, registered).ok());
  const auto after = load_config(file);
  REQUIRE(after.ok());
  CHECK(after->institution == registered);
  CHECK(test::read_file(file).size() ==
        before.size());  // ids are of one length: nothing else has changed
}

// "For another ledger make another node", whose new keys would found nothing.
TEST_CASE("a founder that took another ledger's record takes its own, and no node loses one") {
  Two two;
  const auto alpha = two.root_of("alpha");
  const auto beta = two.root_of("beta");
  const auto own = found_ledger(two.parties, {&alpha, &beta}, kTime, {}).value();
  const auto others = found_ledger({two.parties[1]}, {&beta}, kTime, {}).value();
  const auto record = two.directory.path() / "own.bin", wrong = two.directory.path() / "wrong.bin";
  REQUIRE(write_file(record, ledger::encode(own)).ok());
  REQUIRE(write_file(wrong, ledger::encode(others)).ok());

  const auto file = two.directory.path() / "alpha" / "testamurd.toml";
  const auto chain = [&] { return load_genesis(load_config(file)->genesis)->chain; };
  REQUIRE(join_ledger(file, wrong, {}).ok());
  CHECK(chain() == others.chain);

  // Blocks of the other ledger would be taken for its own.
  const auto store = store_directory(load_config(file)->data_dir);
  std::filesystem::create_directories(store);
  const auto refused = join_ledger(file, record, {});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.message().find("move " + store.string() + " away") != std::string::npos);
  CHECK(chain() == others.chain);

  std::filesystem::remove_all(store);
  std::vector<std::string> notes;
  REQUIRE(join_ledger(file, record, {}, std::nullopt, &notes).ok());
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].find("is replaced") != std::string::npos);
  CHECK(chain() == own.chain);

  CHECK_FALSE(join_ledger(file, wrong, {}).ok());
  CHECK(chain() == own.chain);
}

TEST_CASE("a replaced node has fresh keys whose proofs the ceremony reads") {
  TemporaryDirectory directory;
  const auto chain = random_fixed<ChainId>();
  const auto institution = random_fixed<InstitutionId>();

  InitOptions options;
  options.directory = directory.path() / "node";
  auto made = make_replacement(options, chain, institution);
  INFO(made.message());
  REQUIRE(made.ok());

  auto read = wallet::read_ceremony_file((options.directory / "node-keys.toml").string());
  INFO(read.message());
  REQUIRE(read.ok());
  REQUIRE(read->node_keys);

  CHECK(read->node_keys->chain == chain);
  REQUIRE(read->node_keys->keys.size() == 2);
  for (const auto& key : read->node_keys->keys) {
    CHECK(key.institution == institution);
    const auto message = possession_message(chain, institution, key.purpose, key.key);
    CHECK(verify(key.key, message.view(), key.possession));
  }

  // Keys that exist are never made again over them.
  CHECK_FALSE(make_replacement(options, chain, institution).ok());
}

// A date without quotes was called a text that is missing.
TEST_CASE("the time of a genesis may be a date with or without quotes, and nothing unclear") {
  constexpr std::uint64_t kDay = 1'795'996'800'000;  // 2026-11-30
  const auto read = [](const std::string& text) {
    return wallet::parse_genesis_settings(text, "settings.toml");
  };
  for (const char* text : {"time = 2026-11-30", "time = \"2026-11-30\"", "time = 1795996800000"}) {
    const auto input = read(text);
    INFO(input.message());
    REQUIRE(input.ok());
    CHECK(input->time_ms == kDay);
  }
  for (const char* text : {"time = 2026-11-30T10:00:00Z", "time = 10:00:00", "time = true"}) {
    CHECK(read(text).message().starts_with(
        "settings.toml:1: time: must be a day, as 2026-11-30, or milliseconds"));
  }
}

TEST_CASE("a mistake among the parameters of a genesis is told with its own line") {
  for (const char* wrong : {"nonsense = 1", "heartbeat_ms = \"x\"", "heartbeat_ms = 1"}) {
    CAPTURE(wrong);
    const auto read = wallet::parse_genesis_settings(
        "[parameters]\n# the default\n\n" + std::string(wrong) + "\n", "settings.toml");
    CHECK(read.message().starts_with("settings.toml:4: parameters."));
  }
}

TEST_CASE(
    "a protocol version that this program does not know is refused with those that it knows") {
  const auto newest = std::to_string(ledger::kNewestProtocol);
  const auto read = [](const std::string& version) {
    return wallet::parse_genesis_settings("protocol_version = " + version, "s.toml");
  };
  CHECK(read(newest)->protocol_version == ledger::kNewestProtocol);
  CHECK(wallet::parse_genesis_settings("", "s.toml")->protocol_version == ledger::kNewestProtocol);
  for (const auto& version :
       {std::string("0"), std::to_string(ledger::kNewestProtocol + 1), std::string("65538")}) {
    const auto refused = read(version);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.message() == "s.toml:1: protocol_version: is " + version +
                                   ", and this program knows 1 to " + newest +
                                   ": write one of these, or leave it out for the newest");
  }
}

}  // namespace
}  // namespace testamur::node
