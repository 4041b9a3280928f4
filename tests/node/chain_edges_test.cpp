// What peers may bring: laws of the mempool, and of whom the fetcher believes.
#include <map>

#include "consensus/values/codec.h"
#include "ledger/tx/build.h"
#include "node/chain/mempool.h"
#include "node/chain/peers/catch_up.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace tx = ledger::tx;
using Added = Mempool::Added;
using Fit = Mempool::Fit;

const ChainId kChain = ChainId::prefix_of(sha256(as_bytes("chain")).view());

InstitutionId institution(std::uint8_t number) {
  InstitutionId id;
  id.bytes.fill(number);
  return id;
}

// A well-formed issue of `count` commitments; nobody checks its signature here.
tx::SharedTransaction issue(std::uint8_t author, std::uint64_t first_index, std::size_t count = 1,
                            const SecretKey* key = nullptr, std::uint64_t nonce = 0) {
  static const auto kKey = SecretKey::generate(SignatureAlgorithm::kBip340);
  static std::uint64_t numbers = 1;

  tx::Envelope envelope{kChain, institution(author), {}, 1'000'000};
  const auto number = Encoder().u64(nonce != 0 ? nonce : ++numbers).take();
  std::copy(number.begin(), number.end(), envelope.nonce.bytes.begin());

  tx::IssueListedContent content{{envelope.author, 1, 1},
                                 IssuerIndex{first_index},
                                 std::vector<Hash256>(count, sha256(as_bytes("c")))};

  const auto built = tx::build(envelope, content);
  auto carried = tx::attach_signed(std::get<tx::UnsignedTransaction>(built), KeyPurpose::kIssue,
                                   key != nullptr ? *key : kKey);
  return std::get<tx::SharedTransaction>(tx::decode(kChain, std::move(carried)));
}

constexpr std::size_t kLargest = 16'384;  // commitments: 512 KiB

std::size_t selectable(Mempool& pool) {
  std::size_t count = 0;
  pool.select([&](const tx::SharedTransaction&) {
    ++count;
    return Mempool::Pick::kNext;
  });
  return count;
}

}  // namespace

TEST_CASE(
    "a copy that is ready takes the place of a held one, and a held one never that of a ready "
    "one") {
  Mempool pool({});
  const auto other_key = SecretKey::generate(SignatureAlgorithm::kBip340);
  const auto genuine = issue(1, 0, 1, nullptr, 7), copy = issue(1, 0, 1, &other_key, 7);
  REQUIRE(genuine->id() == copy->id());
  REQUIRE_FALSE(equal(genuine->encoded(), copy->encoded()));

  CHECK(pool.add(copy, 1, false, Fit::kDeferred) == Added::kNew);
  CHECK_FALSE(pool.any_ready());
  CHECK(pool.add(genuine, 2, false) == Added::kNew);
  CHECK(pool.any_ready());
  CHECK(pool.find(genuine->id()) == genuine);
  CHECK(pool.find_encoded(genuine->encoded()) == genuine);
  CHECK(pool.find_encoded(copy->encoded()) == nullptr);
  CHECK(pool.size_bytes() == genuine->encoded().size());

  CHECK(pool.add(copy, 3, false, Fit::kDeferred) == Added::kKnown);
  CHECK(pool.find(genuine->id()) == genuine);
  CHECK(pool.any_ready());
}

TEST_CASE("what is submitted here takes over what peers had brought, held or not") {
  Mempool pool({});
  const auto t = issue(1, 0);
  pool.add(t, 1, false, Fit::kDeferred);
  CHECK(pool.add(t, 5, true) == Added::kKnown);
  CHECK(pool.any_ready());
  CHECK(pool.submitted_ms(t->id()) == 5);
  pool.defer(t->id(), 6);
  CHECK(pool.drop_overdue(6 + 10 * Mempool::kDeferredLifeMs) == 0);
  CHECK(pool.contains(t->id()));
}

TEST_CASE("what peers brought and is held has a deadline: the pool is never full of it for good") {
  Mempool pool({
      8u << 20,
      1'000,
      1'000,
  });

  std::uint64_t index = 0;
  for (std::uint8_t author = 1; author <= 8; ++author) {
    for (int i = 0; i < 8; ++i)
      pool.add(issue(author, index += kLargest, kLargest), 100, false, Fit::kDeferred);
  }

  CHECK(pool.deferred() > 0);
  CHECK(pool.size_bytes() <= (8u << 20) / 8);  // however many bring it

  CHECK(pool.drop_overdue(100 + Mempool::kDeferredLifeMs - 1) == 0);
  CHECK(pool.drop_overdue(100 + Mempool::kDeferredLifeMs) > 0);

  CHECK(pool.size() == 0);
  CHECK(pool.size_bytes() == 0);
}

