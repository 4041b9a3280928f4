// What an operator in a hurry types: a file that is there, a path twice, a folder for a file,
// another node's keys. Whatever is refused is left as it was.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "common/address.h"
#include "files/durable_file.h"
#include "files/key_file.h"
#include "files/party_file.h"
#include "node/config/config.h"
#include "node/config/genesis_file.h"
#include "node/config/named_files.h"
#include "node/main/init.h"
#include "node/main/operator_file.h"
#include "node/main/preflight.h"
#include "node/main/restore.h"
#include "node/main/second_node.h"
#include "node/rpc/server.h"
#include "node/store/store.h"
#include "node/store/vote_store.h"
#include "tests/node/file_limit.h"
#include "tests/node/temporary_directory.h"
#include "tests/support/catch.h"
#include "tests/support/shared.h"

namespace testamur::node {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kTime = 1'700'000'000'000;

bool says(const Status& status, const std::string& part) {
  INFO(status.message());
  return !status.ok() && status.message().find(part) != std::string::npos;
}

InitOptions options_of(const fs::path& root, const std::string& name) {
  InitOptions options;
  options.directory = root / name;
  options.facts.legal_names = {{"en", "University of " + name}};
  options.facts.country = "AT";
  options.facts.domain = name + ".example";
  options.peer_address = name + ".example:7600";
  options.api_address = "127.0.0.1:0";
  options.issuer_keys = root / (name + "-keys");
  return options;
}

// A node with its ledger of one.
struct OneNode {
  TemporaryDirectory directory;
  fs::path folder = directory.path() / "alpha";

