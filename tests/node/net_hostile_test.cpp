// What strangers and broken peers send must not hurt anybody else.
#include "tests/node/net_fixtures.h"
#include "tests/support/catch.h"

namespace testamur::test {
namespace {

using net::Priority;

// Two good nodes whose connection must survive what a test does to the first.
struct GoodPair {
  explicit GoodPair(net::Limits limits = {})
      : a(loop, registry, NetNode::Options{.number = 1, .limits = limits}),
        b(loop, registry, NetNode::Options{.number = 2, .peers = {a.address()}}) {
    registry.admit(net::pin_of(key.public_key()), institution(9));
    REQUIRE(loop.bell.wait_until([&] { return a.connected_to(b.id()) && b.connected_to(a.id()); }));
  }
  void check_unharmed() {
    b.network().send(a.id(), Priority::kVote, message(55));
    CHECK(loop.bell.wait_until([&] { return a.has(b.id(), message(55)); }));
    CHECK(b.downs().empty());
    CHECK(b.ups() == 1);
  }
  std::uint16_t port() { return a.network().listen_port(); }

  Loop loop;
  Registry registry;
  SecretKey key = transport_key();  // of institution 9, admitted
  NetNode a;
  NetNode b;
};

Bytes length(std::uint32_t size) { return Encoder().u32(size).take(); }

// An authenticated peer sends these bytes; what it is told before it is closed.
net::GoodbyeReason goodbye_after(GoodPair& pair, ByteView bytes) {
  RawClient client(pair.port());
  REQUIRE(client.join(pair.key, institution(9)));
  REQUIRE(client.send(bytes));
  const auto answer = client.receive();
  REQUIRE(answer.has_value());
  REQUIRE(std::holds_alternative<net::Goodbye>(*answer));
  CHECK(client.closed_by_peer());
  return std::get<net::Goodbye>(*answer).reason;
}

}  // namespace

TEST_CASE("plain text instead of TLS is closed") {
  GoodPair pair;
  for (const std::string text :
       {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01garbage garbage garbage", "hello"}) {
    RawClient client(pair.port());
    REQUIRE(client.send(as_bytes(text)));
    if (text != "hello") CHECK(client.closed_by_peer());
  }
  REQUIRE(
      pair.loop.bell.wait_until([&] { return pair.a.network().inbound().failed_handshakes == 3; }));
  pair.check_unharmed();
}

TEST_CASE(
    "a handshake that does not go on is ended after its time, and before it when there are too "
    "many") {
  net::Limits limits;

  SECTION("time") {
    limits.handshake_timeout_ms = 300;
    GoodPair pair(limits);

    RawClient nothing(pair.port());
    RawClient little(pair.port());
    REQUIRE(little.send(Bytes{0x16, 0x03}));
    CHECK(nothing.closed_by_peer());
    CHECK(little.closed_by_peer());

    // A TLS handshake without a hello is no handshake yet.
    RawClient no_hello(pair.port());
    REQUIRE(no_hello.handshake(pair.key));
    CHECK(no_hello.closed_by_peer());

    REQUIRE(pair.loop.bell.wait_until(
        [&] { return pair.a.network().inbound().failed_handshakes == 3; }));
    pair.check_unharmed();
  }

  SECTION("number") {
    limits.handshakes = 2;
    limits.handshake_timeout_ms = 60'000;
    GoodPair pair(limits);

    RawClient first(pair.port());
    RawClient second(pair.port());
    RawClient third(pair.port());
    CHECK(first.closed_by_peer());

    RawClient good(pair.port());
    CHECK(good.join(pair.key, institution(9)));
    pair.check_unharmed();
  }
}

TEST_CASE("handshakes beyond the rate of an address are closed before TLS") {
  net::Limits limits;
  limits.handshake_burst_per_address = 4;  // the good peer has taken one
  limits.handshakes_per_second_per_address = 0;
  GoodPair pair(limits);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 6; ++i) clients.push_back(std::make_unique<RawClient>(pair.port()));
  for (int i = 3; i < 6; ++i) CHECK(clients[static_cast<std::size_t>(i)]->closed_by_peer());
  CHECK(pair.a.network().inbound().rate_limited == 3);
  pair.check_unharmed();
}

TEST_CASE("connections beyond the number of an address are closed, and its places come free") {
  net::Limits limits;
  limits.inbound_per_address = 2;
  GoodPair pair(limits);

  auto first = std::make_unique<RawClient>(pair.port());
  REQUIRE(pair.loop.bell.wait_until([&] { return pair.a.network().inbound().accepted == 2; }));

  {
    RawClient second(pair.port());
    CHECK(second.closed_by_peer());
  }

  first.reset();
  CHECK(pair.loop.bell.wait_until(
      [&] { return RawClient(pair.port()).join(pair.key, institution(9)); }));
  pair.check_unharmed();
}

TEST_CASE("an authenticated peer that breaks the format is told so and closed, and only it") {
  GoodPair pair;
  using Reason = net::GoodbyeReason;
  CHECK(goodbye_after(pair, length(0)) == Reason::kProtocol);
  CHECK(goodbye_after(pair, length(net::kMaxFrameBytes + 1)) == Reason::kProtocol);
  CHECK(goodbye_after(pair, length(0xffffffff)) == Reason::kProtocol);
  CHECK(goodbye_after(pair, Encoder().sized(Bytes{0xff, 0xff, 0xff}).take()) == Reason::kProtocol);
  CHECK(goodbye_after(pair, Encoder().sized(Bytes{0x7a, 0x00}).take()) == Reason::kProtocol);
  const net::Hello again{{}, net::kPeerProtocol, Epoch{}, {}, institution(9), ""};
  CHECK(goodbye_after(pair, *net::encode_wire(again)) == Reason::kProtocol);
  pair.check_unharmed();
}

TEST_CASE("a first frame that is no hello, or larger than a hello may be, ends the connection") {
  GoodPair pair;
  for (const auto& bytes : {*net::encode(message(1)), length(net::kMaxHelloFrameBytes + 1)}) {
    RawClient client(pair.port());
    REQUIRE(client.handshake(pair.key));
    REQUIRE(client.send(bytes));
    const auto answer = client.receive();
    REQUIRE(answer.has_value());
    CHECK(std::get<net::Goodbye>(*answer).reason == net::GoodbyeReason::kProtocol);
  }
  CHECK(pair.a.ups() == 1);
  pair.check_unharmed();
}

TEST_CASE("a peer that goes in the middle of a frame delivers nothing of it") {
  GoodPair pair;
  {
    RawClient client(pair.port());
    REQUIRE(client.join(pair.key, institution(9)));
    REQUIRE(pair.loop.bell.wait_until([&] { return pair.a.ups() == 2; }));
    const auto whole = net::encode(message(1, 1000));
    REQUIRE(client.send(ByteView(*whole).first(500)));
  }
  REQUIRE(pair.loop.bell.wait_until([&] { return pair.a.downs().size() == 1; }));
  CHECK(pair.a.frames().empty());
  pair.check_unharmed();
}

TEST_CASE("a peer that pings without reading is ended by a bounded number of answers") {
  net::Limits limits;
  limits.write_timeout_ms = 60'000;
  GoodPair pair(limits);
  RawClient client(pair.port());
  REQUIRE(client.join(pair.key, institution(9)));
  Bytes pings;
  for (int i = 0; i < 1000; ++i) {
    const auto ping = net::encode_wire(net::Ping{1});
    pings.insert(pings.end(), ping->begin(), ping->end());
  }
  // Until the kernel takes no more answers and the bounded list of them is full.
  while (pair.a.downs().empty() && client.send(pings)) {
  }
  CHECK(pair.loop.bell.wait_until([&] { return pair.a.downs().size() == 1; }));
  pair.check_unharmed();
}

TEST_CASE("a stranger's node beyond the bound of its institution is counted and named") {
  net::Limits limits;
  limits.nodes_per_institution = 1;
  GoodPair pair(limits);
  RawClient first(pair.port());
  REQUIRE(first.join(pair.key, institution(9)));
  CHECK(pair.a.network().inbound().failed_handshakes == 0);

  const auto second_key = transport_key();
  pair.registry.admit(net::pin_of(second_key.public_key()), institution(9));
  RawClient second(pair.port());
  CHECK_FALSE(second.join(second_key, institution(9)));
  REQUIRE(
      pair.loop.bell.wait_until([&] { return pair.a.network().inbound().failed_handshakes == 1; }));
  const auto counted = pair.a.network().inbound();
  CHECK(counted.last_refusal.find("too many nodes of one institution") != std::string::npos);
  CHECK(counted.unknown_keys == 0);
  CHECK(pair.loop.bell.wait_until([&] { return pair.a.refusals().size() == 1; }));
  pair.check_unharmed();
}

// A made certificate counted as a copy of the node: whoever reached the peer port could keep a
// restored validator from its vote, and accuse its folder of having been copied.
TEST_CASE("only who proves that it has the node's own key counts as another node with it") {
  GoodPair pair;
  const auto own = pair.a.key().public_key();
  for (std::uint64_t times = 1; times <= 3; ++times) {
    RawClient liar(pair.port());
    CHECK_FALSE(liar.handshake_in_the_name_of(own));
    REQUIRE(pair.loop.bell.wait_until(
        [&] { return pair.a.network().inbound().failed_handshakes == times; }));
  }
  CHECK(pair.a.network().inbound().own_key == 0);
  CHECK_FALSE(pair.a.network().inbound().own_key_ms_ago);

  RawClient copy(pair.port());
  REQUIRE(copy.handshake(pair.a.key()));
  const auto said = copy.receive();
  REQUIRE(said.has_value());
  CHECK(std::get<net::Goodbye>(*said).text.find("is this node's own") != std::string::npos);
  REQUIRE(pair.loop.bell.wait_until([&] { return pair.a.network().inbound().own_key == 1; }));
  CHECK(pair.a.network().inbound().own_key_ms_ago);
  CHECK(pair.a.network().inbound().unknown_keys == 1);
  pair.check_unharmed();
}

TEST_CASE("a node that dials anew after losing its connection takes the place of the old one") {
  GoodPair pair;

  RawClient old(pair.port());
  REQUIRE(old.join(pair.key, institution(9)));
  RawClient fresh(pair.port());
  REQUIRE(fresh.join(pair.key, institution(9)));

  const auto told = old.receive();
  REQUIRE(told.has_value());
  CHECK(std::get<net::Goodbye>(*told).reason == net::GoodbyeReason::kDuplicate);
  CHECK(pair.loop.bell.wait_until([&] { return pair.a.downs().size() == 1 && pair.a.ups() == 3; }));

  CHECK(pair.a.network().send(institution(9), Priority::kVote, message(8)));
  const auto frame = fresh.receive();
  REQUIRE(frame.has_value());
  CHECK(std::get<net::ConsensusMessage>(*frame) == message(8));
  // Nobody was refused for cause.
  CHECK(pair.a.network().inbound().failed_handshakes == 0);
  pair.check_unharmed();
}

}  // namespace testamur::test
