// The parts of the chain alone: mempool, commit waiters, unfinalized blocks, body, signature cache,
// block serving.
#include <set>

#include "ledger/tx/build.h"
#include "node/chain/block_body.h"
#include "node/chain/commit_waiters.h"
#include "node/chain/mempool.h"
#include "node/chain/signature_cache.h"
#include "node/chain/unfinalized_blocks.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace tx = ledger::tx;

const ChainId kChain = ChainId::prefix_of(sha256(as_bytes("chain")).view());

// A well-formed transaction; nobody checks its signature here.
tx::SharedTransaction transaction(std::uint8_t author, std::uint64_t number,
                                  std::uint64_t valid_until_ms = 1'000'000) {
  static const auto kKey = SecretKey::generate(SignatureAlgorithm::kBip340);
  tx::Envelope envelope{kChain, {}, {}, valid_until_ms};
  envelope.author.bytes.fill(author);
  envelope.nonce.bytes[0] = static_cast<std::uint8_t>(number + 1);
  tx::IssueListedContent content{
      {envelope.author, 1, 1}, IssuerIndex{number}, {sha256(as_bytes("c"))}};
  auto built = tx::build(envelope, content);
  auto carried =
      tx::attach_signed(std::get<tx::UnsignedTransaction>(built), KeyPurpose::kIssue, kKey);
  return std::get<tx::SharedTransaction>(tx::decode(kChain, std::move(carried)));
}

std::vector<TransactionId> selected(Mempool& pool, std::size_t at_most = 100) {
  std::vector<TransactionId> ids;
  pool.select([&](const tx::SharedTransaction& t) {
    if (ids.size() == at_most) return Mempool::Pick::kStop;
    ids.push_back(t->id());
    return Mempool::Pick::kNext;
  });
  return ids;
}

TEST_CASE("the mempool holds one entry an id") {
  Mempool pool({});
  auto t = transaction(1, 0);
  CHECK(pool.add(t, 5, true) == Mempool::Added::kNew);
  CHECK(pool.add(t, 6, false) == Mempool::Added::kKnown);
  CHECK(pool.size() == 1);
  CHECK(pool.find_encoded(t->encoded()) == t);
  CHECK(pool.submitted_ms(t->id()) == 5);
  pool.erase(t->id());
  CHECK(pool.size() == 0);
  CHECK(pool.size_bytes() == 0);
  CHECK(pool.find_encoded(t->encoded()) == nullptr);
  CHECK_FALSE(pool.any_ready());
}

TEST_CASE("an author with many transactions does not keep others out of a block") {
  Mempool pool({});
  std::vector<tx::SharedTransaction> many;
  for (std::uint64_t i = 0; i < 10; ++i) {
    many.push_back(transaction(1, i));
    pool.add(many.back(), 1, true);
  }

  auto other = transaction(2, 0);
  pool.add(other, 2, true);

  auto ids = selected(pool, 2);
  CHECK(std::set<TransactionId>(ids.begin(), ids.end()) ==
        std::set<TransactionId>{many[0]->id(), other->id()});

  auto all = selected(pool);
  std::vector<TransactionId> of_first;
  for (const auto& id : all) {
    if (id != other->id()) of_first.push_back(id);
  }

  // The order of one author's transactions is kept, since later ones may rest on earlier ones.
  for (std::size_t i = 0; i < many.size(); ++i) CHECK(of_first[i] == many[i]->id());
}

TEST_CASE("the mempool is bounded in bytes, in number and for one author") {
  auto size = transaction(1, 1)->encoded().size();
  Mempool by_bytes({2 * size, 100, 100});
  CHECK(by_bytes.add(transaction(1, 1), 1, true) == Mempool::Added::kNew);
  CHECK(by_bytes.add(transaction(1, 2), 1, true) == Mempool::Added::kNew);
  CHECK(by_bytes.add(transaction(2, 1), 1, true) == Mempool::Added::kFull);
  Mempool by_author({1u << 20, 100, 1});
  CHECK(by_author.add(transaction(1, 0), 1, true) == Mempool::Added::kNew);
  CHECK(by_author.add(transaction(1, 1), 1, true) == Mempool::Added::kAuthorFull);
  CHECK(by_author.add(transaction(2, 0), 1, true) == Mempool::Added::kNew);
}

TEST_CASE("what is held back is not selected and does not make the pool ready") {
  Mempool pool({});
  auto t = transaction(1, 0);

  pool.add(t, 1, true);
  pool.defer(t->id(), 1);

  CHECK_FALSE(pool.any_ready());
  CHECK(selected(pool).empty());
  REQUIRE(pool.next_deferred(10).size() == 1);

  pool.undefer(t->id());
  CHECK(pool.any_ready());
  CHECK(selected(pool).size() == 1);

  pool.defer(t->id(), 1);
  pool.erase(t->id());
  CHECK(pool.next_deferred(10).empty());
  CHECK_FALSE(pool.any_ready());
}

TEST_CASE("next_deferred goes round") {
  Mempool pool({});
  std::set<TransactionId> seen;
  for (std::uint64_t i = 0; i < 5; ++i) {
    auto t = transaction(1, i);
    pool.add(t, 1, true);
    pool.defer(t->id(), 1);
  }
  for (int round = 0; round < 3; ++round) {
    for (const auto& t : pool.next_deferred(2)) seen.insert(t->id());
  }
  CHECK(seen.size() == 5);
  CHECK(pool.next_deferred(100).size() == 5);
}

TEST_CASE("a transaction expires when a header's time has passed its validity") {
  Mempool pool({});
  auto early = transaction(1, 0, 100), late = transaction(1, 1, 200);
  pool.add(early, 1, true);
  pool.add(late, 1, true);
  CHECK(pool.expired(100).empty());
  CHECK(pool.expired(101) == std::vector<TransactionId>{early->id()});
  CHECK(pool.expired(201).size() == 2);
}

