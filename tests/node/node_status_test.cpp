// What the status of a node says to its operator, from what is known.
#include "node/rpc/node_status.h"

#include "node/config/minute_text.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

constexpr std::uint64_t kNowMs = 1'700'000'000'000, kHeartbeatMs = 60'000;

InstitutionId id_of(std::uint8_t number) {
  InstitutionId id;
  id.bytes.fill(number);
  return id;
}

// Four validators, of which this node hears `heard`, and is connected with none.
struct Seen {
  ChainStatus chain;
  v1::GetStatusResponse out;

  explicit Seen(v1::NodeRole role, std::uint8_t heard = 4) {
    chain.engine.validators = 4;
    for (std::uint8_t i = 0; i < 4; ++i) {
      consensus::PeerHeard peer;
      peer.id = id_of(i);
      peer.silent = i >= heard;
      chain.engine.peers.push_back(peer);
      auto& shown = *out.add_peers();
      shown.set_validator(true);
      shown.mutable_institution()->set_name_now("University " + std::to_string(i));
    }
    chain.engine.waiting_for = "there are too few validators";
    out.set_role(role);
    out.set_clock_ms(kNowMs);
    out.mutable_as_of()->set_time_ms(kNowMs - kHeartbeatMs);
    out.mutable_as_of()->set_height(12);
    out.mutable_consensus()->set_validators(4);
    out.mutable_consensus()->set_quorum(3);
    out.mutable_consensus()->set_reachable(heard);
    out.mutable_consensus()->set_pending(true);
  }
  std::string obstacles() {
    fill_obstacles(chain, kHeartbeatMs, out);
    std::string all;
    for (const auto& each : out.obstacles()) all += each + "\n";
    out.clear_obstacles();
    return all;
  }
};

bool has(const std::string& text, const std::string& part) {
  INFO(text);
  CAPTURE(part);
  return text.find(part) != std::string::npos;
}

// An observer had obstacles for good: whom it does not dial, and who is heard only by others.
TEST_CASE("an observer that is in step has no obstacle, one that is not has") {
  Seen seen(v1::NODE_ROLE_OBSERVER, 2);
  CHECK(seen.obstacles().empty());

  // An address that is written and does not answer is to be mended all the same.
  seen.out.mutable_peers(0)->set_address("a.example:7600");
  seen.out.mutable_peers(0)->set_last_error("refused");
  CHECK(seen.obstacles() == "University 0 is not connected: refused\n");

  seen.out.mutable_as_of()->set_time_ms(kNowMs - 2 * kHeartbeatMs - 1);
  const auto stuck = seen.obstacles();
  CHECK(has(stuck, "this node hears only 2 of 4 validators"));
  CHECK(has(stuck, "\nthere are too few validators"));

  Seen behind(v1::NODE_ROLE_OBSERVER, 2);
  behind.out.set_catch_up_target_height(20);
  CHECK(has(behind.obstacles(), "this node hears only 2 of 4"));
}

TEST_CASE("a validator is told why it is not connected, and not at once whom it hears") {
  Seen seen(v1::NODE_ROLE_VALIDATOR);
  seen.out.mutable_consensus()->set_reachable(1);  // a moment after the start
  const auto said = seen.obstacles();
  CHECK(has(said, "University 3 is not connected: no [[peer]] names its address"));
  CHECK_FALSE(has(said, "hears only"));
}

// A node whose clock was an hour ahead said nothing of itself.
TEST_CASE("a clock that is ahead of most others is told of by its own node, in units of a person") {
  Seen seen(v1::NODE_ROLE_VALIDATOR);
  for (std::uint8_t i = 1; i < 4; ++i)
    seen.chain.clock_offsets_ms.emplace_back(id_of(i), -3'599'000 - i);
  CHECK(has(own_clock_obstacle(seen.chain), "about 60 minutes behind this machine's"));
  CHECK(has(seen.obstacles(), "about 60 minutes behind this machine's"));

  // One alone is behind, or was late.
  seen.chain.clock_offsets_ms[0].second = seen.chain.clock_offsets_ms[1].second = 3;
  CHECK(own_clock_obstacle(seen.chain).empty());
  CHECK(own_clock_obstacle(ChainStatus{}).empty());

  // One of three is not most of them, however far it is off.
  ChainStatus one;
  one.engine.validators = 4;
  one.clock_offsets_ms = {{id_of(1), -3'599'000}};
  CHECK(own_clock_obstacle(one).empty());
  one.clock_offsets_ms.emplace_back(id_of(2), -3'599'000);
  CHECK_FALSE(own_clock_obstacle(one).empty());

  seen.out.mutable_peers(2)->set_clock_offset_ms(3'599'999);
  CHECK(has(seen.obstacles(), "the clock of University 2 is about 60 minutes ahead of this"));
}

