// What check-config and run say before anything is done: of files that are none, of data of which a
// part is gone, of addresses and keys of a configuration that do nothing, of a clock.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "common/address.h"
#include "files/key_file.h"
#include "files/party_file.h"
#include "files/paths.h"
#include "node/api/tls_files.h"
#include "node/config/genesis_file.h"
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
    fs::create_directories(journal);
    CHECK(has(notes_in(looked_at(config)), "is empty, and the consensus key"));
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
    CHECK(has(problems_of(config), next.string() + " holds no "));
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
    c.api.tls = TlsMode::kOff;
    c.api.listen = "0.0.0.0:7601";
  }));
  CHECK_FALSE(noted([](auto& c) { c.api.tls = TlsMode::kOff; }));
  CHECK(noted([](auto& c) {
    c.peers.push_back({random_fixed<InstitutionId>(), "a.example:7600", Hash256{}});
  }));
  const auto strict = [](std::uint32_t threshold) {
    return [threshold](auto& c) {
      c.policy.ceilings = {trust::kNoCeiling, 0, 0};
      c.policy.threshold = threshold;
    };
  };
  CHECK_FALSE(noted(strict(120)));
  CHECK(noted(strict(121)));
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
  CHECK(notes_of_institutions(config, *genesis, nullptr).size() == 1);
  CHECK(notes_of_names(config).size() == 1);

  // On a ledger of few the sum of all statements is what can arrive.
  auto demanding = node.config();
  demanding.policy.threshold = 121;
  const auto notes = notes_of_institutions(demanding, *genesis, nullptr);
  REQUIRE(notes.size() == 1);
  CHECK(has(notes[0], "policy.threshold = 121 is more than the 1 institutions"));
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

// The new address of a peer was passed over, with exit code 0.
TEST_CASE("join refuses another address of a peer that is named already, and names both") {
  const OneNode node;
  const auto config = node.config();
  const auto id = to_text(random_fixed<InstitutionId>());
  const auto file = node.directory.path() / "peer.toml";
  const auto join_with = [&](const std::string& address) {
    node.write(file, "institution = \"" + id + "\"\npeer_address = \"" + address + "\"\n");
    return join_ledger(config.file, config.genesis, {file}, std::nullopt, nullptr);
  };
  REQUIRE(join_with("a.example:7600").ok());
  REQUIRE(join_with("a.example:7600").ok());
  const auto before = test::read_file(config.file);
  const auto moved = join_with("b.example:7600");
  for (const auto& part : {file.string(), id, std::string("a.example:7600"),
                           std::string("b.example:7600"), std::string("nothing was changed")})
    CHECK(has(moved.message(), part));
  CHECK(test::read_file(config.file) == before);
}

TEST_CASE("join refuses a party file whose facts are not those of its id") {
  const OneNode node;
  auto text = test::read_file(node.folder / "party.toml");
  const auto file = node.directory.path() / "party.toml";
  // A node alone has no address that others could dial.
  const std::string alone = "peer_address = \"127.0.0.1:0\"";
  REQUIRE(text.find(alone) != std::string::npos);
  text.replace(text.find(alone), alone.size(), "peer_address = \"alpha.example:7600\"");
  node.write(file, text);
  const auto read = read_party_address(file);
  INFO(read.message());
  CHECK(read.ok());

  for (const auto& [from, to] : {std::pair("University of Alpha", "University of Omega"),
                                 std::pair("alpha.example", "omega.example"),
                                 std::pair("country = \"AT\"", "country = \"DE\""),
                                 std::pair("root_threshold = 1", "root_threshold = 2")}) {
    CAPTURE(from);
    auto changed = text;
    const auto at = changed.find(from);
    REQUIRE(at != std::string::npos);
    changed.replace(at, std::string(from).size(), to);
    node.write(file, changed);
    CHECK(has(read_party_address(file).message(), "is not the id of these facts and keys"));
  }
}

// A slip in an id had no other effect than that a veto, or trust, did not count, and nobody said
// so.
TEST_CASE("what an unfinished restore has left is noted, with what helps") {
  const OneNode node;
  const auto config = node.config();
  const auto left = fs::path(store_directory(config.data_dir).string() + ".unchecked.restoring");
  const auto notes = [&] { return notes_in(looked_at(config)); };
  CHECK_FALSE(has(notes(), "restore"));
  fs::create_directories(left);
  CHECK(has(notes(), left.string() + " is left of a restore"));
  CHECK(has(notes(), "run testamurd restore again"));
  fs::create_directories(store_directory(config.data_dir));
  CHECK(has(notes(), "remove it"));
}

