// The rules of docs/consensus.md, one engine at a time. Member 0 is under test; view v is led by
// member v mod 4.
#include "consensus/engine.h"

#include "tests/consensus/harness.h"
#include "tests/support/catch.h"

namespace testamur::consensus {
namespace {

using harness::EngineHarness;

// Started, idle in view 1.
struct Fresh : EngineHarness {
  explicit Fresh(std::size_t nodes = 4, std::size_t index = 0) : EngineHarness(nodes, index) {
    start();
  }
  Proposal first(std::uint8_t salt = 0) const {
    return proposal(View{1}, View{0}, BlockId{}, Height{1}, salt);
  }
};

}  // namespace

TEST_CASE(
    "a valid proposal of the leader is notarized after the sync, with its body in the same group",
    "[consensus]") {
  Fresh harness;
  const auto block = harness.first();
  harness.receive(1, block);
  CHECK(harness.own_votes(Act::kNotarize).empty());
  REQUIRE(harness.written.size() == 2);  // start, then the vote
  const auto& records = harness.written.back().records;
  REQUIRE(records.size() == 2);
  CHECK(records[0].kind == RecordKind::kBlock);
  CHECK(records[0].tail == block.body);  // not a copy
  CHECK(records[1].kind == RecordKind::kVote);
  harness.sync();
  REQUIRE(harness.own_votes(Act::kNotarize).size() == 1);
  CHECK(harness.own_votes(Act::kNotarize)[0].statement.block == EngineHarness::id_of(block));
}

TEST_CASE("a proposal under a false signature, or of somebody who does not lead, changes nothing",
          "[consensus]") {
  Fresh harness;
  auto forged = harness.first();
  forged.signature.bytes[0] ^= 1;
  harness.receive(2, forged);
  CHECK(harness.validated.empty());
  harness.receive(1, harness.first());  // the true one still counts
  CHECK(harness.validated.size() == 1);
}

TEST_CASE("a proposal of another peer's making does not spoil the leader's with the same header",
          "[consensus]") {
  Fresh harness;
  harness.verdict = Verdict::kBadCopy;
  auto copy = harness.first();
  copy.body = std::make_shared<const Bytes>(Bytes{9, 9, 9});  // same header, another body
  harness.receive(2, copy);
  harness.sync();
  CHECK(harness.own_votes(Act::kNotarize).empty());
  CHECK(harness.own_votes(Act::kNullify).empty());
  harness.verdict = Verdict::kValid;
  harness.receive(1, harness.first());
  harness.sync();
  CHECK(harness.own_votes(Act::kNotarize).size() == 1);
}

TEST_CASE("the second proposal of a view is not notarized, and both together are evidence",
          "[consensus]") {
  Fresh harness;
  harness.receive(1, harness.first(1));
  harness.receive(1, harness.first(2));
  harness.sync();
  CHECK(harness.own_votes(Act::kNotarize).size() == 1);
  REQUIRE(harness.evidence.size() == 1);
  CHECK(harness.evidence[0].index == 1);
  CHECK(harness.evidence[0].first.act == Act::kPropose);
}

TEST_CASE(
    "three notarize votes let the node enter the next view and finalize, with the notarization in "
    "the journal",
    "[consensus]") {
  Fresh harness;
  const auto block = harness.first();
  harness.receive(1, block);
  harness.receive(1, harness.vote(1, Act::kNotarize, block));
  harness.receive(2, harness.vote(2, Act::kNotarize, block));
  CHECK(harness.engine->status().view ==
        View{1});  // the own vote is not durable yet and does not count
  harness.sync();
  CHECK(harness.engine->status().view == View{2});
  const auto& records = harness.written.back().records;
  REQUIRE(records.size() == 2);
  CHECK(records[0].kind == RecordKind::kCertificate);
  CHECK(records[1].kind == RecordKind::kVote);
  CHECK(harness.own_votes(Act::kFinalize).size() == 1);
}

TEST_CASE("a block is applied only after its finalization is synced", "[consensus]") {
  Fresh harness;
  const auto block = harness.first();
  harness.receive(1, block);
  for (const std::size_t voter : {1U, 2U, 3U})
    harness.receive(voter, harness.vote(voter, Act::kNotarize, block));
  for (const std::size_t voter : {1U, 2U, 3U})
    harness.receive(voter, harness.vote(voter, Act::kFinalize, block));
  CHECK(harness.committed.empty());
  CHECK(harness.written.back().records.back().kind == RecordKind::kFinality);
  harness.sync();
  REQUIRE(harness.committed.size() == 1);
  CHECK(harness.committed[0] == EngineHarness::id_of(block));
}

TEST_CASE("signatures are checked when a quorum needs them, and no vote beyond it is",
          "[consensus]") {
  Fresh harness(7, 0);
  const auto block = harness.first();
  harness.receive(1, block);
  harness.sync();
  harness.verified = 0;
  for (const std::size_t voter : {1U, 2U, 3U})
    harness.receive(voter, harness.vote(voter, Act::kNotarize, block));
  CHECK(harness.verified == 0);
  harness.receive(4, harness.vote(4, Act::kNotarize, block));
  CHECK(harness.verified == 4);  // q = 5 with the own one
  harness.receive(5, harness.vote(5, Act::kNotarize, block));
  harness.receive(6, harness.certificate({1, 2, 3, 4, 5}, Act::kNotarize, block));
  CHECK(harness.verified == 4);
}

TEST_CASE("a vote with a false signature does not count and frees its place", "[consensus]") {
  Fresh harness;
  const auto block = harness.first();
  harness.receive(1, block);
  harness.sync();
  auto bad = harness.vote(2, Act::kNotarize, block);
  bad.signature.bytes[5] ^= 1;
  harness.receive(2, bad);
  harness.receive(1, harness.vote(1, Act::kNotarize, block));
  CHECK(harness.engine->status().view == View{1});
  harness.receive(2, harness.vote(2, Act::kNotarize, block));
  CHECK(harness.engine->status().view == View{2});
}

TEST_CASE("a vote counts only from its voter's own link", "[consensus]") {
  Fresh harness;
  const auto block = harness.first();
  harness.receive(1, block);
  harness.sync();
  for (const std::size_t voter : {1U, 2U, 3U})
    harness.receive(3, harness.vote(voter, Act::kNotarize, block));
  CHECK(harness.engine->status().view == View{1});
}

TEST_CASE("nothing pending: no timer runs", "[consensus]") {
  Fresh harness;
  harness.advance(600'000);
  harness.sync();
  CHECK(harness.own_votes(Act::kNullify).empty());
  CHECK(harness.engine->status().waiting_for == "idle");
}

TEST_CASE("the timer gives the leader two delta for its proposal, from when something is pending",
          "[consensus]") {
  Fresh harness;
  harness.advance(10'000);
  for (const std::size_t peer : {1U, 2U, 3U})
    harness.receive(peer, Presence{Epoch{0}, View{1}, View{0}, Height{0}});
  harness.engine->on_pending_changed(true, false);
  harness.advance(499);
  harness.sync();
  CHECK(harness.own_votes(Act::kNullify).empty());
  harness.advance(1);
  harness.sync();
  CHECK(harness.own_votes(Act::kNullify).size() == 1);
  CHECK(harness.resends == 1);
}

TEST_CASE(
    "a proposal that came gives its view three delta, and nullify after the own notarize is "
    "allowed",
    "[consensus]") {
  Fresh harness;
  harness.receive(1, harness.first());
  harness.sync();
  harness.advance(749);
  harness.sync();
  CHECK(harness.own_votes(Act::kNullify).empty());
  harness.advance(1);
  harness.sync();
  CHECK(harness.own_votes(Act::kNotarize).size() >= 1);
  CHECK(harness.own_votes(Act::kNullify).size() == 1);
}

TEST_CASE("f + 1 others that nullify make this node nullify at once; f do not", "[consensus]") {
  Fresh harness;
  harness.receive(2, harness.vote(2, Act::kNullify, View{1}));
  harness.sync();
  CHECK(harness.own_votes(Act::kNullify).empty());
  harness.receive(3, harness.vote(3, Act::kNullify, View{1}));
  harness.sync();
  CHECK(harness.own_votes(Act::kNullify).size() == 1);
}

TEST_CASE("after its own nullify a node neither notarizes nor finalizes that view", "[consensus]") {
  Fresh harness;
  const auto block = harness.first();
  harness.receive(2, harness.vote(2, Act::kNullify, View{1}));
  harness.receive(3, harness.vote(3, Act::kNullify, View{1}));
  harness.receive(1, block);
  harness.receive(1, harness.certificate({1, 2, 3}, Act::kNotarize, block));
  harness.sync();
  CHECK(harness.engine->status().view == View{2});
  CHECK(harness.own_votes(Act::kNotarize).empty());
  CHECK(harness.own_votes(Act::kFinalize).empty());
}

TEST_CASE("a parent must be certified and every view between nullified", "[consensus]") {
  Fresh harness;
  const auto first = harness.first();
  harness.receive(1, first);
  harness.receive(1, harness.certificate({1, 2, 3}, Act::kNotarize, first));
  harness.receive(1, harness.nullification({1, 2, 3}, View{2}));
  harness.sync();
  REQUIRE(harness.engine->status().view == View{3});
  SECTION("a block on the certified one is notarized") {
    harness.receive(3, harness.proposal(View{3}, View{1}, EngineHarness::id_of(first), Height{2}));
    harness.sync();
    CHECK(harness.own_votes(Act::kNotarize).back().statement.view == View{3});
  }
  SECTION("one that passes over the certified block is not") {
    harness.receive(3, harness.proposal(View{3}, View{0}, BlockId{}, Height{1}, 7));
    harness.sync();
    CHECK(harness.own_votes(Act::kNotarize).back().statement.view == View{1});
    // What would be needed is asked for.
    harness.advance(101);
    CHECK(harness.all_sent<CertificateRequest>().size() == 1);
  }
}

TEST_CASE(
    "a proposal with the wrong height, parent view or proposer is invalid under its leader's "
    "signature",
    "[consensus]") {
  HeaderFacts facts;
  facts.view = View{1};
  facts.height = Height{1};
  facts.proposer = harness::member(1).id;
  Fresh harness;
  SECTION("height") { facts.height = Height{2}; }
  SECTION("proposer") { facts.proposer = harness::member(2).id; }
  SECTION("filler without a sealing block") { facts.filler = facts.empty = true; }
  harness.receive(1, harness.signed_proposal(facts, View{0}));
  harness.engine->on_pending_changed(true, false);
  harness.sync();
  CHECK(harness.validated.empty());
  CHECK(harness.own_votes(Act::kNullify).size() == 1);  // an invalid proposal fires the timer
}

TEST_CASE("a header too far ahead of the clock is voted on later, not refused for good",
          "[consensus]") {
  Fresh harness;
  harness.verdict = Verdict::kNotYet;
  harness.retry_at_ms = harness.now + 50;
  harness.receive(1, harness.first());
  harness.sync();
  CHECK(harness.own_votes(Act::kNotarize).empty());
  CHECK(harness.engine->wake_at_ms() <= harness.now + 50);
  harness.verdict = Verdict::kValid;
  harness.advance(50);
  harness.sync();
  CHECK(harness.own_votes(Act::kNotarize).size() == 1);
}

TEST_CASE("an empty proposal is notarized only by a node that waits for something else",
          "[consensus]") {
  Fresh harness;
  harness.receive(1, harness.proposal(View{1}, View{0}, BlockId{}, Height{1}, 0, true));
  harness.sync();
  CHECK(harness.own_votes(Act::kNotarize).empty());
  CHECK_FALSE(harness.engine->status().pending);
  harness.engine->on_pending_changed(false, true);  // the heartbeat is due here too
  harness.sync();
  CHECK(harness.own_votes(Act::kNotarize).size() == 1);
}

TEST_CASE("the leader's proposal leaves before its own sync, its vote after", "[consensus]") {
  Fresh harness(4, 1);
  harness.engine->on_pending_changed(true, false);
  REQUIRE(harness.builds.size() == 1);
  harness.build_now();
  CHECK(harness.all_sent<Proposal>().size() == 1);
  CHECK(harness.own_votes(Act::kNotarize).empty());
  harness.sync();
  CHECK(harness.own_votes(Act::kNotarize).size() == 1);
}

TEST_CASE("a driver that cannot build is asked again after a while, not at once", "[consensus]") {
  Fresh harness(4, 1);
  harness.engine->on_pending_changed(true, true);
  harness.advance(200);
  REQUIRE(harness.builds.size() == 1);
  harness.engine->on_built(harness.builds[0].id, std::nullopt);
  CHECK(harness.builds.size() == 1);
  harness.advance(100);
  CHECK(harness.builds.size() == 2);
}

TEST_CASE("no proposal leaves before the journal durably names a near view", "[consensus]") {
  EngineHarness harness(4, 1);
  REQUIRE(harness.engine->start(false, harness.now).ok());
  harness.engine->on_pending_changed(true, false);
  CHECK(harness.builds.empty());
  harness.sync();
  CHECK(harness.builds.size() == 1);
}

TEST_CASE("an empty block waits for half a delta and is dropped when the block before became final",
          "[consensus]") {
  Fresh harness(4, 2);
  const auto block = harness.first();
  harness.receive(1, block);
  harness.receive(1, harness.certificate({0, 1, 3}, Act::kNotarize, block));
  harness.sync();
  REQUIRE(harness.engine->status().leading);
  harness.advance(100);
  CHECK(harness.builds.empty());
  SECTION("not final: it is proposed") {
    harness.advance(25);
    REQUIRE(harness.builds.size() == 1);
    harness.build_now(true);
    CHECK(harness.all_sent<Proposal>().size() == 1);
  }
  SECTION("final: nothing is") {
    harness.receive(1, harness.certificate({0, 1, 3}, Act::kFinalize, block));
    harness.sync();
    harness.advance(25);
    CHECK(harness.builds.empty());
  }
}

TEST_CASE("a leader silent for the skip time is given up at once while a quorum is heard",
          "[consensus]") {
  Fresh harness;
  harness.advance(2'900);
  for (const std::size_t peer : {2U, 3U})
    harness.receive(peer, Presence{Epoch{0}, View{1}, View{0}, Height{0}});
  harness.advance(200);
  harness.engine->on_pending_changed(true, false);
  harness.sync();
  CHECK(harness.own_votes(Act::kNullify).size() == 1);
}

TEST_CASE("delta doubles with every view that does not finalize and is capped", "[consensus]") {
  Fresh harness;
  CHECK(harness.engine->status().delta_ms == 250);
  for (std::uint64_t view = 1; view <= 4; ++view)
    harness.receive(2, harness.nullification({1, 2, 3}, View{view}));
  CHECK(harness.engine->status().delta_ms == 2'000);  // view 5: k = 3
  for (std::uint64_t view = 5; view <= 20; ++view)
    harness.receive(2, harness.nullification({1, 2, 3}, View{view}));
  CHECK(harness.engine->status().delta_ms == 8'000);
}

TEST_CASE("contradicting votes are evidence, notarize and nullify together are not",
          "[consensus]") {
  Fresh harness;
  const auto a = harness.first(1), b = harness.first(2);
  harness.receive(2, harness.vote(2, Act::kNotarize, a));
  harness.receive(2, harness.vote(2, Act::kNullify, View{1}));
  CHECK(harness.evidence.empty());
  harness.receive(2, harness.vote(2, Act::kNotarize, b));
  CHECK(harness.evidence.size() == 1);
  harness.receive(3, harness.vote(3, Act::kNullify, View{1}));
  harness.receive(3, harness.vote(3, Act::kFinalize, a));
  CHECK(harness.evidence.size() == 2);
  auto false_one = harness.vote(1, Act::kNotarize, b);
  harness.receive(1, harness.vote(1, Act::kNotarize, a));
  false_one.signature.bytes[0] ^= 1;
  harness.receive(1, false_one);
  CHECK(harness.evidence.size() == 2);  // nobody is accused with a false signature
}

TEST_CASE("a peer that is behind is sent the highest finalization", "[consensus]") {
  Fresh harness;
  const auto block = harness.first();
  harness.receive(1, block);
  harness.receive(1, harness.certificate({1, 2, 3}, Act::kFinalize, block));
  harness.sync();
  REQUIRE(harness.committed.size() == 1);
  harness.sent.clear();
  harness.receive(3, Presence{Epoch{0}, View{1}, View{0}, Height{0}});
  const auto certificates = harness.all_sent<Certificate>();
  REQUIRE(certificates.size() == 1);
  CHECK(certificates[0].statement.act == Act::kFinalize);
}

TEST_CASE(
    "a finalization whose blocks are missing starts catch-up, and fetched blocks are journaled "
    "before they are applied",
    "[consensus]") {
  Fresh harness;
  const auto first = harness.first();
  const auto second = harness.proposal(View{2}, View{1}, EngineHarness::id_of(first), Height{2});
  const auto proof = harness.certificate({1, 2, 3}, Act::kFinalize, second);
  harness.receive(1, proof);
  CHECK(harness.engine->status().view == View{3});
  harness.advance(101);
  CHECK(harness.all_sent<BlockRequest>().size() == 1);
  harness.advance(250);
  CHECK(harness.catch_ups >= 1);
  const FinalizedChain chain{{{first.header, first.body}, {second.header, second.body}},
                             {{}, std::make_shared<const Certificate>(proof)}};
  CHECK(harness.engine->on_finalized_externally(chain).ok());
  CHECK(harness.committed.empty());
  harness.sync();
  CHECK(harness.committed.size() == 2);
  CHECK(harness.engine->on_finalized_externally(chain).ok());  // known: skipped
  CHECK(harness.committed.size() == 2);
}

TEST_CASE("fetched blocks with a false body, a gap or a false proof are refused", "[consensus]") {
  Fresh harness;
  const auto first = harness.first();
  const auto second = harness.proposal(View{2}, View{1}, EngineHarness::id_of(first), Height{2});
  const auto proven = [&](std::vector<FinalizedBlock> blocks, const Certificate& certificate) {
    return harness.engine
        ->on_finalized_externally(
            {std::move(blocks), {{}, std::make_shared<const Certificate>(certificate)}})
        .ok();
  };
  const FinalizedBlock one{first.header, first.body}, two{second.header, second.body};
  CHECK_FALSE(proven({two}, harness.certificate({1, 2, 3}, Act::kFinalize, second)));
  CHECK_FALSE(proven({one}, harness.certificate({1, 2, 3}, Act::kNotarize, first)));
  CHECK_FALSE(proven({one}, harness.certificate({1, 2, 3}, Act::kFinalize, second)));
  harness.bodies_match = false;
  CHECK_FALSE(proven({one}, harness.certificate({1, 2, 3}, Act::kFinalize, first)));
  harness.sync();
  CHECK(harness.committed.empty());
}

TEST_CASE(
    "after a false certificate a peer's next ones are not checked for a while; another peer's are",
    "[consensus]") {
  Fresh harness;
  auto forged = harness.nullification({1, 2, 3}, View{1});
  forged.signatures[2].bytes[0] ^= 1;
  harness.receive(2, forged);
  harness.verified = 0;
  for (int i = 0; i < 100; ++i) harness.receive(2, forged);
  CHECK(harness.verified == 0);
  harness.receive(3, harness.nullification({1, 2, 3}, View{1}));
  CHECK(harness.engine->status().view == View{2});
  harness.advance(1'001);
  harness.receive(2, harness.nullification({1, 2, 3}, View{2}));
  CHECK(harness.engine->status().view == View{3});
}

TEST_CASE("a forged end of the epoch is not believed", "[consensus]") {
  Fresh harness;
  HeaderFacts facts;
  facts.view = View{3};
  facts.height = Height{3};
  facts.proposer = harness::member(3).id;
  facts.sealing = true;
  const auto sealing = harness.signed_proposal(facts, View{2});
  auto certificate = harness.certificate({1, 2, 3}, Act::kFinalize, sealing);
  certificate.signatures[1].bytes[0] ^= 1;
  harness.receive(
      2, SealingFinality{
             Epoch{0}, sealing.header, {{}, std::make_shared<const Certificate>(certificate)}});
  CHECK(harness.engine->status().view == View{1});
  CHECK(harness.engine->status().finalized_view == View{0});
}

TEST_CASE("a node that is no validator follows without a vote", "[consensus]") {
  EngineHarness harness;
  harness.config.observer = true;
  harness.engine.emplace(harness.config, Tip{Epoch{0}, harness.set, harness.tip_facts}, harness);
  harness.start();
  const auto block = harness.proposal(View{1}, View{0}, BlockId{}, Height{1});
  harness.receive(1, block);
  harness.receive(1, harness.certificate({1, 2, 3}, Act::kFinalize, block));
  harness.sync();
  CHECK(harness.committed.size() == 1);
  CHECK(harness.all_sent<Vote>().empty());
  CHECK(harness.engine->status().voting == VotingState::kObserver);
}

TEST_CASE("a key that differs from the set's makes an observer, whatever its institution",
          "[consensus]") {
  EngineHarness harness;
  harness.config.key.bytes[0] ^= 1;
  harness.engine.emplace(harness.config, Tip{Epoch{0}, harness.set, harness.tip_facts}, harness);
  harness.start();
  CHECK(harness.engine->status().voting == VotingState::kObserver);
}

TEST_CASE(
    "a key that was added counts from the epoch on whose set holds it, and one taken away no more",
    "[consensus]") {
  EngineHarness harness;
  const auto old_key = harness.config.key;
  auto new_key = old_key;
  new_key.bytes[0] ^= 1;
  harness.start();
  CHECK(harness.engine->status().voting == VotingState::kActive);
  harness.engine->set_keys({old_key, new_key});
  auto members = harness.set.validators();
  const auto own = *harness.set.index_of(harness.config.self);
  members[own].key = new_key;
  harness.next_set = ValidatorSet::make(members).value();
  HeaderFacts facts;
  facts.view = View{1};
  facts.height = Height{1};
  facts.proposer = harness.set.at(harness.set.leader(Epoch{0}, View{1})).id;
  facts.sealing = true;
  const auto sealing = harness.signed_proposal(facts, View{0});
  harness.receive(2, sealing);
  harness.receive(2, harness.certificate({1, 2, 3}, Act::kFinalize, sealing));
  harness.sync();
  CHECK(harness.engine->status().epoch == Epoch{1});
  CHECK(harness.engine->status().voting == VotingState::kActive);
  harness.engine->set_keys({new_key});
  CHECK(harness.engine->status().voting == VotingState::kActive);
}

}  // namespace testamur::consensus
