// Who may begin a handshake, which of two crossing connections stays, and what addresses mean.
#include "node/net/address.h"
#include "node/net/inbound_gate.h"
#include "node/net/link_rule.h"
#include "tests/support/catch.h"

namespace testamur::node::net {
namespace {

using Verdict = InboundGate::Verdict;

AddressKey key(const char* text) { return key_of(boost::asio::ip::make_address(text)); }

Limits limits(std::uint32_t burst, std::uint32_t per_second, std::size_t per_address,
              std::size_t total) {
  Limits out;
  out.handshake_burst_per_address = burst;
  out.handshakes_per_second_per_address = per_second;
  out.inbound_per_address = per_address;
  out.inbound_total = total;
  return out;
}

}  // namespace

TEST_CASE(
    "an address may begin a burst of handshakes and then so many a second, others unaffected") {
  const auto gate = std::make_shared<InboundGate>(limits(3, 2, 100, 100));
  for (int i = 0; i < 3; ++i) CHECK(gate->enter(key("10.0.0.1"), 1000).verdict == Verdict::kEnter);
  CHECK(gate->enter(key("10.0.0.1"), 1000).verdict == Verdict::kTooFast);
  CHECK(gate->enter(key("10.0.0.2"), 1000).verdict == Verdict::kEnter);
  CHECK(gate->enter(key("10.0.0.1"), 1499).verdict == Verdict::kTooFast);
  CHECK(gate->enter(key("10.0.0.1"), 1500).verdict == Verdict::kEnter);
  CHECK(gate->enter(key("10.0.0.1"), 1500).verdict == Verdict::kTooFast);
  for (int i = 0; i < 3; ++i)
    CHECK(gate->enter(key("10.0.0.1"), 900'000).verdict == Verdict::kEnter);
  CHECK(gate->enter(key("10.0.0.1"), 900'000).verdict == Verdict::kTooFast);
}

TEST_CASE("places are counted by address and in all, and come free when a connection goes") {
  const auto gate = std::make_shared<InboundGate>(limits(100, 100, 2, 3));
  auto first = gate->enter(key("10.0.0.1"), 0);
  const auto second = gate->enter(key("10.0.0.1"), 0);
  CHECK(gate->enter(key("10.0.0.1"), 0).verdict == Verdict::kTooMany);
  const auto third = gate->enter(key("10.0.0.2"), 0);
  CHECK(third.verdict == Verdict::kEnter);
  CHECK(gate->enter(key("10.0.0.3"), 0).verdict == Verdict::kTooMany);
  first.place.reset();
  CHECK(gate->enter(key("10.0.0.3"), 0).verdict == Verdict::kEnter);
}

TEST_CASE("addresses beyond the table share one bucket, so that it stays bounded") {
  const auto gate = std::make_shared<InboundGate>(limits(2, 1, 10, 1'000'000));
  for (std::size_t i = 0; i < InboundGate::kMaxAddresses; ++i) {
    AddressKey address{};
    address[0] = 0x20;
    address[1] = static_cast<std::uint8_t>(i >> 8);
    address[2] = static_cast<std::uint8_t>(i);
    REQUIRE(gate->enter(address, 0).verdict == Verdict::kEnter);
  }
  CHECK(gate->enter(key("10.0.0.1"), 0).verdict == Verdict::kEnter);
  CHECK(gate->enter(key("10.0.0.2"), 0).verdict == Verdict::kEnter);
  CHECK(gate->enter(key("10.0.0.3"), 0).verdict == Verdict::kTooFast);
  CHECK(gate->enter(key("10.0.0.3"), 3'000).verdict == Verdict::kEnter);
}

TEST_CASE("an IPv6 network of 64 bits counts as one address, a mapped IPv4 address as itself") {
  CHECK(key("2001:db8:1:2::1") == key("2001:db8:1:2:ffff::9"));
  CHECK(key("2001:db8:1:2::1") != key("2001:db8:1:3::1"));
  CHECK(key("::ffff:10.0.0.1") == key("10.0.0.1"));
  CHECK(key("10.0.0.1") != key("10.0.0.2"));
}

TEST_CASE("addresses are host:port, with brackets around IPv6") {
  CHECK(parse_host_port("node.example.edu:9100")->host == "node.example.edu");
  CHECK(parse_host_port("[2001:db8::1]:9100")->host == "2001:db8::1");
  CHECK(parse_host_port("[2001:db8::1]:9100")->port == "9100");
  for (const char* bad : {"", ":1", "host", "host:", "host:65536", "host:1x", "host:-1",
                          "2001:db8::1:9100", "[]:1"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_host_port(bad).ok());
  }
}

TEST_CASE("of two connections dialled at the same time the same one stays on both sides") {
  LinkSituation smaller{
      .own_pin_smaller = true, .spoken_on_own_dial = true, .existing = std::nullopt};
  LinkSituation larger{
      .own_pin_smaller = false, .spoken_on_own_dial = true, .existing = std::nullopt};
  CHECK_FALSE(takes_inbound(smaller));
  CHECK(takes_inbound(larger));
  smaller.spoken_on_own_dial = false;
  CHECK(takes_inbound(smaller));
}

TEST_CASE("a peer that dials anew has lost the old connection, unless the two may have crossed") {
  LinkSituation now{.own_pin_smaller = true,
                    .existing = LinkSituation::Existing{.dialled_by_us = true, .settled = false}};
  CHECK_FALSE(takes_inbound(now));
  now.existing->settled = true;
  CHECK(takes_inbound(now));
  now.existing = LinkSituation::Existing{.dialled_by_us = false, .settled = false};
  CHECK(takes_inbound(now));
  now.own_pin_smaller = false;
  now.existing = LinkSituation::Existing{.dialled_by_us = true, .settled = false};
  CHECK(takes_inbound(now));
}

}  // namespace testamur::node::net