TEST_CASE("a body is its transactions behind their lengths and nothing else") {
  std::vector<tx::SharedTransaction> list{transaction(1, 0), transaction(2, 1)};
  auto body = encode_body(list);
  auto decoded = decode_body(kChain, body);
  REQUIRE(decoded.ok());
  REQUIRE(decoded->size() == 2);
  CHECK((*decoded)[1]->id() == list[1]->id());
  CHECK(encode_body({}).empty());
  CHECK(split_body({})->empty());
  Encoder golden;
  golden.sized(list[0]->encoded()).sized(list[1]->encoded());
  CHECK(golden.bytes() == body);

  SECTION("cut anywhere it is refused, except between transactions") {
    std::size_t whole = 4 + list[0]->encoded().size();
    for (std::size_t size = 1; size < body.size(); ++size) {
      CAPTURE(size);
      CHECK(split_body(ByteView(body).first(size)).ok() == (size == whole));
    }
  }
  SECTION("an empty transaction is refused") { CHECK_FALSE(split_body(Bytes(4, 0)).ok()); }
  SECTION("a length beyond the limit is refused") { CHECK_FALSE(split_body(Bytes(4, 0xff)).ok()); }
}

TEST_CASE("an outcome reaches everybody who waits, once") {
  CommitWaiters waiters(2);
  auto id = [](std::uint8_t n) {
    TransactionId value;
    value.bytes[0] = n;
    return value;
  };
  int told = 0;
  auto count = [&](const TransactionId&, const Outcome&) { ++told; };
  waiters.await(1, id(1), count);
  waiters.await(2, id(1), count);
  waiters.await(3, id(1), count);
  waiters.cancel(2, id(1));
  Outcome committed;
  committed.state = Outcome::State::kCommitted;
  waiters.resolve(id(1), committed);
  CHECK(told == 2);
  waiters.resolve(id(1), committed);
  CHECK(told == 2);
  CHECK_FALSE(waiters.recall(id(1)).has_value());

  SECTION("rejected and expired ones are remembered, a bounded number of them") {
    Outcome expired;
    expired.state = Outcome::State::kExpired;
    for (std::uint8_t n = 2; n < 5; ++n) waiters.resolve(id(n), expired);
    CHECK_FALSE(waiters.recall(id(2)).has_value());
    CHECK(waiters.recall(id(4)).has_value());
    waiters.await(9, id(4), count);
    CHECK(told == 3);
  }
  SECTION("a node that stops tells them that it is still pending") {
    waiters.await(4, id(7), [&](const TransactionId&, const Outcome& outcome) {
      CHECK(outcome.state == Outcome::State::kPending);
      ++told;
    });
    waiters.release_all();
    CHECK(told == 3);
  }
}

ExecutedBlock executed_block(const BlockId& parent, std::uint64_t height, std::uint64_t view,
                             TransactionList list = {}) {
  ExecutedBlock made;
  made.header.parent = parent;
  made.header.height = Height{height};
  made.header.view = View{view};
  made.delta = std::make_shared<const ledger::Delta>();
  made.transactions = std::move(list);
  made.id = ledger::block_id(made.header);
  return made;
}

TEST_CASE("unfinalized blocks lead from a block down to the last finalized one") {
  UnfinalizedBlocks unfinalized;
  BlockId base;
  base.bytes[0] = 9;
  unfinalized.set_base(base);
  auto t = transaction(1, 0);
  auto a = executed_block(base, 1, 1, {t});
  auto b = executed_block(a.id, 2, 2);
  auto fork = executed_block(base, 1, 3);
  for (const auto& each : {a, b, fork}) unfinalized.add(each);
  CHECK(unfinalized.reaches_base(base));
  CHECK(unfinalized.path(base).empty());
  REQUIRE(unfinalized.path(b.id).size() == 2);
  CHECK(unfinalized.path(b.id)[0]->id == a.id);
  CHECK(contains(unfinalized.path(b.id), t->id()));
  CHECK_FALSE(contains(unfinalized.path(fork.id), t->id()));

  unfinalized.set_base(a.id);
  unfinalized.drop_up_to(Height{1});
  CHECK(unfinalized.size() == 1);
  CHECK(unfinalized.reaches_base(b.id));
  CHECK_FALSE(unfinalized.reaches_base(fork.id));
}

TEST_CASE("a signature is verified once, and a false one is never remembered") {
  SignatureCache cache(1000);
  Counters counters;
  CachedVerifier verifier(cache, counters);

  auto key = SecretKey::generate(SignatureAlgorithm::kBip340);
  auto message = sha256(as_bytes("m"));
  auto good = key.sign(message.view());
  auto bad = good;
  bad.bytes[5] ^= 1;
  const auto& public_key = key.public_key().bytes;

  for (int i = 0; i < 3; ++i) CHECK(verifier.verify(public_key, message.view(), good));
  CHECK(counters.verify.count.value() == 1);
  CHECK(counters.verify_cached.value() == 2);

  for (int i = 0; i < 2; ++i) CHECK_FALSE(verifier.verify(public_key, message.view(), bad));
  CHECK(counters.verify.count.value() == 3);
}

TEST_CASE("the signature cache is bounded and keeps what came last") {
  SignatureCache cache(64);
  Hash256 last;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    last = sha256(Encoder().u64(i).bytes());
    cache.insert(last);
  }
  CHECK(cache.contains(last));
  std::size_t kept = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i)
    kept += cache.contains(sha256(Encoder().u64(i).bytes()));
  CHECK(kept <= 128);
}

}  // namespace
}  // namespace testamur::node
