// The rules of docs/consensus.md, one engine at a time. Member 0 is under test; view v is led by
// member v mod 4.
#include "consensus/engine.h"

#include "tests/consensus/bench.h"
#include "tests/support/catch.h"

namespace testamur::consensus {
namespace {

using bench::Bench;

// Started, idle in view 1.
struct Fresh : Bench {
  explicit Fresh(std::size_t nodes = 4, std::size_t index = 0) : Bench(nodes, index) { start(); }
  Proposal first(std::uint8_t salt = 0) const {
    return proposal(View{1}, View{0}, BlockId{}, Height{1}, salt);
  }
};

}  // namespace

TEST_CASE(
    "a valid proposal of the leader is notarized after the sync, with its body in the same group",
    "[consensus]") {
  Fresh bench;
  const auto block = bench.first();
  bench.receive(1, block);
  CHECK(bench.own_votes(Act::kNotarize).empty());
  REQUIRE(bench.written.size() == 2);  // start, then the vote
  const auto& records = bench.written.back().records;
  REQUIRE(records.size() == 2);
  CHECK(records[0].kind == RecordKind::kBlock);
  CHECK(records[0].tail == block.body);  // not a copy
  CHECK(records[1].kind == RecordKind::kVote);
  bench.sync();
  REQUIRE(bench.own_votes(Act::kNotarize).size() == 1);
  CHECK(bench.own_votes(Act::kNotarize)[0].statement.block == Bench::id_of(block));
}

TEST_CASE("a proposal under a false signature, or of somebody who does not lead, changes nothing",
          "[consensus]") {
  Fresh bench;
  auto forged = bench.first();
  forged.signature.bytes[0] ^= 1;
  bench.receive(2, forged);
  CHECK(bench.validated.empty());
  bench.receive(1, bench.first());  // the true one still counts
  CHECK(bench.validated.size() == 1);
}

TEST_CASE("a proposal of another peer's making does not spoil the leader's with the same header",
          "[consensus]") {
  Fresh bench;
  bench.verdict = Verdict::kBadCopy;
  auto copy = bench.first();
  copy.body = std::make_shared<const Bytes>(Bytes{9, 9, 9});  // same header, another body
  bench.receive(2, copy);
  bench.sync();
  CHECK(bench.own_votes(Act::kNotarize).empty());
  CHECK(bench.own_votes(Act::kNullify).empty());
  bench.verdict = Verdict::kValid;
  bench.receive(1, bench.first());
  bench.sync();
  CHECK(bench.own_votes(Act::kNotarize).size() == 1);
}

TEST_CASE("the second proposal of a view is not notarized, and both together are evidence",
          "[consensus]") {
  Fresh bench;
  bench.receive(1, bench.first(1));
  bench.receive(1, bench.first(2));
  bench.sync();
  CHECK(bench.own_votes(Act::kNotarize).size() == 1);
  REQUIRE(bench.evidence.size() == 1);
  CHECK(bench.evidence[0].index == 1);
  CHECK(bench.evidence[0].first.act == Act::kPropose);
}

TEST_CASE(
    "three notarize votes let the node enter the next view and finalize, with the notarization in "
    "the journal",
    "[consensus]") {
  Fresh bench;
  const auto block = bench.first();
  bench.receive(1, block);
  bench.receive(1, bench.vote(1, Act::kNotarize, block));
  bench.receive(2, bench.vote(2, Act::kNotarize, block));
  CHECK(bench.engine->status().view ==
        View{1});  // the own vote is not durable yet and does not count
  bench.sync();
  CHECK(bench.engine->status().view == View{2});
  const auto& records = bench.written.back().records;
  REQUIRE(records.size() == 2);
  CHECK(records[0].kind == RecordKind::kCertificate);
  CHECK(records[1].kind == RecordKind::kVote);
  CHECK(bench.own_votes(Act::kFinalize).size() == 1);
}

TEST_CASE("a block is applied only after its finalization is synced", "[consensus]") {
  Fresh bench;
  const auto block = bench.first();
  bench.receive(1, block);
  for (const std::size_t voter : {1U, 2U, 3U})
    bench.receive(voter, bench.vote(voter, Act::kNotarize, block));
  for (const std::size_t voter : {1U, 2U, 3U})
    bench.receive(voter, bench.vote(voter, Act::kFinalize, block));
  CHECK(bench.committed.empty());
  CHECK(bench.written.back().records.back().kind == RecordKind::kFinality);
  bench.sync();
  REQUIRE(bench.committed.size() == 1);
  CHECK(bench.committed[0] == Bench::id_of(block));
}

TEST_CASE("signatures are checked when a quorum needs them, and no vote beyond it is",
          "[consensus]") {
  Fresh bench(7, 0);
  const auto block = bench.first();
  bench.receive(1, block);
  bench.sync();
  bench.verified = 0;
  for (const std::size_t voter : {1U, 2U, 3U})
    bench.receive(voter, bench.vote(voter, Act::kNotarize, block));
  CHECK(bench.verified == 0);
  bench.receive(4, bench.vote(4, Act::kNotarize, block));
  CHECK(bench.verified == 4);  // q = 5 with the own one
  bench.receive(5, bench.vote(5, Act::kNotarize, block));
  bench.receive(6, bench.certificate({1, 2, 3, 4, 5}, Act::kNotarize, block));
  CHECK(bench.verified == 4);
}

TEST_CASE("a vote with a false signature does not count and frees its place", "[consensus]") {
  Fresh bench;
  const auto block = bench.first();
  bench.receive(1, block);
  bench.sync();
  auto bad = bench.vote(2, Act::kNotarize, block);
  bad.signature.bytes[5] ^= 1;
  bench.receive(2, bad);
  bench.receive(1, bench.vote(1, Act::kNotarize, block));
  CHECK(bench.engine->status().view == View{1});
  bench.receive(2, bench.vote(2, Act::kNotarize, block));
  CHECK(bench.engine->status().view == View{2});
}

TEST_CASE("a vote counts only from its voter's own link", "[consensus]") {
  Fresh bench;
  const auto block = bench.first();
  bench.receive(1, block);
  bench.sync();
  for (const std::size_t voter : {1U, 2U, 3U})
    bench.receive(3, bench.vote(voter, Act::kNotarize, block));
  CHECK(bench.engine->status().view == View{1});
}

TEST_CASE("nothing pending: no timer runs", "[consensus]") {
  Fresh bench;
  bench.advance(600'000);
  bench.sync();
  CHECK(bench.own_votes(Act::kNullify).empty());
  CHECK(bench.engine->status().waiting_for == "idle");
}

TEST_CASE("the timer gives the leader two delta for its proposal, from when something is pending",
          "[consensus]") {
  Fresh bench;
  bench.advance(10'000);
  for (const std::size_t peer : {1U, 2U, 3U})
    bench.receive(peer, Presence{Epoch{0}, View{1}, View{0}, Height{0}});
  bench.engine->on_pending_changed(true, false);
  bench.advance(499);
  bench.sync();
  CHECK(bench.own_votes(Act::kNullify).empty());
  bench.advance(1);
  bench.sync();
  CHECK(bench.own_votes(Act::kNullify).size() == 1);
  CHECK(bench.resends == 1);
}

TEST_CASE(
    "a proposal that came gives its view three delta, and nullify after the own notarize is "
    "allowed",
    "[consensus]") {
  Fresh bench;
  bench.receive(1, bench.first());
  bench.sync();
  bench.advance(749);
  bench.sync();
  CHECK(bench.own_votes(Act::kNullify).empty());
  bench.advance(1);
  bench.sync();
  CHECK(bench.own_votes(Act::kNotarize).size() >= 1);
  CHECK(bench.own_votes(Act::kNullify).size() == 1);
}

TEST_CASE("f + 1 others that nullify make this node nullify at once; f do not", "[consensus]") {
  Fresh bench;
  bench.receive(2, bench.vote(2, Act::kNullify, View{1}));
  bench.sync();
  CHECK(bench.own_votes(Act::kNullify).empty());
  bench.receive(3, bench.vote(3, Act::kNullify, View{1}));
  bench.sync();
  CHECK(bench.own_votes(Act::kNullify).size() == 1);
}

TEST_CASE("after its own nullify a node neither notarizes nor finalizes that view", "[consensus]") {
  Fresh bench;
  const auto block = bench.first();
  bench.receive(2, bench.vote(2, Act::kNullify, View{1}));
  bench.receive(3, bench.vote(3, Act::kNullify, View{1}));
  bench.receive(1, block);
  bench.receive(1, bench.certificate({1, 2, 3}, Act::kNotarize, block));
  bench.sync();
  CHECK(bench.engine->status().view == View{2});
  CHECK(bench.own_votes(Act::kNotarize).empty());
  CHECK(bench.own_votes(Act::kFinalize).empty());
}

TEST_CASE("a parent must be certified and every view between nullified", "[consensus]") {
  Fresh bench;
  const auto first = bench.first();
  bench.receive(1, first);
  bench.receive(1, bench.certificate({1, 2, 3}, Act::kNotarize, first));
  bench.receive(1, bench.nullification({1, 2, 3}, View{2}));
  bench.sync();
  REQUIRE(bench.engine->status().view == View{3});
  SECTION("a block on the certified one is notarized") {
    bench.receive(3, bench.proposal(View{3}, View{1}, Bench::id_of(first), Height{2}));
    bench.sync();
    CHECK(bench.own_votes(Act::kNotarize).back().statement.view == View{3});
  }
  SECTION("one that passes over the certified block is not") {
    bench.receive(3, bench.proposal(View{3}, View{0}, BlockId{}, Height{1}, 7));
    bench.sync();
    CHECK(bench.own_votes(Act::kNotarize).back().statement.view == View{1});
    // What would be needed is asked for.
    bench.advance(101);
    CHECK(bench.all_sent<CertificateRequest>().size() == 1);
  }
}

TEST_CASE(
    "a proposal with the wrong height, parent view or proposer is invalid under its leader's "
    "signature",
    "[consensus]") {
  HeaderFacts facts;
  facts.view = View{1};
  facts.height = Height{1};
  facts.proposer = bench::member(1).id;
  Fresh bench;
  SECTION("height") { facts.height = Height{2}; }
  SECTION("proposer") { facts.proposer = bench::member(2).id; }
  SECTION("filler without a sealing block") { facts.filler = facts.empty = true; }
  bench.receive(1, bench.signed_proposal(facts, View{0}));
  bench.engine->on_pending_changed(true, false);
  bench.sync();
  CHECK(bench.validated.empty());
  CHECK(bench.own_votes(Act::kNullify).size() == 1);  // an invalid proposal fires the timer
}

TEST_CASE("a header too far ahead of the clock is voted on later, not refused for good",
          "[consensus]") {
  Fresh bench;
  bench.verdict = Verdict::kNotYet;
  bench.retry_at_ms = bench.now + 50;
  bench.receive(1, bench.first());
  bench.sync();
  CHECK(bench.own_votes(Act::kNotarize).empty());
  CHECK(bench.engine->wake_at_ms() <= bench.now + 50);
  bench.verdict = Verdict::kValid;
  bench.advance(50);
  bench.sync();
  CHECK(bench.own_votes(Act::kNotarize).size() == 1);
}

TEST_CASE("an empty proposal is notarized only by a node that waits for something else",
          "[consensus]") {
  Fresh bench;
  bench.receive(1, bench.proposal(View{1}, View{0}, BlockId{}, Height{1}, 0, true));
  bench.sync();
  CHECK(bench.own_votes(Act::kNotarize).empty());
  CHECK_FALSE(bench.engine->status().pending);
  bench.engine->on_pending_changed(false, true);  // the heartbeat is due here too
  bench.sync();
  CHECK(bench.own_votes(Act::kNotarize).size() == 1);
}

TEST_CASE("the leader's proposal leaves before its own sync, its vote after", "[consensus]") {
  Fresh bench(4, 1);
  bench.engine->on_pending_changed(true, false);
  REQUIRE(bench.builds.size() == 1);
  bench.build_now();
  CHECK(bench.all_sent<Proposal>().size() == 1);
  CHECK(bench.own_votes(Act::kNotarize).empty());
  bench.sync();
  CHECK(bench.own_votes(Act::kNotarize).size() == 1);
}

TEST_CASE("a driver that cannot build is asked again after a while, not at once", "[consensus]") {
  Fresh bench(4, 1);
  bench.engine->on_pending_changed(true, true);
  bench.advance(200);
  REQUIRE(bench.builds.size() == 1);
  bench.engine->on_built(bench.builds[0].id, std::nullopt);
  CHECK(bench.builds.size() == 1);
  bench.advance(100);
  CHECK(bench.builds.size() == 2);
}

TEST_CASE("no proposal leaves before the journal durably names a near view", "[consensus]") {
  Bench bench(4, 1);
  REQUIRE(bench.engine->start(false, bench.now).ok());
  bench.engine->on_pending_changed(true, false);
  CHECK(bench.builds.empty());
  bench.sync();
  CHECK(bench.builds.size() == 1);
}

TEST_CASE("an empty block waits for half a delta and is dropped when the block before became final",
          "[consensus]") {
  Fresh bench(4, 2);
  const auto block = bench.first();
  bench.receive(1, block);
  bench.receive(1, bench.certificate({0, 1, 3}, Act::kNotarize, block));
  bench.sync();
  REQUIRE(bench.engine->status().leading);
  bench.advance(100);
  CHECK(bench.builds.empty());
  SECTION("not final: it is proposed") {
    bench.advance(25);
    REQUIRE(bench.builds.size() == 1);
    bench.build_now(true);
    CHECK(bench.all_sent<Proposal>().size() == 1);
  }
  SECTION("final: nothing is") {
    bench.receive(1, bench.certificate({0, 1, 3}, Act::kFinalize, block));
    bench.sync();
    bench.advance(25);
    CHECK(bench.builds.empty());
  }
}

TEST_CASE("a leader silent for the skip time is given up at once while a quorum is heard",
          "[consensus]") {
  Fresh bench;
  bench.advance(2'900);
  for (const std::size_t peer : {2U, 3U})
    bench.receive(peer, Presence{Epoch{0}, View{1}, View{0}, Height{0}});
  bench.advance(200);
  bench.engine->on_pending_changed(true, false);
  bench.sync();
  CHECK(bench.own_votes(Act::kNullify).size() == 1);
}

TEST_CASE("delta doubles with every view that does not finalize and is capped", "[consensus]") {
  Fresh bench;
  CHECK(bench.engine->status().delta_ms == 250);
  for (std::uint64_t view = 1; view <= 4; ++view)
    bench.receive(2, bench.nullification({1, 2, 3}, View{view}));
  CHECK(bench.engine->status().delta_ms == 2'000);  // view 5: k = 3
  for (std::uint64_t view = 5; view <= 20; ++view)
    bench.receive(2, bench.nullification({1, 2, 3}, View{view}));
  CHECK(bench.engine->status().delta_ms == 8'000);
}

TEST_CASE("contradicting votes are evidence, notarize and nullify together are not",
          "[consensus]") {
  Fresh bench;
  const auto a = bench.first(1), b = bench.first(2);
  bench.receive(2, bench.vote(2, Act::kNotarize, a));
  bench.receive(2, bench.vote(2, Act::kNullify, View{1}));
  CHECK(bench.evidence.empty());
  bench.receive(2, bench.vote(2, Act::kNotarize, b));
  CHECK(bench.evidence.size() == 1);
  bench.receive(3, bench.vote(3, Act::kNullify, View{1}));
  bench.receive(3, bench.vote(3, Act::kFinalize, a));
  CHECK(bench.evidence.size() == 2);
  auto false_one = bench.vote(1, Act::kNotarize, b);
  bench.receive(1, bench.vote(1, Act::kNotarize, a));
  false_one.signature.bytes[0] ^= 1;
  bench.receive(1, false_one);
  CHECK(bench.evidence.size() == 2);  // nobody is accused with a false signature
}

TEST_CASE("a peer that is behind is sent the highest finalization", "[consensus]") {
  Fresh bench;
  const auto block = bench.first();
  bench.receive(1, block);
  bench.receive(1, bench.certificate({1, 2, 3}, Act::kFinalize, block));
  bench.sync();
  REQUIRE(bench.committed.size() == 1);
  bench.sent.clear();
  bench.receive(3, Presence{Epoch{0}, View{1}, View{0}, Height{0}});
  const auto certificates = bench.all_sent<Certificate>();
  REQUIRE(certificates.size() == 1);
  CHECK(certificates[0].statement.act == Act::kFinalize);
}

TEST_CASE(
    "a finalization whose blocks are missing starts catch-up, and fetched blocks are journaled "
    "before they are applied",
    "[consensus]") {
  Fresh bench;
  const auto first = bench.first();
  const auto second = bench.proposal(View{2}, View{1}, Bench::id_of(first), Height{2});
  const auto proof = bench.certificate({1, 2, 3}, Act::kFinalize, second);
  bench.receive(1, proof);
  CHECK(bench.engine->status().view == View{3});
  bench.advance(101);
  CHECK(bench.all_sent<BlockRequest>().size() == 1);
  bench.advance(250);
  CHECK(bench.catch_ups >= 1);
  const FinalizedChain chain{{{first.header, first.body}, {second.header, second.body}},
                             {{}, std::make_shared<const Certificate>(proof)}};
  CHECK(bench.engine->on_finalized_externally(chain).ok());
  CHECK(bench.committed.empty());
  bench.sync();
  CHECK(bench.committed.size() == 2);
  CHECK(bench.engine->on_finalized_externally(chain).ok());  // known: skipped
  CHECK(bench.committed.size() == 2);
}

TEST_CASE("fetched blocks with a false body, a gap or a false proof are refused", "[consensus]") {
  Fresh bench;
  const auto first = bench.first();
  const auto second = bench.proposal(View{2}, View{1}, Bench::id_of(first), Height{2});
  const auto proven = [&](std::vector<FinalizedBlock> blocks, const Certificate& certificate) {
    return bench.engine
        ->on_finalized_externally(
            {std::move(blocks), {{}, std::make_shared<const Certificate>(certificate)}})
        .ok();
  };
  const FinalizedBlock one{first.header, first.body}, two{second.header, second.body};
  CHECK_FALSE(proven({two}, bench.certificate({1, 2, 3}, Act::kFinalize, second)));
  CHECK_FALSE(proven({one}, bench.certificate({1, 2, 3}, Act::kNotarize, first)));
  CHECK_FALSE(proven({one}, bench.certificate({1, 2, 3}, Act::kFinalize, second)));
  bench.bodies_match = false;
  CHECK_FALSE(proven({one}, bench.certificate({1, 2, 3}, Act::kFinalize, first)));
  bench.sync();
  CHECK(bench.committed.empty());
}

TEST_CASE(
    "after a false certificate a peer's next ones are not checked for a while; another peer's are",
    "[consensus]") {
  Fresh bench;
  auto forged = bench.nullification({1, 2, 3}, View{1});
  forged.signatures[2].bytes[0] ^= 1;
  bench.receive(2, forged);
  bench.verified = 0;
  for (int i = 0; i < 100; ++i) bench.receive(2, forged);
  CHECK(bench.verified == 0);
  bench.receive(3, bench.nullification({1, 2, 3}, View{1}));
  CHECK(bench.engine->status().view == View{2});
  bench.advance(1'001);
  bench.receive(2, bench.nullification({1, 2, 3}, View{2}));
  CHECK(bench.engine->status().view == View{3});
}

TEST_CASE("a forged end of the epoch is not believed", "[consensus]") {
  Fresh bench;
  HeaderFacts facts;
  facts.view = View{3};
  facts.height = Height{3};
  facts.proposer = bench::member(3).id;
  facts.sealing = true;
  const auto sealing = bench.signed_proposal(facts, View{2});
  auto certificate = bench.certificate({1, 2, 3}, Act::kFinalize, sealing);
  certificate.signatures[1].bytes[0] ^= 1;
  bench.receive(
      2, SealingFinality{
             Epoch{0}, sealing.header, {{}, std::make_shared<const Certificate>(certificate)}});
  CHECK(bench.engine->status().view == View{1});
  CHECK(bench.engine->status().finalized_view == View{0});
}

TEST_CASE("a node that is no validator follows without a vote", "[consensus]") {
  Bench bench;
  bench.config.observer = true;
  bench.engine.emplace(bench.config, Tip{Epoch{0}, bench.set, bench.tip_facts}, bench);
  bench.start();
  const auto block = bench.proposal(View{1}, View{0}, BlockId{}, Height{1});
  bench.receive(1, block);
  bench.receive(1, bench.certificate({1, 2, 3}, Act::kFinalize, block));
  bench.sync();
  CHECK(bench.committed.size() == 1);
  CHECK(bench.all_sent<Vote>().empty());
  CHECK(bench.engine->status().voting == VotingState::kObserver);
}

TEST_CASE("a key that differs from the set's makes an observer, whatever its institution",
          "[consensus]") {
  Bench bench;
  bench.config.key.bytes[0] ^= 1;
  bench.engine.emplace(bench.config, Tip{Epoch{0}, bench.set, bench.tip_facts}, bench);
  bench.start();
  CHECK(bench.engine->status().voting == VotingState::kObserver);
}

TEST_CASE(
    "a key that was added counts from the epoch on whose set holds it, and one taken away no more",
    "[consensus]") {
  Bench bench;
  const auto old_key = bench.config.key;
  auto new_key = old_key;
  new_key.bytes[0] ^= 1;
  bench.start();
  CHECK(bench.engine->status().voting == VotingState::kActive);
  bench.engine->set_keys({old_key, new_key});
  auto members = bench.set.validators();
  const auto own = *bench.set.index_of(bench.config.self);
  members[own].key = new_key;
  bench.next_set = ValidatorSet::make(members).value();
  HeaderFacts facts;
  facts.view = View{1};
  facts.height = Height{1};
  facts.proposer = bench.set.at(bench.set.leader(Epoch{0}, View{1})).id;
  facts.sealing = true;
  const auto sealing = bench.signed_proposal(facts, View{0});
  bench.receive(2, sealing);
  bench.receive(2, bench.certificate({1, 2, 3}, Act::kFinalize, sealing));
  bench.sync();
  CHECK(bench.engine->status().epoch == Epoch{1});
  CHECK(bench.engine->status().voting == VotingState::kActive);
  bench.engine->set_keys({new_key});
  CHECK(bench.engine->status().voting == VotingState::kActive);
}

}  // namespace testamur::consensus
