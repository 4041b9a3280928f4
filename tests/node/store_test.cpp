// The store on a disk in memory: what snapshots show, what damage is found, and what a node is told
// then.
#include "node/store/store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "tests/node/store_blocks.h"
#include "tests/support/catch.h"

using namespace testamur;
using namespace testamur::test;
using ledger::Table;

namespace {

struct Machine {
  FaultyDisk disk;
  std::unique_ptr<rocksdb::Env> env = make_faulty_env(disk);
  std::unique_ptr<node::Store> store;

  std::string open() {
    store.reset();
    auto opened = node::Store::open(kStoreDirectory, store_options(env.get()));
    if (!opened.ok()) return opened.message();
    store = std::move(*opened);
    return "";
  }
  void apply(std::uint64_t from, std::uint64_t to) {
    for (auto height = from; height <= to; ++height)
      REQUIRE(store->apply(make_block(1, height).finalized()).ok());
  }
};

}  // namespace

TEST_CASE("a store gives back what its blocks wrote, as of the snapshot", "[store]") {
  Machine machine;
  REQUIRE(machine.open() == "");
  CHECK_FALSE(machine.store->applied_height());

  const auto before = machine.store->snapshot();
  machine.apply(0, 9);
  const auto middle = machine.store->snapshot();
  machine.apply(10, 19);

  CHECK(machine.store->applied_height() == Height{19});
  CHECK(contents(*before).empty());
  CHECK(contents(*middle) == expected_contents(1, 9));
  CHECK(contents(*machine.store->snapshot()) == expected_contents(1, 19));

  const auto block = make_block(1, 4);
  CHECK(middle->header(Height{4}) == block.header);
  CHECK(middle->body(Height{4}) == block.body);
  CHECK(middle->certificate(Height{4}) == block.certificate);

  CHECK(middle->height() == Height{9});
  CHECK_FALSE(middle->header(Height{10}));
}

TEST_CASE("a store reopened after a clean stop is where it was", "[store]") {
  Machine machine;
  REQUIRE(machine.open() == "");
  machine.apply(0, 5);
  REQUIRE(machine.open() == "");
  CHECK(machine.store->applied_height() == Height{5});
  CHECK(contents(*machine.store->snapshot()) == expected_contents(1, 5));
  machine.apply(6, 7);
}

TEST_CASE("get, floor and scan follow the contract of the ledger's own memory state", "[store]") {
  Machine machine;
  REQUIRE(machine.open() == "");
  ledger::MemoryState memory;
  for (std::uint64_t height = 0; height < 30; ++height) {
    const auto block = make_block(1, height);
    REQUIRE(machine.store->apply(block.finalized()).ok());
    memory.apply(*block.delta);
  }
  const auto snapshot = machine.store->snapshot();
  for (int first = 0; first < 26; ++first) {
    for (const std::uint8_t second : {0, 1, 2}) {
      const Bytes key = {static_cast<std::uint8_t>(first), second};
      for (const auto table : {Table::kMapNodes, Table::kTransactions, Table::kMapRecords}) {
        CHECK(snapshot->get(table, key) == memory.get(table, key));
        CHECK(snapshot->floor(table, {}, key) == memory.floor(table, {}, key));
        CHECK(snapshot->floor(table, ByteView(key).first(1), key) ==
              memory.floor(table, ByteView(key).first(1), key));
      }
    }
  }
  // A scan in pieces is the scan in one.
  const auto whole = snapshot->scan(Table::kMapNodes, {}, {}, 1000);
  std::vector<node::KeyValue> pieces;
  while (true) {
    const auto piece =
        snapshot->scan(Table::kMapNodes, {}, pieces.empty() ? Bytes{} : pieces.back().first, 3);
    if (piece.empty()) break;
    pieces.insert(pieces.end(), piece.begin(), piece.end());
  }
  CHECK(pieces == whole);
  for (const auto& [key, value] : snapshot->scan(Table::kMapNodes, Bytes{7}, {}, 1000))
    CHECK(key[0] == 7);
  CHECK(snapshot->scan(Table::kMapNodes, Bytes{7}, Bytes{8}, 1000).empty());
}

TEST_CASE("readers see whole blocks while the writer goes on", "[store]") {
  Machine machine;
  REQUIRE(machine.open() == "");
  machine.apply(0, 0);

  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0, rounds = 0;

  std::thread reader([&] {
    do {
      const auto snapshot = machine.store->snapshot();
      const auto height = snapshot->height()->value;
      const auto block = make_block(1, height);
      if (snapshot->body(Height{height}) != block.body) ++wrong;
      if (snapshot->find_commitment(block.commitments[3]).size() != 1) ++wrong;
      if (snapshot->header(Height{height + 1})) ++wrong;
      ++rounds;
    } while (!done);
  });

  machine.apply(1, 300);
  done = true;
  reader.join();

  CHECK(wrong == 0);
  CHECK(rounds > 0);
}

TEST_CASE("a directory that is not a store, or has another schema, is refused", "[store]") {
  Machine machine;
  auto options = store_options(machine.env.get());
  options.create_if_missing = false;
  CHECK(node::Store::open(kStoreDirectory, options).message().find(kStoreDirectory) !=
        std::string::npos);
}

