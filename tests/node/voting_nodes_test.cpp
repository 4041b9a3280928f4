// Which nodes vote with one consensus key, as their peers see it. A copied key left quarantine
// within a second while its original went on voting, and nobody said anything.
#include "node/chain/voting_nodes.h"

#include "tests/support/catch.h"

namespace testamur::node {
namespace {

constexpr std::uint64_t kSecondMs = 1'000;

InstitutionId institution(std::uint8_t number) {
  InstitutionId id;
  id.bytes.fill(number);
  return id;
}

net::Origin node_of(std::uint8_t number, std::uint8_t transport_key) {
  net::Pin pin;
  pin.bytes.fill(transport_key);
  return {institution(number), pin};
}

const consensus::Message kVote = consensus::Vote{};
const consensus::Message kQuery = consensus::QuarantineQuery{};
const consensus::Message kPresence = consensus::Presence{};

TEST_CASE("a copied key is not answered while its original votes, and both are told of") {
  VotingNodes nodes(institution(1));
  CHECK(nodes.hear(node_of(2, 20), kVote, true, 0).answer);
  const auto copy = nodes.hear(node_of(2, 21), kQuery, true, 5 * kSecondMs);
  CHECK_FALSE(copy.answer);
  CHECK(copy.begins_two);
  CHECK_FALSE(nodes.hear(node_of(2, 21), kQuery, true, 6 * kSecondMs).begins_two);

  const auto two = nodes.two_at_work(9 * kSecondMs);
  REQUIRE(two.size() == 1);
  CHECK(two[0].institution == institution(2));
  CHECK(two[0].ms_ago == 3 * kSecondMs);
  // What was ended is not told of for ever.
  CHECK(nodes.two_at_work(6 * kSecondMs + VotingNodes::kToldMs).empty());
}

TEST_CASE("a node whose first one is gone is answered, and so is one that asks for itself") {
  VotingNodes nodes(institution(1));
  CHECK(nodes.hear(node_of(2, 21), kQuery, true, 0).answer);
  nodes.hear(node_of(2, 20), kVote, true, 0);
  CHECK(nodes.hear(node_of(2, 20), kQuery, true, kSecondMs).answer);
  // Of another institution.
  CHECK(nodes.hear(node_of(3, 21), kQuery, true, kSecondMs).answer);
  CHECK(nodes.hear(node_of(2, 21), kQuery, true, VotingNodes::kVotesNowMs).answer);
  CHECK(nodes.two_at_work(VotingNodes::kVotesNowMs).empty());
}

TEST_CASE("two nodes that vote by turns are told of, one that took the other's place is not") {
  VotingNodes nodes(institution(1));
  nodes.hear(node_of(2, 20), kVote, true, 0);
  CHECK_FALSE(nodes.hear(node_of(2, 21), kVote, true, kSecondMs).begins_two);
  CHECK_FALSE(nodes.hear(node_of(2, 21), kVote, true, 2 * kSecondMs).begins_two);
  CHECK(nodes.two_at_work(2 * kSecondMs).empty());
  CHECK(nodes.hear(node_of(2, 20), kVote, true, 3 * kSecondMs).begins_two);
  CHECK(nodes.two_at_work(3 * kSecondMs).size() == 1);

  // Much later it is a node that was moved back.
  VotingNodes moved(institution(1));
  moved.hear(node_of(2, 20), kVote, true, 0);
  moved.hear(node_of(2, 21), kVote, true, kSecondMs);
  moved.hear(node_of(2, 20), kVote, true, kSecondMs + VotingNodes::kReturnsMs);
  CHECK(moved.two_at_work(kSecondMs + VotingNodes::kReturnsMs).empty());
}

TEST_CASE("a node that takes over with the key of the next epoch is no second one") {
  VotingNodes nodes(institution(1));
  const auto vote_in = [](std::uint64_t epoch) {
    consensus::Vote vote;
    vote.statement.epoch = Epoch{epoch};
    return consensus::Message(vote);
  };
  nodes.hear(node_of(2, 20), vote_in(4), true, 0);
  nodes.hear(node_of(2, 21), vote_in(5), true, kSecondMs);
  nodes.hear(node_of(2, 20), vote_in(4), true, 2 * kSecondMs);
  nodes.hear(node_of(2, 21), vote_in(5), true, 3 * kSecondMs);
  CHECK(nodes.two_at_work(3 * kSecondMs).empty());
}

TEST_CASE("whoever votes for a node that votes itself has its key; a second node only hears it") {
  VotingNodes nodes(institution(1));
  CHECK_FALSE(nodes.hear(node_of(1, 11), kVote, false, 0).begins_two);
  CHECK_FALSE(nodes.hear(node_of(1, 11), kPresence, true, 0).begins_two);
  CHECK(nodes.hear(node_of(1, 11), kVote, true, 0).begins_two);
  CHECK(nodes.hear(node_of(1, 11), kVote, true, 0).answer);  // the engine binds itself to it
  CHECK_FALSE(nodes.hear(node_of(1, 11), kQuery, true, 0).answer);
  CHECK(nodes.two_at_work(0).size() == 1);
}

// The third one's node is there all the while, and the second one votes.
void block(VotingNodes& nodes, std::uint64_t at_ms, bool third_votes = false) {
  nodes.hear(node_of(2, 20), kVote, true, at_ms);
  nodes.hear(node_of(3, 30), third_votes ? kVote : kPresence, true, at_ms);
  nodes.note_commit(at_ms);
}

// A seat whose key was lost: its node is connected, and nobody said that its vote is missing.
TEST_CASE("whose node is there without its votes is told of after three blocks") {
  VotingNodes nodes(institution(1));
  const auto is_idle = [&](std::uint8_t number, std::uint64_t at) {
    return nodes.is_idle(institution(number), at);
  };
  nodes.hear(node_of(3, 30), kPresence, true, 60 * kSecondMs);
  for (std::uint64_t at : {100, 130, 160}) {
    block(nodes, at * kSecondMs);
    CHECK_FALSE(is_idle(3, at * kSecondMs));  // its vote may be on the way
  }
  CHECK(is_idle(3, 164 * kSecondMs));
  CHECK_FALSE(is_idle(2, 164 * kSecondMs));
  // The ledger stands still: that nobody votes now says nothing more.
  CHECK(is_idle(3, 500 * kSecondMs));
  CHECK_FALSE(is_idle(2, 500 * kSecondMs));

  block(nodes, 600 * kSecondMs, true);
  CHECK_FALSE(is_idle(3, 604 * kSecondMs));
}

TEST_CASE("who came back, has just been seated or is heard by nobody's votes is not told of") {
  VotingNodes back(institution(1));
  back.hear(node_of(3, 30), kPresence, true, 0);  // and then it was away
  for (std::uint64_t at : {100, 130, 160}) block(back, at * kSecondMs);
  CHECK_FALSE(back.is_idle(institution(3), 164 * kSecondMs));

  VotingNodes seated(institution(1));
  seated.hear(node_of(3, 30), kPresence, true, 60 * kSecondMs);
  for (std::uint64_t at : {100, 130, 160}) block(seated, at * kSecondMs);
  consensus::Vote next;
  next.statement.epoch = Epoch{1};
  seated.hear(node_of(2, 20), next, true, 165 * kSecondMs);
  CHECK_FALSE(seated.is_idle(institution(3), 170 * kSecondMs));

  VotingNodes follower(institution(1));
  follower.hear(node_of(3, 30), kPresence, true, 60 * kSecondMs);
  for (std::uint64_t at : {100, 130, 160}) {
    follower.hear(node_of(3, 30), kPresence, true, at * kSecondMs);
    follower.note_commit(at * kSecondMs);
  }
  CHECK_FALSE(follower.is_idle(institution(3), 170 * kSecondMs));
}

TEST_CASE("under load nobody who votes is told of") {
  VotingNodes nodes(institution(1));
  for (std::uint64_t at = 0; at < 60 * kSecondMs; at += 10) {
    block(nodes, at, at < 30 * kSecondMs);
    if (at < 30 * kSecondMs) CHECK_FALSE(nodes.is_idle(institution(3), at));
    CHECK_FALSE(nodes.is_idle(institution(2), at));
  }
  CHECK(nodes.is_idle(institution(3), 60 * kSecondMs));
}

}  // namespace
}  // namespace testamur::node
