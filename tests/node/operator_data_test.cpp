// What check-config and run say before anything is done: of files that are none, of data of which a
// part is gone, of addresses and keys of a configuration that do nothing, of a clock.
#include <sys/stat.h>

#include <fstream>

#include "common/address.h"
#include "node/api/tls_files.h"
#include "node/config/genesis_file.h"
#include "node/config/key_file.h"
#include "node/config/paths.h"
#include "node/main/commands.h"
#include "node/main/complaint.h"
#include "node/main/config_notes.h"
#include "node/main/decision_commands.h"
#include "node/main/init.h"
#include "node/main/preflight.h"
#include "node/rpc/server.h"
#include "node/store/journal.h"
#include "node/store/store.h"
#include "node/store/vote_store.h"
#include "tests/node/temporary_directory.h"
#include "tests/support/catch.h"
#include "tests/support/shared.h"

namespace testamur::node {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kTime = 1'700'000'000'000;

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  CAPTURE(part);
  return text.find(part) != std::string::npos;
}

// A node with its ledger of one, which has not run.
struct OneNode {
  TemporaryDirectory directory;
  fs::path folder = directory.path() / "alpha";

  OneNode() {
    InitOptions options;
    options.directory = folder;
    options.facts.legal_names = {{"en", "University of Alpha"}};
    options.facts.country = "AT";
    options.facts.domain = "alpha.example";
    options.peer_address = "127.0.0.1:0";
    options.api_address = "127.0.0.1:0";
    options.issuer_keys = directory.path() / "alpha-keys";
    const auto made = make_single_node(options, kTime);
    INFO(made.message());
    REQUIRE(made.ok());
  }
  NodeConfig config() const { return load_config(folder / "testamurd.toml").value(); }
  // Its configuration with other texts in it.
  Result<NodeConfig> changed(const std::string& from, const std::string& to) const {
    auto text = test::read_file(folder / "testamurd.toml");
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    return parse_config(text, folder / "testamurd.toml");
  }
  void write(const fs::path& file, const std::string& text) const { std::ofstream(file) << text; }
  void begin_store(const ledger::Genesis& genesis) const {
    const auto built = ledger::build_genesis_state(genesis);
    StoreOptions options;
    options.create_if_missing = true;
    auto store = Store::open(store_directory(config().data_dir).string(), options);
    REQUIRE(store.ok());
    REQUIRE((*store)
                ->apply({built.header.height, ledger::encode(built.header), {}, {}, *built.delta})
                .ok());
  }
};

Preflight looked_at(const NodeConfig& config) {
  SystemClock clock;
  return preflight_all(config, clock);
}
std::string problems_of(const NodeConfig& config) { return looked_at(config).status().message(); }
std::string notes_in(const Preflight& found) {
  std::string all;
  for (const auto& note : found.notes) all += note + "\n";
  return all;
}

TEST_CASE("a pipe or a device in the place of a file is refused, not waited for") {
  const OneNode node;
  const auto pipe = node.directory.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const fs::path& file : {pipe, fs::path("/dev/zero")}) {
    CAPTURE(file.string());
    auto config = node.config();
    config.genesis = config.consensus_key = config.transport_key = file;
    config.api.tls = TlsMode::kOn;
    config.api.certificate = config.api.private_key = file;
    CHECK(has(load_genesis(file).message(), "no regular file"));
    CHECK(has(read_key_file(file, KeyPurpose::kConsensus).message(), "no regular file"));
    CHECK(has(read_tls_files(config.api, kTime).message(), "no regular file"));
    CHECK(has(problems_of(config), "no regular file"));
  }
  CHECK(has(check_log_file(pipe.string()).message(), "no regular file"));
  CHECK(check_log_file("/dev/null").ok());
}

TEST_CASE("a path that is empty, and a peer that nobody can dial, are named with key and line") {
  const OneNode node;
  CHECK(has(node.changed("data_dir = \"data\"", "data_dir = \"\"").message(), "node.data_dir: is"));
  CHECK(has(node.changed("genesis = \"genesis.bin\"", "genesis = \"\"").message(),
            "node.genesis: is"));
  CHECK(has(node.changed("transport = \"keys/transport.key\"", "transport = \"\"").message(),
            "keys.transport: is empty"));
  for (const char* address : {"a.example:0", "0.0.0.0:7600", "[::]:7600", "*:7600"}) {
    const auto peer = "[[peer]]\ninstitution = \"" + to_text(random_fixed<InstitutionId>()) +
                      "\"\naddress = \"" + address + "\"\n[node]";
    CHECK(has(node.changed("[node]", peer).message(), "peer.address: "));
  }
}

