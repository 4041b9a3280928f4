// A node that is not what its configuration says does not start, and says why before anything is
// done.
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "files/durable_file.h"
#include "files/key_file.h"
#include "node/api/tls_files.h"
#include "node/main/preflight.h"
#include "node/rpc/admin_client.h"
#include "node/rpc/metrics.h"
#include "node/store/store.h"
#include "node/validator/node_keys.h"
#include "tests/node/running_nodes.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace fs = std::filesystem;

std::string start_fails(const NodeConfig& config) {
  SystemClock clock;
  auto log = Log::silent();
  auto node =
      Node::start({config, clock, *log, [](const std::string& cause) { FAIL(cause); }, [] {}});
  REQUIRE_FALSE(node.ok());
  return node.message();
}

// All problems; none must be of the disk.
std::string problems_of(const NodeConfig& config) {
  SystemClock clock;
  const auto found = preflight_all(config, clock);
  CHECK_FALSE(found.disk);
  return found.ok() ? std::string() : found.status().message();
}

TEST_CASE(
    "a validator whose consensus key is missing, foreign or unreadable does not start, and "
    "check-config says so") {
  RunningNodes nodes(1);
  nodes.stop(0);
  auto& config = nodes.at(0).config;
  CHECK(problems_of(config).empty());
  const auto kept = config.consensus_key.string() + ".kept";

  fs::rename(config.consensus_key, kept);
  for (const auto& message : {start_fails(config), problems_of(config)}) {
    CHECK(message.find("is a validator of this ledger") != std::string::npos);
    CHECK(message.find("is missing") != std::string::npos);
    CHECK(message.find("keys.consensus = \"\"") != std::string::npos);
  }

  const auto foreign = SecretKey::generate(SignatureAlgorithm::kBip340);
  REQUIRE(write_key_file(config.consensus_key, KeyPurpose::kConsensus, foreign).ok());
  for (const auto& message : {start_fails(config), problems_of(config)}) {
    CHECK(message.find("holds another key") != std::string::npos);
    CHECK(message.find(to_text(key_id(KeyPurpose::kConsensus, foreign.public_key()))) !=
          std::string::npos);
  }

  ::chmod(config.consensus_key.c_str(), 0644);
  CHECK(problems_of(config).find("chmod 600") != std::string::npos);
  fs::remove(config.consensus_key);
  fs::rename(kept, config.consensus_key);
  CHECK(problems_of(config).empty());
  nodes.start(0);
}

TEST_CASE("a start that is refused for its key leaves no store behind") {
  RunningNodes nodes(1);
  nodes.stop(0);
  auto& config = nodes.at(0).config;
  fs::remove_all(config.data_dir);
  fs::remove(config.consensus_key);
  CHECK(start_fails(config).find("is missing") != std::string::npos);
  CHECK_FALSE(fs::exists(store_directory(config.data_dir)));
}

TEST_CASE("a key that does not sit counts as replaced only where the store cannot know better") {
  constexpr std::uint64_t kNow = 1'700'000'000'000, kHour = 3'600'000;
  using enum QuarantineReason;
  // Made together, and never used: the genesis names this key, or it is the wrong one.
  CHECK_FALSE(seat_may_lag({{}, false}, {}, kNow));
  CHECK(seat_may_lag({{}, true}, {}, kNow));  // the store alone was lost
  CHECK_FALSE(seat_may_lag({{}, true}, kNow - 100 * kHour, kNow));
  for (const auto reason : {kNoVoteStore, kImportedKey, kOwnVoteSeen, kBehindStore, kOlderCopy}) {
    CHECK(seat_may_lag({reason, true}, {}, kNow));
    CHECK(seat_may_lag({reason, true}, kNow - 100 * kHour, kNow));
    CHECK_FALSE(seat_may_lag({reason, true}, kNow - kHour, kNow));
  }
  CHECK(seat_may_lag({kRestored, true}, kNow, kNow));
  CHECK_FALSE(seat_may_lag({kOtherKey, true}, {}, kNow));
}

TEST_CASE("a further node of a validator's institution follows when it says so") {
  RunningNodes nodes(1);
  nodes.stop(0);
  nodes.at(0).config.consensus_key.clear();
  CHECK(problems_of(nodes.at(0).config).empty());
  nodes.start(0);
}

TEST_CASE(
    "a path that is too long for a socket is named with its length, before anything is done") {
  RunningNodes nodes(1);
  nodes.stop(0);
  auto config = nodes.at(0).config;
  config.api.admin_socket = "/tmp/" + std::string(120, 'a') + "/admin.sock";
  const auto message = problems_of(config);
  CHECK(message.find(std::to_string(config.api.admin_socket.string().size())) != std::string::npos);
  CHECK(message.find(std::to_string(sizeof(sockaddr_un{}.sun_path) - 1)) != std::string::npos);
}

