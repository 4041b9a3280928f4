// What a crash may cost: nothing that was promised.
#include "tests/consensus/harness.h"
#include "tests/support/catch.h"

namespace testamur::consensus {
namespace {

using harness::EngineHarness;

Proposal first(const EngineHarness& harness, std::uint8_t salt = 0) {
  return harness.proposal(View{1}, View{0}, BlockId{}, Height{1}, salt);
}

}  // namespace

TEST_CASE(
    "after a restart the stored vote is sent again, signature included, and no other one is made",
    "[consensus]") {
  EngineHarness before;
  before.start();
  before.receive(1, first(before, 1));
  before.sync();
  EngineHarness after;
  after.restart_from(before);
  after.advance(1);
  REQUIRE(after.own_votes(Act::kNotarize).size() == 1);
  CHECK(after.own_votes(Act::kNotarize)[0] == before.own_votes(Act::kNotarize)[0]);
  after.receive(1, first(after, 2));
  after.sync();
  for (const auto& vote : after.own_votes(Act::kNotarize))
    CHECK(vote == before.own_votes(Act::kNotarize)[0]);
}

TEST_CASE("a vote that was not synced before the crash was never sent and does not bind",
          "[consensus]") {
  EngineHarness before;
  before.start();
  before.receive(1, first(before, 1));
  EngineHarness after;
  after.restart_from(before);
  after.receive(1, first(after, 2));
  after.sync();
  REQUIRE(after.own_votes(Act::kNotarize).size() == 1);
  CHECK(after.own_votes(Act::kNotarize)[0].statement.block ==
        EngineHarness::id_of(first(after, 2)));
}

TEST_CASE("a restored notarize vote without its block binds, and is sent once the block is there",
          "[consensus]") {
  EngineHarness before;
  before.start();
  const auto block = first(before, 1);
  before.receive(1, block);
  before.sync();
  EngineHarness after;
  for (const auto& [kind, bytes] : before.durable()) {
    if (kind != RecordKind::kBlock) REQUIRE(after.engine->restore(kind, bytes).ok());
  }
  after.start();
  after.advance(1);
  CHECK(after.own_votes(Act::kNotarize).empty());
  after.receive(2, first(after, 2));
  after.sync();
  CHECK(after.own_votes(Act::kNotarize).empty());
  after.advance(101);
  const auto asked = after.all_sent<BlockRequest>();
  REQUIRE_FALSE(asked.empty());
  CHECK(asked[0].block == EngineHarness::id_of(block));
  after.receive(1, block);
  CHECK(after.own_votes(Act::kNotarize).empty());
  after.sync();
  REQUIRE(after.own_votes(Act::kNotarize).size() == 1);
  CHECK(after.own_votes(Act::kNotarize)[0] == before.own_votes(Act::kNotarize)[0]);
}

TEST_CASE(
    "after a restart a node leads no view up to n above what its journal names and nullifies those "
    "at once",
    "[consensus]") {
  EngineHarness before(4, 1);
  before.start();
  before.engine->on_pending_changed(true, false);
  before.build_now();  // the proposal leaves; the crash comes before the sync
  REQUIRE(before.all_sent<Proposal>().size() == 1);
  EngineHarness after(4, 1);
  after.restart_from(before);
  after.engine->on_pending_changed(true, false);
  after.sync();
  CHECK(after.builds.empty());
  CHECK(after.own_votes(Act::kNullify).size() == 1);
  for (std::uint64_t view = 1; view <= 4; ++view)
    after.receive(2, after.nullification({0, 2, 3}, View{view}));
  after.sync();
  REQUIRE(after.engine->status().leading);  // view 5
  CHECK(after.builds.size() == 1);
}

TEST_CASE("what the journal proves final is committed again on start", "[consensus]") {
  EngineHarness before;
  before.start();
  const auto block = first(before);
  before.receive(1, block);
  before.receive(1, before.certificate({1, 2, 3}, Act::kFinalize, block));
  before.sync();
  REQUIRE(before.committed.size() == 1);
  EngineHarness after;
  after.restart_from(before);
  CHECK(after.start_failure.empty());
  REQUIRE(after.committed.size() == 1);
  CHECK(after.engine->status().view == View{2});
}

TEST_CASE("a journal whose blocks do not reach the store stops the node with both heights",
          "[consensus]") {
  EngineHarness before;
  before.start();
  const auto one = first(before);
  const auto two = before.proposal(View{2}, View{1}, EngineHarness::id_of(one), Height{2});
  before.receive(1, one);
  before.receive(1, before.certificate({1, 2, 3}, Act::kFinalize, one));
  before.sync();
  before.receive(2, two);
  before.receive(2, before.certificate({1, 2, 3}, Act::kFinalize, two));
  before.sync();
  EngineHarness after;
  for (const auto& [kind, bytes] : before.durable()) {
    const bool lost = kind == RecordKind::kBlock && decode_block_record(bytes)->view == View{1};
    const bool first_finality =
        kind == RecordKind::kFinality && decode_finality_record(bytes)->height == Height{1};
    if (!lost && !first_finality) REQUIRE(after.engine->restore(kind, bytes).ok());
  }
  after.start();
  CHECK(after.start_failure.find("height 2") != std::string::npos);
  CHECK(after.start_failure.find("height 0") != std::string::npos);
}

TEST_CASE("a record that does not decode is named", "[consensus]") {
  EngineHarness harness;
  CHECK_FALSE(harness.engine->restore(RecordKind::kVote, Bytes{1, 2, 3}).ok());
  CHECK_FALSE(harness.engine->restore(static_cast<RecordKind>(99), Bytes{1}).ok());
}

TEST_CASE("the live records alone keep every promise that pruning may not lose", "[consensus]") {
  EngineHarness before;
  before.start();
  const auto one = first(before);
  before.receive(1, one);
  before.receive(1, before.certificate({1, 2, 3}, Act::kFinalize, one));
  before.sync();
  before.receive(2, before.vote(2, Act::kNullify, View{2}));
  before.receive(3, before.vote(3, Act::kNullify, View{2}));
  before.sync();
  REQUIRE(before.own_votes(Act::kNullify).size() == 1);
  EngineHarness after(4, 0, Height{1});
  after.tip_facts = EngineHarness::facts_of(*one.header);
  after.engine.emplace(after.config, Tip{Epoch{0}, after.set, after.tip_facts}, after);
  for (const auto& record : before.engine->live_records())
    REQUIRE(after.engine->restore(record.kind, record.head).ok());
  after.start();
  after.receive(
      1, after.certificate({1, 2, 3}, Act::kNotarize,
                           after.proposal(View{2}, View{1}, EngineHarness::id_of(one), Height{2})));
  after.sync();
  CHECK(after.own_votes(Act::kFinalize).empty());  // it nullified view 2
}

TEST_CASE(
    "quarantine ends with 2f + 1 answers, and the floor lies two above the highest certificate",
    "[consensus]") {
  EngineHarness harness;
  harness.start(true);
  CHECK(harness.quarantined);
  harness.receive(1, first(harness));
  harness.sync();
  CHECK(harness.all_sent<Vote>().empty());
  harness.advance(1);
  const auto queries = harness.all_sent<QuarantineQuery>();
  REQUIRE_FALSE(queries.empty());
  const auto answer = [&](std::size_t from, const Certificate& highest) {
    QuarantineAnswer made{Epoch{0}, queries[0].nonce, false, highest,
                          static_cast<std::uint8_t>(from)};
    made.signature =
        harness::sign_as(harness.set.at(from).key, signing_digest(harness.config.chain, made));
    harness.receive(from, made);
  };
  answer(1, harness.nullification({1, 2, 3}, View{4}));
  answer(2, harness.nullification({1, 2, 3}, View{7}));
  answer(2, harness.nullification({1, 2, 3}, View{7}));
  CHECK(harness.quarantined);
  answer(3, harness.nullification({1, 2, 3}, View{5}));
  CHECK(harness.quarantined);  // the floor is not durable yet
  harness.sync();
  CHECK_FALSE(harness.quarantined);
  CHECK(harness.engine->status().floor == View{9});
  CHECK(harness.engine->status().voting == VotingState::kFloored);
  for (const std::size_t voter : {2U, 3U})
    harness.receive(voter, harness.vote(voter, Act::kNullify, View{8}));
  harness.sync();
  CHECK(harness.all_sent<Vote>().empty());
  harness.receive(2, harness.nullification({1, 2, 3}, View{9}));
  for (const std::size_t voter : {2U, 3U})
    harness.receive(voter, harness.vote(voter, Act::kNullify, View{10}));
  harness.sync();
  CHECK(harness.own_votes(Act::kNullify).size() == 1);
}

TEST_CASE(
    "votes restored from a backup bind but are not said: the disk that was copied may have lost "
    "them",
    "[consensus]") {
  // A copy catches a group that is being written; the machine crashes, loses that group and votes
  // otherwise; then the copy is restored. What it holds was never sent and must not be.
  EngineHarness before;
  before.start();
  const auto block = first(before);
  before.receive(1, block);
  before.sync();
  EngineHarness after;
  for (const auto& [kind, bytes] : before.durable())
    REQUIRE(after.engine->restore(kind, bytes).ok());
  after.start(true);
  after.receive(1, after.vote(1, Act::kNotarize, block));
  after.receive(2, after.vote(2, Act::kNotarize, block));
  for (int i = 0; i < 20; ++i) after.advance(250);
  after.sync();
  CHECK(after.all_sent<Vote>().empty());
  CHECK(after.all_sent<Certificate>().empty());
  CHECK(after.engine->status().view == View{1});
}

TEST_CASE(
    "answers with a stale nonce, a false signature or from a node in quarantine do not end it",
    "[consensus]") {
  EngineHarness harness;
  harness.start(true);
  harness.advance(1);
  const auto nonce = harness.all_sent<QuarantineQuery>().at(0).nonce;
  for (const std::size_t from : {1U, 2U, 3U}) {
    QuarantineAnswer stale{Epoch{0}, Hash256{}, false, {}, static_cast<std::uint8_t>(from)};
    stale.signature =
        harness::sign_as(harness.set.at(from).key, signing_digest(harness.config.chain, stale));
    harness.receive(from, stale);
    QuarantineAnswer forged{Epoch{0}, nonce, false, {}, static_cast<std::uint8_t>(from)};
    harness.receive(from, forged);
  }
  harness.sync();
  CHECK(harness.quarantined);
  // A node in quarantine does not answer.
  harness.sent.clear();
  harness.receive(1, QuarantineQuery{Epoch{0}, nonce});
  CHECK(harness.all_sent<QuarantineAnswer>().empty());
}

TEST_CASE(
    "a sealing flag keeps a node in quarantine until the next epoch if it is shown, and never as a "
    "bare word",
    "[consensus]") {
  EngineHarness harness;
  harness.start(true);
  harness.advance(1);
  const auto nonce = harness.all_sent<QuarantineQuery>().at(0).nonce;
  HeaderFacts facts;
  facts.view = View{3};
  facts.height = Height{3};
  facts.proposer = harness::member(3).id;
  facts.sealing = true;
  auto sealing = harness.signed_proposal(facts, View{2});
  std::optional<Certificate> shown;
  bool stays = false;
  SECTION("bare") {}
  SECTION("shown") {
    shown = harness.certificate({1, 2, 3}, Act::kNotarize, sealing);
    stays = true;
  }
  SECTION("a false certificate") {
    shown = harness.certificate({1, 2, 3}, Act::kNotarize, sealing);
    shown->signatures[0].bytes[0] ^= 1;
  }
  SECTION("the notarization of a block that seals nothing") {
    facts.sealing = false;
    sealing = harness.signed_proposal(facts, View{2});
    shown = harness.certificate({1, 2, 3}, Act::kNotarize, sealing);
  }
  for (const std::size_t from : {1U, 2U, 3U}) {
    QuarantineAnswer made{Epoch{0}, nonce, from == 2, {}, static_cast<std::uint8_t>(from)};
    if (from == 2 && shown) {
      made.sealing_certificate = shown;
      made.sealing_header = sealing.header;
    }
    made.signature =
        harness::sign_as(harness.set.at(from).key, signing_digest(harness.config.chain, made));
    harness.receive(from, made);
  }
  harness.sync();
  CHECK(harness.quarantined == stays);
}

TEST_CASE("an answer of a later epoch, without the end of this one, keeps nobody in quarantine",
          "[consensus]") {
  EngineHarness harness(7, 0);
  harness.start(true);
  harness.advance(1);
  const auto nonce = harness.all_sent<QuarantineQuery>().at(0).nonce;
  for (const std::size_t from : {1U, 2U, 3U, 4U, 5U, 6U}) {
    QuarantineAnswer made{
        Epoch{from == 1 ? 9U : 0U}, nonce, false, {}, static_cast<std::uint8_t>(from)};
    made.signature =
        harness::sign_as(harness.set.at(from).key, signing_digest(harness.config.chain, made));
    harness.receive(from, made);
  }
  harness.sync();
  CHECK_FALSE(harness.quarantined);
}

TEST_CASE("who holds a notarized sealing block shows it to a node in quarantine", "[consensus]") {
  EngineHarness harness;
  harness.start();
  HeaderFacts facts;
  facts.view = View{1};
  facts.height = Height{1};
  facts.proposer = harness::member(1).id;
  facts.sealing = true;
  const auto sealing = harness.signed_proposal(facts, View{0});
  harness.receive(1, sealing);
  harness.receive(1, harness.certificate({1, 2, 3}, Act::kNotarize, sealing));
  harness.receive(2, QuarantineQuery{Epoch{0}, Hash256{}});
  const auto answers = harness.all_sent<QuarantineAnswer>();
  REQUIRE(answers.size() == 1);
  CHECK(answers[0].holds_notarized_sealing);
  REQUIRE(answers[0].sealing_certificate);
  CHECK(answers[0].sealing_certificate->statement.block == EngineHarness::id_of(sealing));
  CHECK(*answers[0].sealing_header == *sealing.header);
}

TEST_CASE(
    "a valid vote of the own key that the store lacks puts the node into quarantine; a forged one "
    "does not",
    "[consensus]") {
  EngineHarness harness;
  harness.start();
  const auto own = harness.vote(0, Act::kNotarize, first(harness));
  auto forged = own;
  forged.signature.bytes[0] ^= 1;
  harness.receive(3, forged);
  CHECK_FALSE(harness.quarantined);
  SECTION("alone") { harness.receive(2, own); }
  SECTION("in a certificate") {
    harness.receive(2, harness.certificate({0, 1, 2}, Act::kNotarize, first(harness)));
  }
  CHECK(harness.quarantined);
}

TEST_CASE("votes that peers show bind the node when the command ends quarantine", "[consensus]") {
  EngineHarness harness;
  harness.start();
  harness.receive(2, harness.vote(0, Act::kNullify, View{1}));
  harness.sync();
  REQUIRE(harness.quarantined);
  harness.engine->resume_voting();
  harness.sync();
  CHECK_FALSE(harness.quarantined);
  const auto block = first(harness);
  harness.receive(1, block);
  harness.receive(1, harness.certificate({1, 2, 3}, Act::kNotarize, block));
  harness.sync();
  CHECK(harness.own_votes(Act::kNotarize).empty());
  CHECK(harness.own_votes(Act::kFinalize).empty());
}

// Two of four that were restored one after the other stood below their floors for good: the command
// said that there was no quarantine, and left the floor.
TEST_CASE("the command ends the floor as well as the quarantine, and shown votes bind all the same",
          "[consensus]") {
  EngineHarness harness;
  harness.start(true);
  harness.sync();
  harness.advance(1);
  const auto queries = harness.all_sent<QuarantineQuery>();
  REQUIRE_FALSE(queries.empty());
  bool has_voted = false;
  SECTION("nobody shows a vote of the key") {}
  SECTION("one shows that the key nullified view 1") { has_voted = true; }
  for (std::uint8_t from = 1; from <= 3; ++from) {
    QuarantineAnswer made{.epoch = Epoch{0}, .nonce = queries[0].nonce, .responder = from};
    if (has_voted && from == 2) made.votes = {harness.vote(0, Act::kNullify, View{1})};
    made.signature =
        harness::sign_as(harness.set.at(from).key, signing_digest(harness.config.chain, made));
    harness.receive(from, made);
  }
  harness.sync();
  REQUIRE_FALSE(harness.quarantined);
  REQUIRE(harness.engine->status().voting == VotingState::kFloored);
  REQUIRE(harness.all_sent<Vote>().empty());

  harness.engine->resume_voting();
  harness.sync();
  CHECK(harness.engine->status().voting == VotingState::kActive);
  const auto block = first(harness);
  harness.receive(1, block);
  harness.sync();
  harness.receive(1, harness.certificate({1, 2, 3}, Act::kNotarize, block));
  harness.sync();
  CHECK(harness.own_votes(Act::kNotarize).size() == (has_voted ? 0 : 1));
  if (has_voted) CHECK(harness.own_votes(Act::kFinalize).empty());

  EngineHarness after;
  after.restart_from(harness);
  CHECK(after.engine->status().voting == VotingState::kActive);
}

// A key that came later began without the quarantine that was lifted before it was there.
TEST_CASE("the command lifts nothing where no key of this node sits in the set", "[consensus]") {
  EngineHarness harness;
  harness.config.observer = true;
  harness.engine.emplace(harness.config, Tip{Epoch{0}, harness.set, harness.tip_facts}, harness);
  harness.start(true);
  harness.sync();
  REQUIRE(harness.quarantined);
  harness.engine->resume_voting();
  harness.sync();
  CHECK(harness.quarantined);
}

TEST_CASE(
    "a sealing block that lost keeps nobody in quarantine, and each validator speaks once in an "
    "exchange",
    "[consensus]") {
  EngineHarness harness;
  harness.start(true);
  const auto won = harness.proposal(View{2}, View{0}, BlockId{}, Height{1});
  harness.receive(1, won);
  harness.receive(1, harness.certificate({1, 2, 3}, Act::kFinalize, won));
  harness.sync();
  REQUIRE(harness.committed.size() == 1);
  harness.advance(1);
  const auto nonce = harness.all_sent<QuarantineQuery>().at(0).nonce;
  HeaderFacts facts;
  facts.height = Height{1};
  facts.sealing = true;
  const auto shown_in = [&](View view) {
    facts.view = view;
    facts.proposer = harness.set.at(harness.set.leader(Epoch{0}, view)).id;
    const auto sealing = harness.signed_proposal(facts, View{0});
    QuarantineAnswer made{Epoch{0}, nonce, true, {}, 1};
    made.sealing_certificate = harness.certificate({1, 2, 3}, Act::kNotarize, sealing);
    made.sealing_header = sealing.header;
    made.signature =
        harness::sign_as(harness.set.at(1).key, signing_digest(harness.config.chain, made));
    return made;
  };
  const auto honest = [&](std::size_t from) {
    QuarantineAnswer made{Epoch{0}, nonce, false,
                          harness.certificate({1, 2, 3}, Act::kFinalize, won),
                          static_cast<std::uint8_t>(from)};
    made.signature =
        harness::sign_as(harness.set.at(from).key, signing_digest(harness.config.chain, made));
    harness.receive(from, made);
  };

  SECTION("it lost: the block of a later view is final and seals nothing") {
    harness.receive(1, shown_in(View{1}));
    honest(2);
    honest(3);
    harness.sync();
    CHECK_FALSE(harness.quarantined);
  }
  SECTION("it may be final yet; said a thousand times it is checked once") {
    const auto shown = shown_in(View{3});
    harness.receive(1, shown);
    harness.verified = 0;
    for (int i = 0; i < 1'000; ++i) harness.receive(1, shown);
    CHECK(harness.verified == 0);
    honest(2);
    honest(3);
    harness.sync();
    CHECK(harness.quarantined);
  }
  SECTION("answers of another epoch are not checked at all") {
    auto later = shown_in(View{3});
    later.epoch = Epoch{1};
    later.signature =
        harness::sign_as(harness.set.at(1).key, signing_digest(harness.config.chain, later));
    harness.verified = 0;
    for (int i = 0; i < 1'000; ++i) harness.receive(1, later);
    CHECK(harness.verified == 0);
  }
}

}  // namespace testamur::consensus