TEST_CASE("a data directory of which a part is gone is told apart, and is no mistake in a key") {
  const OneNode node;
  const auto config = node.config();
  const auto journal = journal_directory(config.data_dir), store = store_directory(config.data_dir);
  REQUIRE(looked_at(config).ok());

  SECTION("files in the place of folders") {
    for (const char* name : {"store", "evidence", "decisions"}) {
      node.write(config.data_dir / name, "x");
      CHECK(has(problems_of(config), std::string(name) + " is a file"));
      CHECK_FALSE(looked_at(config).disk);
      fs::remove(config.data_dir / name);
    }
    fs::remove_all(journal);
    node.write(journal, "x");
    CHECK(has(problems_of(config), "journal is a file"));
  }
  SECTION("a vote store without its identity") {
    node.write(journal / "0000000000000001.seg", "x");
    fs::remove(journal / "identity");
    const auto found = looked_at(config);
    CHECK(has(found.status().message(), "lacks " + (journal / "identity").string()));
    CHECK(found.disk);
  }
  SECTION("an identity that is damaged") {
    node.write(journal / "identity", "x");
    const auto found = looked_at(config);
    CHECK(has(found.status().message(), "is damaged"));
    CHECK(found.disk);
  }
  SECTION("a vote store without its segments") {
    REQUIRE(mark_vote_store_used(*make_posix_file_system(), journal.string()).ok());
    const auto found = looked_at(config);
    CHECK(has(found.status().message(), "its segments (*.seg) are gone"));
    CHECK(found.disk);
  }
  SECTION("a store without CURRENT") {
    fs::create_directories(store);
    node.write(store / "000009.sst", "x");
    const auto found = looked_at(config);
    CHECK(has(found.status().message(), "lacks " + (store / "CURRENT").string()));
    CHECK(found.disk);
  }
  SECTION("no vote store at all") {
    fs::remove_all(journal);
    const auto found = looked_at(config);
    CHECK(found.ok());
    CHECK(has(notes_in(found), "begins empty and in quarantine"));
  }
  SECTION("a file or nothing that can be written in its place is no full disk") {
    for (const char* place : {"testamurd.toml", "/proc/x"}) {
      auto wrong = config;
      wrong.data_dir = config.file.parent_path() / place;
      const auto found = looked_at(wrong);
      CHECK(has(found.status().message(), "cannot be written"));
      CHECK_FALSE(found.disk);
    }
  }
}

TEST_CASE("a journal that is damaged is told by check-config, which leaves it as it is") {
  const OneNode node;
  const auto config = node.config();
  const auto journal = journal_directory(config.data_dir);
  {
    const auto files = make_posix_file_system();
    const auto nothing = [](const JournalPosition&, std::uint8_t, ByteView) { return Status{}; };
    auto opened = Journal::open(*files, journal.string(), {}, nothing);
    REQUIRE(opened.ok());
    const Bytes content(100, 7);
    const std::vector<JournalRecord> group = {{4, content, {}, false}};
    REQUIRE((*opened)->append(group).ok());
    REQUIRE((*opened)->append(group).ok());
  }
  node.write(config.data_dir / "lock", "");
  REQUIRE(looked_at(config).ok());
  const auto segment = journal / "0000000000000001.seg";
  const auto before = test::read_file(segment);
  {
    std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(600) << "x";
  }
  const auto found = looked_at(config);
  CHECK(has(found.status().message(), "the journal is corrupt"));
  CHECK(found.disk);
  CHECK(test::read_file(segment).size() == before.size());
}

TEST_CASE(
    "every key that a start reads is looked at, and one that is there is not called missing") {
  const OneNode node;
  const auto config = node.config();
  for (const auto& file : {config.consensus_key, config.transport_key}) {
    const auto next = fs::path(file.string() + ".next");
    node.write(next, "junk");
    fs::permissions(next, fs::perms::owner_read);
    CHECK(has(problems_of(config), next.string() + " is not a"));
    fs::remove(next);
  }
  fs::permissions(config.consensus_key.parent_path(), fs::perms::all);
  CHECK(has(problems_of(config), "written by everybody"));
  fs::permissions(config.consensus_key.parent_path(), fs::perms::owner_all);

  fs::permissions(config.consensus_key, fs::perms::owner_read | fs::perms::others_read);
  CHECK(has(problems_of(config), "readable by others"));
  CHECK_FALSE(has(problems_of(config), "is missing"));
  node.write(config.consensus_key, "");
  CHECK_FALSE(has(problems_of(config), "is missing"));
}

TEST_CASE("the store of another ledger is refused before the node runs") {
  const OneNode node, other;
  node.begin_store(*load_genesis(other.config().genesis));
  CHECK(has(problems_of(node.config()), "the data directory holds the ledger"));
}

TEST_CASE("a clock far from the newest block is said") {
  const OneNode node;
  node.begin_store(*load_genesis(node.config().genesis));
  const ManualClock before(kTime - 86'400'000), at(kTime), after(kTime + 400ull * 86'400'000);
  const auto notes_at = [&](const Clock& clock) {
    return notes_in(preflight_all(node.config(), clock));
  };
  CHECK(has(notes_at(before), "waits with its votes"));
  CHECK_FALSE(has(notes_at(at), "clock"));
  CHECK(has(notes_at(after), "stays"));
}

