// Whole nodes in one process: agreement, restart, catch-up, standing still.
#include <future>

#include "tests/node/running_nodes.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace tx = ledger::tx;

TransactionId id_of(const ChainId& chain, const Bytes& carried) {
  return std::get<tx::SharedTransaction>(tx::decode(chain, carried))->id();
}

TEST_CASE("a ledger of one node commits what is submitted and finds it by hash") {
  RunningNodes nodes(1);
  auto achievement = nodes.publish(0, 0);
  auto outcome = nodes.commit(0, nodes.batch(0, achievement, 0, 200));
  REQUIRE(outcome.state == Outcome::State::kCommitted);
  CHECK(outcome.log_index == LogIndex{1});
  auto head = nodes.at(0).node->chain().head();
  CHECK(head->header.height == outcome.height);
  auto slots = head->state->find_commitment(RunningNodes::commitment(0, 150));
  REQUIRE(slots.size() == 1);
  CHECK(slots.front().page == PageNumber{1});
  CHECK(slots.front().position == 22);
  CHECK(head->state->find_commitment(RunningNodes::commitment(0, 200)).empty());
}

TEST_CASE("what was committed is there after a restart, and the ledger goes on") {
  RunningNodes nodes(1);
  auto achievement = nodes.publish(0, 0);

  auto carried = nodes.batch(0, achievement, 0, 10);
  auto before = nodes.commit(0, carried);

  nodes.stop(0);
  nodes.start(0);

  auto again = nodes.await(0, id_of(nodes.chain(), carried));
  CHECK(again.state == Outcome::State::kCommitted);
  CHECK(again.height == before.height);
  CHECK(again.log_index == before.log_index);

  auto after = nodes.commit(0, nodes.batch(0, achievement, 10, 10));
  CHECK(after.state == Outcome::State::kCommitted);
  CHECK(after.height > before.height);
}

TEST_CASE("a transaction submitted to one node is committed at all four, at the same place") {
  RunningNodes nodes(4);
  auto achievement = nodes.publish(0, 1);
  auto carried = nodes.batch(0, achievement, 0, 5);

  nodes.submit(2, carried);
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < 4; ++i)
    outcomes.push_back(nodes.await(i, id_of(nodes.chain(), carried)));

  for (const auto& outcome : outcomes) {
    CHECK(outcome.state == Outcome::State::kCommitted);
    CHECK(outcome.height == outcomes.front().height);
    CHECK(outcome.log_index == outcomes.front().log_index);
  }

  std::vector<Hash256> roots;
  for (std::size_t i = 0; i < 4; ++i) {
    auto state = nodes.at(i).node->chain().head()->state;
    auto header = ledger::decode_header(*state->header(outcomes.front().height));
    roots.push_back(header->roots.page_root);
  }

  CHECK(std::count(roots.begin(), roots.end(), roots.front()) == 4);
}

TEST_CASE("three of four go on without the fourth, which catches up by blocks when it is back") {
  RunningNodes nodes(4);
  auto achievement = nodes.publish(0, 0);
  nodes.stop(3);

  Outcome last;
  for (std::uint64_t i = 0; i < 5; ++i) {
    last = nodes.commit(i % 3, nodes.batch(0, achievement, i * 10, 10));
    REQUIRE(last.state == Outcome::State::kCommitted);
  }

  nodes.start(3);
  nodes.await_height(3, last.height);

  // It has what was committed while it was away, and takes part again.
  auto state = nodes.at(3).node->chain().head()->state;
  CHECK(state->find_commitment(RunningNodes::commitment(0, 45)).size() == 1);

  auto outcome = nodes.commit(3, nodes.batch(0, achievement, 100, 1));
  CHECK(outcome.state == Outcome::State::kCommitted);
}

TEST_CASE("with two of four nothing is committed, and all is committed when one returns") {
  RunningNodes nodes(4);
  auto achievement = nodes.publish(0, 0);
  auto height = nodes.at(0).node->chain().head()->header.height;
  nodes.stop(2);
  nodes.stop(3);
  auto carried = nodes.batch(0, achievement, 0, 3);
  nodes.submit(0, carried);
  CHECK(nodes.at(1).node->chain().head()->header.height <= height.next());
  nodes.start(3);
  CHECK(nodes.await(0, id_of(nodes.chain(), carried)).state == Outcome::State::kCommitted);
}

TEST_CASE(
    "of two batches over the same indexes one is committed and the other rejected, at every node "
    "alike") {
  RunningNodes nodes(4);
  auto achievement = nodes.publish(0, 0);

  auto first = nodes.batch(0, achievement, 0, 3);
  auto second = nodes.batch(0, achievement, 2, 3);

  nodes.submit(0, first);
  nodes.submit(1, second);
  auto a = nodes.await(0, id_of(nodes.chain(), first));
  auto b = nodes.await(1, id_of(nodes.chain(), second));

  REQUIRE((a.state == Outcome::State::kCommitted) != (b.state == Outcome::State::kCommitted));

  const auto& loser = a.state == Outcome::State::kCommitted ? b : a;
  REQUIRE(loser.state == Outcome::State::kRejected);
  REQUIRE(loser.rejection.has_value());
  CHECK(loser.rejection->code == tx::RejectionCode::kIndexOverlap);
}

TEST_CASE("an idle ledger confirms its state by a heartbeat") {
  RunningNodes nodes(1, {{"heartbeat_ms", 1000}});
  nodes.await_height(0, Height{2});
  CHECK(nodes.at(0).node->chain().head()->header.roots.log_size == 0);
}

}  // namespace
}  // namespace testamur::node
