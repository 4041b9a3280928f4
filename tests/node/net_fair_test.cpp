// Laws of the queue between peers and the chain, and of who is disconnected for a while.
#include <map>
#include <set>

#include "node/net/conduct.h"
#include "node/net/cost.h"
#include "node/net/fair_queue.h"
#include "testamur/v1/peer.pb.h"
#include "tests/support/catch.h"
#include "tests/support/shared.h"

namespace testamur::node::net {
namespace {

InstitutionId institution(std::uint8_t number) {
  InstitutionId id;
  id.bytes.fill(number);
  return id;
}

struct Piece {
  InstitutionId from;
  std::uint64_t number = 0;
  std::uint64_t units = 0;
};
using Queue = FairQueue<Piece>;

// A generator that gives the same numbers everywhere.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed * 2 + 1) {}
  std::uint64_t below(std::uint64_t bound) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return (state_ >> 33U) % bound;
  }

 private:
  std::uint64_t state_;
};

void push(Queue& queue, std::uint8_t from, Rank rank, std::uint64_t units,
          std::uint64_t number = 0) {
  REQUIRE(queue.push({institution(from), rank}, units, 1, {institution(from), number, units}));
}

}  // namespace

TEST_CASE("of two that always have something waiting, none gets more than one piece's cost ahead") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    Numbers random(seed);
    Queue queue({});
    std::uint64_t dearest = 0;
    // One sends many small pieces, one sends few large ones, one both.
    for (int i = 0; i < 400; ++i) {
      for (std::uint8_t from = 1; from <= 3; ++from) {
        const auto units = 1 + random.below(from == 1 ? 10 : 1'000);
        dearest = std::max(dearest, units);
        push(queue, from, Rank::kInstitution, units);
      }
    }
    std::map<InstitutionId, std::uint64_t> served;
    while (queue.size_of(institution(1)) > 0 && queue.size_of(institution(2)) > 0 &&
           queue.size_of(institution(3)) > 0) {
      const auto piece = queue.pop(0);
      REQUIRE(piece);
      served[piece->from] += piece->units;
      for (std::uint8_t a = 1; a <= 3; ++a) {
        for (std::uint8_t b = 1; b <= 3; ++b) {
          REQUIRE(served[institution(a)] <= served[institution(b)] + dearest);
        }
      }
    }
  }
}

TEST_CASE(
    "nothing of a non-member is given while anything of a member waits, and a member's own order "
    "stays") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    Numbers random(seed);
    Queue queue({});

    std::size_t members_waiting = 0;
    std::map<InstitutionId, std::uint64_t> sent, seen;

    for (int i = 0; i < 2'000; ++i) {
      if (random.below(3) != 0) {
        const auto from = static_cast<std::uint8_t>(1 + random.below(6));
        const auto rank = from <= 2   ? Rank::kMember
                          : from <= 4 ? Rank::kInstitution
                                      : Rank::kStranger;
        push(queue, from, rank, 1 + random.below(5'000), ++sent[institution(from)]);
        members_waiting += rank == Rank::kMember ? 1 : 0;
      } else if (const auto piece = queue.pop(0)) {
        const bool member = piece->from == institution(1) || piece->from == institution(2);
        REQUIRE(member == (members_waiting > 0));
        REQUIRE(piece->number == ++seen[piece->from]);
        members_waiting -= member ? 1 : 0;
      }
    }
  }
}

