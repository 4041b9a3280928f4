// Connections to the other nodes: TLS 1.3 with mutual pinned Ed25519 keys, length-prefixed frames,
// priorities.
//
// Knows institutions, transport keys and opaque frames; knows nothing of blocks, votes or the
// registry. Who may connect is asked of a Directory, what arrives is handed to a Receiver.
// docs/formats/peer.md and node/net/README.md.
//
// Thread rule: every public function of Network may be called from any thread and never blocks on
// the network. The caller's io_context may be run by several threads.
//
// Delivery: at most once, in order within one priority of one connection. What is sent to an
// institution that is not connected is dropped, and so is what exceeds a queue (SendQueue: oldest
// first, transactions before blocks before votes): senders repeat what matters.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/ids.h"
#include "common/keys.h"
#include "common/result.h"
#include "node/net/cost.h"
#include "node/net/frame.h"

namespace boost::asio {
class io_context;
}

namespace testamur::node::net {

// SHA-256 of the SubjectPublicKeyInfo of a transport key: the only thing about a certificate that
// counts.
using Pin = FixedBytes<32, struct PinTag>;
// Precondition: an Ed25519 key.
Pin pin_of(const PublicKey& transport_key);

enum class Priority : std::uint8_t { kVote = 0, kBlock = 1, kTransaction = 2 };
constexpr std::size_t kPriorities = 3;

// Where a node may be dialled, and which key must answer there.
struct PeerAddress {
  std::string address;  // host:port or [v6]:port; names are resolved at each attempt
  Pin pin;
  InstitutionId institution;
  auto operator<=>(const PeerAddress&) const = default;
};

// What the registry says of a transport key.
struct Admission {
  enum class Kind : std::uint8_t {
    kUnknown,   // not known: admitted only if it is one of the peers that are dialled
    kAdmitted,  // a transport key of `institution`, which is in good standing
    kRefused,   // retired, or its institution is suspended or closed: never admitted, even where a
                // peer list names it
  };
  Kind kind = Kind::kUnknown;
  InstitutionId institution;
  bool member = false;  // it has a seat in the validator set, or in the next one
  static Admission unknown() { return {}; }
  static Admission admitted(const InstitutionId& of, bool member = false) {
    return {Kind::kAdmitted, of, member};
  }
  static Admission refused() { return {Kind::kRefused, {}, false}; }
  bool operator==(const Admission&) const = default;
};
// Whose work goes first.
enum class Rank : std::uint8_t { kMember = 0, kInstitution = 1, kStranger = 2 };
constexpr std::size_t kRanks = 3;
Rank rank_of(const Admission& admission);
// Called from network threads during handshakes, and by recheck_admissions(), with a lock of the
// network held: thread-safe, fast, never calls Network, never waits for a lock that someone holds
// while calling Network.
using Directory = std::function<Admission(const Pin&)>;

// Runs a task later, in the order of posting, on the thread or strand that owns the receiver's
// state; never inside the call. For an Asio executor: [strand](auto task) {
// boost::asio::post(strand, std::move(task)); }
using Post = std::function<void(std::function<void()>)>;

// From whom something came. An institution may run several nodes, each with a key of its own.
struct Origin {
  InstitutionId institution;
  Pin pin;
  auto operator<=>(const Origin&) const = default;
};

// Keeps a received frame counted (Cost::bytes_kept) against its sender's inbound budget. While a
// peer's budget is used up nothing more is read from it, so hold the lease until the frame has been
// dealt with (at most: until its signatures are verified).
using Lease = std::shared_ptr<const void>;

// Called through Post only, until stop(): one call at a time if Post gives that. Per pin: up,
// frames, down, up, ... Between institutions in the order of FairQueue: members first, and none
// more often than its share. Of what a node sent before it went down, only consensus messages still
// come.
class Receiver {
 public:
  virtual ~Receiver() = default;
  virtual void on_peer_up(const Origin& from, const Hello& hello) = 0;
  virtual void on_frame(const Origin& from, Frame frame, Lease lease) = 0;
  virtual void on_peer_down(const Origin& from, const std::string& reason) = 0;
  // For the log: a dial or a handshake failed. Not repeated for one dialled address while the
  // reason stays the same, and at most once a second for inbound ones.
  virtual void on_refusal(const std::string& /*address*/, const std::string& /*reason*/) {}
};

// The side for which the network works: it admits, is told what arrives, and says where it is told.
struct NetworkHooks {
  Directory directory;
  Receiver& receiver;
  Post post;
};

struct QueueLimits {
  std::size_t bytes = 24u << 20;   // all priorities of one peer together
  std::size_t frames = 16u << 10;  // as many at most, whatever their size
};

struct Limits {
  QueueLimits queue;
  std::size_t inbound_bytes =
      8u << 20;  // received from one peer and not yet released by the receiver
  std::size_t inbound_per_address =
      32;  // connections and handshakes from one address (IPv6: one /64)
  std::size_t inbound_total = 512;
  std::size_t nodes_per_institution = 8;   // connected at once, of an institution that is no member
  std::size_t waiting_frames = 16u << 10;  // of one institution, not yet given to the receiver
  std::size_t waiting_bytes = 16u << 20;
  std::uint64_t others_units_per_second =
      200'000;                  // Cost::units of all who are no members together
  std::size_t handshakes = 64;  // under way at once; a further one ends the oldest
  std::uint32_t handshakes_per_second_per_address = 8;
  std::uint32_t handshake_burst_per_address = 64;
  std::uint32_t connect_timeout_ms = 5'000;
  std::uint32_t handshake_timeout_ms = 5'000;  // TLS and both hellos
  std::uint32_t ping_interval_ms = 5'000;      // a peer not heard of for this long is pinged
  std::uint32_t idle_timeout_ms = 20'000;      // and given up after this
  std::uint32_t write_timeout_ms = 20'000;  // a peer that takes no byte for this long is given up
  std::uint32_t reconnect_min_ms = 200;     // doubled at each failure, jittered
  std::uint32_t reconnect_max_ms = 15'000;
};

struct NetworkConfig {
  ChainId chain;
  InstitutionId institution;  // whose node this is
  std::string listen;         // host:port; port 0 picks one; empty: dial only
  std::vector<PeerAddress>
      peers;             // [[peer]] of the configuration: dialled whatever set_peers() says
  std::string software;  // at most kMaxSoftwareBytes
  Limits limits;
};

enum class PeerState : std::uint8_t { kWaiting, kConnecting, kConnected };
std::string_view to_text(PeerState state);

struct PeerStatus {
  InstitutionId institution;
  Pin pin;
  std::string address;  // where it is dialled, or where it came from
  PeerState state = PeerState::kWaiting;
  bool dialled_by_us = false;
  std::uint64_t connected_since_ms = 0;  // wall clock; 0 while not connected
  std::uint64_t last_heard_ms = 0;       // wall clock; 0: never
  std::uint64_t round_trip_us = 0;       // of the last ping; 0: not known
  std::size_t queued_frames = 0;
  std::size_t queued_bytes = 0;
  std::array<std::uint64_t, kPriorities>
      dropped{};  // frames dropped from full queues since start, by priority
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  // How often, a few minutes between at most, a connection that was in use gave way to another one
  // that shows the same key: more than once means two nodes with one key.
  // Told until a minute has passed without a further one.
  std::uint32_t taken_over = 0;
  std::string taken_from;  // where the one came from that gave way last; `address`: the other
  std::uint64_t taken_ms_ago = 0;
  std::string software;
  std::string refused;  // why the last attempt or connection ended; empty while all is well
};

// Of whom something was refused in the last ten minutes.
struct PeerConduct {
  InstitutionId institution;
  std::string reason;             // the newest (to_text(Refusal))
  std::uint64_t refused = 0;      // since start
  std::uint64_t shut_out_ms = 0;  // how long it is still disconnected; 0: it is not
};

// What happened to those who never became a peer.
struct InboundCounters {
  std::uint64_t accepted = 0;
  std::uint64_t rate_limited = 0;  // closed before TLS
  std::uint64_t failed_handshakes = 0;
  std::uint64_t unknown_keys = 0;               // of those, because of the key
  std::uint64_t own_key = 0;                    // of those, with the very key of this node
  std::optional<std::uint64_t> own_key_ms_ago;  // when the last one of these came
  std::string last_refusal;                     // address and reason
  // Institutions whose nodes ended our connection because another one with our key is in use there,
  // while we have none; and how often, a few minutes between at most. Again and again means a
  // second node with it. Told until two minutes have passed without a further time.
  struct Displaced {
    InstitutionId institution;
    std::uint32_t times = 0;
    std::uint64_t ms_ago = 0;
  };
  std::vector<Displaced> displaced_at;
  // A node that lost its connection without a word comes back once; twice in a row may be chance.
  static constexpr std::uint32_t kRivalTimes = 3;
};

// Whose word counts for that another node shows this node's key there: of the others in the
// validator set so many that one of them is honest. Whoever says so can be lying, and who is
// believed keeps this node from voting.
struct Witnesses {
  std::vector<InstitutionId> others;
  std::size_t needed = 1;  // f + 1
};
// How long ago another node was seen with this node's transport key; absent: not within this time,
// or only as often as chance would have it, or by too few. A node that dialled this one with the
// key has proved it.
std::optional<std::uint64_t> copy_ms_ago(const InboundCounters& seen, const Witnesses& witnesses,
                                         std::uint64_t within_ms);

class Network {
 public:
  // Listens and begins to dial. Fails when the address cannot be used or the key is not Ed25519.
  // Lifetimes: `clock` outlives the io_context, in which connections may still be saying goodbye.
  // `hooks.directory` is not called any more once stop() or the destructor has returned; nor is
  // `hooks.receiver`, except by a task of `hooks.post` that was already running then: end it, or
  // destroy the network on the receiver's own strand, before the receiver goes.
  static Result<std::unique_ptr<Network>> start(boost::asio::io_context& io, NetworkConfig config,
                                                const SecretKey& transport_key, const Clock& clock,
                                                NetworkHooks hooks);
  virtual ~Network() = default;

