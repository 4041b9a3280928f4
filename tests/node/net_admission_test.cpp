// Who is let in: pins, the registry, retired keys, chains and institutions; and that TLS is what
// docs/formats/peer.md says.
#include <cstdio>

#include "tests/node/net_fixtures.h"
#include "tests/support/catch.h"

namespace testamur::test {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Everything a shell command prints.
std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 512> part{};
  while (const auto size = std::fread(part.data(), 1, part.size(), pipe))
    text.append(part.data(), size);
  pclose(pipe);
  return text;
}

struct ContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

}  // namespace

TEST_CASE("the pin of a key is SHA-256 over its SubjectPublicKeyInfo") {
  // RFC 8410 section 10.1; the digest recomputed with: openssl pkey -pubin -outform DER | sha256sum
  const auto raw =
      from_hex("19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1").value();
  const auto pin = net::pin_of(PublicKey{SignatureAlgorithm::kEd25519, raw});
  CHECK(pin.hex() == "a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681f");
}

TEST_CASE(
    "a node that shows another key than the pinned one is refused, and the status names both "
    "keys") {
  Loop loop;
  Registry registry;
  NetNode a(loop, registry, 1);

  auto wrong = a.address();
  wrong.pin = net::pin_of(transport_key().public_key());
  NetNode b(loop, registry, NetNode::Options{.number = 2, .peers = {wrong}});

  REQUIRE(loop.bell.wait_until([&] { return !b.status_of(a.id()).refused.empty(); }));
  const auto reason = b.status_of(a.id()).refused;
  CHECK(contains(reason,
                 "shows the key " + a.network().pin().hex() + ", expected is " + wrong.pin.hex()));

  CHECK(a.ups() == 0);
  CHECK(b.ups() == 0);
}

// Each institution with a second node, or a new transport key, was looked for at one address once
// for each key: the node there was told, in a line every few seconds, that nobody admits it.
TEST_CASE(
    "a key is looked for no longer where another one of its institution answers, and nobody is "
    "told that it is not admitted") {
  Loop loop;
  Registry registry;
  NetNode a(loop, registry, 1);
  const auto other_key = transport_key();
  auto elsewhere = a.address();
  elsewhere.pin = net::pin_of(other_key.public_key());
  registry.admit(elsewhere.pin, a.id());

  NetNode b(loop, registry, NetNode::Options{.number = 2, .peers = {a.address(), elsewhere}});
  REQUIRE(loop.bell.wait_until([&] { return a.connected_to(b.id()); }));
  REQUIRE(loop.bell.wait_until([&] { return !a.refusals().empty(); }));
  CHECK(contains(a.refusals().front(), "looks for another transport key at this address"));
  CHECK_FALSE(contains(a.refusals().front(), "does not admit"));

  NetNode c(loop, registry, NetNode::Options{.number = 3, .peers = {a.address()}});
  REQUIRE(loop.bell.wait_until([&] { return a.connected_to(c.id()); }));
  CHECK(a.network().inbound().failed_handshakes == 1);
  CHECK(a.refusals().size() == 1);

  // Whoever shows that key at that address is found as soon as the other one is gone.
  const auto port = a.network().listen_port();
  a.stop();
  REQUIRE(loop.bell.wait_until([&] { return b.downs().size() == 1; }));
  NetNode renewed(loop, registry, NetNode::Options{.number = 1, .port = port},
                  SecretKey::from_bytes(other_key.algorithm(), other_key.secret_bytes()).value());
  CHECK(loop.bell.wait_until([&] { return renewed.connected_to(b.id()); }));
}

TEST_CASE("a refusal that goes on is told once for an address, whatever port it comes from") {
  Loop loop;
  Registry registry;
  NetNode a(loop, registry, 1);
  const auto stranger = transport_key();
  for (std::uint64_t times = 1; times <= 3; ++times) {
    RawClient client(a.network().listen_port());
    client.join(stranger, institution(9));
    REQUIRE(loop.bell.wait_until([&] { return a.network().inbound().unknown_keys == times; }));
  }
  REQUIRE(loop.bell.wait_until([&] { return a.refusals().size() == 1; }));
  CHECK(contains(a.refusals().front(), "not a transport key of any institution that we know"));
}