TEST_CASE(
    "a running node's ports and store are left out of the check, and a taken port is named "
    "otherwise") {
  RunningNodes nodes(1);
  SystemClock clock;
  auto config = nodes.at(0).config;
  CHECK(preflight_all(config, clock).running);
  CHECK(preflight_all(config, clock).ok());

  auto other = config;
  other.data_dir = config.data_dir.string() + "-other";
  const auto message = problems_of(other);
  CHECK(message.find("peers.listen") != std::string::npos);
  CHECK(message.find("in use") != std::string::npos);
}

TEST_CASE("looking for room on the disk touches no file that is there, nor one behind a link") {
  RunningNodes nodes(1);
  nodes.stop(0);
  const auto& config = nodes.at(0).config;
  const auto precious = config.data_dir.parent_path() / "precious";
  REQUIRE(write_file(precious, as_bytes("precious")).ok());
  fs::create_symlink(precious, config.data_dir / ".testamur-room");
  CHECK(problems_of(config).empty());
  CHECK(fs::file_size(precious) == 8);
  CHECK(fs::is_symlink(config.data_dir / ".testamur-room"));
}

TEST_CASE("a lock that cannot be taken is told, and is no running node") {
  RunningNodes nodes(1);
  nodes.stop(0);
  const auto& config = nodes.at(0).config;
  fs::remove(config.data_dir / "lock");
  fs::create_directory(config.data_dir / "lock");
  SystemClock clock;
  const auto found = preflight_all(config, clock);
  CHECK_FALSE(found.running);
  CHECK(found.status().message().find("lock: Is a directory") != std::string::npos);
}

// A key and a certificate for it by the openssl command; `days` may be negative.
void make_certificate(const fs::path& folder, const std::string& name, int days) {
  const auto base = (folder / name).string();
  const auto command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=node.example "
      "-days " +
      std::to_string(days) + " -keyout " + base + ".key -out " + base + ".pem 2>/dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
}

TEST_CASE(
    "a certificate that does not fit its key, is no certificate or has expired is refused by "
    "name") {
  TemporaryDirectory folder;
  make_certificate(folder.path(), "one", 10);
  make_certificate(folder.path(), "two", 10);
  SystemClock clock;
  ApiConfig config;
  config.listen = "0.0.0.0:0";
  config.certificate = folder.path() / "one.pem";
  config.private_key = folder.path() / "one.key";
  const auto good = read_tls_files(config, clock.now_ms());
  INFO(good.message());
  REQUIRE(good.ok());
  REQUIRE(good->has_value());
  constexpr std::uint64_t kDayMs = 86'400'000;
  CHECK((*good)->valid_until_ms > clock.now_ms() + 9 * kDayMs);

  const auto later = read_tls_files(config, clock.now_ms() + 11 * kDayMs);
  REQUIRE_FALSE(later.ok());
  CHECK(later.message().find("expired on") != std::string::npos);
  const auto before = read_tls_files(config, clock.now_ms() - 2 * kDayMs);
  REQUIRE_FALSE(before.ok());
  CHECK(before.message().find("valid only from") != std::string::npos);

  // Whoever reads it can answer in the node's name.
  for (const mode_t mode : {0644, 0604, 0601}) {
    ::chmod(config.private_key.c_str(), mode);
    CHECK(read_tls_files(config, clock.now_ms()).message().find("chmod 640") != std::string::npos);
  }
  ::chmod(config.private_key.c_str(), 0640);
  CHECK(read_tls_files(config, clock.now_ms()).ok());
  ::chmod(config.private_key.c_str(), 0600);
  CHECK(read_tls_files(config, clock.now_ms()).ok());

  config.private_key = folder.path() / "two.key";
  const auto other = read_tls_files(config, clock.now_ms());
  REQUIRE_FALSE(other.ok());
  CHECK(other.message().find("is not the key of the certificate") != std::string::npos);
  config.certificate = folder.path() / "one.key";
  CHECK(read_tls_files(config, clock.now_ms()).message().find("holds no certificate") !=
        std::string::npos);

  // On loopback nothing is served with them.
  config.listen = "127.0.0.1:0";
  const auto plain = read_tls_files(config, clock.now_ms());
  REQUIRE(plain.ok());
  CHECK_FALSE(plain->has_value());
}

// A certificate was renewed in place and the node told to reload: it served the old one until that
// expired, and said nothing.
TEST_CASE("a certificate or key that changed on disk since the start is named, and only that") {
  TemporaryDirectory folder;
  make_certificate(folder.path(), "served", 10);
  make_certificate(folder.path(), "renewed", 90);
  ApiConfig config;
  config.listen = "0.0.0.0:0";
  config.certificate = folder.path() / "served.pem";
  config.private_key = folder.path() / "served.key";
  const auto files = read_tls_files(config, SystemClock().now_ms());
  REQUIRE((files.ok() && files->has_value()));
  const ServedTls served(config, **files);
  CHECK(served.changed_files().empty());

  const auto renew = [&](const char* end) {
    fs::copy_file(folder.path() / (std::string("renewed") + end),
                  folder.path() / (std::string("served") + end),
                  fs::copy_options::overwrite_existing);
  };
  renew(".pem");
  CHECK(served.changed_files() == "api.certificate");
  renew(".key");
  CHECK(served.changed_files() == "api.certificate, api.private_key");

  // As it was: whatever the time of the file says.
  std::ofstream(config.certificate) << (*files)->certificate;
  CHECK(served.changed_files() == "api.private_key");
  // What is not there cannot be what is served.
  fs::remove(config.certificate);
  CHECK(served.changed_files() == "api.certificate, api.private_key");
}

