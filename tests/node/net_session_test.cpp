// Networks over loopback: exchange, crossing dials, restarts, priorities, slow and silent peers.
#include "tests/node/net_fixtures.h"
#include "tests/support/catch.h"

namespace testamur::test {
namespace {

using net::Priority;

std::vector<net::Frame> one_of_each() {
  return {message(7, 100'000), net::Transactions{{{1}, Bytes(300, 2)}},
          net::BlockRequest{Height{5}, 16},
          net::BlockResponse{Height{5}, {{{1}, {2}, {3}}, {{4}, {}, {}}}, Height{6}}};
}

bool received_all(const NetNode& node, const InstitutionId& from,
                  const std::vector<net::Frame>& frames) {
  return std::all_of(frames.begin(), frames.end(),
                     [&](const net::Frame& frame) { return node.has(from, frame); });
}

std::size_t count_of(const NetNode& node, std::uint8_t content) {
  const auto frames = node.frames();
  return static_cast<std::size_t>(
      std::count_if(frames.begin(), frames.end(), [&](const NetNode::Received& received) {
        const auto* consensus = std::get_if<net::ConsensusMessage>(&received.frame);
        return consensus != nullptr && consensus->bytes.front() == content;
      }));
}

}  // namespace

TEST_CASE("two nodes exchange frames of every kind in both directions") {
  Loop loop;
  Registry registry;
  NetNode a(loop, registry, 1);
  NetNode b(loop, registry, NetNode::Options{.number = 2, .peers = {a.address()}});
  REQUIRE(loop.bell.wait_until([&] { return a.connected_to(b.id()) && b.connected_to(a.id()); }));

  for (const auto& frame : one_of_each()) {
    CHECK(a.network().send(b.id(), Priority::kBlock, frame));
    CHECK(b.network().send(a.network().pin(), Priority::kBlock, frame));
  }

  CHECK(loop.bell.wait_until([&] { return received_all(a, b.id(), one_of_each()); }));
  CHECK(loop.bell.wait_until([&] { return received_all(b, a.id(), one_of_each()); }));

  const auto status = b.status_of(a.id());
  CHECK(status.dialled_by_us);
  CHECK(status.software == "testamur test");
  CHECK(status.connected_since_ms > 0);
  CHECK(status.last_heard_ms >= status.connected_since_ms);
  CHECK(status.bytes_in > 100'000);
  CHECK(status.refused.empty());

  CHECK_FALSE(a.status_of(b.id()).dialled_by_us);
  CHECK_FALSE(a.network().send(institution(9), Priority::kVote, message(1)));
}

TEST_CASE("four nodes that all dial each other are fully connected, and a broadcast reaches all") {
  Loop loop;
  Registry registry;
  std::vector<std::unique_ptr<NetNode>> nodes;
  std::vector<net::PeerAddress> addresses;

  for (std::uint8_t i = 1; i <= 4; ++i) {
    nodes.push_back(std::make_unique<NetNode>(loop, registry, i));
    addresses.push_back(nodes.back()->address());
  }

  for (auto& node : nodes) node->network().set_peers(addresses);
  REQUIRE(loop.bell.wait_until([&] {
    return std::all_of(nodes.begin(), nodes.end(),
                       [&](const auto& node) { return node->ups() == 3; });
  }));

  for (auto& node : nodes) {
    CHECK(node->network().peers().size() == 3);
    CHECK(node->network().broadcast(Priority::kVote, net::encode(message(node->id().bytes[0]))) ==
          3);
  }

  for (auto& node : nodes) {
    for (auto& other : nodes) {
      if (node == other) continue;
      CHECK(loop.bell.wait_until(
          [&] { return node->has(other->id(), message(other->id().bytes[0])); }));
    }
    CHECK(node->downs().empty());
  }
}

TEST_CASE(
    "when two dials cross one connection is used, and nothing sent after it came up is lost") {
  Loop loop;
  for (int round = 0; round < 20; ++round) {
    CAPTURE(round);
    Registry registry;
    NetNode a(loop, registry, 1);

    NetNode b(loop, registry, 2);

    // A greeting is sent as soon as the connection is up: it is what would be lost with the other
    // one.
    a.greet_with(101);
    b.greet_with(102);

    a.network().set_peers({b.address()});
    b.network().set_peers({a.address()});
    REQUIRE(loop.bell.wait_until(
        [&] { return a.has(b.id(), message(102)) && b.has(a.id(), message(101)); }));

    CHECK(a.ups() == 1);
    CHECK(b.ups() == 1);
    CHECK(a.downs().empty());
    CHECK(b.downs().empty());
  }
}

TEST_CASE("a node that restarts on its address is connected again by itself") {
  Loop loop;
  Registry registry;
  NetNode a(loop, registry, 1);
  auto key = transport_key();
  const auto secret = to_bytes(key.secret_bytes());

  auto b = std::make_unique<NetNode>(loop, registry, NetNode::Options{.number = 2}, std::move(key));
  const auto address = b->address();
  const auto port = b->network().listen_port();
  a.network().set_peers({address});

  REQUIRE(loop.bell.wait_until([&] { return a.connected_to(b->id()) && b->connected_to(a.id()); }));

  b.reset();
  REQUIRE(loop.bell.wait_until([&] { return a.downs().size() == 1; }));
  CHECK(a.downs()[0] == "the other side: the node is stopping");
  CHECK_FALSE(a.network().send(institution(2), Priority::kVote, message(1)));

  REQUIRE(loop.bell.wait_until(
      [&] { return a.status_of(institution(2)).refused == "Connection refused"; }));

  b = std::make_unique<NetNode>(
      loop, registry, NetNode::Options{.number = 2, .port = port},
      SecretKey::from_bytes(SignatureAlgorithm::kEd25519, secret).value());
  REQUIRE(loop.bell.wait_until([&] { return a.connected_to(b->id()) && a.ups() == 2; }));

  CHECK(a.status_of(b->id()).refused.empty());
  CHECK(a.network().send(b->id(), Priority::kVote, message(9)));
  CHECK(loop.bell.wait_until([&] { return b->has(a.id(), message(9)); }));
}

TEST_CASE("a vote overtakes every transaction that still waits in the queue") {
  Loop loop;
  Registry registry;
  net::Limits limits;
  limits.inbound_bytes = 64 << 10;
  NetNode b(loop, registry, NetNode::Options{.number = 2, .hold_leases = true, .limits = limits});
  NetNode a(loop, registry, NetNode::Options{.number = 1, .peers = {b.address()}});
  REQUIRE(loop.bell.wait_until([&] { return a.connected_to(b.id()); }));
  constexpr std::size_t kFlood =
      5'000;  // 20 MB: more than the kernel takes for a peer that does not read
  const auto transaction = net::encode(net::Transactions{{Bytes(4'000, 1)}});
  for (std::size_t i = 0; i < kFlood; ++i)
    a.network().send(b.id(), Priority::kTransaction, transaction);
  a.network().send(b.id(), Priority::kVote, message(77));
  const auto waiting = a.status_of(b.id()).queued_frames;
  CHECK(waiting > 500);
  b.release_leases();
  REQUIRE(loop.bell.wait_until([&] { return b.frames().size() == kFlood + 1; }));
  const auto frames = b.frames();
  const auto vote = std::find_if(
      frames.begin(), frames.end(),
      [](const NetNode::Received& received) { return received.frame == net::Frame(message(77)); });
  // Of what was waiting when the vote had been queued, at most one gathered write was ahead of it.
  const auto behind = static_cast<std::size_t>(frames.end() - vote) - 1;
  CHECK(behind + 17 >= waiting);
}

TEST_CASE("a peer whose receiver does not keep up is not read further than its budget") {
  Loop loop;
  Registry registry;

  net::Limits limits;
  limits.inbound_bytes = 100'000;
  NetNode b(loop, registry, NetNode::Options{.number = 2, .hold_leases = true, .limits = limits});

  NetNode a(loop, registry, NetNode::Options{.number = 1, .peers = {b.address()}});
  NetNode c(loop, registry, NetNode::Options{.number = 3, .peers = {b.address()}});
  REQUIRE(loop.bell.wait_until([&] { return a.connected_to(b.id()) && c.connected_to(b.id()); }));

  for (int i = 0; i < 100; ++i)
    a.network().send(b.id(), Priority::kTransaction, message(1, 50'000));
  REQUIRE(loop.bell.wait_until([&] { return count_of(b, 1) >= 2; }));

  // One peer that is not read further holds up nobody else.
  c.network().send(b.id(), Priority::kVote, message(3));
  CHECK(loop.bell.wait_until([&] { return b.has(c.id(), message(3)); }));
  CHECK(count_of(b, 1) <= 3);

  b.release_leases();
  CHECK(loop.bell.wait_until([&] { return count_of(b, 1) == 100; }));
}

TEST_CASE("a full queue drops transactions and keeps votes; the status counts what was dropped") {
  Loop loop;
  Registry registry;

  net::Limits receiving;
  receiving.inbound_bytes = 64 << 10;
  net::Limits sending;
  sending.queue.bytes = 8 << 20;

  NetNode b(loop, registry,
            NetNode::Options{.number = 2, .hold_leases = true, .limits = receiving});
  NetNode a(loop, registry,
            NetNode::Options{.number = 1, .peers = {b.address()}, .limits = sending});
  REQUIRE(loop.bell.wait_until([&] { return a.connected_to(b.id()); }));

  constexpr std::uint8_t kVotes = 50;
  const auto flood = net::encode(message(200, 1 << 20));
  for (int i = 0; i < 30; ++i) a.network().send(b.id(), Priority::kTransaction, flood);
  for (std::uint8_t i = 0; i < kVotes; ++i) a.network().send(b.id(), Priority::kVote, message(i));
  for (int i = 0; i < 30; ++i) a.network().send(b.id(), Priority::kTransaction, flood);

  const auto status = a.status_of(b.id());
  CHECK(status.dropped[2] > 0);
  CHECK(status.dropped[0] == 0);
  CHECK(status.queued_bytes <= sending.queue.bytes);

  b.release_leases();
  for (std::uint8_t i = 0; i < kVotes; ++i) {
    CHECK(loop.bell.wait_until([&] { return b.has(a.id(), message(i)); }));
  }
}

TEST_CASE("a peer that takes no data is given up, one that is silent too") {
  Loop loop;
  Registry registry;
  net::Limits limits;
  const auto key = transport_key();
  registry.admit(net::pin_of(key.public_key()), institution(9));

  SECTION("takes no data") {
    limits.write_timeout_ms = 100;
    NetNode a(loop, registry, NetNode::Options{.limits = limits});

    RawClient client(a.network().listen_port());
    REQUIRE(client.join(key, institution(9)));
    REQUIRE(loop.bell.wait_until([&] { return a.ups() == 1; }));

    const auto block = net::encode(message(1, 1 << 20));
    for (int i = 0; i < 22; ++i) a.network().send(institution(9), Priority::kBlock, block);
    REQUIRE(loop.bell.wait_until([&] { return a.downs().size() == 1; }));
    CHECK(a.downs()[0] == "it takes no data");
  }

  SECTION("silent") {
    limits.ping_interval_ms = 20;
    limits.idle_timeout_ms = 100;
    NetNode a(loop, registry, NetNode::Options{.limits = limits});

    RawClient client(a.network().listen_port());
    REQUIRE(client.join(key, institution(9)));
    CHECK(std::holds_alternative<net::Ping>(*client.receive()));
    REQUIRE(loop.bell.wait_until([&] { return a.downs().size() == 1; }));
    CHECK(a.downs()[0] == "nothing heard from it");
  }
}

TEST_CASE("pings keep an idle connection up and measure its round trip") {
  Loop loop;
  Registry registry;
  net::Limits limits;
  limits.ping_interval_ms = 10;
  limits.idle_timeout_ms = 2'000;
  NetNode a(loop, registry, NetNode::Options{.number = 1, .limits = limits});
  NetNode b(loop, registry,
            NetNode::Options{.number = 2, .peers = {a.address()}, .limits = limits});
  CHECK(loop.bell.wait_until([&] { return b.status_of(a.id()).round_trip_us > 0; }));
  CHECK(loop.bell.wait_until([&] { return a.status_of(b.id()).round_trip_us > 0; }));
}

TEST_CASE("two nodes with one key are seen by their peers, one that comes back is not") {
  Loop loop;
  Registry registry;
  NetNode node(loop, registry, 1);
  const auto key = transport_key();
  const auto other = institution(2);
  registry.admit(net::pin_of(key.public_key()), other);

  const auto connected = [&] { return node.connected_to(other); };
  std::vector<std::unique_ptr<RawClient>> copies;
  for (std::uint32_t taken_over = 0; taken_over < 4; ++taken_over) {
    copies.push_back(std::make_unique<RawClient>(node.network().listen_port()));
    REQUIRE(copies.back()->join(key, other));
    REQUIRE(loop.bell.wait_until([&] { return node.ups() == taken_over + 1; }));
    CHECK(node.status_of(other).taken_over == taken_over);
  }

  // Who has gone before it comes back takes no place.
  const auto before = node.status_of(other).taken_over;
  copies.clear();
  REQUIRE(loop.bell.wait_until([&] { return !connected(); }));
  RawClient again(node.network().listen_port());
  REQUIRE(again.join(key, other));
  REQUIRE(loop.bell.wait_until(connected));
  CHECK(node.status_of(other).taken_over <= before);
}

// A copied folder: both run, each takes the other's place, and the one that is refused is told.
TEST_CASE("a node whose key another one shows learns it from its peers") {
  Loop loop;
  Registry registry;
  NetNode peer(loop, registry, 1);
  net::Limits limits;
  limits.reconnect_max_ms = limits.reconnect_min_ms;
  const auto key = transport_key();
  const auto copy = SecretKey::from_bytes(key.algorithm(), key.secret_bytes());
  REQUIRE(copy.ok());
  NetNode node(loop, registry,
               NetNode::Options{.number = 2, .peers = {peer.address()}, .limits = limits},
               SecretKey::from_bytes(key.algorithm(), key.secret_bytes()).value());
  const auto displaced = [&] {
    const auto seen = node.network().inbound().displaced_at;
    return seen.empty() ? 0 : seen.front().times;
  };
  for (std::uint32_t times = 1; times <= 3; ++times) {
    REQUIRE(loop.bell.wait_until([&] { return node.connected_to(peer.id()); }));
    RawClient other(peer.network().listen_port());
    REQUIRE(other.join(*copy, node.id()));
    REQUIRE(loop.bell.wait_until([&] { return displaced() == times; }));
  }
  const auto seen = node.network().inbound();
  CHECK(seen.displaced_at.front().institution == peer.id());

  // From then on no vote is resumed here: the copy may vote, too.
  const net::Witnesses two{{peer.id()}, 1};
  CHECK(net::copy_ms_ago(seen, two, 120'000));
  CHECK_FALSE(net::copy_ms_ago(seen, two, 0));
}

TEST_CASE("a hello says the position that was set last") {
  Loop loop;
  Registry registry;

  const auto key = transport_key();
  registry.admit(net::pin_of(key.public_key()), institution(9));
  NetNode a(loop, registry, 1);
  a.network().set_position(Epoch{4}, {1, 2, 3});

  RawClient client(a.network().listen_port());
  REQUIRE(client.handshake(key));

  net::Hello hello{{}, net::kPeerProtocol, Epoch{}, {}, institution(9), ""};
  hello.chain.bytes.fill(kChainByte);
  REQUIRE(client.send(*net::encode_wire(hello)));

  const auto answer = client.receive();
  REQUIRE(answer.has_value());
  CHECK(std::get<net::Hello>(*answer).epoch == Epoch{4});
  CHECK(std::get<net::Hello>(*answer).finalization == Bytes{1, 2, 3});
}

}  // namespace testamur::test