TEST_CASE(
    "a ready transaction of an author who holds less gets in, however full peers made the pool") {
  const Mempool::Limits limits{8u << 20, 100'000, 100'000};
  Mempool pool(limits);

  std::uint64_t index = 0;
  for (std::uint8_t author = 1; author <= 8; ++author) {
    while (pool.add(issue(author, index += kLargest, kLargest), 1, false) == Added::kNew) {
    }
  }

  REQUIRE(pool.size_bytes() + (512u << 10) > limits.bytes);

  const auto late = issue(9, 0, kLargest);
  CHECK(pool.add(late, 2, false) == Added::kNew);
  CHECK(pool.contains(late->id()));
  CHECK(pool.size_bytes() <= limits.bytes);
}

TEST_CASE("what was submitted here is never thrown out for what peers bring") {
  const Mempool::Limits limits{4u << 20, 100'000, 100'000};
  Mempool pool(limits);

  std::vector<tx::SharedTransaction> promised;
  std::uint64_t index = 0;
  for (std::uint8_t author = 1; author <= 4; ++author) {
    for (int i = 0; i < 2; ++i) {
      promised.push_back(issue(author, index += kLargest, kLargest));
      if (pool.add(promised.back(), 1, true) != Added::kNew) promised.pop_back();
    }
  }

  for (std::uint8_t author = 10; author < 30; ++author)
    pool.add(issue(author, 0, kLargest), 2, false);

  for (const auto& t : promised) CHECK(pool.contains(t->id()));
  CHECK(pool.size_bytes() <= limits.bytes);
}

TEST_CASE("one author has a share of the pool, and of issues over the same indexes only a few") {
  const Mempool::Limits limits{32u << 20, 100'000, 100'000};
  Mempool pool(limits);
  std::size_t taken = 0;
  for (int i = 0; i < 200; ++i)
    taken += pool.add(issue(1, 5, kLargest), 1, false) == Added::kNew ? 1 : 0;
  CHECK(taken == 1 + Mempool::kRivals);
  CHECK(pool.add(issue(1, 5 + kLargest - 1, 10), 1, false) ==
        Added::kAuthorFull);                                             // one index in common
  CHECK(pool.add(issue(1, 5 + kLargest, 10), 1, false) == Added::kNew);  // none
  CHECK(pool.add(issue(2, 5, kLargest), 1, false) == Added::kNew);       // another's indexes

  std::uint64_t index = 1'000'000;
  while (pool.add(issue(1, index += kLargest, kLargest), 1, false) == Added::kNew) {
  }
  CHECK(pool.size_bytes() <= limits.bytes / 4 + (1u << 20));
  CHECK(pool.add(issue(1, index += kLargest, kLargest), 1, true) == Added::kNew);  // submitted here
}

TEST_CASE("whatever comes and goes, the pool counts what it holds, and stays within its bounds") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);

    std::uint64_t state = seed * 2 + 1;
    const auto below = [&](std::uint64_t bound) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      return (state >> 33U) % bound;
    };

    const Mempool::Limits limits{256u << 10, 40, 20};
    Mempool pool(limits);
    std::map<TransactionId, tx::SharedTransaction> all;

    for (std::uint64_t step = 1; step < 300; ++step) {
      const auto what = below(10);
      if (what < 6 || all.empty()) {
        const auto t =
            issue(static_cast<std::uint8_t>(1 + below(4)), below(1'000), 1 + below(1'000));
        all.emplace(t->id(), t);
        pool.add(t, step, below(3) == 0, below(3) == 0 ? Fit::kDeferred : Fit::kReady);
      } else {
        auto at = all.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(below(all.size())));
        if (what == 6) pool.erase(at->first);
        if (what == 7) pool.defer(at->first, step);
        if (what == 8) pool.undefer(at->first);
        if (what == 9) pool.drop_overdue(step + below(2) * Mempool::kDeferredLifeMs);
      }

      std::size_t bytes = 0, entries = 0;
      for (const auto& [id, t] : all) {
        if (!pool.contains(id)) continue;
        ++entries;
        bytes += t->encoded().size();
      }

      REQUIRE(pool.size() == entries);
      REQUIRE(pool.size_bytes() == bytes);
      REQUIRE(bytes <= limits.bytes);
      REQUIRE(entries <= limits.transactions);
      REQUIRE(selectable(pool) == entries - pool.deferred());
    }

    // Nothing is left over when all are gone: no byte, no place among the held ones.
    for (const auto& [id, t] : all) pool.erase(id);
    REQUIRE(pool.size_bytes() == 0);
    REQUIRE(pool.deferred() == 0);
    REQUIRE_FALSE(pool.oldest_arrival_ms());
  }
}