  OneNode() { make("alpha"); }
  void make(const std::string& name) const {
    auto options = options_of(directory.path(), name);
    options.peer_address = "127.0.0.1:0";  // it listens there
    const auto made = make_single_node(options, kTime);
    INFO(made.message());
    REQUIRE(made.ok());
  }
  NodeConfig config(const std::string& name = "alpha") const {
    return load_config(directory.path() / name / "testamurd.toml").value();
  }
  fs::path write(const std::string& name, const std::string& text) const {
    const auto file = directory.path() / name;
    std::ofstream(file) << text;
    return file;
  }
};

std::string problems_of(const NodeConfig& config) {
  SystemClock clock;
  return preflight_all(config, clock).status().message();
}

TEST_CASE("a command writes over no file, and on no path that the configuration names") {
  const OneNode node;
  auto config = node.config();
  config.log_file = node.directory.path() / "node.log";
  config.api.certificate = node.write("one.pem", "certificate");

  for (const auto& named : named_files(config)) {
    CAPTURE(named.key);
    const auto before = fs::is_regular_file(named.path) ? test::read_file(named.path) : "";
    const auto link = node.directory.path() / "link";
    fs::remove(link);
    fs::create_symlink(named.path, link);
    for (const auto& path : {named.path, link}) {
      CHECK(says(write_operator_file(config, path, as_bytes("new")), "nothing was written"));
    }
    CHECK((fs::is_regular_file(named.path) ? test::read_file(named.path) : "") == before);
  }

  const auto other = node.write("other.csv", "rows");
  CHECK(says(write_operator_file(config, other, as_bytes("new")), "never written over"));
  CHECK(test::read_file(other) == "rows");
  CHECK_FALSE(check_operator_file(config, config.data_dir / "journal" / "x").ok());

  const auto fresh = node.directory.path() / "fresh.csv";
  REQUIRE(write_operator_file(config, fresh, as_bytes("new")).ok());
  CHECK(test::read_file(fresh) == "new");
  CHECK(write_operator_file(config, "/dev/null", as_bytes("new")).ok());
}

TEST_CASE("a backup goes to a folder that is new, empty or of backups, and not to what it is for") {
  const OneNode node;
  const auto config = node.config();
  for (const auto& folder : {config.data_dir, config.data_dir / "backup",
                             node.folder / "keys" / "backup", node.folder}) {
    CAPTURE(folder.string());
    CHECK_FALSE(check_backup_folder(config, folder).ok());
  }
  const auto folder = node.directory.path() / "backup";
  CHECK(check_backup_folder(config, folder).ok());
  const auto below = check_backup_folder(config, folder / "x" / "y");
  CHECK(below.message().find("there is no folder " + (folder / "x").string()) != std::string::npos);
  fs::create_directories(folder);
  CHECK(check_backup_folder(config, folder).ok());
  // What a backup that is just beginning, or failed at once, has made of an empty folder.
  REQUIRE(BackupFolder::claim(folder.string()).ok());
  CHECK(check_backup_folder(config, folder).ok());
  fs::remove(folder / kBackupLock);
  fs::create_directories(folder / "meta");
  CHECK(check_backup_folder(config, folder).ok());
  fs::remove(folder / "meta");
  std::ofstream(folder / "letter.txt") << "other things";
  CHECK(says(check_backup_folder(config, folder), "other things than backups"));
  REQUIRE(BackupFolder::claim(folder.string()).ok());
  CHECK(says(check_backup_folder(config, folder), "other things than backups"));
}

TEST_CASE("no two keys of a configuration may name one file, by whatever name") {
  const OneNode node;
  const auto config = node.config();
  CHECK(file_clashes(config).empty());

  const auto twice = [&](auto&& change) {
    auto wrong = config;
    change(wrong);
    return !file_clashes(wrong).empty();
  };
  CHECK(twice([](auto& c) { c.api.admin_socket = c.consensus_key; }));
  CHECK(twice([](auto& c) { c.api.admin_socket = c.consensus_key.string() + ".next"; }));
  CHECK(twice([](auto& c) { c.log_file = c.file; }));
  CHECK(twice([](auto& c) { c.log_file = c.genesis; }));
  CHECK(twice([](auto& c) { c.genesis = c.transport_key; }));
  CHECK(twice([](auto& c) { c.data_dir = c.api.admin_socket; }));
  CHECK(twice([](auto& c) { c.log_file = c.data_dir / "journal" / "node.log"; }));

  fs::create_hard_link(config.consensus_key, node.folder / "hard");
  CHECK(twice([&](auto& c) { c.log_file = node.folder / "hard"; }));
  fs::create_symlink(node.folder, node.directory.path() / "soft");
  CHECK(twice([&](auto& c) { c.log_file = node.directory.path() / "soft" / "genesis.bin"; }));

  // Certificate and key may come in one file.
  CHECK_FALSE(twice([](auto& c) { c.api.certificate = c.api.private_key = "/etc/one.pem"; }));
}

TEST_CASE("a configuration is a regular file that says whose node it is") {
  const OneNode node;
  for (const char* text : {"", "\n", "# all defaults\n"}) {
    CAPTURE(text);
    const auto file = node.write("empty.toml", text);
    CHECK(load_config(file).message().find("says nothing") != std::string::npos);
  }
  CHECK(load_config(node.write("half.toml", "[node]\ndata_dir = \"d\"\n"))
            .message()
            .find("node.institution: is missing") != std::string::npos);
  CHECK(load_config(node.folder).message().find("is a folder") != std::string::npos);
  const auto pipe = node.directory.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(load_config(pipe).message().find("no regular file") != std::string::npos);
  CHECK(load_config(node.write("nobody.toml", "[node]\ninstitution = \"\"\n")).ok());
}

TEST_CASE("a node with a consensus key says whose it is, and is not started as another's") {
  const OneNode node;
  CHECK(problems_of(node.config()).empty());

  auto nobody = node.config();
  nobody.institution.reset();
  CHECK(problems_of(nobody).find("node.institution is empty") != std::string::npos);
  nobody.consensus_key.clear();
  CHECK(problems_of(nobody).find("belongs to") != std::string::npos);  // its transport key

  auto another = node.config();
  another.institution = random_fixed<InstitutionId>();
  CHECK(problems_of(another).find("sits in the validator set") != std::string::npos);
  CHECK(problems_of(another).find("the transport key") != std::string::npos);
}

TEST_CASE("the data of another node are refused before anything is written") {
  const OneNode node;
  node.make("beta");
  auto config = node.config();
  config.data_dir = node.config("beta").data_dir;
  CHECK(problems_of(config).find("is that of another node") != std::string::npos);
  // The copied key of a node that runs looks the same, and its data must not be made anew.
  CHECK(problems_of(config).find("Does another node still run with this key?") !=
        std::string::npos);
  CHECK_FALSE(fs::exists(store_directory(config.data_dir)));
}

TEST_CASE("a log goes into a new file, or into one that is a log") {
  const OneNode node;
  const auto config = node.config();
  for (const auto& file : {config.file, config.genesis, config.consensus_key}) {
    CAPTURE(file.string());
    const auto before = test::read_file(file);
    CHECK(says(check_log_file(file.string()), "is no log of testamurd"));
    CHECK_FALSE(Log::open({LogLevel::kInfo, LogFormat::kLogfmt, file.string()}).ok());
    CHECK(test::read_file(file) == before);
  }
  CHECK(says(check_log_file(node.folder.string()), "is a folder"));
  CHECK(says(check_log_file((node.folder / "no" / "node.log").string()), "there is no folder"));
  CHECK_FALSE(fs::exists(node.folder / "no"));

  for (const auto format : {LogFormat::kLogfmt, LogFormat::kJson}) {
    const auto file = node.directory.path() / (format == LogFormat::kJson ? "a.json" : "a.log");
    for (int times = 0; times < 2; ++times) {
      const auto log = Log::open({LogLevel::kInfo, format, file.string()});
      INFO(log.message());
      REQUIRE(log.ok());
      (*log)->info("said");
      (*log)->flush();
    }
  }
  CHECK(check_log_file(node.write("empty.log", "").string()).ok());
  CHECK(check_log_file("/dev/stderr").ok());

  // As every other path of the configuration.
  const auto relative = parse_config("[log]\nfile = \"node.log\"\n", "/etc/testamur/t.toml");
  CHECK(relative->log_file == "/etc/testamur/node.log");
}

// A full disk under log.file was told to standard error alone, which a service may not keep.
TEST_CASE("a log says that its lines do not reach the file, until one does again") {
  const OneNode node;
  const auto file = node.directory.path() / "node.log";
  const auto log = Log::open({LogLevel::kInfo, LogFormat::kLogfmt, file.string()});
  REQUIRE(log.ok());
  (*log)->info("said");
  CHECK((*log)->failure().empty());

  std::string first, not_written;
  {
    const FileLimit full(fs::file_size(file));
    (*log)->info("lost");
    first = (*log)->failure();
    (*log)->debug("not_written");
    not_written = (*log)->failure();
  }
  CHECK(first.find(file.string()) != std::string::npos);
  CHECK(not_written == first);

  (*log)->info("again");
  CHECK((*log)->failure().empty());
  CHECK(test::read_file(file).find("event=again") != std::string::npos);
}

TEST_CASE("only a socket on which nobody answers gives way to the admin socket") {
  const OneNode node;
  const auto key = node.config().consensus_key;
  CHECK(says(check_admin_socket(key), "is no socket"));
  CHECK(says(check_admin_socket(node.folder), "is no socket"));
  CHECK(fs::exists(key));
  CHECK(check_admin_socket(node.folder / "admin.sock").ok());

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = (node.directory.path() / "s").string();
  REQUIRE(path.size() < sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(descriptor, 1) == 0);
  CHECK(says(check_admin_socket(path), "is answered by another process"));
  ::close(descriptor);
  CHECK(check_admin_socket(path).ok());
}

TEST_CASE("what one machine listens on has ports of its own") {
  const auto apart = [](const std::string& one, const std::string& other) {
    return check_ports_apart({{"peers.listen", one}, {"api.listen", other}, {"metrics.listen", ""}})
        .ok();
  };
  CHECK_FALSE(apart("127.0.0.1:7600", "127.0.0.1:7600"));
  CHECK_FALSE(apart("127.0.0.1:7600", "localhost:7600"));
  CHECK_FALSE(apart("0.0.0.0:7600", "127.0.0.1:7600"));
  CHECK_FALSE(apart("[::]:7600", "ledger.example:7600"));
  CHECK(apart("127.0.0.1:7600", "127.0.0.1:7601"));
  CHECK(apart("127.0.0.1:7600", "127.0.0.2:7600"));
  CHECK(apart("127.0.0.1:0", "127.0.0.1:0"));
}

TEST_CASE("an address that nobody can dial is announced to nobody") {
  for (const char* bad : {"0.0.0.0:7600", "[::]:7600", "0:7600", "[::ffff:0.0.0.0]:7600",
                          "ledger.example:0", "ledger.example"})
    CHECK(dialling_problem(bad));
  for (const char* good : {"127.0.0.1:7600", "[::1]:7600", "ledger.example:7600", "10.0.0.1:1"})
    CHECK_FALSE(dialling_problem(good));

  TemporaryDirectory directory;
  auto options = options_of(directory.path(), "alpha");
  options.api_address = "0.0.0.0:7601";
  REQUIRE(init_node(options).ok());
  const auto party = test::read_file(options.directory / "party.toml");
  CHECK(party.find("0.0.0.0") == std::string::npos);
  const auto file = directory.path() / "wild.toml";
  auto wild = party;
  const std::string good = "alpha.example:7600";
  wild.replace(wild.find(good), good.size(), "0.0.0.0:7600");
  std::ofstream(file) << wild;
  CHECK(read_party_address(file).message().find("nobody can dial it") != std::string::npos);
}

// It was made, and the two were dialled as one.
TEST_CASE("a second node is not announced where another one is reached") {
  TemporaryDirectory directory;
  const auto first = options_of(directory.path(), "alpha");
  const auto party = init_node(first);
  INFO(party.message());
  REQUIRE(party.ok());
  const auto root = read_key_file(first.issuer_keys / "root.key", KeyPurpose::kRoot);
  REQUIRE(root.ok());
  const auto record = found_ledger({*party}, {&*root}, kTime, {});
  INFO(record.message());
  REQUIRE(record.ok());
  const auto genesis = directory.path() / "genesis.bin";
  REQUIRE(write_file(genesis, ledger::encode(*record), true).ok());

  SecondNode wanted{options_of(directory.path(), "second"),
                    ledger::party_id(*party),
                    genesis,
                    {first.directory / "party.toml"}};
  wanted.init.peer_address = first.peer_address;
  const auto refused = make_second_node(wanted);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.message().find("is where the node of ") != std::string::npos);
  CHECK_FALSE(fs::exists(wanted.init.directory));
  wanted.init.peer_address = "alpha.example:7700";
  const auto made = make_second_node(wanted);
  INFO(made.message());
  CHECK(made.ok());
}

