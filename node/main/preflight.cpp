// What must be true before a node begins: files, keys, ports and room. All problems of a start are
// told at once. What a running node holds (its ports, its store) is not looked at.
#include "node/main/preflight.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "common/address.h"
#include "common/keys.h"
#include "ledger/genesis.h"
#include "node/api/descriptors.h"
#include "node/api/tls_files.h"
#include "node/config/genesis_file.h"
#include "node/config/key_file.h"
#include "node/config/named_files.h"
#include "node/log/log.h"
#include "node/main/operator_file.h"
#include "node/rpc/server.h"

namespace testamur::node {

namespace fs = std::filesystem;

namespace {

// What a start writes at least, with some air: a journal segment, the store's own log and first
// tables. The store does not take a disk well that is full while it opens.
constexpr std::size_t kRoomBytes = 16u << 20;

void add(Preflight& found, const Status& status) {
  if (!status.ok()) found.problems.push_back(status.message());
}

std::string listen_problem(const std::string& address, const addrinfo& each) {
  const int descriptor = ::socket(each.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return std::strerror(errno);
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool bound =
      ::bind(descriptor, each.ai_addr, each.ai_addrlen) == 0 && ::listen(descriptor, 1) == 0;
  const std::string cause = bound ? "" : std::strerror(errno);
  ::close(descriptor);
  return bound ? "" : address + ": " + cause;
}

}  // namespace

Status check_listen(const std::string& key, const std::string& address, bool free) {
  if (address.empty()) return {};
  const auto parsed = parse_host_port(address);
  if (!parsed.ok()) return error(key + ": " + parsed.message());

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(parsed->host.c_str(), parsed->port.c_str(), &hints, &found);
  if (failure != 0)
    return error(key + " = \"" + address + "\" names no address: " + ::gai_strerror(failure));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, ::freeaddrinfo);
  if (!free) return {};

  std::string last;
  for (const auto* each = all.get(); each != nullptr; each = each->ai_next) {
    last = listen_problem(address, *each);
    if (last.empty()) return {};
  }
  return error(key + " = \"" + address +
               "\" cannot be listened on: " + last.substr(last.find(": ") + 2) +
               ". Stop what listens there, or choose another port");
}

Status check_ports_apart(const std::vector<Listening>& all) {
  const auto meets = [](const HostPort& one, const HostPort& other) {
    if (one.port != other.port || one.port == "0") return false;
    if (is_unspecified_host(one.host) || is_unspecified_host(other.host)) return true;
    const auto figures = [](const std::string& host) {
      return host == "localhost" ? std::string("127.0.0.1") : host;
    };
    return figures(one.host) == figures(other.host);
  };

  for (auto one = all.begin(); one != all.end(); ++one) {
    for (auto other = one + 1; other != all.end(); ++other) {
      const auto first = parse_host_port(one->address), second = parse_host_port(other->address);
      if (!first.ok() || !second.ok() || !meets(*first, *second)) continue;
      return error(one->key + " = \"" + one->address + "\" and " + other->key + " = \"" +
                   other->address + "\" are one port: give each its own");
    }
  }
  return {};
}

namespace {

Status check_socket_path(const fs::path& socket) {
  if (socket.empty()) return {};
  constexpr std::size_t kLimit = sizeof(sockaddr_un{}.sun_path) - 1;
  const auto length = socket.string().size();
  if (length <= kLimit) return {};
  return error("api.admin_socket " + socket.string() + " has " + std::to_string(length) +
               " characters, and the system allows " + std::to_string(kLimit) +
               " for the path of a socket: name a shorter one, such as /run/testamur/admin.sock");
}

Status check_consensus_key(const NodeConfig& config) {
  if (config.consensus_key.empty() || !fs::exists(config.consensus_key)) return {};
  const auto key = read_key_file(config.consensus_key, KeyPurpose::kConsensus);
  return key.ok() ? Status{} : error(key.message());
}

// A validator whose line was lost would follow as nobody, and be missed only when a second one
// fails.
Status check_identity(const NodeConfig& config) {
  if (config.institution || config.consensus_key.empty()) return {};
  return error(
      "node.institution is empty, and keys.consensus names a key: whose node is this? Write the "
      "institution (tmi1…) there, or keys.consensus = \"\" for a node that only follows and "
      "belongs "
      "to nobody");
}

// A key that votes beside the votes of another node: its own would be missing, and that one's be
// taken for its own.
Status check_vote_store(const NodeConfig& config) {
  const auto journal = journal_directory(config.data_dir);
  if (config.consensus_key.empty() || !fs::exists(config.consensus_key) || !fs::exists(journal))
    return {};
  const auto key = read_key_file(config.consensus_key, KeyPurpose::kConsensus);
  if (!key.ok()) return {};  // told already
  auto files = make_posix_file_system();
  TM_TRY(const auto reason,
         quarantine(*files, journal.string(), *ConsensusPublicKey::from(key->public_key().bytes)));
  if (reason != QuarantineReason::kOtherKey) return {};
  return error("node.data_dir = " + config.data_dir.string() +
               " is that of another node: its votes are of another key than " +
               config.consensus_key.string() +
               ". Name the data of this key; where they are lost, a folder that is not there yet: "
               "the node then begins in quarantine");
}

// Of the keys on disk, as far as they can be read: what cannot is told elsewhere.
std::vector<PublicKey> transport_keys(const NodeConfig& config) {
  std::vector<PublicKey> keys;
  for (const auto& file :
       {config.transport_key, fs::path(config.transport_key.string() + ".next")}) {
    const auto key = read_key_file(file, KeyPurpose::kTransport);
    if (key.ok()) keys.push_back(key->public_key());
  }
  return keys;
}

void check_transport(Preflight& found, const NodeConfig& config, const ledger::Genesis& genesis) {
  bool listed = false, ours = false;
  const auto own = transport_keys(config);
  for (const auto& party : genesis.content.parties) {
    const auto id = ledger::party_id(party);
    for (const auto& each : party.keys) {
      if (each.purpose != KeyPurpose::kTransport) continue;
      const bool here = std::ranges::find(own, each.key) != own.end();
      listed = listed || id == config.institution;
      ours = ours || (here && id == config.institution);
      if (here) add(found, check_transport_holder(config, each.key, id));
    }
  }
  // It may have been replaced on the ledger since.
  if (listed && !ours && !own.empty())
    found.notes.push_back(
        "the transport key in " + config.transport_key.string() +
        " is not the one with which this institution founded the ledger: unless another was "
        "registered since, the other nodes refuse it");
}

// What stands in the configuration and changes nothing.
void note_certificate(Preflight& found, const NodeConfig& config) {
  const bool given = !config.api.certificate.empty();
  if (!given || config.api.tls == TlsMode::kOn) return;
  const bool off = config.api.tls == TlsMode::kOff;
  if (!off && !is_loopback(config.api.listen)) return;
  found.notes.push_back("api.certificate is not used: " +
                        (off ? std::string("api.tls is off")
                             : "api.tls is auto, and api.listen = \"" + config.api.listen +
                                   "\" is this machine. Callers speak without TLS; api.tls = "
                                   "\"on\" uses it"));
}

// Writes and removes a file where the data will be.
Status check_room(const fs::path& directory) {
  // The directory may not exist yet: its nearest parent is on the same disk.
  fs::path existing = directory;
  while (!existing.empty() && !fs::exists(existing)) existing = existing.parent_path();
  std::array<std::uint8_t, 8> random{};
  fill_random(random);
  const auto file = existing / (".testamur-room-" + to_hex(random));

  const auto cannot = [&] {
    return error("the data directory " + directory.string() +
                 " cannot be written: " + std::strerror(errno) +
                 ". Make room or give the node another disk, then start it again");
  };

  // Never a file that is there, nor one behind a link: the directory may be one that others write
  // to, such as /tmp, while the data directory is not made yet.
  const int descriptor =
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) return cannot();
  // Before it has a size: a crash leaves nothing behind.
  ::unlink(file.c_str());

