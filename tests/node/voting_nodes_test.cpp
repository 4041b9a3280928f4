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

// A seat whose key was lost: its node is connected, and was counted as one that votes.
TEST_CASE("whose node is there without its votes is told of once a block has settled") {
  VotingNodes nodes(institution(1));
  const auto second = [&](std::uint64_t at) { return nodes.is_idle(institution(2), at); };
  const auto third = [&](std::uint64_t at) { return nodes.is_idle(institution(3), at); };
  nodes.hear(node_of(2, 20), kVote, true, 100 * kSecondMs);
  nodes.hear(node_of(3, 30), kPresence, true, 100 * kSecondMs);
  CHECK_FALSE(third(100 * kSecondMs));  // nothing was decided

  nodes.note_commit(100 * kSecondMs);
  CHECK_FALSE(third(101 * kSecondMs));  // its vote may be on the way
  CHECK(third(103 * kSecondMs));
  CHECK_FALSE(second(103 * kSecondMs));
  // The ledger stands still: that nobody votes now says nothing more.
  CHECK(third(500 * kSecondMs));
  CHECK_FALSE(second(500 * kSecondMs));

  // After a long silence a block comes, and the votes of some are heard before those of others.
  nodes.hear(node_of(2, 20), kVote, true, 600 * kSecondMs);
  nodes.note_commit(600 * kSecondMs);
  CHECK_FALSE(second(600 * kSecondMs + 1));
  nodes.hear(node_of(3, 30), kVote, true, 601 * kSecondMs);
  CHECK_FALSE(third(604 * kSecondMs));
}

TEST_CASE("under load and where no votes come here nobody is told of") {
  VotingNodes nodes(institution(1));
  for (std::uint64_t at = 0; at < 60 * kSecondMs; at += 10) {
    nodes.hear(node_of(2, 20), kVote, true, at);
    if (at < 30 * kSecondMs) nodes.hear(node_of(3, 30), kVote, true, at);
    nodes.note_commit(at);
    CHECK_FALSE(nodes.is_idle(institution(2), at));
    if (at < 30 * kSecondMs) CHECK_FALSE(nodes.is_idle(institution(3), at));
  }
  CHECK(nodes.is_idle(institution(3), 60 * kSecondMs));

  VotingNodes follower(institution(1));
  follower.note_commit(kSecondMs);
  CHECK_FALSE(follower.is_idle(institution(2), 60 * kSecondMs));
}

}  // namespace
}  // namespace testamur::node
