// The law of the store: whatever a crash keeps of journal and RocksDB, opening both and applying
// from the journal what the store lacks gives exactly the state of all acknowledged blocks.
#include "tests/node/store_blocks.h"
#include "tests/node/store_fixtures.h"
#include "tests/support/catch.h"

using namespace testamur;
using namespace testamur::test;

namespace {

constexpr std::uint8_t kBlockRecord = 2;
constexpr std::uint8_t kFinalityRecord = 5;

// A node reduced to its disk: journals a block, acknowledges it, applies it; prunes; and catches up
// at open.
class DiskNode {
 public:
  DiskNode(std::uint64_t seed, std::mt19937_64& random) : seed_(seed), random_(random) {
    make_vote_store(disk_.file_system());
  }

  FaultyDisk& disk() { return disk_; }
  std::optional<std::uint64_t> acknowledged() const { return acknowledged_; }
  std::uint64_t caught_up() const { return caught_up_; }

  // False when the disk lost power meanwhile.
  bool open() {
    close();
    positions_.clear();

    std::vector<std::uint64_t> heights;

    auto journal = node::Journal::open(
        disk_.file_system(), kJournalDirectory,
        {.segment_bytes = 64 << 10, .max_group_bytes = 16 << 10},
        [&](const node::JournalPosition& position, std::uint8_t type, ByteView bytes) -> Status {
          if (type != kFinalityRecord) return {};
          Decoder record(bytes);
          heights.push_back(record.u64());
          positions_[heights.back()] = position;
          return {};
        });

    if (disk_.crashed()) return false;
    INFO(journal.message());
    REQUIRE(journal.ok());
    journal_ = std::move(*journal);

    if (!open_store()) return false;
    return catch_up(heights);
  }

  // One step of a running node; false when the disk lost power.
  bool step() {
    const auto next = acknowledged_ ? *acknowledged_ + 1 : 0;
    const auto block = make_block(seed_, next);

    Encoder finality;
    finality.u64(next);

    const node::JournalRecord group[] = {
        {kBlockRecord, block.header, block.body, false},
        {kFinalityRecord, finality.bytes(), block.certificate, true}};

    auto positions = journal_->append(group);
    if (!positions.ok()) return false;
    positions_[next] = positions->back();

    // From here on a crash may not lose it: the journal has said that it is durable.
    acknowledged_ = next;
    if (!store_->apply(block.finalized()).ok()) return false;

    if (random_() % 24 == 0) return prune();
    if (random_() % 30 == 0) (void)store_->verify();
    return true;
  }

  void crash() {
    if (!disk_.crashed()) disk_.crash(random_());
    close();
    disk_.restart();
  }

  void check() {
    const auto snapshot = store_->snapshot();
    if (!acknowledged_) return;
    REQUIRE(snapshot->height() == Height{*acknowledged_});
    CHECK(contents(*snapshot) == expected_contents(seed_, *acknowledged_));
    for (std::uint64_t height = 0; height <= *acknowledged_; ++height) {
      const auto block = make_block(seed_, height);
      REQUIRE(snapshot->body(Height{height}) == block.body);
      REQUIRE(snapshot->find_commitment(block.commitments[7]).size() == 1);
    }
  }

 private:
  void close() {
    store_.reset();
    journal_.reset();
    env_.reset();
  }

  bool open_store() {
    env_ = make_faulty_env(disk_);
    auto options = store_options(env_.get());
    options.write_buffer_bytes = 40 << 10;  // flushes every few blocks
    options.index_run_entries = 100;

    // Data that cannot be read or written stops the process (decision 0604); here that is an
    // exception.
    try {
      auto store = node::Store::open(kStoreDirectory, options);
      if (disk_.crashed()) return false;
      INFO(store.message());
      REQUIRE(store.ok());
      store_ = std::move(*store);
    } catch (const Stopped& stopped) {
      INFO(stopped.message);
      REQUIRE(disk_.crashed());
      return false;
    }

    return true;
  }

  bool catch_up(const std::vector<std::uint64_t>& heights) {
    const auto applied = store_->applied_height();

    std::optional<Height> first, last;
    if (!heights.empty()) first = Height{heights.front()}, last = Height{heights.back()};
    const auto continuity = node::check_continuity(applied, first, last);
    INFO(continuity.message());
    REQUIRE(continuity.ok());

    // What was acknowledged is in the journal or in the store, whatever the crash took.
    if (acknowledged_) {
      REQUIRE(last);
      REQUIRE(last->value >= *acknowledged_);
    }

    for (const auto height : heights) {
      if (applied && height <= applied->value) continue;
      ++caught_up_;
      if (!store_->apply(make_block(seed_, height).finalized()).ok()) return false;
    }

    if (last) acknowledged_ = last->value;
    return true;
  }

  bool prune() {
    const auto height = store_->applied_height()->value;
    if (!store_->sync_wal().ok()) return false;
    return journal_->prune_below(positions_.at(height)).ok();
  }

  std::uint64_t seed_;
  std::mt19937_64& random_;
  FaultyDisk disk_;
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<node::Journal> journal_;
  std::unique_ptr<node::Store> store_;
  std::map<std::uint64_t, node::JournalPosition> positions_;
  std::optional<std::uint64_t> acknowledged_;
  std::uint64_t caught_up_ = 0;
};

}  // namespace

TEST_CASE("after a crash at any point, store and journal give the state of all acknowledged blocks",
          "[store][crash]") {
  std::uint64_t caught_up = 0, acknowledged = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    DiskNode node(seed, random);
    for (int boot = 0; boot < 4; ++boot) {
      CAPTURE(boot);
      node.disk().crash_after(1 + random() % 400, random());
      if (node.open()) {
        for (int steps = 0; steps < 60 && node.step(); ++steps) {
        }
      }
      node.crash();
      REQUIRE(node.open());
      node.check();
    }
    caught_up += node.caught_up();
    acknowledged += node.acknowledged().value_or(0);
  }
  // The test tests something: blocks were lost by the store and came back from the journal.
  CHECK(acknowledged > 1000);
  CHECK(caught_up > 100);
}
