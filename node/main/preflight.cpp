// What must be true before a node begins: files, keys, ports and room. All problems of a start are
// told at once. What a running node holds (its ports, its store) is not looked at.
#include "node/main/preflight.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "common/access.h"
#include "common/address.h"
#include "common/keys.h"
#include "files/key_file.h"
#include "files/paths.h"
#include "ledger/genesis.h"
#include "node/api/descriptors.h"
#include "node/api/tls_files.h"
#include "node/chain/journal_reach.h"
#include "node/config/genesis_file.h"
#include "node/config/minute_text.h"
#include "node/config/named_files.h"
#include "node/log/log.h"
#include "node/main/config_notes.h"
#include "node/main/data_checks.h"
#include "node/main/operator_file.h"
#include "node/rpc/server.h"
#include "node/store/journal.h"
#include "node/validator/vote_note.h"

namespace testamur::node {

namespace fs = std::filesystem;

namespace {

// What a start writes at least, with some air: a journal segment and its spare one, the store's
// own log and first tables. The store does not take a disk well that is full while it opens.
constexpr std::size_t kRoomBytes = 2 * JournalOptions{}.segment_bytes + (8u << 20);

void add_notes(Preflight& found, std::vector<std::string> notes) {
  for (auto& note : notes) found.notes.push_back(std::move(note));
}

void add(Preflight& found, const Status& status) {
  if (!status.ok()) found.problems.push_back(status.message());
}

// The cause in errno's numbers; 0: it can be listened on.
int listen_problem(const addrinfo& each) {
  const int descriptor = ::socket(each.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return errno;
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const bool bound =
      ::bind(descriptor, each.ai_addr, each.ai_addrlen) == 0 && ::listen(descriptor, 1) == 0;
  const int cause = bound ? 0 : errno;
  ::close(descriptor);
  return cause;
}

std::string listen_cure(int cause) {
  switch (cause) {
    case EACCES:
      return "Ports below 1024 need a right that this user lacks (CAP_NET_BIND_SERVICE, "
             "docs/packages.md): choose another port, or give it";
    case EADDRNOTAVAIL:
      return "No interface of this machine has that address: write one that it has (ip address), "
             "or 0.0.0.0 for all";
    default: return "Stop what listens there, or choose another port";
  }
}

// One form for all ways to write an address: ::ffff:127.0.0.1, 127.1 and localhost are 127.0.0.1.
std::string figures_of(const std::string& host) {
  if (host == "localhost") return "127.0.0.1";
  char text[INET6_ADDRSTRLEN] = {};
  in_addr v4{};
  if (::inet_aton(host.c_str(), &v4) == 1) return ::inet_ntop(AF_INET, &v4, text, sizeof text);
  in6_addr v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6) != 1) return host;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return ::inet_ntop(AF_INET, &v6.s6_addr[12], text, sizeof text);
  return ::inet_ntop(AF_INET6, &v6, text, sizeof text);
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