TEST_CASE("a certificate that soon expires is noted before the node runs, as in its status") {
  RunningNodes nodes(1);
  nodes.stop(0);
  auto& config = nodes.at(0).config;
  const auto folder = config.file.parent_path();
  make_certificate(folder, "one", 30);
  config.api.tls = TlsMode::kOn;
  config.api.certificate = folder / "one.pem";
  config.api.private_key = folder / "one.key";

  constexpr std::uint64_t kDayMs = 86'400'000;
  const auto noted = [&](std::uint64_t days) {
    const ManualClock clock(SystemClock().now_ms() + days * kDayMs);
    const auto found = preflight(config, clock);
    INFO(found.status().message());
    CHECK(found.ok());
    return std::ranges::any_of(found.notes, [&](const auto& note) {
      return note.starts_with("api.certificate " + config.api.certificate.string() + " expires on");
    });
  };
  CHECK_FALSE(noted(5));
  CHECK(noted(15));
}

// Nobody admits a retired key, so that the node would never read that the new one is registered.
TEST_CASE("a transport key that waits is shown in the place of one that is retired") {
  RunningNodes nodes(1);
  nodes.stop(0);
  const auto files = make_posix_file_system();
  NodeKeys keys(*files, nodes.at(0).config);
  const auto fresh = keys.make(KeyPurpose::kTransport);
  REQUIRE(fresh.ok());
  const auto file = nodes.at(0).config.transport_key;
  const auto present = read_key_file(file, KeyPurpose::kTransport)->public_key();
  const auto next = fresh->key.public_key();

  using Known = NodeKeys::Known;
  const auto shown = [&](Known of_present, Known of_next) {
    const auto opened = keys.open_transport(
        [&](const PublicKey& key) { return key == present ? of_present : of_next; });
    INFO(opened.message());
    REQUIRE(opened.ok());
    return opened->public_key();
  };
  CHECK(shown(Known::kNot, Known::kNot) == present);
  CHECK(shown(Known::kValid, Known::kNot) == present);
  CHECK(shown(Known::kRetired, Known::kRetired) == present);
  CHECK(shown(Known::kRetired, Known::kNot) == next);
  CHECK(fs::exists(file.string() + ".next"));  // it keeps its name until the ledger knows it
  CHECK(read_key_file(file, KeyPurpose::kTransport)->public_key() == present);

  CHECK(shown(Known::kRetired, Known::kValid) == next);
  CHECK_FALSE(fs::exists(file.string() + ".next"));
  CHECK(read_key_file(file, KeyPurpose::kTransport)->public_key() == next);
}

// Two nodes on one share each found no backup of the other one, and wrote both.
TEST_CASE("whose backups a folder holds is asked while nobody else writes to it") {
  RunningNodes nodes(2);
  const auto folder = (nodes.at(0).config.file.parent_path() / "backup").string();
  const auto refused = [&](std::size_t node) {
    const auto answer = admin_backup(nodes.at(node).config.api.admin_socket.string(), folder);
    INFO(answer.message());
    REQUIRE(answer.ok());
    return answer->refused;
  };
  {
    const auto claimed = BackupFolder::claim(folder);
    REQUIRE((claimed.ok() && claimed->has_value()));
    for (const std::size_t node : {0, 1}) CHECK(refused(node) == BackupFolder::refusal(folder));
  }
  CHECK(refused(0).empty());
  CHECK(refused(1).find("the backups of another node") != std::string::npos);
  CHECK(refused(0).empty());
}

TEST_CASE("addresses are read by one parser, wherever they stand") {
  for (const char* good :
       {"[::1]:7602", "127.0.0.1:0", "node.example.org:65535", "[2001:db8::1]:1"}) {
    for (const char* key : {"[metrics]\nlisten", "[peers]\nlisten", "[api]\nlisten"}) {
      CAPTURE(good, key);
      CHECK(parse_config(std::string(key) + " = \"" + good + "\"", "/x/t.toml").ok());
    }
  }

  for (const char* bad : {"::1:7602", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:", ":1",
                          "127.0.0.1:7a", "127.0.0.1:-1"}) {
    for (const char* key : {"[metrics]\nlisten", "[peers]\nlisten", "[api]\nlisten"}) {
      CAPTURE(bad, key);

      const auto config = parse_config(std::string(key) + " = \"" + bad + "\"", "/x/t.toml");
      REQUIRE_FALSE(config.ok());
      CHECK(config.message().find(bad) != std::string::npos);
    }
  }
}

}  // namespace
}  // namespace testamur::node
