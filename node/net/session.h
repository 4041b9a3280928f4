// One connection to another node, from the TLS handshake to its end.
//
//   TLS -> hellos -> up -> ended
//
// The dialling side says hello first; the accepting side answers once the host has taken the
// connection. Everything but enqueue(), close() and the status happens on the session's strand. A
// session keeps itself alive until its socket is closed.
//
// Reading: at most Limits::inbound_bytes (as Cost counts what is kept) are given to the receiver
// and not yet released; beyond that nothing is read, so TCP holds the sender back. Writing: small
// frames are gathered into one write; a peer that takes no byte for Limits::write_timeout_ms is
// given up. Both are watched by one timer, which also pings.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>

#include "node/net/frame_splitter.h"
#include "node/net/send_queue.h"
#include "node/net/tls.h"
#include "node/net/wire.h"

namespace testamur::node::net {

class Session;

// What a session asks of the network. Thread-safe; called on the session's strand.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  virtual Hello own_hello() const = 0;
  // The institution if the key is admitted now; otherwise the reason.
  virtual Result<InstitutionId> admission(const Pin& pin) const = 0;
  virtual bool is_own(const Pin& pin) const = 0;
  // A dialled connection has passed TLS and is about to speak. False: it is not wanted any more.
  virtual bool begin_dialled(Session& session) = 0;
  // The peer's hello is in order. Nothing: the connection counts from now on. Otherwise what to
  // tell the peer.
  virtual std::optional<Goodbye> take(Session& session, const Hello& hello) = 0;
  virtual void deliver(const Origin& from, Frame frame, const Cost& cost, Lease lease) = 0;
  // Once, when the session does not count any more; it may still be saying goodbye.
  virtual void ended(Session& session, const std::string& reason) = 0;
};

struct SessionSetup {
  bool dialled = false;
  std::optional<Pin> expected;  // set iff dialled
  std::string address;
  std::shared_ptr<void> place;  // of the inbound gate; held until the socket is closed
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  using Socket = boost::asio::ip::tcp::socket;  // its executor must be a strand
  Session(Socket socket, boost::asio::ssl::context& tls, SessionSetup setup, const Limits& limits,
          const Clock& clock, std::shared_ptr<SessionHost> host);

  void start();
  void enqueue(Priority priority, EncodedFrame frame);
  // Ends the session; the peer is told the reason if it can be.
  void close(Goodbye why);

  bool dialled() const { return setup_.dialled; }
  const std::string& address() const { return setup_.address; }
  bool handshaking() const { return state_ == State::kTls || state_ == State::kHello; }
  // Valid in SessionHost calls and after them.
  const Pin& pin() const;
  // The key that the other side showed, whichever was expected.
  const std::optional<Pin>& shown() const { return check_.shown; }
  // The other side ended it because another connection with this node's key is in use there.
  bool displaced() const { return displaced_; }
  bool refused_for_its_key() const { return !check_.refusal.empty() || has_own_key_; }
  // The other side showed this node's key and proved that it has it: a certificate, which carries
  // only the public key, anybody can make.
  bool has_own_key() const { return has_own_key_; }
  std::chrono::steady_clock::time_point up_since() const { return up_since_; }
  std::size_t queued_bytes() const;
  void set_origin(const Origin& origin) { origin_ = origin; }
  const Origin& origin() const { return origin_; }
  // Fills what the session knows.
  void describe_into(PeerStatus& status) const;

 private:
  using Steady = std::chrono::steady_clock;
  enum class State : std::uint8_t { kTls, kHello, kUp, kEnding, kClosed };
  struct LeaseToken;

  std::string judge(const Pin& shown) const;
  void handshake_done(boost::system::error_code failure);
  void arm_deadline(std::uint32_t after_ms, const char* reason);
  void read();
  void read_done(boost::system::error_code failure, std::size_t size);
  void split(ByteView input);
  void handle(ByteView protobuf);
  void handle_up(WireFrame frame);
  void handle_hello(const WireFrame& frame);
  std::optional<Goodbye> judge(const Hello& hello) const;
  void release(std::size_t size);
  bool too_much_control();

  void say(const WireFrame& frame);
  void pump();
  bool gather();
  void write();
  void write_done(boost::system::error_code failure, std::size_t size);

  void watch();
  void watch_once(Steady::time_point now);
  void end(const std::string& reason, std::optional<Goodbye> goodbye);
  void drain_raw();
  void close_socket();

  boost::asio::ssl::stream<Socket> stream_;
  boost::asio::steady_timer deadline_;
  boost::asio::steady_timer watch_;
  SessionSetup setup_;
  const Limits limits_;
  const Clock& clock_;
  const std::shared_ptr<SessionHost> host_;
  PinCheck check_;
  Origin origin_;
  std::atomic<State> state_ = State::kTls;
  bool tls_done_ = false;
  bool tls_failed_ = false;
  bool has_own_key_ = false;
  std::atomic<bool> displaced_ = false;
  Steady::time_point up_since_{};

  Bytes read_buffer_;
  FrameSplitter splitter_;
  bool reading_ = false;
  std::atomic<bool> paused_ = false;
  std::atomic<std::size_t> unreleased_bytes_ = 0;
  Steady::time_point heard_at_{};

  mutable std::mutex queue_mutex_;  // guards queue_ and pump_due_
  SendQueue queue_;
  bool pump_due_ = false;  // a pump is posted or running and will look at the queue again

  std::deque<EncodedFrame> control_;  // hello, ping, pong, goodbye: before everything else
  std::vector<EncodedFrame> batch_;   // what is being written
  Bytes gathered_;
  ByteView unwritten_;
  bool writing_ = false;
  Steady::time_point wrote_at_{};
  Steady::time_point pinged_at_{};
  std::uint64_t ping_nonce_ = 0;
  Steady::time_point control_since_{};
  std::size_t control_heard_ = 0;  // pings and pongs in the second that began then

  mutable std::mutex software_mutex_;
  std::string software_;
  std::atomic<std::uint64_t> connected_since_ms_ = 0, heard_at_ms_ = 0, round_trip_us_ = 0,
                             bytes_in_ = 0, bytes_out_ = 0;
};

}  // namespace testamur::node::net