TEST_CASE("whoever was idle saves nothing up, and whoever comes late is not behind") {
  Queue queue({});
  for (int i = 0; i < 1'000; ++i) push(queue, 1, Rank::kMember, 100);
  for (int i = 0; i < 500; ++i) REQUIRE(queue.pop(0)->from == institution(1));
  for (int i = 0; i < 10; ++i) push(queue, 2, Rank::kMember, 100);
  std::map<InstitutionId, int> served;
  for (int i = 0; i < 10; ++i) ++served[queue.pop(0)->from];
  CHECK(served[institution(1)] == 5);
  CHECK(served[institution(2)] == 5);
}

TEST_CASE(
    "all who are no members together are served at the pace, however many they are; members are "
    "not paced") {
  constexpr std::uint64_t kPace = 10'000;
  Queue queue({1'000, 1u << 20, kPace, kPace});

  for (std::uint8_t from = 10; from < 60; ++from) {
    for (int i = 0; i < 100; ++i) push(queue, from, Rank::kInstitution, 100);
  }

  std::uint64_t served = 0;

  for (std::uint64_t now_ms = 0; now_ms <= 5'000; now_ms += 10) {
    while (const auto piece = queue.pop(now_ms)) served += piece->units;
    REQUIRE(served <= kPace + now_ms * kPace / 1000 + 100);
    REQUIRE(queue.wait_ms(now_ms).value() > 0);
  }
  CHECK(served >= 5 * kPace);

  // A member takes its turn at once, also when the pace of the others is used up.
  push(queue, 1, Rank::kMember, 1'000'000);
  CHECK(queue.wait_ms(5'000) == 0);
  CHECK(queue.pop(5'000)->from == institution(1));
}

TEST_CASE("a line is bounded in entries and bytes, and what it refuses is another's loss") {
  Queue queue({4, 100, 0, 0});
  const Queue::Source source{institution(1), Rank::kInstitution};
  CHECK(queue.push(source, 1, 1'000, {}));  // alone, whatever its size
  CHECK_FALSE(queue.push(source, 1, 1, {}));
  CHECK(queue.push(source, 1, 1, {}, Queue::Bound::kAlways));
  CHECK(queue.push({institution(2), Rank::kInstitution}, 1, 90, {}));
  CHECK(queue.push({institution(2), Rank::kInstitution}, 1, 10, {}));
  CHECK_FALSE(queue.push({institution(2), Rank::kInstitution}, 1, 1, {}));
  CHECK(queue.size() == 4);
  CHECK(queue.erase_if(institution(2), [](const Piece&) { return true; }) == 2);
  CHECK(queue.size() == 2);
  CHECK(queue.size_of(institution(2)) == 0);
}

TEST_CASE("a charge puts its payer behind the others by that much") {
  Queue queue({});
  for (int i = 0; i < 100; ++i) {
    push(queue, 1, Rank::kInstitution, 10);
    push(queue, 2, Rank::kInstitution, 10);
  }
  queue.charge(institution(1), 500);
  std::size_t of_other = 0;
  while (queue.pop(0)->from == institution(2)) ++of_other;
  CHECK(of_other == 50);
}

TEST_CASE("every frame declares a cost, and those that make this node work most cost most") {
  Transactions many;
  for (int i = 0; i < 4'096; ++i) many.transactions.emplace_back(200, std::uint8_t{1});

  const auto of_many = cost_of(Frame(many));
  CHECK(of_many.signatures == 4'096);
  CHECK(of_many.bytes_kept >= 4'096 * 200);
  CHECK(of_many.units() > 4'096 * 50);

  const auto request = cost_of(Frame(BlockRequest{Height{1}, 1}));
  CHECK(request.bytes_read == 2u << 20);
  CHECK(request.bytes_kept >= 512);  // eleven bytes on the wire
  CHECK(request.units() > cost_of(Frame(ConsensusMessage{Bytes(100)})).units());

  CHECK(
      cost_of(Frame(BlockResponse{Height{1}, {Block{Bytes(100), Bytes(1'000'000), {}}}, Height{1}}))
          .bytes_kept >= 1'000'000);
}

TEST_CASE("whoever goes on is shut out, longer each time; a member is counted and never shut out") {
  Conduct conduct;
  std::uint64_t now_ms = 1'000;
  const auto misbehave = [&](std::uint8_t who, Rank rank) {
    for (int i = 0; i < 1'000; ++i) {
      if (conduct.note(institution(who), rank, Refusal::kBadSignature, 1, now_ms)) return true;
    }
    return false;
  };
  CHECK(misbehave(1, Rank::kInstitution));
  CHECK(conduct.shut_out_ms(institution(1), now_ms) == Conduct::kFirstShutOutMs);
  now_ms += Conduct::kFirstShutOutMs;
  CHECK(conduct.shut_out_ms(institution(1), now_ms) == 0);
  CHECK(misbehave(1, Rank::kInstitution));
  CHECK(conduct.shut_out_ms(institution(1), now_ms) == 2 * Conduct::kFirstShutOutMs);
  for (int i = 0; i < 20; ++i) {
    now_ms += Conduct::kLongestShutOutMs;
    misbehave(1, Rank::kInstitution);
  }
  CHECK(conduct.shut_out_ms(institution(1), now_ms) == Conduct::kLongestShutOutMs);

  CHECK_FALSE(misbehave(2, Rank::kMember));
  CHECK(conduct.totals()[static_cast<std::size_t>(Refusal::kBadSignature)] >= 1'000);
  CHECK(conduct.recent(now_ms).size() == 2);
  CHECK(conduct.recent(now_ms + 600'001).empty());
}

TEST_CASE("what an honest node does by mistake now and then never adds up") {
  Conduct conduct;
  for (std::uint64_t second = 1; second < 3'600; ++second) {
    // A frame of a thousand transactions of an institution that this node learns of a block later.
    REQUIRE_FALSE(conduct.note(institution(1), Rank::kInstitution, Refusal::kUnknownSigner, 1'000,
                               second * 1'000));
  }
}

TEST_CASE("more institutions than there is room for are counted together") {
  Conduct conduct;
  for (std::uint64_t i = 0; i < 2 * Conduct::kMaxInstitutions; ++i) {
    auto id = institution(9);
    id.bytes[0] = static_cast<std::uint8_t>(i);
    id.bytes[1] = static_cast<std::uint8_t>(i >> 8U);
    conduct.note(id, Rank::kInstitution, Refusal::kBlockRequests, 1, 1'000);
  }
  CHECK(conduct.recent(1'000).size() <= Conduct::kMaxInstitutions + 1);
}

TEST_CASE(
    "every refusal has a name of its own, and every frame and refusal stands in the page of "
    "limits") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kRefusals; ++i) names.insert(to_text(static_cast<Refusal>(i)));

  CHECK(names.size() == kRefusals);
  CHECK_FALSE(names.contains("unknown"));

  const auto page = test::read_file(test::source_file("docs/limits.md"));
  for (const auto name : names) {
    INFO(name);
    CHECK(page.find("`" + std::string(name) + "`") != std::string::npos);
  }

  const auto* frames = v1::PeerFrame::descriptor();
  for (int i = 0; i < frames->field_count(); ++i) {
    INFO(frames->field(i)->name());
    CHECK(page.find("| `" + frames->field(i)->name() + "` |") != std::string::npos);
  }
}

}  // namespace testamur::node::net
