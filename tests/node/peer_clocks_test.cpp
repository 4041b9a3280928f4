// What a validator's proposals show of its clock. When a ledger that had stood still began again,
// its nodes were told to set a clock that was right: the proposals of before were said again, and
// their times were taken for what their makers' clocks showed now.
#include "node/chain/peers/peer_clocks.h"

#include "tests/support/catch.h"

namespace testamur::node {
namespace {

constexpr std::uint64_t kSecondMs = 1'000;
constexpr std::uint64_t kStartMs = 1'000'000'000;

InstitutionId institution(std::uint8_t number) {
  InstitutionId id;
  id.bytes.fill(number);
  return id;
}

PeerClocks::Position view(std::uint64_t number, std::uint64_t epoch = 1) {
  return {Epoch{epoch}, View{number}};
}

// On a machine whose clock nobody sets.
PeerClocks::Now at(std::uint64_t seconds) {
  return {kStartMs + seconds * kSecondMs, seconds * kSecondMs};
}

std::optional<std::int64_t> offset_of(const PeerClocks& clocks, std::uint8_t number,
                                      const PeerClocks::Now& now) {
  for (const auto& [peer, offset_ms] : clocks.offsets_ms(now)) {
    if (peer == institution(number)) return offset_ms;
  }
  return std::nullopt;
}

TEST_CASE("a proposal of before its maker's connection came up shows nothing of its clock") {
  PeerClocks clocks;
  // Before it said anything, in the view in which it came back, and in one before that.
  clocks.proposed(institution(2), view(10), kStartMs, at(55));
  CHECK(clocks.offsets_ms(at(55)).empty());
  clocks.stands_at(institution(2), view(10));
  for (const std::uint64_t number : {9, 10}) {
    clocks.proposed(institution(2), view(number), kStartMs, at(56));
    CHECK(clocks.offsets_ms(at(56)).empty());
  }

  // A view that it entered since then, also the first one of an epoch.
  clocks.proposed(institution(2), view(11), kStartMs + 60 * kSecondMs, at(60));
  CHECK(offset_of(clocks, 2, at(60)) == 0);
  clocks.proposed(institution(2), view(1, 2), kStartMs + 73 * kSecondMs, at(70));
  CHECK(offset_of(clocks, 2, at(70)) == 3'000);

  // Its connection ended: what it proposed until then is old when it is back.
  clocks.forget(institution(2));
  CHECK(clocks.offsets_ms(at(71)).empty());
  clocks.stands_at(institution(2), view(4, 2));
  clocks.proposed(institution(2), view(4, 2), kStartMs + 75 * kSecondMs, at(130));
  CHECK(clocks.offsets_ms(at(130)).empty());
}

TEST_CASE("a proposal that is said again, or of a view that its maker has left, shows no clock") {
  PeerClocks clocks;
  clocks.stands_at(institution(2), view(1));
  clocks.proposed(institution(2), view(2), kStartMs, at(0));
  clocks.proposed(institution(2), view(2), kStartMs, at(55));
  CHECK(offset_of(clocks, 2, at(55)) == 0);

  clocks.stands_at(institution(2), view(5));
  clocks.proposed(institution(2), view(3), kStartMs, at(56));
  CHECK(offset_of(clocks, 2, at(56)) == 0);

  // A quiet leader says for long where it stands, and proposes there at last.
  clocks.proposed(institution(2), view(5), kStartMs + 62 * kSecondMs, at(60));
  CHECK(offset_of(clocks, 2, at(60)) == 2'000);
}

TEST_CASE("that a clock is behind is believed as far as two proposals show it, ahead at once") {
  PeerClocks clocks;
  clocks.stands_at(institution(2), view(1));
  clocks.proposed(institution(2), view(2), kStartMs + 10 * kSecondMs, at(10));
  // This machine was paused.
  clocks.proposed(institution(2), view(3), kStartMs + 11 * kSecondMs, at(70));
  CHECK(offset_of(clocks, 2, at(70)) == 0);

  clocks.proposed(institution(2), view(4), kStartMs + 10 * kSecondMs, at(80));
  CHECK(offset_of(clocks, 2, at(80)) == -59'000);
  clocks.proposed(institution(2), view(5), kStartMs + 120 * kSecondMs, at(90));
  CHECK(offset_of(clocks, 2, at(90)) == 30'000);

  // The first one after a connection came up may be the one that was late.
  clocks.forget(institution(2));
  clocks.stands_at(institution(2), view(6));
  clocks.proposed(institution(2), view(7), kStartMs, at(100));
  CHECK_FALSE(offset_of(clocks, 2, at(100)));
  clocks.proposed(institution(2), view(8), kStartMs + 11 * kSecondMs, at(110));
  CHECK(offset_of(clocks, 2, at(110)) == -99'000);
}

TEST_CASE("what a clock showed is not known for ever, and not once this machine's own was set") {
  PeerClocks clocks;
  clocks.stands_at(institution(2), view(1));
  clocks.proposed(institution(2), view(2), kStartMs + 100 * kSecondMs, at(0));
  const std::uint64_t last = PeerClocks::kKnownMs / kSecondMs;
  CHECK(offset_of(clocks, 2, at(last)) == 100'000);
  CHECK(clocks.offsets_ms(at(last + 1)).empty());

  auto set = at(5);
  set.wall_ms -= 100 * kSecondMs;
  CHECK(clocks.offsets_ms(set).empty());
  clocks.proposed(institution(2), view(3), set.wall_ms, set);
  CHECK(offset_of(clocks, 2, set) == 0);
}

}  // namespace
}  // namespace testamur::node