TEST_CASE("a node follows one ledger: another's record and another's backup change nothing") {
  const OneNode node;
  node.make("beta");
  const auto config = node.config();
  const auto other = node.config("beta").genesis;
  const auto alpha = load_genesis(config.genesis)->chain, beta = load_genesis(other)->chain;

  const auto before = test::read_file(config.genesis) + test::read_file(config.file);
  const auto joined = join_ledger(config.file, other, {});
  CHECK(says(joined, to_text(alpha)));
  CHECK(says(joined, to_text(beta)));
  CHECK(test::read_file(config.genesis) + test::read_file(config.file) == before);

  // The record's place is taken by something else.
  auto text = test::read_file(config.file);
  text.replace(text.find("genesis.bin"), 11, "keys/consensus.key");
  const auto slip = node.folder / "slip.toml";
  std::ofstream(slip) << text;
  const auto key = test::read_file(config.consensus_key);
  CHECK(says(join_ledger(slip, other, {}), "is no genesis record"));
  CHECK(test::read_file(config.consensus_key) == key);

  const auto back_up = [&](const fs::path& genesis, const std::string& name) {
    const auto built = ledger::build_genesis_state(*load_genesis(genesis));
    StoreOptions options;
    options.create_if_missing = true;
    auto store = Store::open((node.directory.path() / (name + "-store")).string(), options);
    REQUIRE(store.ok());
    REQUIRE((*store)
                ->apply({built.header.height, ledger::encode(built.header), {}, {}, *built.delta})
                .ok());
    const auto folder = node.directory.path() / (name + "-backup");
    REQUIRE((*store)->backup(folder.string()).ok());
    return folder;
  };

  const auto votes = journal_directory(config.data_dir);
  fs::rename(votes, node.folder / "aside");
  const auto restored = Status(restore_node(config, back_up(other, "beta")).failure());
  CHECK(says(restored, to_text(alpha)));
  CHECK(says(restored, to_text(beta)));
  CHECK(fs::is_empty(config.data_dir));

  // What failed leaves nothing behind.
  fs::remove(config.data_dir);
  CHECK(says(restore_node(config, node.directory.path() / "nowhere").failure(), "is not there"));
  CHECK_FALSE(fs::exists(config.data_dir));

  const auto right = restore_node(config, back_up(config.genesis, "alpha"));
  INFO(right.message());
  REQUIRE(right.ok());
  CHECK(right->height == Height{0});
  CHECK(right->votes);
  CHECK(right->votes_alone);
  CHECK(fs::exists(store_directory(config.data_dir)));
  CHECK(says(restore_node(config, node.directory.path() / "alpha-backup").failure(), "keep it"));
}

