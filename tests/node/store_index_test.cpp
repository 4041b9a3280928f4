// The index of commitments: sorted runs (decision 0603) that must agree with the state whatever a
// crash leaves of either.
#include <thread>

#include "node/store/commitment_index.h"
#include "tests/node/store_blocks.h"
#include "tests/support/catch.h"

using namespace testamur;
using namespace testamur::test;
using node::CommitmentSlot;

namespace {

struct IndexMachine {
  FaultyDisk disk;
  std::unique_ptr<rocksdb::Env> env = make_faulty_env(disk);
  std::unique_ptr<node::Store> store;

  // Files after 64 commitments, so that a few dozen blocks exercise every level.
  void open() {
    store.reset();
    auto options = store_options(env.get());
    options.index_run_entries = 64;
    auto opened = node::Store::open(kStoreDirectory, options);
    REQUIRE(opened.ok());
    store = std::move(*opened);
  }
  // Returns once the index has made at least `runs` files.
  void wait_for_runs(std::uint64_t runs) {
    while (store->figures().index_runs < runs) std::this_thread::yield();
  }
};

void check_all_found(const node::Store& store, std::uint64_t seed, std::uint64_t blocks,
                     std::size_t page_size) {
  const auto snapshot = store.snapshot();
  for (std::uint64_t height = 0; height < blocks; ++height) {
    const auto block = make_block(seed, height, page_size);
    for (std::size_t i = 0; i < block.commitments.size(); ++i) {
      const CommitmentSlot slot{PageNumber{block.first_page + i / page_size},
                                static_cast<std::uint8_t>(i % page_size)};
      REQUIRE(snapshot->find_commitment(block.commitments[i]) == std::vector{slot});
    }
  }
}

}  // namespace

TEST_CASE("every listed commitment is found, from memory, from files and after merging",
          "[index]") {
  IndexMachine machine;
  machine.open();

  for (std::uint64_t height = 0; height < 120; ++height) {
    REQUIRE(machine.store->apply(make_block(3, height, 20).finalized()).ok());
    if (height % 8 == 7) machine.wait_for_runs(1);
  }

  check_all_found(*machine.store, 3, 120, 20);
  CHECK(machine.store->figures().index_runs >= 1);

  Hash256 unknown;
  unknown.bytes.fill(9);
  CHECK(machine.store->snapshot()->find_commitment(unknown).empty());

  machine.open();
  check_all_found(*machine.store, 3, 120, 20);
}

TEST_CASE("a commitment listed many times is found at every slot", "[index]") {
  IndexMachine machine;
  machine.open();

  Hash256 commitment;
  commitment.bytes.fill(0x42);
  Hash256 twin = commitment;  // same first bytes, another commitment
  twin.bytes[31] = 0;

  std::vector<CommitmentSlot> expected;
  for (std::uint64_t height = 0; height < 12; ++height) {
    ledger::MemoryState nothing;
    ledger::Overlay overlay(nothing);

    Bytes page;
    for (std::uint8_t position = 0; position < 128; ++position) {
      const auto& listed = position % 3 == 0 ? twin : commitment;
      page.insert(page.end(), listed.bytes.begin(), listed.bytes.end());
      if (position % 3 != 0) expected.push_back({PageNumber{height}, position});
    }

    overlay.put(ledger::Table::kPageCommitments, page_key(height), page);
    const auto delta = overlay.take();
    REQUIRE(machine.store->apply({Height{height}, {}, {}, {}, *delta}).ok());
  }

  machine.wait_for_runs(1);
  CHECK(machine.store->snapshot()->find_commitment(commitment) == expected);

  // And from the files alone.
  machine.open();
  CHECK(machine.store->snapshot()->find_commitment(commitment) == expected);
}

TEST_CASE("a snapshot does not find what later blocks list", "[index]") {
  IndexMachine machine;
  machine.open();
  REQUIRE(machine.store->apply(make_block(3, 0).finalized()).ok());
  const auto old = machine.store->snapshot();
  const auto later = make_block(3, 1);
  REQUIRE(machine.store->apply(later.finalized()).ok());
  CHECK(old->find_commitment(later.commitments[0]).empty());
  CHECK(machine.store->snapshot()->find_commitment(later.commitments[0]).size() == 1);
}

TEST_CASE("after a crash the index and the state agree again, whichever survived further",
          "[index]") {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    CAPTURE(seed);
    IndexMachine machine;
    machine.open();

    std::mt19937_64 random(seed);
    for (std::uint64_t height = 0; height < 40; ++height) {
      REQUIRE(machine.store->apply(make_block(seed, height, 20).finalized()).ok());
      if (random() % 16 == 0) REQUIRE(machine.store->sync_wal().ok());
    }

    machine.wait_for_runs(1);

    machine.disk.crash(seed);
    machine.store.reset();
    machine.disk.restart();
    machine.open();

    const auto applied = machine.store->applied_height();
    for (std::uint64_t height = applied ? applied->value + 1 : 0; height < 40; ++height) {
      REQUIRE(machine.store->apply(make_block(seed, height, 20).finalized()).ok());
    }

    check_all_found(*machine.store, seed, 40, 20);
  }
}
