// Network threads write what they see under a mutex and ring the bell; tests read copies and wait
// for conditions, with a deadline that only a failing test reaches.
#include "tests/node/net_fixtures.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <csignal>
#include <future>

#include "common/check.h"
#include "common/openssl_owned.h"

namespace testamur::test {

namespace asio = boost::asio;

namespace {

constexpr auto kDeadline = std::chrono::seconds(20);
constexpr auto kLookAgain = std::chrono::milliseconds(5);

ChainId chain_of(std::uint8_t byte) {
  ChainId chain;
  chain.bytes.fill(byte);
  return chain;
}

}  // namespace

void Bell::ring() {
  std::lock_guard lock(mutex_);
  rung_.notify_all();
}

bool Bell::wait_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::unique_lock lock(mutex_);
    rung_.wait_for(lock, kLookAgain);
  }
  return true;
}

Loop::Loop() : work_(asio::make_work_guard(io)) {
  for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { io.run(); });
}

Loop::~Loop() {
  work_.reset();
  for (auto& thread : threads_) thread.join();
}

void Registry::admit(const net::Pin& pin, const InstitutionId& institution) {
  std::lock_guard lock(mutex_);
  known_[pin] = net::Admission::admitted(institution);
}

void Registry::retire(const net::Pin& pin) {
  std::lock_guard lock(mutex_);
  known_[pin] = net::Admission::refused();
}

net::Directory Registry::directory() {
  return [this](const net::Pin& pin) {
    std::lock_guard lock(mutex_);
    const auto found = known_.find(pin);
    return found == known_.end() ? net::Admission::unknown() : found->second;
  };
}

InstitutionId institution(std::uint8_t number) {
  InstitutionId id;
  id.bytes.fill(number);
  return id;
}

SecretKey transport_key() { return SecretKey::generate(SignatureAlgorithm::kEd25519); }

net::ConsensusMessage message(std::uint8_t content, std::size_t size) {
  return {Bytes(size, content)};
}

NetNode::NetNode(Loop& loop, Registry& registry, Options options)
    : NetNode(loop, registry, std::move(options), transport_key()) {}

NetNode::NetNode(Loop& loop, Registry& registry, Options options, SecretKey key)
    : loop_(loop),
      strand_(asio::make_strand(loop.io)),
      id_(institution(options.number)),
      key_(std::move(key)),
      hold_leases_(options.hold_leases) {
  if (options.registered) registry.admit(net::pin_of(key_.public_key()), id_);
  net::NetworkConfig config;
  config.chain = chain_of(options.chain);
  config.institution = id_;
  config.listen = "127.0.0.1:" + std::to_string(options.port);
  config.peers = std::move(options.peers);
  config.software = "testamur test";
  config.limits = options.limits;
  config.limits.reconnect_min_ms = 20;
  auto post = [strand = strand_](std::function<void()> task) {
    asio::post(strand, std::move(task));
  };
  auto started = net::Network::start(loop_.io, config, key_, loop_.clock,
                                     {registry.directory(), *this, std::move(post)});
  TM_CHECK(started.ok(), started.message());
  network_ = std::move(started).value();
}

// The receiver's tasks run on the strand: after one round through it, none is left that would still
// call us.
NetNode::~NetNode() {
  network_.reset();
  release_leases();
  std::promise<void> round;
  asio::post(strand_, [&] { round.set_value(); });
  round.get_future().wait();
}

void NetNode::on_peer_up(const net::Origin& from, const net::Hello& hello) {
  TM_CHECK(hello.institution == from.institution);
  std::optional<std::uint8_t> greeting;
  {
    std::lock_guard lock(mutex_);
    ++ups_;
    greeting = greeting_;
  }
  if (greeting) network_->send(from.pin, net::Priority::kVote, net::encode(message(*greeting)));
  loop_.bell.ring();
}

void NetNode::on_frame(const net::Origin& from, net::Frame frame, net::Lease lease) {
  {
    std::lock_guard lock(mutex_);
    frames_.push_back({from, std::move(frame)});
    if (hold_leases_) leases_.push_back(std::move(lease));
  }
  loop_.bell.ring();
}

void NetNode::on_peer_down(const net::Origin&, const std::string& reason) {
  {
    std::lock_guard lock(mutex_);
    downs_.push_back(reason);
  }
  loop_.bell.ring();
}

void NetNode::on_refusal(const std::string& address, const std::string& reason) {
  {
    std::lock_guard lock(mutex_);
    refusals_.push_back(address + ": " + reason);
  }
  loop_.bell.ring();
}

net::PeerAddress NetNode::address() const {
  return {"127.0.0.1:" + std::to_string(network_->listen_port()), network_->pin(), id_};
}

void NetNode::release_leases() {
  std::vector<net::Lease> released;
  std::lock_guard lock(mutex_);
  hold_leases_ = false;
  released.swap(leases_);
}

void NetNode::greet_with(std::uint8_t content) {
  std::lock_guard lock(mutex_);
  greeting_ = content;
}

std::vector<NetNode::Received> NetNode::frames() const {
  std::lock_guard lock(mutex_);
  return frames_;
}