TEST_CASE("a key that nobody knows is refused, and both sides say why") {
  Loop loop;
  Registry registry;
  NetNode a(loop, registry, 1);
  NetNode b(loop, registry,
            NetNode::Options{.number = 2, .peers = {a.address()}, .registered = false});

  REQUIRE(loop.bell.wait_until([&] { return !b.status_of(a.id()).refused.empty(); }));
  CHECK(contains(b.status_of(a.id()).refused, "the other side does not admit our transport key"));

  REQUIRE(loop.bell.wait_until([&] { return a.network().inbound().unknown_keys > 0; }));
  CHECK(contains(a.network().inbound().last_refusal, b.network().pin().hex()));
  CHECK(contains(a.network().inbound().last_refusal,
                 "not a transport key of any institution that we know"));

  CHECK(a.ups() == 0);
  registry.admit(b.network().pin(), b.id());
  CHECK(loop.bell.wait_until([&] { return a.connected_to(b.id()); }));
}

TEST_CASE(
    "a peer of the configuration is admitted though the registry does not know it yet, unless it "
    "is retired") {
  Loop loop;
  Registry registry;
  NetNode a(loop, registry, NetNode::Options{.number = 1, .registered = false});
  NetNode b(loop, registry, NetNode::Options{.number = 2, .peers = {a.address()}});
  REQUIRE(loop.bell.wait_until([&] { return b.connected_to(a.id()); }));

  registry.retire(a.network().pin());
  b.network().recheck_admissions();
  REQUIRE(loop.bell.wait_until([&] { return b.downs().size() == 1; }));

  REQUIRE(loop.bell.wait_until([&] { return contains(b.status_of(a.id()).refused, "retired"); }));
  CHECK(b.status_of(a.id()).state == net::PeerState::kWaiting);

  registry.admit(a.network().pin(), a.id());
  b.network().recheck_admissions();
  CHECK(loop.bell.wait_until([&] { return b.connected_to(a.id()); }));
}

TEST_CASE("retiring a key closes its live connection, and the new key is admitted") {
  Loop loop;
  Registry registry;
  NetNode a(loop, registry, 1);
  auto b = std::make_unique<NetNode>(loop, registry,
                                     NetNode::Options{.number = 2, .peers = {a.address()}});

  REQUIRE(loop.bell.wait_until([&] { return a.connected_to(b->id()) && b->connected_to(a.id()); }));

  NetNode rotated(loop, registry, NetNode::Options{.number = 2, .peers = {a.address()}});
  REQUIRE(loop.bell.wait_until([&] { return a.ups() == 2; }));

  registry.retire(b->network().pin());
  a.network().recheck_admissions();
  REQUIRE(loop.bell.wait_until([&] { return a.downs().size() == 1 && b->downs().size() == 1; }));
  CHECK(a.downs()[0] == "the transport key is not admitted any more");
  CHECK(b->downs()[0] == "the other side: the transport key is not admitted any more");

  // The old node dials again with the key that is retired, and stays outside.
  REQUIRE(loop.bell.wait_until([&] { return a.network().inbound().unknown_keys > 0; }));
  CHECK(a.connected_to(rotated.id()));
  CHECK(rotated.downs().empty());
}

TEST_CASE(
    "a peer that the registry no longer lists is not dialled, and closed if nothing else admits "
    "it") {
  Loop loop;
  Registry registry;
  NetNode a(loop, registry, NetNode::Options{.number = 1, .registered = false});
  NetNode b(loop, registry, 2);
  b.network().set_peers({a.address(), b.address()});
  REQUIRE(loop.bell.wait_until([&] { return b.connected_to(a.id()); }));
  CHECK(b.network().peers().size() == 1);
  b.network().set_peers({});
  REQUIRE(loop.bell.wait_until([&] { return b.downs().size() == 1; }));
  CHECK(loop.bell.wait_until([&] { return b.network().peers().empty(); }));
}