  // What the next hellos say.
  virtual void set_position(Epoch epoch, Bytes finalization) = 0;
  // The nodes that the registry lists: dialled besides those of the configuration (which win for
  // the same pin). The own pin is ignored. Connections to nodes no longer listed stay if the
  // directory admits them.
  virtual void set_peers(std::vector<PeerAddress> peers) = 0;
  // Asks the directory again about every connection and closes those not admitted any more. Call
  // after each change.
  virtual void recheck_admissions() = 0;

  // Queues a frame to every node of an institution (usually one). False: not connected, nothing
  // queued.
  virtual bool send(const InstitutionId& to, Priority priority, const EncodedFrame& frame) = 0;
  // Queues a frame to one node: the way to answer a request.
  virtual bool send(const Pin& to, Priority priority, const EncodedFrame& frame) = 0;
  // Queues a frame to all connected nodes; the number of them.
  virtual std::size_t broadcast(Priority priority, const EncodedFrame& frame) = 0;
  bool send(const InstitutionId& to, Priority priority, const Frame& frame) {
    return send(to, priority, encode(frame));
  }
  bool send(const Pin& to, Priority priority, const Frame& frame) {
    return send(to, priority, encode(frame));
  }
  std::size_t broadcast(Priority priority, const Frame& frame) {
    return broadcast(priority, encode(frame));
  }

  // Something of a node was refused `count` times, and cost `units` beyond what its frame had
  // declared: its share pays for that, and an institution without a seat that goes on is
  // disconnected for a while.
  virtual void note(const Origin& /*from*/, Refusal /*refusal*/, std::uint64_t /*count*/,
                    std::uint64_t /*units*/) {}
  virtual std::vector<PeerConduct> conduct() const { return {}; }
  // How often each was refused since start, of anybody.
  virtual std::array<std::uint64_t, kRefusals> refused() const { return {}; }
  // What waits to be written to a node; nothing when it is not connected.
  virtual std::optional<std::size_t> queued_bytes(const Pin& /*of*/) const { return 0; }

  // Every node that is dialled or connected, ordered by institution and pin.
  virtual std::vector<PeerStatus> peers() const = 0;
  virtual InboundCounters inbound() const = 0;
  virtual Pin pin() const = 0;
  // The port that is listened on; 0 when dialling only.
  virtual std::uint16_t listen_port() const = 0;

  // Closes every connection and stops listening and dialling; the io_context then runs out of the
  // network's work within about a second. Idempotent; the destructor does it too.
  virtual void stop() = 0;
};

}  // namespace testamur::node::net
