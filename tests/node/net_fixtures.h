// Networks over real loopback sockets, and a client that speaks TLS, or anything else, by hand.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "node/net/network.h"
#include "node/net/tls.h"
#include "node/net/wire.h"

namespace testamur::test {

namespace net = node::net;

// Waits for what other threads do; every recorded event wakes it.
class Bell {
 public:
  void ring();
  // Whether the condition held before the deadline, which only a failing test reaches.
  bool wait_until(const std::function<bool()>& condition);

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
};

// An io_context run by two threads until it goes.
class Loop {
 public:
  Loop();
  ~Loop();
  boost::asio::io_context io;
  Bell bell;
  SystemClock clock;

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
};

// Which transport keys are good: one for all nodes of a test.
class Registry {
 public:
  void admit(const net::Pin& pin, const InstitutionId& institution);
  void retire(const net::Pin& pin);
  net::Directory directory();

 private:
  std::mutex mutex_;
  std::map<net::Pin, net::Admission> known_;
};

InstitutionId institution(std::uint8_t number);
SecretKey transport_key();
net::ConsensusMessage message(std::uint8_t content, std::size_t size = 16);
constexpr std::uint8_t kChainByte = 0xc1;

// A node: a key, a network, and what its receiver was told.
class NetNode final : public net::Receiver {
 public:
  struct Options {
    std::uint8_t number = 1;
    std::uint8_t chain = kChainByte;
    std::vector<net::PeerAddress> peers{};
    std::uint16_t port = 0;
    bool registered = true;
    bool hold_leases = false;  // from the start
    net::Limits limits{};
  };
  NetNode(Loop& loop, Registry& registry, Options options);
  NetNode(Loop& loop, Registry& registry, std::uint8_t number)
      : NetNode(loop, registry, Options{.number = number}) {}
  // With a key made before.
  NetNode(Loop& loop, Registry& registry, Options options, SecretKey key);
  ~NetNode() override;

  void on_peer_up(const net::Origin& from, const net::Hello& hello) override;
  void on_frame(const net::Origin& from, net::Frame frame, net::Lease lease) override;
  void on_peer_down(const net::Origin& from, const std::string& reason) override;
  void on_refusal(const std::string& address, const std::string& reason) override;

  net::Network& network() { return *network_; }
  void stop() { network_.reset(); }
  net::PeerAddress address() const;
  const InstitutionId& id() const { return id_; }
  const SecretKey& key() const { return key_; }
  void release_leases();
  // Sends a vote of this content as soon as a peer comes up.
  void greet_with(std::uint8_t content);

  struct Received {
    net::Origin from;
    net::Frame frame;
  };
  std::vector<Received> frames() const;
  bool has(const InstitutionId& from, const net::Frame& frame) const;
  std::size_t ups() const;
  std::vector<std::string> downs() const;
  std::vector<std::string> refusals() const;
  bool connected_to(const InstitutionId& peer) const;
  // The status line of one peer; an empty one if there is none.
  net::PeerStatus status_of(const InstitutionId& peer) const;

 private:
  Loop& loop_;
  boost::asio::strand<boost::asio::io_context::executor_type> strand_;
  const InstitutionId id_;
  SecretKey key_;
  mutable std::mutex mutex_;
  std::vector<Received> frames_;
  std::vector<net::Lease> leases_;
  bool hold_leases_ = false;
  std::optional<std::uint8_t> greeting_;
  std::size_t ups_ = 0;
  std::vector<std::string> downs_;
  std::vector<std::string> refusals_;
  std::unique_ptr<net::Network> network_;
};

// A blocking TCP client whose reads end after some seconds, with TLS by hand.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // TLS as the nodes speak it, with this key. False: refused.
  bool handshake(const SecretKey& key);
  bool handshake(SSL_CTX* context);
  // With a certificate of this key and the secret of another: what anybody can make. False:
  // refused.
  bool handshake_in_the_name_of(const PublicKey& shown);
  // Handshake and both hellos: an authenticated peer.
  bool join(const SecretKey& key, const InstitutionId& as);

  bool send(ByteView bytes);  // through TLS once there is TLS
  // The next frame; nothing when the connection has ended.
  std::optional<net::WireFrame> receive();
  // Reads until the other side closes; false when it does not.
  bool closed_by_peer();
  SSL* ssl() { return ssl_; }

 private:
  bool read_exactly(std::uint8_t* out, std::size_t size);
  int socket_ = -1;
  SSL* ssl_ = nullptr;
  net::PinCheck check_;
};

}  // namespace testamur::test
