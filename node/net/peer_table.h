// The core of the network: who is dialled, who is connected, and who may be. It joins listener,
// dials and sessions.
//
// Between the sessions and the receiver lies one queue, fair among institutions (FairQueue): of
// what waits there one event at a time is posted, so that what the receiver's own strand has to do
// comes in between.
//
// Thread-safe; one mutex guards the table, a second one the queue (taken last). The first is held
// while "up" and "down" are queued, so that those of one node never change places; neither is held
// while anything is waited for. Sessions, dials and the listener hold shared pointers to the table,
// the table to them; stop() cuts these.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "node/net/conduct.h"
#include "node/net/dial.h"
#include "node/net/fair_queue.h"
#include "node/net/inbound_gate.h"
#include "node/net/listener.h"
#include "node/net/network.h"
#include "node/net/session.h"

namespace testamur::node::net {

class PeerTable final : public SessionHost, public std::enable_shared_from_this<PeerTable> {
 public:
  PeerTable(boost::asio::io_context& io, NetworkConfig config, boost::asio::ssl::context tls,
            const Pin& own_pin, const Clock& clock, NetworkHooks hooks);
  void start(std::shared_ptr<Listener> listener);
  void stop();

  void set_position(Epoch epoch, Bytes finalization);
  void set_peers(std::vector<PeerAddress> peers);
  void recheck_admissions();
  template <class Chosen>
  std::size_t send_to(const Chosen& chosen, Priority priority, const EncodedFrame& frame);
  bool send(const InstitutionId& to, Priority priority, const EncodedFrame& frame);
  bool send(const Pin& to, Priority priority, const EncodedFrame& frame);
  std::size_t broadcast(Priority priority, const EncodedFrame& frame);
  void note(const Origin& from, Refusal refusal, std::uint64_t count, std::uint64_t units);
  std::vector<PeerConduct> conduct() const;
  std::array<std::uint64_t, kRefusals> refused() const;
  std::optional<std::size_t> queued_bytes(const Pin& of) const;
  std::vector<PeerStatus> peers() const;
  InboundCounters inbound() const;
  const Pin& own_pin() const { return own_pin_; }
  std::uint16_t listen_port() const { return listener_ ? listener_->port() : 0; }

  Hello own_hello() const override;
  Result<InstitutionId> admission(const Pin& pin) const override;
  bool is_own(const Pin& pin) const override { return pin == own_pin_; }
  bool begin_dialled(Session& session) override;
  std::optional<Goodbye> take(Session& session, const Hello& hello) override;
  void deliver(const Origin& from, Frame frame, const Cost& cost, Lease lease) override;
  void ended(Session& session, const std::string& reason) override;

 private:
  // How often in a row, at most kRivalry apart, two nodes with one key were at work.
  struct Rivalry {
    std::uint32_t count = 0;
    std::chrono::steady_clock::time_point last{};
    std::string from;  // where the one came from that gave way
  };
  struct Peer {
    std::optional<PeerAddress> target;  // where it is dialled, if it is
    std::shared_ptr<Dial> dial;         // waiting or connecting
    std::shared_ptr<Session> dialling;  // connected by us, not up yet
    bool spoken = false;                // our hello was sent on `dialling`
    std::shared_ptr<Session> up;
    std::uint32_t failures = 0;  // since the last connection that lasted
    // Not dialled before: another node of its institution answers at the address.
    std::chrono::steady_clock::time_point rests_until{};
    std::string refused;
    Rivalry taken_over;                                // by another node that shows its key
    std::array<std::uint64_t, kPriorities> dropped{};  // by connections that are over
  };

  // What the receiver is to be told of a peer.
  struct Up {
    Hello hello;
  };
  struct Arrived {
    Frame frame;
    Lease lease;
  };
  struct Down {
    std::string reason;
  };
  struct Event {
    Origin from;
    std::variant<Up, Arrived, Down> what;
  };
  void enqueue(Event event);
  void pump();
  void give(Event event);
  void shut_out(const InstitutionId& institution, Refusal refusal);
  std::uint64_t shut_out_ms(const InstitutionId& institution) const;
  // With inbound_mutex_ held.
  void schedule_pump();
  void arm_pace(std::uint64_t after_ms);

  // All of these: with mutex_ held.
  Result<InstitutionId> admission_locked(const Pin& pin) const;
  bool takes_dialled_by_peer(const Pin& pin, const Peer& peer) const;
  bool has_place_for(const Pin& pin, const InstitutionId& institution) const;
  Goodbye refuse(const Session& session, GoodbyeReason reason, const std::string& why);
  void stop_dialling(Peer& peer);
  void fail_dialling(Peer& peer, const Session& session);
  void rest_if_elsewhere(Peer& peer, const Session& session);
  // Looks at once for a key that rests there, or for all.
  void wake(const Pin& pin, Peer& peer, const std::string& address);
  void wake_all(const std::string& address);
  void end_connection(Peer& peer, const Session& session, const std::string& reason);
  void dial_next(const Pin& pin, Peer& peer);
  std::chrono::milliseconds delay_before(const Pin& pin, const Peer& peer);
  static void note_rival(Rivalry& rivalry);
  static bool is_over(const Rivalry& rivalry);
  static bool is_told(const Rivalry& rivalry);
  static std::uint64_t ms_since(const Rivalry& rivalry);
  void take_down(Peer& peer, const std::string& reason);
  void forget_if_idle(const Pin& pin);
  void note_refusal(Peer& peer, const std::string& reason);
  void note_inbound_refusal(const std::string& address, const std::string& reason);
  bool is_news(const std::string& address, const std::string& reason, std::uint64_t now_ms);
  void note_failed_handshake(const Session& session, const std::string& reason, bool for_its_key);
  PeerStatus status_of(const Pin& pin, const Peer& peer) const;

  void connected(const Pin& pin, const Dial& dial, Result<boost::asio::ip::tcp::socket> socket);
  void accepted(boost::asio::ip::tcp::socket socket);
  void make_room_for_handshake(const std::shared_ptr<Session>& session);
  std::shared_ptr<Session> make_session(boost::asio::ip::tcp::socket socket, SessionSetup setup);
  void tell(std::function<void(Receiver&)> what);

  boost::asio::io_context& io_;
  const NetworkConfig config_;
  boost::asio::ssl::context tls_;
  const Pin own_pin_;
  const Clock& clock_;
  const Directory directory_;
  Receiver& receiver_;
  const Post post_;
  const std::shared_ptr<InboundGate> gate_;
  std::shared_ptr<Listener> listener_;
  std::atomic<bool> stopped_ = false;

  mutable std::mutex mutex_;
  Hello hello_;
  std::map<Pin, Peer> peers_;
  // Where another node shows our key; by institution, so that it is known also of whom we do not
  // dial.
  std::map<InstitutionId, Rivalry> displaced_at_;
  Rivalry own_key_seen_;                           // by a node that proved that it has it
  std::deque<std::weak_ptr<Session>> handshakes_;  // inbound, oldest first
  InboundCounters counters_;
  std::uint64_t refusal_told_at_ms_ = 0;
  // Host and reason, and when it was so last: at most kKnownRefusals.
  std::map<std::pair<std::string, std::string>, std::uint64_t> known_refusals_;

  mutable std::mutex inbound_mutex_;
  FairQueue<Event> inbound_;
  Conduct conduct_;
  bool pump_posted_ = false;
  bool pace_armed_ = false;
  boost::asio::steady_timer pace_;  // on a strand of its own
};

}  // namespace testamur::node::net