TEST_CASE("join takes no other member's id, and the right one after that") {
  TemporaryDirectory directory;
  std::vector<ledger::GenesisParty> parties;
  std::vector<fs::path> files;
  for (const char* name : {"alpha", "beta"}) {
    parties.push_back(init_node(options_of(directory.path(), name)).value());
    files.push_back(directory.path() / name / "party.toml");
  }
  const auto alpha = read_key_file(directory.path() / "alpha-keys" / "root.key", KeyPurpose::kRoot);
  const auto beta = read_key_file(directory.path() / "beta-keys" / "root.key", KeyPurpose::kRoot);
  const auto genesis = found_ledger(parties, {&*alpha, &*beta}, kTime, {}).value();
  const auto record = directory.path() / "record.bin";
  REQUIRE(write_file(record, ledger::encode(genesis)).ok());

  const auto gamma = options_of(directory.path(), "gamma");
  REQUIRE(init_node(gamma).ok());
  files.push_back(gamma.directory / "party.toml");
  const auto config = gamma.directory / "testamurd.toml";
  const auto before = test::read_file(config);
  CHECK(says(join_ledger(config, record, files, ledger::party_id(parties[1])), "another member"));
  CHECK(test::read_file(config) == before);
  CHECK_FALSE(fs::exists(gamma.directory / "genesis.bin"));

  // A file that is named twice is one peer.
  files.push_back(files.front());
  for (int times = 0; times < 2; ++times) {
    const auto registered = random_fixed<InstitutionId>();
    REQUIRE(join_ledger(config, record, files, registered).ok());
    CHECK(load_config(config)->institution == registered);
    CHECK(load_config(config)->peers.size() == 2);
  }
}

