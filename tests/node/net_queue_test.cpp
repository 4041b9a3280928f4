// The order in which frames leave, and what goes when the queue is full.
#include "node/net/send_queue.h"
#include "tests/support/catch.h"

namespace testamur::node::net {
namespace {

EncodedFrame frame(std::uint8_t name, std::size_t size = 1) {
  return std::make_shared<const Bytes>(size, name);
}

std::string drain(SendQueue& queue, std::size_t max_bytes = 1'000'000) {
  std::string names;
  while (!queue.empty()) {
    std::vector<EncodedFrame> out;
    queue.take(max_bytes, out);
    for (const auto& taken : out) names.push_back(static_cast<char>(taken->front()));
    names.push_back('.');
  }
  return names;
}

}  // namespace

TEST_CASE("a vote leaves before every block and transaction that waits, in order within its kind") {
  SendQueue queue({1000, 100});
  for (char name : std::string("tuvw"))
    queue.push(Priority::kTransaction, frame(static_cast<std::uint8_t>(name)));
  queue.push(Priority::kBlock, frame('b'));
  queue.push(Priority::kVote, frame('1'));
  queue.push(Priority::kBlock, frame('c'));
  queue.push(Priority::kVote, frame('2'));
  CHECK(drain(queue) == "12bctuvw.");
}

TEST_CASE("frames are gathered up to the limit, and a frame beyond it goes alone") {
  SendQueue queue({1000, 100});
  queue.push(Priority::kTransaction, frame('a', 4));
  queue.push(Priority::kTransaction, frame('b', 4));
  queue.push(Priority::kTransaction, frame('c', 50));
  queue.push(Priority::kTransaction, frame('d', 4));
  CHECK(drain(queue, 10) == "ab.c.d.");
}

TEST_CASE("a full queue drops the oldest transactions, then the oldest blocks, and votes last") {
  SendQueue queue({10, 100});

  for (char name : std::string("tuv"))
    queue.push(Priority::kTransaction, frame(static_cast<std::uint8_t>(name), 2));
  for (char name : std::string("bc"))
    queue.push(Priority::kBlock, frame(static_cast<std::uint8_t>(name), 2));
  CHECK(queue.bytes() == 10);

  queue.push(Priority::kVote, frame('1', 4));
  CHECK(queue.dropped() == std::array<std::uint64_t, 3>{0, 0, 2});

  for (char name : std::string("234"))
    queue.push(Priority::kVote, frame(static_cast<std::uint8_t>(name), 2));
  CHECK(queue.dropped() == std::array<std::uint64_t, 3>{0, 2, 3});

  queue.push(Priority::kVote, frame('5', 2));
  CHECK(queue.dropped() == std::array<std::uint64_t, 3>{1, 2, 3});
  CHECK(queue.bytes() == 8);

  CHECK(drain(queue) == "2345.");
}

TEST_CASE("a transaction that comes to a queue full of votes is itself dropped") {
  SendQueue queue({1000, 2});
  queue.push(Priority::kVote, frame('1'));
  queue.push(Priority::kVote, frame('2'));
  queue.push(Priority::kTransaction, frame('t'));
  CHECK(queue.dropped() == std::array<std::uint64_t, 3>{0, 0, 1});
  CHECK(drain(queue) == "12.");
}

}  // namespace testamur::node::net
