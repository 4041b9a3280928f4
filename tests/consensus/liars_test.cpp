// What one or more validators that lie cannot do to an engine: stand in a block's way, or fill its
// memory. Member 0 is under test; view v is led by member v mod n.
#include "consensus/engine.h"
#include "consensus/limits.h"
#include "consensus/missing_blocks.h"
#include "consensus/peer_credit.h"
#include "tests/consensus/harness.h"
#include "tests/support/catch.h"

namespace testamur::consensus {
namespace {

using harness::EngineHarness;

struct Fresh : EngineHarness {
  explicit Fresh(std::size_t nodes = 4, std::size_t index = 0) : EngineHarness(nodes, index) {
    start();
  }
  Proposal first(std::uint8_t salt = 0) const {
    return proposal(View{1}, View{0}, BlockId{}, Height{1}, salt);
  }
  // The same header under the same signature, with another body.
  static Proposal with_body(Proposal copy, Bytes body) {
    copy.body = std::make_shared<const Bytes>(std::move(body));
    return copy;
  }
};

BlockId invented(std::uint64_t number) {
  Encoder out;
  out.u64(number);
  return BlockId::prefix_of(sha256(out.take()).view());
}

void check_within_bounds(const EngineHarness& harness) {
  const auto status = harness.engine->status();
  const auto bound =
      holdings_bound(harness.set.size(), status.view.value - status.finalized_view.value);
  CHECK(status.holdings.views <= bound.views);
  CHECK(status.holdings.blocks <= bound.blocks);
  CHECK(status.holdings.block_bytes <= bound.block_bytes);
  CHECK(status.holdings.wanted <= bound.wanted);
  CHECK(status.holdings.votes <= bound.votes);
  CHECK(status.holdings.claims <= bound.claims);
}

}  // namespace

TEST_CASE("the parent's view is the one in its header, whatever the leader signs beside it",
          "[consensus][liars]") {
  Fresh harness;
  const auto parent = harness.first();
  harness.receive(1, parent);
  harness.receive(1, harness.certificate({1, 2, 3}, Act::kNotarize, parent));
  harness.sync();
  const auto truly = harness.proposal(View{2}, View{1}, EngineHarness::id_of(parent), Height{2});
  const auto falsely = harness.proposal(View{2}, View{0}, EngineHarness::id_of(parent), Height{2});
  REQUIRE(EngineHarness::id_of(truly) == EngineHarness::id_of(falsely));

  harness.receive(2, falsely);
  harness.sync();
  REQUIRE(harness.own_votes(Act::kNotarize).size() == 2);
  CHECK(harness.own_votes(Act::kNotarize)[1].statement ==
        harness.vote(0, Act::kNotarize, truly).statement);

  // The liar's vote for its own lie neither counts nor stands in the way.
  harness.receive(2, harness.vote(2, Act::kNotarize, falsely));
  harness.receive(1, harness.vote(1, Act::kNotarize, truly));
  CHECK(harness.engine->status().view == View{2});
  harness.receive(3, harness.vote(3, Act::kNotarize, truly));
  CHECK(harness.engine->status().view == View{3});
}

TEST_CASE("a leader's copy of another view's block does not make that block invalid",
          "[consensus][liars]") {
  Fresh harness;
  const auto block = harness.first();
  Proposal copy = block;
  copy.view = View{5};
  copy.signature = harness.sign_with(
      1, {Act::kPropose, Epoch{0}, View{5}, View{0}, EngineHarness::id_of(block)});
  harness.receive(1, copy);
  CHECK(harness.engine->status().holdings.blocks == 0);
  harness.receive(1, block);
  harness.sync();
  CHECK(harness.own_votes(Act::kNotarize).size() == 1);
}

TEST_CASE("a body that comes once is hashed by validation alone", "[consensus][liars]") {
  Fresh harness;
  const auto block = harness.first();
  harness.receive(1, block);
  harness.receive(2, block);
  harness.receive(1, harness.certificate({1, 2, 3}, Act::kFinalize, block));
  harness.sync();
  CHECK(harness.committed.size() == 1);
  CHECK(harness.bodies_hashed == 0);
}

TEST_CASE("a false body gives way to the true one, also while it is validated, and its sender pays",
          "[consensus][liars]") {
  Fresh harness;
  harness.verdict.reset();
  const auto block = harness.first();
  harness.receive(3, Fresh::with_body(block, {9, 9}));
  REQUIRE(harness.validated.size() == 1);
  harness.receive(1, block);
  CHECK(harness.validated.size() == 2);
  harness.engine->on_validated(EngineHarness::id_of(block),
                               {Verdict::kBadCopy, 0});  // of the copy that is gone
  CHECK(harness.validated.size() == 3);
  harness.engine->on_validated(EngineHarness::id_of(block), {Verdict::kValid, 0});
  harness.sync();
  CHECK(harness.own_votes(Act::kNotarize).size() == 1);
  harness.verified = 0;
  harness.receive(
      3, harness.nullification({1, 2, 3}, View{1}));  // of one that is not believed for a while
  CHECK(harness.verified == 0);
}

TEST_CASE("a false body after the true one costs its sender, not the block", "[consensus][liars]") {
  Fresh harness;
  harness.verdict.reset();
  const auto block = harness.first();
  harness.receive(1, block);
  harness.receive(3, Fresh::with_body(block, {9, 9}));
  CHECK(harness.bodies_hashed == 1);
  for (int i = 0; i < 100; ++i) harness.receive(3, Fresh::with_body(block, {9, 9}));
  CHECK(harness.bodies_hashed == 1);
  harness.engine->on_validated(EngineHarness::id_of(block), {Verdict::kValid, 0});
  harness.sync();
  CHECK(harness.own_votes(Act::kNotarize).size() == 1);
}

TEST_CASE("after a false copy the block is asked for at once, and never of the liar",
          "[consensus][liars]") {
  Fresh harness;
  for (const std::size_t peer : {1U, 2U, 3U})
    harness.receive(peer, Presence{Epoch{0}, View{1}, View{0}, Height{0}});
  harness.verdict = Verdict::kBadCopy;
  const auto block = harness.first();
  harness.receive(1, Fresh::with_body(block, {9, 9}));
  harness.advance(1);
  REQUIRE(harness.sent_to<BlockRequest>().size() == 1);
  for (int i = 0; i < 20; ++i) harness.advance(100);
  for (const std::size_t asked : harness.sent_to<BlockRequest>()) CHECK(asked != 1);
  harness.receive(1, Fresh::with_body(block, {8, 8}));
  CHECK(harness.validated.size() == 1);
  harness.verdict = Verdict::kValid;
  harness.receive(2, block);
  harness.sync();
  CHECK(harness.own_votes(Act::kNotarize).size() == 1);
}

TEST_CASE("a block that a certificate names is asked for, whatever views others claim for it",
          "[consensus][liars]") {
  Fresh harness;
  const auto withheld = harness.first();
  harness.receive(3, harness.certificate({1, 2, 3}, Act::kNotarize, withheld));
  for (std::uint64_t i = 0; i < 8; ++i) {
    // Bogus children of the liar, a new one every 20 ms, each with another idea of the parent's
    // view.
    harness.receive(2, harness.proposal(View{2 + 4 * (i % 2)}, View{1 + 2 * (i % 2)},
                                        EngineHarness::id_of(withheld), Height{2},
                                        static_cast<std::uint8_t>(i)));
    harness.receive(
        2, harness.vote(2, Act::kNotarize, View{2}, View{i}, EngineHarness::id_of(withheld)));
    harness.advance(20);
  }
  const auto asked = harness.all_sent<BlockRequest>();
  REQUIRE_FALSE(asked.empty());
  CHECK(asked[0].block == EngineHarness::id_of(withheld));
  CHECK(harness.sent_to<BlockRequest>()[0] != 1);  // a voter, not the leader that withheld it
}

TEST_CASE("who fails to deliver is asked last", "[consensus][liars]") {
  MissingBlocks missing;
  std::vector<unsigned> failures(4, 0);
  std::vector<std::size_t> asked;
  const auto ask = [&](const BlockId&, View, std::size_t validator) { asked.push_back(validator); };
  missing.begin_round();
  missing.need(invented(1), View{1}, true, 0b1010, 0);
  for (std::uint64_t now = 0; now < 300; now += 100)
    missing.ask_due(now, 100, 0b1110, failures, ask);
  CHECK(asked[0] == 3);
  CHECK(asked[1] == 1);
  CHECK(asked[2] == 2);  // holders first
  CHECK(failures[3] >= 1);
  missing.false_copy(invented(1), View{1}, 0b1000, 1'000);
  asked.clear();
  for (std::uint64_t now = 1'000; now < 3'000; now += 100)
    missing.ask_due(now, 100, 0b1110, failures, ask);
  CHECK_FALSE(asked.empty());
  for (const std::size_t one : asked) CHECK(one != 3);
}

TEST_CASE("votes make a block wanted of those voters alone, and displace nothing",
          "[consensus][liars]") {
  Fresh harness(7, 0);
  for (std::uint8_t voter = 1; voter <= 2; ++voter) {
    harness.receive(voter, harness.vote(voter, Act::kNotarize, View{1}, View{0}, invented(voter)));
  }
  for (int i = 0; i < 10; ++i) harness.advance(100);
  for (const auto& one : harness.sent) {
    const auto* request = std::get_if<BlockRequest>(&one.message);
    if (request) CHECK(request->block == invented(*harness.set.index_of(*one.to)));
  }
  CHECK(harness.engine->status().holdings.wanted == 2);
}

TEST_CASE("invented parents, far votes and twin proposals fill nothing beyond the stated bounds",
          "[consensus][liars]") {
  Fresh harness;
  for (std::uint64_t view = 1; view < 2'000; ++view) {
    HeaderFacts facts;
    facts.view = View{view};
    facts.height = Height{view};
    facts.parent = invented(view);
    facts.proposer = harness.set.at(view % 4).id;
    for (const std::uint8_t salt : {1, 2, 3}) {
      auto made = harness.signed_proposal(facts, View{view - 1}, salt);
      harness.receive(view % 4 == 0 ? 1 : view % 4, made);
    }
    for (const Act act : {Act::kNotarize, Act::kNullify, Act::kFinalize}) {
      harness.receive(1, harness.vote(1, act, View{view}, View{0},
                                      act == Act::kNullify ? BlockId{} : invented(view)));
    }
    if (view % 100 == 0) harness.advance(100);
  }
  check_within_bounds(harness);
  const auto held = harness.engine->status().holdings;
  CHECK(held.blocks <= kProposalsAhead + 1);
  CHECK(held.views <= kVotesAhead + 1);
  for (const auto& request : harness.all_sent<BlockRequest>())
    CHECK(request.view == View{1});  // for a vote, of its view
  // As views pass, what was kept of them goes.
  for (std::uint64_t view = 1; view <= 40; ++view)
    harness.receive(2, harness.nullification({1, 2, 3}, View{view}));
  CHECK(harness.engine->status().holdings.blocks <= kProposalsBehind + kProposalsAhead + 1);
  check_within_bounds(harness);
}

TEST_CASE("positions of strangers are forgotten at a bound", "[consensus][liars]") {
  Fresh harness;
  for (std::uint64_t i = 0; i < 3 * kMaxOtherPeers; ++i) {
    Encoder out;
    out.u64(i);
    InstitutionId stranger;
    const auto digest = sha256(out.take());
    std::copy_n(digest.bytes.begin(), stranger.bytes.size(), stranger.bytes.begin());
    harness.engine->on_message(stranger, Presence{Epoch{0}, View{1}, View{0}, Height{0}});
  }
  check_within_bounds(harness);
}

TEST_CASE("a claimed height moves nobody for longer than one round of asking",
          "[consensus][liars]") {
  Fresh harness;
  for (int second = 0; second < 600; ++second) {
    harness.receive(3, Presence{Epoch{0}, View{1}, View{0},
                                Height{1'000'000 + static_cast<std::uint64_t>(second)}});
    harness.advance(1'000);
  }
  CHECK(harness.catch_ups >= 1);
  CHECK(harness.catch_ups <= 11 * harness.set.size());  // one round a minute
  CHECK(harness.engine->status().waiting_for == "idle");
}

TEST_CASE(
    "the certificates between a parent and its child are asked for, past the ones that are held",
    "[consensus][liars]") {
  Fresh harness;
  const auto first = harness.first();
  harness.receive(1, first);
  harness.receive(1, harness.certificate({1, 2, 3}, Act::kNotarize, first));
  harness.receive(1, harness.nullification({1, 2, 3}, View{2}));
  harness.receive(1, harness.nullification({1, 2, 3}, View{90}));
  harness.receive(3, harness.proposal(View{91}, View{1}, EngineHarness::id_of(first), Height{2}));
  harness.advance(101);
  const auto asked = harness.all_sent<CertificateRequest>();
  REQUIRE(asked.size() == 1);
  CHECK(asked[0].first == View{3});  // more than a request covers lies between
  CHECK(asked[0].last == View{89});
}

TEST_CASE(
    "answers are paid by who asks: a flood is answered up to a bound, patience is answered on",
    "[consensus][liars]") {
  Fresh harness;
  auto block = harness.first();
  Bytes body(std::size_t{1} << 20, 7);
  body[0] = 0;
  block = Fresh::with_body(block, body);
  harness.receive(1, block);
  const BlockRequest request{Epoch{0}, View{1}, EngineHarness::id_of(block)};
  for (int i = 0; i < 1'000; ++i) harness.receive(3, request);
  const auto flood = harness.sent_to<Proposal>().size();
  CHECK(flood >= 16);
  CHECK(flood <= kAnswerBurstBytes >> 20);
  harness.receive(2, request);  // another asker has its own allowance
  CHECK(harness.sent_to<Proposal>().size() == flood + 1);
  harness.advance(1'000);
  harness.receive(3, request);
  CHECK(harness.sent_to<Proposal>().size() == flood + 2);
  for (int i = 0; i < 1'000; ++i) harness.receive(3, QuarantineQuery{Epoch{0}, Hash256{}});
  CHECK(harness.all_sent<QuarantineAnswer>().size() <= kAnswerBurstBytes / kSignedAnswerCostBytes);
}

TEST_CASE("a body that is not known to be true is not passed on", "[consensus][liars]") {
  Fresh harness;
  harness.verdict.reset();
  const auto block = harness.first();
  harness.receive(1, Fresh::with_body(block, {9, 9}));
  harness.receive(2, BlockRequest{Epoch{0}, View{1}, EngineHarness::id_of(block)});
  CHECK(harness.all_sent<Proposal>().empty());
}

TEST_CASE(
    "the certificate of entry goes to the new leader at once, and to all behind with a leader's "
    "proposal",
    "[consensus][liars]") {
  SECTION("a follower") {
    Fresh harness;
    harness.receive(1, harness.nullification({1, 2, 3}, View{1}));
    REQUIRE(harness.sent_to<Certificate>() == std::vector<std::size_t>{2});
  }
  SECTION("the leader") {
    Fresh harness(4, 2);
    harness.engine->on_pending_changed(true, false);
    harness.receive(1, harness.nullification({0, 1, 3}, View{1}));
    harness.receive(3, Presence{Epoch{0}, View{2}, View{0}, Height{0}});
    harness.build_now();
    CHECK(harness.sent_to<Certificate>() ==
          std::vector<std::size_t>{0});  // 1 and 3 have shown that they are there
  }
}

TEST_CASE("each pause after a false message is twice as long, until its maker has behaved as long",
          "[consensus][liars]") {
  PeerCredit credit;
  credit.punish(1'000, 1'000);
  credit.punish(1'500, 1'000);  // under way already
  CHECK_FALSE(credit.trusted(1'999));
  CHECK(credit.trusted(2'000));
  credit.punish(2'000, 1'000);
  CHECK_FALSE(credit.trusted(3'999));
  std::uint64_t now = 4'000;
  for (int i = 0; i < 20; ++i) {
    credit.punish(now, 1'000);
    while (!credit.trusted(now)) now += 500;
  }
  credit.punish(now, 1'000);
  CHECK(credit.trusted(now + 64'000));
  CHECK_FALSE(credit.trusted(now + 63'999));
  credit.punish(now + 64'000 + 64'000, 1'000);
  CHECK(credit.trusted(now + 128'000 + 1'000));
}

TEST_CASE("false votes cost two signature checks a pause", "[consensus][liars]") {
  Fresh harness;
  const auto block = harness.first();
  for (const std::size_t voter : {1U, 2U})
    harness.receive(voter, harness.vote(voter, Act::kNotarize, block));
  harness.verified = 0;
  for (int i = 0; i < 1'000; ++i) {
    auto forged = harness.vote(3, Act::kNotarize, block);
    forged.signature.bytes[0] ^= 1;
    harness.receive(3, forged);
  }
  CHECK(harness.verified <= 4);
  harness.advance(1'001);
  harness.receive(3, harness.vote(3, Act::kNotarize, block));
  CHECK(harness.engine->status().view == View{2});
}

TEST_CASE("a leader's signed nonsense costs one signature check a pause", "[consensus][liars]") {
  Fresh harness;
  Proposal copy = harness.first();
  copy.view = View{5};
  copy.signature =
      harness.sign_with(1, {Act::kPropose, Epoch{0}, View{5}, View{0}, EngineHarness::id_of(copy)});
  harness.verified = 0;
  for (int i = 0; i < 1'000; ++i) harness.receive(1, copy);
  CHECK(harness.verified <= 2);
}

TEST_CASE("a verdict about a copy that is gone drops no true copy and costs nobody",
          "[consensus][liars]") {
  Fresh harness;
  harness.verdict.reset();
  const auto block = harness.first();
  harness.receive(2, block);
  REQUIRE(harness.validated.size() == 1);
  harness.engine->on_validated(EngineHarness::id_of(block),
                               {Verdict::kBadCopy, 0});  // of an earlier copy
  CHECK(harness.validated.size() == 2);
  harness.engine->on_validated(EngineHarness::id_of(block), {Verdict::kValid, 0});
  harness.sync();
  CHECK(harness.own_votes(Act::kNotarize).size() == 1);
  harness.receive(2, harness.nullification({1, 2, 3}, View{1}));
  CHECK(harness.engine->status().view == View{2});
}

TEST_CASE(
    "a false body never stands under an own vote: not in the journal, and not after a restart",
    "[consensus][liars]") {
  Fresh harness;
  const auto block = harness.first();
  harness.verdict.reset();                                     // validation takes its time
  harness.receive(2, harness.vote(0, Act::kNotarize, block));  // made before the store was lost
  harness.sync();
  REQUIRE(harness.quarantined);
  harness.receive(1, Fresh::with_body(block, {9, 9}));
  harness.sync();
  for (const auto& group : harness.written) {
    for (const auto& record : group.records) CHECK(record.kind != RecordKind::kBlock);
  }
  harness.receive(2, block);
  harness.sync();
  harness.receive(2, harness.certificate({1, 2, 3}, Act::kFinalize, block));
  harness.sync();
  CHECK(harness.committed.size() == 1);
  for (const auto& [kind, bytes] : harness.durable()) {
    if (kind == RecordKind::kBlock) CHECK(*decode_block_record(bytes)->body == *block.body);
  }
}

TEST_CASE("of two bodies of one block in a journal the true one counts", "[consensus][liars]") {
  Fresh before;
  const auto block = before.first();
  before.receive(1, block);
  before.receive(1, before.certificate({1, 2, 3}, Act::kFinalize, block));
  before.sync();
  EngineHarness after;
  const auto junk = Fresh::with_body(block, {9, 9});
  const Record false_copy = make_record(Block{junk, EngineHarness::facts_of(*block.header)});
  Bytes bytes = false_copy.head;
  if (false_copy.tail) bytes.insert(bytes.end(), false_copy.tail->begin(), false_copy.tail->end());
  REQUIRE(after.engine->restore(RecordKind::kBlock, bytes).ok());
  after.restart_from(before);
  REQUIRE(after.committed.size() == 1);
  after.receive(2, BlockRequest{Epoch{0}, View{1}, EngineHarness::id_of(block)});
  const auto passed_on = after.all_sent<Proposal>();
  REQUIRE(passed_on.size() == 1);
  CHECK(*passed_on[0].body == *block.body);
}

TEST_CASE("a vote whose block comes by catch-up waits for nothing more", "[consensus][liars]") {
  Fresh harness;
  const auto block = harness.first();
  harness.receive(2, harness.vote(0, Act::kNotarize, block));
  harness.sync();
  const auto final =
      std::make_shared<Certificate>(harness.certificate({1, 2, 3}, Act::kFinalize, block));
  REQUIRE(
      harness.engine->on_finalized_externally({{{block.header, block.body}}, {{}, final}}).ok());
  harness.receive(2, harness.proposal(View{2}, View{1}, EngineHarness::id_of(block),
                                      Height{2}));  // before the sync
  harness.sync();
  CHECK(harness.committed.size() == 1);
}

TEST_CASE(
    "an invalid block costs the leader that signed it: no other is judged, and its next view is "
    "given up at once",
    "[consensus][liars]") {
  Fresh harness;
  harness.engine->on_pending_changed(true, false);
  harness.verdict = Verdict::kInvalid;
  harness.receive(2, harness.first());  // whoever brings it
  REQUIRE(harness.validated.size() == 1);
  for (const std::uint64_t view : {1U, 2U, 3U, 4U})
    harness.receive(3, harness.nullification({1, 2, 3}, View{view}));
  REQUIRE(harness.engine->status().view == View{5});
  harness.sync();

  harness.receive(1, harness.proposal(View{5}, View{0}, BlockId{}, Height{1}, 7));
  harness.advance(1);
  harness.sync();
  CHECK(harness.validated.size() == 1);
  CHECK(harness.own_votes(Act::kNullify).back().statement.view == View{5});

  // The one who brought it has done nothing.
  harness.verdict = Verdict::kValid;
  harness.receive(3, harness.nullification({1, 2, 3}, View{5}));
  harness.receive(2, harness.proposal(View{6}, View{0}, BlockId{}, Height{1}, 8));
  CHECK(harness.validated.size() == 2);
}

TEST_CASE("after a view that took long the next leader is given the block that it lacks",
          "[consensus][liars]") {
  const auto enter_after = [](std::uint64_t waited_ms, const std::vector<std::size_t>& voters) {
    Fresh harness;
    harness.engine->on_pending_changed(true, false);
    const auto block = harness.first();
    harness.receive(1, block);
    harness.advance(waited_ms);
    harness.sync();
    harness.receive(1, harness.certificate(voters, Act::kNotarize, block));
    REQUIRE(harness.engine->status().view == View{2});
    return harness.sent_to<Proposal>();
  };
  CHECK(enter_after(300, {0, 1, 3}) == std::vector<std::size_t>{2});
  CHECK(enter_after(300, {0, 1, 2}).empty());  // it has voted for it
  CHECK(enter_after(10, {0, 1, 3}).empty());
}

TEST_CASE("what is final and waits for its sync asks for no parent", "[consensus][liars]") {
  Fresh harness;
  const auto first = harness.first();
  harness.receive(1, first);
  harness.receive(1, harness.certificate({1, 2, 3}, Act::kFinalize, first));
  harness.sync();
  REQUIRE(harness.committed.size() == 1);
  const auto second = harness.proposal(View{2}, View{1}, EngineHarness::id_of(first), Height{2});
  harness.receive(2, second);
  harness.receive(2, harness.certificate({1, 2, 3}, Act::kFinalize, second));
  for (int i = 0; i < 10; ++i) harness.advance(100);
  CHECK(harness.all_sent<BlockRequest>().empty());
  harness.sync();
  CHECK(harness.committed.size() == 2);
}

TEST_CASE("the first proposal of an epoch is said again to those who have not voted for it",
          "[consensus][liars]") {
  Fresh harness{4, 1};
  harness.engine->on_pending_changed(true, false);
  REQUIRE(harness.builds.size() == 1);
  harness.build_now();
  harness.sync();
  const auto said = harness.all_sent<Proposal>();
  REQUIRE(said.size() == 1);
  harness.receive(2, harness.vote(2, Act::kNotarize, said[0]));
  harness.advance(300);
  CHECK(harness.sent_to<Proposal>() == std::vector<std::size_t>{0, 3});
}

}  // namespace testamur::consensus