  // It allocates the room, which a hole in a file would not, and returns its error instead of
  // setting errno.
  int failure = 0;
  do {
    failure = ::posix_fallocate(descriptor, 0, kRoomBytes);
  } while (failure == EINTR);
  errno = failure;
  auto status = failure == 0 ? Status{} : Status(cannot());

  ::close(descriptor);
  return status;
}

// Whether a node holds the data directory now. A lock that cannot be opened is held by nobody: the
// node that starts is told why.
bool is_running(const NodeConfig& config) {
  const auto lock = config.data_dir / "lock";
  const int descriptor = ::open(lock.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool held = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return held;
}

}  // namespace

Status Preflight::status() const {
  if (ok()) return {};
  std::string text;
  for (const auto& problem : problems) text += (text.empty() ? "" : "\n") + problem;
  return error(text);
}

Preflight preflight(const NodeConfig& config, const Clock& clock) {
  Preflight found;
  found.running = is_running(config);
  add(found, check_owner(config.data_dir));
  for (auto& clash : file_clashes(config)) found.problems.push_back(std::move(clash));
  add(found, check_socket_path(config.api.admin_socket));
  if (!found.running) add(found, check_admin_socket(config.api.admin_socket));
  add(found, check_log_file(config.log_file.string()));
  add(found, check_identity(config));
  if (const auto genesis = load_genesis(config.genesis); genesis.ok()) {
    check_transport(found, config, *genesis);
  } else {
    found.problems.push_back(genesis.message());
  }
  if (!config.peer_listen.empty() || !config.peers.empty()) {
    const auto key = read_key_file(config.transport_key, KeyPurpose::kTransport);
    if (!key.ok()) found.problems.push_back(key.message());
  }
  add(found, check_consensus_key(config));
  add(found, check_vote_store(config));
  note_certificate(found, config);
  if (const auto tls = read_tls_files(config.api, clock.now_ms()); !tls.ok())
    found.problems.push_back(tls.message());
  const auto plan = plan_descriptors(config.api.max_connections, is_loopback(config.api.listen));
  if (!plan.ok()) found.problems.push_back(plan.message());

  add(found, check_ports_apart({{"peers.listen", config.peer_listen},
                                {"api.listen", config.api.listen},
                                {"metrics.listen", config.metrics_listen}}));
  add(found, check_listen("peers.listen", config.peer_listen, !found.running));
  add(found, check_listen("api.listen", config.api.listen, !found.running));
  add(found, check_listen("metrics.listen", config.metrics_listen, !found.running));

  if (const auto room = check_room(config.data_dir); !room.ok()) {
    found.problems.push_back(room.message());
    found.disk = true;
  }
  return found;
}

Preflight preflight_all(const NodeConfig& config, const Clock& clock) {
  auto found = preflight(config, clock);
  const auto genesis = load_genesis(config.genesis);
  // The database writes when it is opened, and aborts where the disk takes no more.
  if (found.running || found.disk || !genesis.ok()) return found;

  std::vector<PublicKey> keys;
  bool restored = false;
  auto files = make_posix_file_system();
  for (const auto& path :
       {config.consensus_key, fs::path(config.consensus_key.string() + ".next")}) {
    if (config.consensus_key.empty() || !fs::exists(path)) continue;
    const auto key = read_key_file(path, KeyPurpose::kConsensus);
    if (!key.ok()) continue;
    keys.push_back(key->public_key());
    const auto reason = quarantine(*files, journal_directory(config.data_dir).string(),
                                   *ConsensusPublicKey::from(key->public_key().bytes));
    restored = restored || (reason.ok() && *reason == QuarantineReason::kRestored);
  }

  const auto directory = store_directory(config.data_dir);
  if (!fs::exists(directory / "CURRENT")) {
    if (const auto set = ledger::genesis_set(genesis->content); set.ok()) {
      add(found, check_seat(config, *set, keys, restored));
    }
    return found;
  }

  // A node may have started since, and two must not open one store.
  const auto held = files->lock((config.data_dir / "lock").string());
  if (!held.ok()) {
    found.problems.push_back(held.message());
    return found;
  }

  auto store = Store::open(directory.string(), StoreOptions{});
  if (!store.ok()) {
    found.problems.push_back(store.message());
  } else if ((*store)->applied_height()) {
    add(found, check_seat(config, ledger::read_validators(*(*store)->snapshot()), keys, restored));
  }
  return found;
}

namespace {

std::string name_of(const std::optional<InstitutionId>& institution) {
  return institution ? to_text(*institution) : "empty";
}

std::optional<PublicKey> seat_key(const ledger::CertifyingSet& set, const InstitutionId& self) {
  for (const auto& member : set.members()) {
    if (member.institution == self)
      return PublicKey{SignatureAlgorithm::kBip340, to_bytes(member.key.view())};
  }
  return std::nullopt;
}

}  // namespace

Status check_transport_holder(const NodeConfig& config, const PublicKey& key,
                              const std::optional<InstitutionId>& holder) {
  if (!holder || holder == config.institution) return {};
  return error("the transport key " + to_text(key_id(KeyPurpose::kTransport, key)) + " in " +
               config.transport_key.string() + " belongs to " + to_text(*holder) +
               ", and node.institution is " + name_of(config.institution) +
               ". Set node.institution to the institution of the keys, or put its own key there");
}

Status check_seat(const NodeConfig& config, const ledger::CertifyingSet& set,
                  const std::vector<PublicKey>& keys, bool restored) {
  for (const auto& member : set.members()) {
    const PublicKey sits{SignatureAlgorithm::kBip340, to_bytes(member.key.view())};
    if (member.institution == config.institution || std::ranges::find(keys, sits) == keys.end())
      continue;
    return error("the node cannot vote: " + config.consensus_key.string() +
                 " holds the key with which " + to_text(member.institution) +
                 " sits in the validator set, and node.institution is " +
                 name_of(config.institution) +
                 ". Set node.institution to the institution of the key, or put its own key there");
  }

  if (!config.institution || config.consensus_key.empty()) return {};
  const auto seat = seat_key(set, *config.institution);
  if (!seat) return {};
  const auto who = to_text(*config.institution) +
                   " is a validator of this ledger, with the consensus key " +
                   to_text(key_id(KeyPurpose::kConsensus, *seat));

  if (keys.empty()) {
    return error("the node cannot vote: " + who + ", and the key file " +
                 config.consensus_key.string() +
                 " is missing. Put the key back (never from a second node that runs), or set "
                 "keys.consensus = \"\" "
                 "for a node that only follows");
  }
  const bool fits = std::ranges::any_of(keys, [&](const PublicKey& key) { return key == *seat; });
  if (fits || restored) return {};
  return error(
      "the node cannot vote: " + who + ", and " + config.consensus_key.string() +
      " holds another key, " + to_text(key_id(KeyPurpose::kConsensus, keys.front())) +
      ". Put the right key there, or set keys.consensus = \"\" for a node that only follows");
}

}  // namespace testamur::node