TEST_CASE("an institution that the ledger does not know is noted, by whatever key it is named") {
  const OneNode node;
  const auto genesis = *load_genesis(node.config().genesis);
  const auto own = *node.config().institution;
  const auto stranger = random_fixed<InstitutionId>();
  const auto naming = [&](const InstitutionId& id) {
    auto config = node.config();
    config.policy.vetoers = {id};
    config.decision_viewpoints = {id};
    trust::Statement statement;
    statement.subject = id;
    config.policy.local = {statement, statement};
    return config;
  };

  for (const bool has_store : {false, true}) {
    CAPTURE(has_store);
    if (has_store) node.begin_store(genesis);
    const auto found = looked_at(naming(stranger));
    CHECK(found.ok());
    const auto notes = notes_in(found);
    for (const char* key : {"policy.vetoers", "decisions.viewpoints", "[[policy.statement]]"}) {
      const auto said = std::string(key) + " names " + to_text(stranger) + ", which is none that";
      CHECK(has(notes, said));
      CHECK(notes.find(said) == notes.rfind(said));
    }
    CHECK_FALSE(has(notes_in(looked_at(naming(own))), "is none that"));
  }
}

TEST_CASE("a validator whose configuration names no consensus key is told that it never votes") {
  const OneNode node;
  const auto noted = [&](bool with_key) {
    auto config = node.config();
    if (!with_key) config.consensus_key.clear();
    const auto found = looked_at(config);
    CHECK(found.ok());
    return has(notes_in(found), "keys.consensus is empty, and " + to_text(*config.institution));
  };
  CHECK(noted(false));
  CHECK_FALSE(noted(true));
  node.begin_store(*load_genesis(node.config().genesis));
  CHECK(noted(false));
  CHECK_FALSE(noted(true));

  // A second node, which says so by naming the first one. The key is never copied: what helps most
  // nodes comes first.
  auto second = node.config();
  second.consensus_key.clear();
  CHECK(has(notes_in(looked_at(second)), "Name the node that has the key (testamurd join --party"));
  second.peers = {{*second.institution, "127.0.0.1:7999", {}}};
  CHECK_FALSE(has(notes_in(looked_at(second)), "keys.consensus is empty"));
}

// Each look left a log of the database, and moved the files of the store.
TEST_CASE("what is looked at before a start is the same after it, to the byte") {
  const OneNode node;
  node.begin_store(*load_genesis(node.config().genesis));
  const auto content = [&] {
    std::map<std::string, std::string> files;
    for (const auto& each : fs::recursive_directory_iterator(node.directory.path()))
      files[each.path().string()] = each.is_regular_file() ? test::read_file(each.path()) : "";
    return files;
  };
  for (const bool has_run : {false, true}) {
    CAPTURE(has_run);
    if (has_run) node.write(node.config().data_dir / "lock", "");
    const auto before = content();
    REQUIRE(looked_at(node.config()).ok());
    CHECK(content() == before);
  }
}

TEST_CASE("a path that begins with ~ is refused by name, and makes no folder of that name") {
  const OneNode node;
  const std::pair<const char*, const char*> keys[] = {
      {"data_dir = \"data\"", "node.data_dir"},
      {"genesis = \"genesis.bin\"", "node.genesis"},
      {"consensus = \"keys/consensus.key\"", "keys.consensus"},
      {"transport = \"keys/transport.key\"", "keys.transport"},
      {"certificate = \"\"", "api.certificate"},
      {"private_key = \"\"", "api.private_key"},
      {"admin_socket = \"admin.sock\"", "api.admin_socket"},
      {"file = \"\"", "log.file"}};
  for (const auto& [line, key] : keys) {
    const std::string text = line;
    const auto name = text.substr(0, text.find(' '));
    const auto refused = node.changed(line, name + " = \"~/x/y\"");
    CHECK(has(refused.message(), std::string(key) + ": is \"~/x/y\": ~ is not expanded here"));
    CHECK(has(refused.message(), "/home/you/x/y"));
    CHECK(node.changed(line, name + " = \"./~/x\"").ok());
  }
}