TEST_CASE("a node of another chain, or that names another institution, is told so") {
  Loop loop;
  Registry registry;
  NetNode a(loop, registry, 1);

  SECTION("chain") {
    NetNode b(loop, registry, NetNode::Options{.number = 2, .chain = 0xc2, .peers = {a.address()}});
    REQUIRE(loop.bell.wait_until([&] { return !b.status_of(a.id()).refused.empty(); }));
    CHECK(contains(b.status_of(a.id()).refused, "different chains: tmn1"));
  }

  SECTION("institution") {
    NetNode b(loop, registry, 2);
    registry.admit(b.network().pin(), institution(3));
    b.network().set_peers({a.address()});
    REQUIRE(loop.bell.wait_until([&] { return !b.status_of(a.id()).refused.empty(); }));
    CHECK(contains(b.status_of(a.id()).refused, "the key belongs to " + to_text(institution(3))));
  }

  CHECK(a.ups() == 0);
}

TEST_CASE("a node does not connect to itself") {
  Loop loop;
  Registry registry;
  NetNode a(loop, registry, 1);
  RawClient client(a.network().listen_port());
  a.network().set_peers({a.address()});
  CHECK(a.network().peers().empty());
}

TEST_CASE("a client that speaks at most TLS 1.2 is refused") {
  Loop loop;
  Registry registry;
  NetNode a(loop, registry, 1);
  const std::unique_ptr<SSL_CTX, ContextFree> context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  RawClient client(a.network().listen_port());
  CHECK_FALSE(client.handshake(context.get()));
  REQUIRE(loop.bell.wait_until([&] { return a.network().inbound().failed_handshakes == 1; }));
  CHECK(contains(a.network().inbound().last_refusal, "it does not speak TLS 1.3"));
}

TEST_CASE("stock openssl without a certificate is refused") {
  if (!contains(output_of("openssl version"), "OpenSSL")) {
    WARN("skipped: no openssl program");
    return;
  }

  Loop loop;
  Registry registry;
  NetNode a(loop, registry, 1);
  const auto port = std::to_string(a.network().listen_port());

  const auto printed = output_of(
      "timeout 10 openssl s_client -tls1_3 -ign_eof -connect 127.0.0.1:" + port + " < /dev/null");
  CHECK(contains(printed, "certificate required"));
  CHECK(contains(printed, "TLSv1.3"));

  REQUIRE(loop.bell.wait_until([&] { return a.network().inbound().failed_handshakes == 1; }));
  CHECK(contains(a.network().inbound().last_refusal, "it shows no certificate"));

  const auto older = output_of(
      "timeout 10 openssl s_client -tls1_2 -ign_eof -connect 127.0.0.1:" + port + " < /dev/null");
  CHECK(contains(older, "alert protocol version"));
}

TEST_CASE("a connection uses TLS 1.3 with Ed25519 and leaves nothing to resume") {
  Loop loop;
  Registry registry;
  const auto key = transport_key();
  registry.admit(net::pin_of(key.public_key()), institution(9));

  NetNode a(loop, registry, 1);
  RawClient client(a.network().listen_port());
  REQUIRE(client.join(key, institution(9)));

  CHECK(SSL_version(client.ssl()) == TLS1_3_VERSION);
  int scheme = 0;
  REQUIRE(SSL_get_peer_signature_type_nid(client.ssl(), &scheme) == 1);
  CHECK(scheme == NID_ED25519);

  CHECK(SSL_SESSION_is_resumable(SSL_get0_session(client.ssl())) == 0);
  CHECK(SSL_SESSION_get_max_early_data(SSL_get0_session(client.ssl())) == 0);
}

TEST_CASE("a transport key that is not Ed25519 and an address in use are refused at start") {
  Loop loop;
  Registry registry;
  NetNode a(loop, registry, 1);

  const auto start = [&](const SecretKey& key, const std::string& listen) {
    net::NetworkConfig config;
    config.listen = listen;
    return net::Network::start(loop.io, config, key, loop.clock,
                               {registry.directory(), a, [](auto) {}});
  };

  CHECK(start(SecretKey::generate(SignatureAlgorithm::kBip340), "127.0.0.1:0").message() ==
        "the transport key is not an Ed25519 key");

  const auto taken = "127.0.0.1:" + std::to_string(a.network().listen_port());
  CHECK(start(transport_key(), taken).message() ==
        "cannot listen on " + taken + ": Address already in use");
  CHECK(contains(start(transport_key(), "nowhere").message(), "'nowhere' is not host:port"));
}

}  // namespace testamur::test