TEST_CASE("a flipped bit in any file of the store is found, or only un-synced blocks are lost",
          "[store]") {
  Machine machine;
  REQUIRE(machine.open() == "");

  machine.apply(0, 40);
  REQUIRE(machine.open() == "");  // recovery moves what the log held into table files
  machine.apply(41, 60);
  machine.store.reset();

  const auto intact = machine.disk.image();
  std::mt19937_64 random(5);
  int refused = 0, shorter = 0;
  for (int round = 0; round < 150; ++round) {
    machine.disk.restore_image(intact);
    const auto paths = machine.disk.paths();
    const auto& path = paths[random() % paths.size()];
    if (machine.disk.size(path) == 0) continue;

    const auto offset = random() % machine.disk.size(path);
    machine.disk.flip_bit(path, offset, static_cast<unsigned>(random() % 8));
    CAPTURE(round, path, offset);
    std::string failure;

    try {
      failure = machine.open();
    } catch (const Stopped& stopped) {
      failure = stopped.message;
    }

    if (!failure.empty()) {
      CHECK(failure.find(kStoreDirectory) != std::string::npos);
      ++refused;
      continue;
    }

    const auto height = machine.store->applied_height();
    REQUIRE(height);
    if (*height < Height{60}) ++shorter;

    // Block 40 was in table files before the damage, which only a log can lose.
    CHECK(*height >= Height{40});
    CHECK(contents(*machine.store->snapshot()) == expected_contents(1, height->value));
    machine.store.reset();
  }

  CHECK(refused > 30);
  CHECK(shorter > 0);
}

TEST_CASE("damage in a table file is reported with file, offset and what to do", "[store]") {
  Machine machine;
  REQUIRE(machine.open() == "");
  machine.apply(0, 40);
  REQUIRE(machine.open() == "");
  machine.store.reset();

  for (const auto& path : machine.disk.paths()) {
    if (path.ends_with(".sst")) machine.disk.flip_bit(path, 20);
  }

  std::string failure;
  try {
    failure = machine.open();
  } catch (const Stopped& stopped) {
    failure = stopped.message;
  }

  CHECK(failure.find(".sst offset 0") != std::string::npos);
  CHECK(failure.find("restore this node from a backup") != std::string::npos);
}

TEST_CASE("a larger store is not read whole at open, but damage stops the node when it is met",
          "[store]") {
  Machine machine;
  REQUIRE(machine.open() == "");
  machine.apply(0, 40);
  REQUIRE(machine.open() == "");
  machine.store.reset();

  auto options = store_options(machine.env.get());
  options.verify_on_open_bytes = 0;
  auto opened = node::Store::open(kStoreDirectory, options);
  REQUIRE(opened.ok());

  for (const auto& path : machine.disk.paths()) {
    if (path.ends_with(".sst")) {
      for (std::uint64_t at = 0; at < machine.disk.size(path) / 2; at += 64)
        machine.disk.flip_bit(path, at);
    }
  }

  CHECK_FALSE((*opened)->verify().ok());
  const auto snapshot = (*opened)->snapshot();
  CHECK_THROWS_AS(snapshot->body(Height{3}), Stopped);
}

TEST_CASE("store and journal must meet", "[store]") {
  using node::check_continuity;
  const auto h = [](std::uint64_t height) { return std::optional(Height{height}); };
  CHECK(check_continuity(h(5), h(6), h(9)).ok());
  CHECK(check_continuity(h(5), h(2), h(5)).ok());
  CHECK(check_continuity(h(5), std::nullopt, std::nullopt).ok());
  CHECK(check_continuity(std::nullopt, h(0), std::nullopt).ok());
  const auto gap = check_continuity(h(5), h(7), h(9)).message();
  CHECK(gap.find("the store holds height 5") != std::string::npos);
  CHECK(gap.find("the first block of the journal is height 7") != std::string::npos);
  CHECK_FALSE(check_continuity(std::nullopt, h(1), h(1)).ok());
  const auto ahead = check_continuity(h(5), h(2), h(4)).message();
  CHECK(ahead.find("the last finalized block of the journal is height 4") != std::string::npos);
}

// RocksDB used to reserve 4.4 GiB for its log, because no memtable is ever full (decision 0602):
// nodes filled the disk.
TEST_CASE("a small store takes little space on the disk", "[store]") {
  namespace fs = std::filesystem;
  const auto directory =
      fs::temp_directory_path() / ("testamur-space-" + std::to_string(::getpid()));
  fs::remove_all(directory);

  auto store = node::Store::open(directory.string(), store_options(nullptr));
  REQUIRE(store.ok());
  for (std::uint64_t height = 0; height < 5; ++height)
    REQUIRE((*store)->apply(make_block(1, height).finalized()).ok());

  std::uint64_t blocks = 0;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    struct stat facts {};
    if (::stat(entry.path().c_str(), &facts) == 0)
      blocks += static_cast<std::uint64_t>(facts.st_blocks);
  }

  CHECK(blocks * 512 < (8u << 20));
  store->reset();
  fs::remove_all(directory);
}