namespace {

net::Origin node(std::uint8_t number) {
  net::Origin origin{institution(number), {}};
  origin.pin.bytes.fill(number);
  return origin;
}

struct Fetching {
  std::vector<net::Pin> asked;
  BlockFetcher fetcher{{[this](const net::Pin& pin, const net::BlockRequest&) {
                          asked.push_back(pin);
                          return true;
                        },
                        [](const consensus::FinalizedChain&) { return true; }}};
};

net::BlockResponse answer(Height first, std::size_t count, Height highest) {
  net::BlockResponse response{first, {}, highest};
  for (std::size_t i = 0; i < count; ++i) response.blocks.push_back({Bytes{1}, Bytes{}, Bytes{9}});
  return response;
}

}  // namespace

TEST_CASE("a peer that only claims to be further is asked once, and nobody waits for it") {
  Fetching node_of_ours;
  auto& fetcher = node_of_ours.fetcher;
  fetcher.peer_up(node(1));
  fetcher.peer_up(node(2));
  fetcher.want(Height{10}, 1'000);
  REQUIRE(node_of_ours.asked.size() == 1);
  const auto liar = node_of_ours.asked.front() == node(1).pin ? node(1) : node(2);
  const auto other = liar.pin == node(1).pin ? node(2) : node(1);

  CHECK_FALSE(fetcher.on_response(liar, answer(Height{11}, 0, Height{1'000'000}), Height{10}));
  CHECK(fetcher.target() == Height{});
  fetcher.on_tick(Height{10}, 1'100);
  REQUIRE(node_of_ours.asked.size() == 2);
  CHECK(node_of_ours.asked.back() == other.pin);
  CHECK_FALSE(fetcher.on_response(other, answer(Height{11}, 0, Height{10}), Height{10}));

  // Everybody was asked: it rests, whatever the time, until it is wanted again.
  CHECK_FALSE(fetcher.wake_at_ms());
  for (std::uint64_t now_ms = 1'200; now_ms < 60'000; now_ms += 100)
    fetcher.on_tick(Height{10}, now_ms);
  CHECK(node_of_ours.asked.size() == 2);
  CHECK(fetcher.target() == Height{});
  fetcher.want(Height{10}, 60'000);
  CHECK(node_of_ours.asked.size() == 3);
}

TEST_CASE("blocks that do not hold, and answers that do not come, end the belief in a claim") {
  Fetching node_of_ours;
  auto& fetcher = node_of_ours.fetcher;
  fetcher.peer_up(node(1));
  fetcher.want(Height{10}, 1'000);
  const auto proof_of_nothing = answer(Height{11}, 1, Height{1'000'000});
  CHECK_FALSE(fetcher.on_response(node(1), proof_of_nothing, Height{10}));
  CHECK(fetcher.target() == Height{});
  CHECK_FALSE(fetcher.wake_at_ms());

  fetcher.want(Height{10}, 2'000);
  REQUIRE(fetcher.asked(node(1).pin));
  fetcher.on_tick(Height{10}, 5'000);
  CHECK_FALSE(fetcher.asked(node(1).pin));
  CHECK(fetcher.target() == Height{});
  CHECK_FALSE(fetcher.wake_at_ms());
}

namespace {

// One true block, as far as a fetcher can tell without its chain.
net::BlockResponse one_block(Height at, Height highest) {
  auto certificate = std::make_shared<consensus::Certificate>();
  certificate->statement.act = consensus::Act::kFinalize;
  certificate->signers = 1;
  certificate->signatures.resize(1);
  return {at,
          {{Bytes{1}, Bytes{}, consensus::encode(consensus::FinalityProof{{}, certificate})}},
          highest};
}

}  // namespace

TEST_CASE(
    "who has no more did not fail: a liar that gives a block now and then is not asked before all "
    "others") {
  Fetching node_of_ours;
  auto& fetcher = node_of_ours.fetcher;
  for (const std::uint8_t number : {1, 2, 3}) fetcher.peer_up(node(number));
  const auto liar = node(1);
  const auto sender = [&](const net::Pin& asked) {
    return asked == liar.pin ? liar : asked == node(2).pin ? node(2) : node(3);
  };
  std::uint64_t now_ms = 1'000;
  Height committed{10};

  // Nobody has a block above this node's, but the liar claims one, and so everybody is asked again
  // and again.
  for (int round = 0; round < 4; ++round) {
    fetcher.want(committed, now_ms);
    for (int i = 0; i < 3; ++i) {
      const auto asked = node_of_ours.asked.back();
      if (!fetcher.asked(asked)) break;
      const auto highest = asked == liar.pin ? committed.next() : committed;
      const auto response = asked == liar.pin ? one_block(committed.next(), highest + 1)
                                              : answer(committed.next(), 0, highest);
      fetcher.on_response(sender(asked), response, committed);
      if (asked == liar.pin) committed = committed.next();
      now_ms += 100;
      fetcher.on_tick(committed, now_ms);
    }
  }

  // Now it lags. The liar goes on as before; the others would bring it forward at once, if they
  // were asked.
  node_of_ours.asked.clear();
  for (int i = 0; i < 10 && !fetcher.asked(node(2).pin) && !fetcher.asked(node(3).pin); ++i) {
    if (fetcher.asked(liar.pin)) {
      fetcher.on_response(liar, one_block(committed.next(), committed + 100), committed);
      committed = committed.next();
    }
    fetcher.want(committed, now_ms);
    now_ms += 100;
    fetcher.on_tick(committed, now_ms);
  }
  const bool others_are_asked = fetcher.asked(node(2).pin) || fetcher.asked(node(3).pin);
  CHECK(others_are_asked);
}

// A node that came back twice at once was asked over its second connection before the end of the
// first was told of, and was blamed for its answer.
TEST_CASE("who answers what it was asked before its new connection was told of is not blamed") {
  Fetching node_of_ours;
  auto& fetcher = node_of_ours.fetcher;
  fetcher.peer_up(node(1));
  fetcher.want(Height{10}, 1'000);
  REQUIRE(fetcher.asked(node(1).pin));
  fetcher.peer_down(node(1));
  CHECK_FALSE(fetcher.awaits(node(1).pin));
  fetcher.peer_up(node(1));
  CHECK(fetcher.awaits(node(1).pin));
  CHECK(fetcher.on_response(node(1), one_block(Height{11}, Height{12}), Height{10}));

  // Once: nothing else was asked.
  CHECK_FALSE(fetcher.awaits(node(1).pin));
  CHECK_FALSE(fetcher.on_response(node(1), one_block(Height{11}, Height{12}), Height{10}));
}

TEST_CASE(
    "answers that always come too late bring a node forward all the same, and nobody is blamed for "
    "them") {
  Fetching node_of_ours;
  auto& fetcher = node_of_ours.fetcher;
  for (const std::uint8_t number : {1, 2}) fetcher.peer_up(node(number));
  const Height highest{100};
  Height committed{10};

  // Both serve many, in turn: each answer comes after three seconds, and is what was asked for
  // then.
  struct Due {
    net::Pin pin;
    Height first;
    std::uint64_t at_ms;
  };
  std::vector<Due> due;
  std::size_t seen = 0;
  for (std::uint64_t now_ms = 1'000; now_ms < 120'000 && committed < highest; now_ms += 100) {
    fetcher.want(committed, now_ms);
    fetcher.on_tick(committed, now_ms);
    for (; seen < node_of_ours.asked.size(); ++seen) {
      due.push_back({node_of_ours.asked[seen], committed.next(), now_ms + 3'000});
    }
    while (!due.empty() && due.front().at_ms <= now_ms) {
      const auto answered = due.front();
      due.erase(due.begin());
      REQUIRE(fetcher.awaits(answered.pin));
      auto response = one_block(answered.first, highest);
      while (response.blocks.size() < 10 &&
             answered.first.value + response.blocks.size() <= highest.value) {
        response.blocks.insert(response.blocks.begin(), response.blocks.front());
      }
      const auto from = answered.pin == node(1).pin ? node(1) : node(2);
      if (fetcher.on_response(from, response, committed)) {
        committed = answered.first + (response.blocks.size() - 1);
      }
    }
  }
  CHECK(committed == highest);
}

}  // namespace testamur::node