  int last = 0;
  for (const auto* each = all.get(); each != nullptr; each = each->ai_next) {
    last = listen_problem(*each);
    if (last == 0) return {};
  }
  return error(key + " = \"" + address + "\" cannot be listened on: " + std::strerror(last) + ". " +
               listen_cure(last));
}

Status check_ports_apart(const std::vector<Listening>& all) {
  const auto meets = [](const HostPort& one, const HostPort& other) {
    if (one.port != other.port || one.port == "0") return false;
    if (is_unspecified_host(one.host) || is_unspecified_host(other.host)) return true;
    return figures_of(one.host) == figures_of(other.host);
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

// Whoever may write to the folder can put a key of their own there.
Status check_key_folder(const fs::path& key) {
  struct stat facts {};
  const auto folder = key.parent_path();
  if (key.empty() || ::stat(folder.c_str(), &facts) != 0) return {};
  if ((facts.st_mode & S_IWOTH) == 0 || (facts.st_mode & S_ISVTX) != 0) return {};
  return error("the folder of keys " + folder.string() +
               " can be written by everybody: chmod 700 it");
}

// Those in use and those that wait for their turn: a start reads them all.
void check_keys(Preflight& found, const NodeConfig& config) {
  const auto next_of = [](const fs::path& file) { return fs::path(file.string() + ".next"); };
  const auto check = [&found](const fs::path& file, KeyPurpose purpose) {
    const auto key = read_key_file(file, purpose);
    if (!key.ok()) found.problems.push_back(key.message());
  };

  if (const auto& file = config.consensus_key; !file.empty()) {
    for (const auto& each : {file, next_of(file)})
      if (is_there(each)) check(each, KeyPurpose::kConsensus);
  }
  if (config.peer_listen.empty() && config.peers.empty()) return;
  const auto& file = config.transport_key;
  const bool waits = is_there(next_of(file));
  if (waits) check(next_of(file), KeyPurpose::kTransport);
  // A start may have been cut off while the one that waits took its place.
  if (!waits || is_there(file)) check(file, KeyPurpose::kTransport);
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
  if (listed && !ours && !own.empty()) {
    found.notes.push_back(
        "the transport key in " + config.transport_key.string() +
        " is not the one with which this institution founded the ledger. Whether it was "
        "registered since is not looked up here: if not, the other nodes refuse it");
  }
}

// A running node says the last in its status; one that is about to start should not begin with it.
void check_certificate(Preflight& found, const NodeConfig& config, std::uint64_t now_ms) {
  const auto tls = read_tls_files(config.api, now_ms);
  if (!tls.ok()) found.problems.push_back(tls.message());
  if (!tls.ok() || !*tls || now_ms + kCertificateNoticeMs <= (*tls)->valid_until_ms) return;
  found.notes.push_back("api.certificate " + config.api.certificate.string() + " expires on " +
                        minute_text((*tls)->valid_until_ms) +
                        ": nobody connects after that. Renew it, and restart the node");
}

// A disk takes no more, or breaks; everything else is a folder that was named wrongly.
bool is_disk(int cause) {
  return cause == ENOSPC || cause == EDQUOT || cause == EIO || cause == EFBIG;
}

// Writes and removes a file where the data will be; `disk` tells whether the disk is the cause.
Status check_room(const fs::path& directory, bool& disk) {
  // The directory may not exist yet: its nearest parent is on the same disk.
  fs::path existing = directory;
  while (!existing.empty() && !is_there(existing)) existing = existing.parent_path();
  std::array<std::uint8_t, 8> random{};
  fill_random(random);
  const auto file = existing / (".testamur-room-" + to_hex(random));

  const auto cannot = [&] {
    const int cause = errno;
    disk = is_disk(cause);
    const std::string cure =
        disk ? "A start needs " + std::to_string(kRoomBytes >> 20) +
                   " MiB. Make room or give the node another disk, then start it again"
             : "Name a folder in node.data_dir that this user may write to" +
                   access_cure(cause, existing.string());
    return error("the data directory " + directory.string() +
                 " cannot be written: " + std::strerror(cause) + ". " + cure);
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

}  // namespace

// A lock that cannot be opened is held by nobody: the node that starts is told why.
bool is_running(const NodeConfig& config) {
  const auto lock = config.data_dir / "lock";
  const int descriptor = ::open(lock.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool held = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return held;
}

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
  add(found, check_key_folder(config.consensus_key));
  check_keys(found, config);
  check_data(found, config);
  add_notes(found, notes_of(config));
  check_certificate(found, config, clock.now_ms());
  const auto plan = plan_descriptors(config.api.max_connections, is_loopback(config.api.listen));
  if (!plan.ok()) found.problems.push_back(plan.message());

  add(found, check_ports_apart({{"peers.listen", config.peer_listen},
                                {"api.listen", config.api.listen},
                                {"metrics.listen", config.metrics_listen}}));
  add(found, check_listen("peers.listen", config.peer_listen, !found.running));
  add(found, check_listen("api.listen", config.api.listen, !found.running));
  add(found, check_listen("metrics.listen", config.metrics_listen, !found.running));

  bool disk = false;
  add(found, check_room(config.data_dir, disk));
  found.disk = found.disk || disk;
  return found;
}

namespace {

std::optional<PublicKey> seat_key(const ledger::CertifyingSet& set, const InstitutionId& self) {
  for (const auto& member : set.members()) {
    if (member.institution == self)
      return PublicKey{SignatureAlgorithm::kBip340, to_bytes(member.key.view())};
  }
  return std::nullopt;
}

// What the ledger and the votes are asked about: the consensus keys that are here.
struct HeldKeys {
  std::vector<PublicKey> keys;
  bool unreadable = false;  // told already
  HeldVotes votes;          // its quarantine begins, or has begun, without the ledger
};

// What a start would replay. Absent: nobody has voted here, or it is damaged, which is told.
struct FoundVotes {
  JournalContents contents;
  std::uint64_t groups = 0;
};

HeldKeys held_keys(const NodeConfig& config) {
  HeldKeys held;
  const auto files = make_posix_file_system();
  if (config.consensus_key.empty()) return held;
  const auto identity =
      read_vote_store_identity(*files, journal_directory(config.data_dir).string());
  held.votes.used = identity.ok() && *identity && (*identity)->used;
  for (const auto& path :
       {config.consensus_key, fs::path(config.consensus_key.string() + ".next")}) {
    if (!is_there(path)) continue;
    const auto key = read_key_file(path, KeyPurpose::kConsensus);
    held.unreadable = held.unreadable || !key.ok();
    if (!key.ok()) continue;
    held.keys.push_back(key->public_key());
    const auto reason = quarantine(*files, journal_directory(config.data_dir).string(),
                                   *ConsensusPublicKey::from(key->public_key().bytes));
    // As the start has it: the key that votes comes before the one that waits.
    if (reason.ok() && *reason && !held.votes.quarantine) held.votes.quarantine = *reason;
  }
  return held;
}

constexpr char kBeginsInQuarantine[] =
    ". The node begins in quarantine: where the newer one is still there, put it back first";

// That the key voted later than the votes that are here know.
std::string older_copy_note(const NodeConfig& config, const HeldKeys& held,
                            const FoundVotes& votes) {
  const auto journal = journal_directory(config.data_dir).string();
  const auto file = vote_note_of(config.consensus_key);
  const auto noted = read_vote_note(file);
  const auto identity = read_vote_store_identity(*make_posix_file_system(), journal);
  if (!noted.ok() || !*noted || !identity.ok() || !*identity) return "";
  // Of another vote store it is told without counting (data_checks.cpp).
  if ((*noted)->journal != (*identity)->journal) return "";

  const auto voted_later = [&](const PublicKey& key) {
    return contradicts(**noted, *ConsensusPublicKey::from(key.bytes), (*identity)->journal,
                       votes.groups);
  };
  if (std::ranges::none_of(held.keys, voted_later)) return "";
  return "the votes in " + journal + " are an earlier copy: they end with group " +
         std::to_string(votes.groups) + ", and the key voted up to group " +
         std::to_string((*noted)->groups) + " at least (" + file.string() + ")" +
         kBeginsInQuarantine;
}

// A copy that was put back is whole and of the right key, so that nothing else tells of it before
// the node runs, follows, and is missed. As Node::Parts::judge_votes.
void note_quarantine(Preflight& found, const NodeConfig& config, const ledger::Genesis& genesis,
                     const HeldKeys& held, const FoundVotes& votes, const Snapshot* store) {
  using enum QuarantineReason;
  if (held.keys.empty()) return;
  if (held.votes.quarantine) {
    // What is missing or another's is told where the data are looked at.
    if (held.votes.quarantine == kNoVoteStore || held.votes.quarantine == kOtherKey ||
        held.votes.quarantine == kVoteStoreEmptied)
      return;
    found.notes.push_back(
        "this node is in quarantine: " + std::string(to_text(*held.votes.quarantine)) +
        ". It votes when enough other validators have told it what it may have voted for; on a "
        "ledger of one, after testamurd resume-voting");
    return;
  }

  if (store != nullptr && !reaches_store(votes.contents, *store, genesis)) {
    found.notes.push_back("the votes in " + journal_directory(config.data_dir).string() +
                          " are older than the ledger in " +
                          store_directory(config.data_dir).string() +
                          " beside them: an earlier copy was put back" + kBeginsInQuarantine);
    return;
  }
  if (auto note = older_copy_note(config, held, votes); !note.empty())
    found.notes.push_back(std::move(note));
}

// A node of a validator that was told to follow only is missed by nobody until a second one fails.
void note_seat(Preflight& found, const NodeConfig& config, const ledger::CertifyingSet& set) {
  if (!config.institution || !config.consensus_key.empty()) return;
  // A second node names the first one of its institution.
  if (std::ranges::find(config.peers, *config.institution, &PeerEntry::institution) !=
      config.peers.end())
    return;
  const auto seat = seat_key(set, *config.institution);
  if (!seat) return;
  found.notes.push_back("keys.consensus is empty, and " + to_text(*config.institution) +
                        " is a validator of this ledger, with the consensus key " +
                        to_text(key_id(KeyPurpose::kConsensus, *seat)) +
                        ": this node only follows, and no [[peer]] is another one of the "
                        "institution. Name the node that has the key (testamurd join --party with "
                        "its party.toml). Only where no other node has it nobody casts the vote, "
                        "and the key's file is named in keys.consensus");
}

// What a start says of a key that may have been registered in the place of the one that sits.
void note_lagging_seat(Preflight& found, const NodeConfig& config, const ledger::CertifyingSet& set,
                       const HeldKeys& held) {
  if (!check_seat(config, set, held.keys, true).ok()) return;
  if (check_seat(config, set, held.keys, false).ok()) return;
  found.notes.push_back(
      "the consensus key in " + config.consensus_key.string() + ", " +
      to_text(key_id(KeyPurpose::kConsensus, held.keys.front())) +
      ", is not the one that sits for " + to_text(*config.institution) +
      " as far as this node has the ledger. Where it was registered since, the node follows "
      "first, and votes once the validators in force have it; where not, put the right key there");
}

void check_set(Preflight& found, const NodeConfig& config, const ledger::CertifyingSet& set,
               const HeldKeys& held, bool may_lag) {
  if (!held.unreadable) {
    add(found, check_seat(config, set, held.keys, may_lag));
    if (may_lag) note_lagging_seat(found, config, set, held);
  }
  note_seat(found, config, set);
}

void check_opened(Preflight& found, const NodeConfig& config, const ledger::Genesis& genesis,
                  const Snapshot& state, const HeldKeys& held, const Clock& clock) {
  const auto height = state.height();
  if (!height) return;
  add_notes(found, notes_of_institutions(config, genesis, &state));
  const auto bytes = state.header(*height);
  const auto header =
      bytes ? ledger::decode_header(*bytes) : Result<ledger::Header>(error("it is missing"));
  if (!header.ok()) return add(found, error("the newest block of the store: " + header.message()));
  const auto newest_ms = *height == first_height(genesis) ? std::optional<std::uint64_t>{}
                                                          : std::optional(header->time_ms);
  check_set(found, config, ledger::read_validators(state), held,
            seat_may_lag(held.votes, newest_ms, clock.now_ms()));
  const auto note = clock_note(header->time_ms, clock.now_ms());
  if (!note.empty()) found.notes.push_back(note);
}

// The votes and the store of a directory that nobody uses; nothing is changed there.
void check_stored(Preflight& found, const NodeConfig& config, const ledger::Genesis& genesis,
                  const HeldKeys& held, const Clock& clock) {
  FoundVotes votes;
  const auto groups =
      Journal::check(*make_posix_file_system(), journal_directory(config.data_dir).string(), {},
                     collect_records(votes.contents));
  if (groups.ok()) {
    votes.groups = *groups;
  } else {
    found.problems.push_back(groups.message());
    found.disk = true;
  }

  const auto directory = store_directory(config.data_dir);
  if (!is_there(directory / "CURRENT")) {
    if (groups.ok()) note_quarantine(found, config, genesis, held, votes, nullptr);
    return;
  }
  StoreOptions options;
  options.only_to_look = true;
  const auto store = Store::open(directory.string(), std::move(options));
  if (!store.ok()) {
    found.problems.push_back(store.message());
    found.disk = true;
    return;
  }

  const auto state = (*store)->snapshot();
  const auto follows = check_store_ledger(genesis, *state);
  if (!follows.ok()) return add(found, follows);
  check_opened(found, config, genesis, *state, held, clock);
  if (groups.ok()) note_quarantine(found, config, genesis, held, votes, state.get());
}

}  // namespace

Preflight preflight_all(const NodeConfig& config, const Clock& clock) {
  auto found = preflight(config, clock);
  add_notes(found, notes_of_names(config));
  const auto genesis = load_genesis(config.genesis);
  // The database aborts where the disk gives nothing back.
  if (found.running || found.disk || !genesis.ok()) return found;

  const auto held = held_keys(config);
  const bool has_store = is_there(store_directory(config.data_dir) / "CURRENT");
  if (!has_store) {
    const auto set = ledger::genesis_set(genesis->content);
    if (set.ok())
      check_set(found, config, *set, held, seat_may_lag(held.votes, {}, clock.now_ms()));
    add_notes(found, notes_of_institutions(config, *genesis, nullptr));
  }
  // Nothing is made where no node has run.
  if (!has_store && !is_there(config.data_dir / "lock")) return found;

  // A node may have started since. Where none has ever run the lock is not made either.
  std::unique_ptr<FileLock> held_lock;
  if (is_there(config.data_dir / "lock")) {
    auto lock = make_posix_file_system()->lock((config.data_dir / "lock").string());
    if (!lock.ok()) {
      found.problems.push_back(lock.message());
      return found;
    }
    held_lock = std::move(lock).value();
  }
  check_stored(found, config, *genesis, held, clock);
  return found;
}

namespace {

std::string name_of(const std::optional<InstitutionId>& institution) {
  return institution ? to_text(*institution) : "empty";
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
                  const std::vector<PublicKey>& keys, bool may_lag) {
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
                 "for a node that only follows. Lost for good? The others vote its seat away first "
                 "(docs/operating.md, \"A seat whose key is lost\")");
  }
  const bool fits = std::ranges::any_of(keys, [&](const PublicKey& key) { return key == *seat; });
  if (fits || may_lag) return {};
  return error(
      "the node cannot vote: " + who + ", and " + config.consensus_key.string() +
      " holds another key, " + to_text(key_id(KeyPurpose::kConsensus, keys.front())) +
      ". Put the right key there, or set keys.consensus = \"\" for a node that only follows. Where "
      "the key was registered later than the newest block in " +
      store_directory(config.data_dir).string() +
      ", move that folder aside: the node fetches the ledger from its peers again");
}

bool seat_may_lag(const HeldVotes& votes, const std::optional<std::uint64_t>& newest_ms,
                  std::uint64_t now_ms) {
  using enum QuarantineReason;
  // Twice the longest heartbeat: within it a node that is caught up has a newer block.
  constexpr std::uint64_t kCaughtUpMs = 2ull * 3'600'000;
  const bool is_old = !newest_ms || *newest_ms + kCaughtUpMs < now_ms;
  if (!votes.quarantine) return votes.used && !newest_ms;
  if (votes.quarantine == kRestored) return true;
  // A foreign key stays one. All other votes that are not here leave the same question.
  return is_old && votes.quarantine != kOtherKey;
}

Status check_seat_of_genesis(const NodeConfig& config, const ledger::Genesis& genesis) {
  const auto held = held_keys(config);
  const auto set = ledger::genesis_set(genesis.content);
  if (!set.ok() || held.unreadable) return {};  // told where they are read
  return check_seat(config, *set, held.keys, seat_may_lag(held.votes, {}, 0));
}

}  // namespace testamur::node