TEST_CASE("an init that was cut off is told from a node, and nothing of it is used again") {
  TemporaryDirectory directory;
  const auto options = options_of(directory.path(), "alpha");
  REQUIRE(init_node(options).ok());
  CHECK(init_node(options).message().find("holds a node already") != std::string::npos);
  fs::remove(options.directory / "testamurd.toml");
  fs::remove(options.directory / "party.toml");
  CHECK(init_node(options).message().find("an unfinished init") != std::string::npos);
  fs::rename(options.directory, directory.path() / "aside");
  CHECK(init_node(options).message().find("root.key is there already") != std::string::npos);
  CHECK_FALSE(fs::exists(options.directory));
}

TEST_CASE("which keys wait for a restart is known, and peers are not among them") {
  const auto read = [](const std::string& text) { return *parse_config(text, "/x/t.toml"); };
  const auto before = read("[log]\nlevel = \"info\"\n[api]\nlisten = \"127.0.0.1:1\"\n");
  CHECK(changed_keys(before, before).empty());
  const auto peer =
      "[[peer]]\ninstitution = \"" + to_text(InstitutionId{}) + "\"\naddress = \"a:1\"\n";
  CHECK(changed_keys(before, read("[log]\nlevel = \"warn\"\n[chain]\nblock_bytes = 65536\n" +
                                  peer)) == "api.listen, chain.block_bytes, log.level");
}

}  // namespace
}  // namespace testamur::node