TEST_CASE("an address of one machine is one, however it is written") {
  const auto apart = [](const std::string& one, const std::string& other) {
    return check_ports_apart({{"api.listen", one}, {"metrics.listen", other}}).ok();
  };
  CHECK_FALSE(apart("127.0.0.1:7611", "[::ffff:127.0.0.1]:7611"));
  CHECK_FALSE(apart("127.0.0.1:7611", "127.1:7611"));
  CHECK_FALSE(apart("[::1]:7611", "[0:0:0:0:0:0:0:1]:7611"));
  CHECK(apart("127.0.0.1:7611", "[::1]:7611"));
  CHECK(has(check_listen("api.listen", "203.0.113.9:0", true).message(), "No interface"));
}

TEST_CASE("an admin socket needs a folder") {
  const OneNode node;
  CHECK(has(check_admin_socket(node.folder / "no" / "admin.sock").message(), "cannot be made"));
  CHECK(has(check_admin_socket(node.folder / "party.toml" / "a.sock").message(), "cannot be made"));
}

TEST_CASE("what a configuration says without effect is noted") {
  const OneNode node;
  CHECK(notes_of(node.config()).empty());
  const auto noted = [&](auto&& change) {
    auto config = node.config();
    change(config);
    return notes_of(config).size() == 1;
  };
  const auto own = *node.config().institution;
  CHECK(noted([](auto& c) { c.policy.ceilings = {0, 0, 0}; }));
  CHECK(noted([&](auto& c) { c.policy.vetoers = {own}; }));
  CHECK(noted([](auto& c) { c.policy.independent_paths = 0; }));
  CHECK(noted([&](auto& c) { c.decision_viewpoints = {own}; }));
  CHECK(noted([](auto& c) { c.api.private_key = "/x.pem"; }));
  CHECK(noted([](auto& c) {
    c.peer_listen = "127.0.0.1:7600";
    c.peers.push_back({random_fixed<InstitutionId>(), "localhost:7600", {}});
  }));
  CHECK(notes_of(*node.changed("salt = \"\"", "salt = \"" + std::string(64, 'a') + "\"")).size() ==
        1);
  CHECK(notes_of(*node.changed("path_floor = 40", "path_floor = 50")).size() == 1);

  auto config = node.config();
  const auto genesis = load_genesis(config.genesis);
  config.peers = {{own, "127.0.0.1:1", {}}, {random_fixed<InstitutionId>(), "a.invalid:1", {}}};
  CHECK(notes_of_peers(config, *genesis, nullptr).size() == 1);
  CHECK(notes_of_names(config).size() == 1);
}

TEST_CASE("a wrong value of an option is told before the configuration is read") {
  const auto exported = [](auto&& change) {
    DecisionArguments arguments;
    change(arguments);
    return export_decisions("/nowhere/testamurd.toml", arguments);
  };
  CHECK(exported([](auto&) {}) == kFailed);
  CHECK(exported([](auto& a) { a.outcome = "maybe"; }) == kUsage);
  CHECK(exported([](auto& a) { a.scope = "zzz"; }) == kUsage);
  CHECK(exported([](auto& a) { a.from = "2026-05-04", a.to = "2026-05-04"; }) == kUsage);
  CHECK(new_key("/nowhere/testamurd.toml", "consenus", "") == kUsage);
  CHECK(replace_node({}, "bad", to_text(InstitutionId{})) == kUsage);
  CHECK(run_dev({"", "nonsense", true}) == kUsage);
}

TEST_CASE("join tells what a party file did not do, and leaves a founder its name") {
  const OneNode node;
  const auto config = node.config();
  const auto party = test::read_file(node.folder / "party.toml");
  const auto own = to_text(*config.institution);
  const auto other_party = [&](const std::string& name, const std::string& address) {
    const auto file = node.directory.path() / name;
    node.write(file,
               "institution = \"" + to_text(random_fixed<InstitutionId>()) + "\"\n" + address);
    return file;
  };

  std::vector<std::string> notes;
  const std::vector<fs::path> files = {other_party("silent.toml", ""),
                                       other_party("far.toml", "peer_address = \"a.example:1\"\n")};
  REQUIRE(join_ledger(config.file, config.genesis, files, std::nullopt, &notes).ok());
  REQUIRE(notes.size() == 2);
  CHECK(has(notes[0], "has no peer_address"));
  CHECK(has(notes[1], "founded another ledger or joined later"));

  const auto before = test::read_file(config.file);
  const auto stranger = join_ledger(config.file, config.genesis, {}, random_fixed<InstitutionId>());
  CHECK(has(stranger.message(), "founded the ledger as " + own));
  CHECK(test::read_file(config.file) == before);
}

}  // namespace
}  // namespace testamur::node