TEST_CASE("a span of time is said in the unit that a person would use") {
  CHECK(span_text(1'400) == "1 second");
  CHECK(span_text(119'000) == "119 seconds");
  CHECK(span_text(3'599'999) == "60 minutes");
  CHECK(span_text(26ull * 3'600'000) == "26 hours");
  CHECK(span_text(72ull * 3'600'000) == "3 days");
}

// A second node had it for good; a first one that lost its key by a slip must have it.
TEST_CASE("a seat that another node votes with is no obstacle of one that only follows") {
  Seen seen(v1::NODE_ROLE_OBSERVER);
  const auto told = idle_seat_obstacle(seen.chain, id_of(1));
  CHECK(has(told, "none that this node is connected to votes with it"));
  // A key that is in use elsewhere must not be copied: that it be put here comes last.
  CHECK(told.find("Name the node that has the key in [[peer]]") < told.find("Only where no other"));
  CHECK(told.find("put here") > told.find("Only where no other node has the key"));
  seen.chain.engine.peers[1].heard_ms_ago = 20;
  CHECK(idle_seat_obstacle(seen.chain, id_of(1)).empty());
  CHECK(has(idle_seat_obstacle(seen.chain, id_of(2)),
            "none that this node is connected to votes with it"));
  seen.chain.engine.peers[1].silent = true;
  CHECK(has(idle_seat_obstacle(seen.chain, id_of(1)),
            "none that this node is connected to votes with it"));
}

// "4 of 4 validators heard of", and the ledger stood still when the next one died.
TEST_CASE("a validator that is connected and does not vote is told of") {
  Seen seen(v1::NODE_ROLE_VALIDATOR);
  auto& peer = *seen.out.mutable_peers(2);
  peer.set_connected(true);
  peer.mutable_institution()->set_id(std::string(as_text(id_of(2).view())));
  CHECK_FALSE(has(seen.obstacles(), "no vote of it came"));
  seen.chain.idle_voters = {id_of(2)};
  CHECK(has(seen.obstacles(), "the node of University 2 is connected, and no vote of it came"));
}

TEST_CASE("two nodes that vote with one key are told of, at the node itself in other words") {
  const VotingNodes::Two two{id_of(1), 3'400};
  const auto own = two_voters_obstacle(two, true, "University 1");
  CHECK(has(own, "another node uses this node's consensus key"));
  const auto peers = two_voters_obstacle(two, false, "University 1");
  CHECK(has(peers, "two nodes of University 1 have its consensus key"));
  for (const auto& said : {own, peers}) {
    CHECK(has(said, "last 3 s ago"));
    CHECK(has(said, "Two nodes with one key sign twice"));
    CHECK(has(said, "replace the key"));
  }
}

// It was shown as a validator without an obstacle, and the next one was restored: then too few
// voted.
TEST_CASE(
    "a validator below its floor says at once that it does not vote, since when it will, and "
    "what not to do") {
  Seen seen(v1::NODE_ROLE_QUARANTINED);
  seen.chain.engine.voting = consensus::VotingState::kFloored;
  seen.chain.engine.floor = View{9};
  seen.chain.engine.view = View{8};
  for (const bool is_pending : {false, true}) {
    seen.out.mutable_consensus()->set_pending(is_pending);
    const auto said = seen.obstacles();
    CHECK(
        said.starts_with("this node does not vote yet: it votes again from view 10 on (now in "
                         "view 8), because "));
    CHECK(has(said, "Restore no other validator before it has voted"));
    CHECK(has(said, "testamurd resume-voting"));
    CHECK_FALSE(has(said, "quarantine"));
    CHECK_FALSE(has(said, "there are too few validators"));
  }
}

// It began at block 1 with an empty store, alone, although the note beside its key spoke of more.
TEST_CASE(
    "no vote is resumed in a ledger of several before another could show what the key voted") {
  Seen seen(v1::NODE_ROLE_QUARANTINED);
  auto& engine = seen.chain.engine;
  engine.voting = consensus::VotingState::kQuarantine;
  const auto refusal = [&](std::vector<std::uint64_t> connected_ms, bool remembers = false) {
    return unshown_votes_refusal({seen.chain, Height{0}, std::move(connected_ms), remembers});
  };
  const auto alone = refusal({}, true);
  CHECK(has(alone, "no other validator is connected"));
  CHECK(has(alone, "would vote from block 1 on: nothing was changed"));
  CHECK(has(alone, "(.votes) says that the key has voted"));
  CHECK_FALSE(has(refusal({}), ".votes"));

  // Who was connected a moment ago has not been asked yet, whatever one of them has answered.
  engine.validators = 4;
  engine.quarantine_answers = 1;
  for (const auto& times : std::vector<std::vector<std::uint64_t>>{
           {0, 0}, {0, kShowsVotesMs}, {0, 0, kShowsVotesMs}, {1, kShowsVotesMs - 1, 60'000}}) {
    CHECK(has(refusal(times), "Give the command again in 5 s"));
  }
  engine.quarantine_answers = 0;

  seen.chain.catch_up_target = Height{7};
  CHECK(has(refusal({kShowsVotesMs, kShowsVotesMs}), "still catching up, with block 0 of 7"));
  seen.chain.catch_up_target = {};

  // All others may wait for this one, in quarantine themselves: nobody answers, and it goes on.
  CHECK(refusal({kShowsVotesMs, kShowsVotesMs}).empty());
  // The only one that is connected may lie, or be the one that the copy is not connected with.
  CHECK(has(refusal({60'000}), "only 1 of the 3 other validators"));
  // One of four may lie, and connect anew without an end to keep this one from its vote.
  CHECK(refusal({60'000, 0, kShowsVotesMs}).empty());

  // Below the floor they have shown it; and a ledger of one has a rule of its own.
  engine.voting = consensus::VotingState::kFloored;
  CHECK(refusal({}).empty());
  engine.voting = consensus::VotingState::kQuarantine;
  engine.validators = 1;
  CHECK(refusal({}).empty());
}

// A wholly copied folder was granted the vote seconds after its node had told of the other one.
TEST_CASE(
    "another node with the transport key counts as a copy for as long as it was seen of late") {
  constexpr std::uint64_t kWithin = VotingNodes::kToldMs;
  constexpr auto kTimes = net::InboundCounters::kRivalTimes;
  // n = 4: one of the others may lie.
  const net::Witnesses set{{id_of(2), id_of(3), id_of(4)}, 2};
  net::InboundCounters seen;
  CHECK_FALSE(net::copy_ms_ago(seen, set, kWithin));

  // A node that lost its connection without a word comes back once.
  seen.displaced_at = {{id_of(2), kTimes - 1, 0}, {id_of(3), kTimes, 4'000}};
  CHECK_FALSE(net::copy_ms_ago(seen, set, kWithin));
  seen.displaced_at[0] = {id_of(2), kTimes, 6'000};
  CHECK(net::copy_ms_ago(seen, set, kWithin) == 4'000);
  CHECK_FALSE(net::copy_ms_ago(seen, set, 6'000));

  // It dialled this node: nobody else has the key.
  seen.own_key_ms_ago = 500;
  CHECK(net::copy_ms_ago(seen, set, kWithin) == 500);
  seen.displaced_at.clear();
  CHECK(net::copy_ms_ago(seen, set, kWithin) == 500);
  seen.own_key_ms_ago = kWithin;
  CHECK_FALSE(net::copy_ms_ago(seen, set, kWithin));
}

// Three goodbyes of one peer kept a restored validator from its vote for as long as it liked.
TEST_CASE("that another node has the transport key is not believed of f peers, nor of strangers") {
  constexpr std::uint64_t kWithin = VotingNodes::kToldMs;
  constexpr auto kTimes = 1'000 * net::InboundCounters::kRivalTimes;
  net::InboundCounters seen;
  seen.displaced_at = {{id_of(2), kTimes, 0}, {id_of(8), kTimes, 0}, {id_of(9), kTimes, 0}};

  const net::Witnesses four{{id_of(2), id_of(3), id_of(4)}, 2};
  CHECK_FALSE(net::copy_ms_ago(seen, four, kWithin));

  // Of so few that none is taken to lie one is enough; and a ledger of one has nobody to say it.
  const net::Witnesses two{{id_of(2)}, 1};
  CHECK(net::copy_ms_ago(seen, two, kWithin) == 0);
  CHECK_FALSE(net::copy_ms_ago(seen, {{}, 1}, kWithin));
}

}  // namespace
}  // namespace testamur::node