bool NetNode::has(const InstitutionId& from, const net::Frame& frame) const {
  std::lock_guard lock(mutex_);
  return std::any_of(frames_.begin(), frames_.end(), [&](const Received& received) {
    return received.from.institution == from && received.frame == frame;
  });
}

std::size_t NetNode::ups() const {
  std::lock_guard lock(mutex_);
  return ups_;
}

std::vector<std::string> NetNode::downs() const {
  std::lock_guard lock(mutex_);
  return downs_;
}

std::vector<std::string> NetNode::refusals() const {
  std::lock_guard lock(mutex_);
  return refusals_;
}

bool NetNode::connected_to(const InstitutionId& peer) const {
  return status_of(peer).state == net::PeerState::kConnected;
}

net::PeerStatus NetNode::status_of(const InstitutionId& peer) const {
  for (auto& status : network_->peers()) {
    if (status.institution == peer) return status;
  }
  return {};
}

RawClient::RawClient(std::uint16_t port) {
  std::signal(SIGPIPE,
              SIG_IGN);  // a write after the other side has closed is an ordinary outcome here
  socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
  TM_CHECK(socket_ >= 0);
  const timeval limit{10, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  TM_CHECK(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  check_.refuse = [](const net::Pin&) { return std::string(); };
}

RawClient::~RawClient() {
  if (ssl_ != nullptr) SSL_free(ssl_);
  ::close(socket_);
}

bool RawClient::handshake(const SecretKey& key) {
  auto context = net::make_tls_context(key);
  TM_CHECK(context.ok());
  return handshake(context->native_handle());
}

bool RawClient::handshake(SSL_CTX* context) {
  ssl_ = SSL_new(context);
  SSL_set_fd(ssl_, socket_);
  net::attach(ssl_, check_);
  return SSL_connect(ssl_) == 1;
}

bool RawClient::handshake_in_the_name_of(const PublicKey& shown) {
  // OpenSSL takes the two halves as they are given: what it signs then holds under neither key.
  const auto other = transport_key();
  Bytes secret(other.secret_bytes().begin(), other.secret_bytes().end());
  Bytes half(shown.bytes.begin(), shown.bytes.end());
  OSSL_PARAM halves[] = {
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, secret.data(), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, half.data(), half.size()),
      OSSL_PARAM_construct_end()};
  const openssl::Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> maker(
      EVP_PKEY_CTX_new_from_name(nullptr, "ED25519", nullptr));
  EVP_PKEY* raw = nullptr;
  TM_CHECK(EVP_PKEY_fromdata_init(maker.get()) == 1 &&
           EVP_PKEY_fromdata(maker.get(), &raw, EVP_PKEY_KEYPAIR, halves) == 1);
  const openssl::Owned<EVP_PKEY, EVP_PKEY_free> key(raw);

  const openssl::Owned<X509, X509_free> certificate(X509_new());
  TM_CHECK(X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0) != nullptr &&
           X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3'600) != nullptr &&
           X509_set_pubkey(certificate.get(), key.get()) == 1 &&
           X509_sign(certificate.get(), key.get(), nullptr) > 0);

  auto context = net::make_tls_context(transport_key());
  TM_CHECK(context.ok());
  TM_CHECK(SSL_CTX_use_certificate(context->native_handle(), certificate.get()) == 1 &&
           SSL_CTX_use_PrivateKey(context->native_handle(), key.get()) == 1);

  // In TLS 1.3 the client is done before the server has looked at what it signed.
  return handshake(context->native_handle()) && receive().has_value();
}

bool RawClient::join(const SecretKey& key, const InstitutionId& as) {
  if (!handshake(key)) return false;
  const net::Hello hello{chain_of(kChainByte), net::kPeerProtocol, Epoch{}, {}, as, "by hand"};
  if (!send(*net::encode_wire(hello))) return false;
  const auto answer = receive();
  return answer && std::holds_alternative<net::Hello>(*answer);
}

bool RawClient::send(ByteView bytes) {
  const auto size = static_cast<int>(bytes.size());
  if (ssl_ != nullptr) return SSL_write(ssl_, bytes.data(), size) == size;
  return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == size;
}

bool RawClient::read_exactly(std::uint8_t* out, std::size_t size) {
  while (size > 0) {
    const auto got = ssl_ != nullptr ? SSL_read(ssl_, out, static_cast<int>(size))
                                     : ::recv(socket_, out, size, 0);
    if (got <= 0) return false;
    out += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

std::optional<net::WireFrame> RawClient::receive() {
  std::array<std::uint8_t, 4> length{};
  if (!read_exactly(length.data(), length.size())) return std::nullopt;
  Bytes body(Decoder(length).u32());
  if (!read_exactly(body.data(), body.size())) return std::nullopt;
  auto frame = net::decode_wire(body);
  TM_CHECK(frame.ok(), frame.message());
  return std::move(frame).value();
}

bool RawClient::closed_by_peer() {
  std::uint8_t byte = 0;
  while (true) {
    errno = 0;
    const auto got = ssl_ != nullptr ? SSL_read(ssl_, &byte, 1) : ::recv(socket_, &byte, 1, 0);
    if (got <= 0) return errno != EAGAIN && errno != EWOULDBLOCK;
  }
}

}  // namespace testamur::test