// As another user, where that is possible: root is refused nothing.
class AsNobody {
 public:
  AsNobody() : can_(::geteuid() == 0 && ::seteuid(65'534) == 0) {}
  ~AsNobody() {
    if (can_) can_ = ::seteuid(0) == 0;
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  bool can() const { return can_; }

 private:
  bool can_;
};

TEST_CASE("who refuses a file, to whom, and what to do is said of every file that cannot be read") {
  const OneNode node;
  const auto config = node.config();
  node.begin_store(*load_genesis(config.genesis));
  // The folders may be entered, the files in them are their owner's.
  for (auto folder = config.data_dir; folder != node.directory.path().parent_path();
       folder = folder.parent_path())
    fs::permissions(folder, fs::perms(0755));
  fs::permissions(config.consensus_key.parent_path(), fs::perms(0755));
  for (const auto& file : {config.genesis, config.file}) fs::permissions(file, fs::perms(0600));

  const AsNobody nobody;
  if (!nobody.can()) return;  // needs root, to be somebody else
  const auto problems = problems_of(config);
  CHECK(has(load_config(config.file).message(), "This program runs as nobody"));
  for (const auto& path :
       {config.genesis, config.consensus_key, config.transport_key, config.data_dir}) {
    CAPTURE(path.string());
    const auto at = problems.find(path.string() + " cannot be");
    REQUIRE(at != std::string::npos);
    const auto line = problems.substr(at, problems.find('\n', at) - at);
    CHECK(has(line, "Permission denied"));
    CHECK(has(line, "This program runs as nobody, and " + path.string() + " belongs to root"));
    CHECK(has(line, fs::is_directory(path) ? "(chown -R nobody " : "(chown nobody "));
  }
}

TEST_CASE("two peers at one address, and a peer that is this node's institution, are noted") {
  const OneNode node;
  const auto one = random_fixed<InstitutionId>(), other = random_fixed<InstitutionId>();
  const auto notes = [&](std::vector<PeerEntry> peers) {
    auto config = node.config();
    config.peers = std::move(peers);
    std::string all;
    for (const auto& note : notes_of(config)) all += note + "\n";
    return all;
  };
  CHECK(notes({{one, "a.example:7600", {}}, {other, "b.example:7600", {}}}).empty());
  CHECK(notes({{one, "a.example:7600", {}}, {one, "a.example:7601", {}}}).empty());
  const auto shared = notes({{one, "127.0.0.1:7600", {}}, {other, "localhost:7600", {}}});
  CHECK(has(shared, "is written for " + to_text(one) + " and for " + to_text(other)));
  CHECK(has(notes({{one, "a.example:7600", {}}, {one, "a.example:7600", {}}}), "written twice"));
  CHECK(has(notes({{*node.config().institution, "a.example:7600", {}}}), "own institution"));
}

TEST_CASE("--dev runs with no keys, record or data but those that it made in its folder") {
  const OneNode real;
  TemporaryDirectory directory;
  InitOptions options;
  options.directory = directory.path() / "dev";
  options.facts.legal_names = {{"en", "Development University"}};
  options.facts.country = "EU";
  options.facts.domain = "dev.example";
  options.api_address = "127.0.0.1:0";
  options.issuer_keys = options.directory / "issuer-keys";
  REQUIRE(make_single_node(options, kTime).ok());

  const auto file = options.directory / "testamurd.toml";
  const auto text = test::read_file(file);
  const auto own = real.config();
  const std::pair<const char*, fs::path> named[] = {
      {"data_dir = \"data\"", own.data_dir},
      {"genesis = \"genesis.bin\"", own.genesis},
      {"consensus = \"keys/consensus.key\"", own.consensus_key},
      {"transport = \"keys/transport.key\"", own.transport_key}};
  for (const auto& [line, path] : named) {
    CAPTURE(line);
    auto changed = text;
    const std::string from = line;
    const auto name = from.substr(0, from.find(' '));
    changed.replace(changed.find(from), from.size(), name + " = \"" + path.string() + "\"");
    real.write(file, changed);
    CHECK(run_dev({options.directory.string(), "127.0.0.1:0", false}) == kUsage);
  }
}

}  // namespace
}  // namespace testamur::node
