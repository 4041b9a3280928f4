// What the storage of a node costs on this machine's disk. Prints one JSON object.
//   store_bench [seconds for each measurement, default 1]
// rocksdb_random_key_fsync: one random key of 32 bytes a write, each synced (the limit of a design
// without a journal). journal_*: one group of 4 KiB, and one with a 64 KiB body, a sync each.
// store_apply: blocks of 3,000 changes, not synced. index_*: blocks that list 10,000 commitments
// each, everything that the store does for them included.
#include <rocksdb/db.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <vector>

#include "node/store/journal.h"
#include "node/store/store.h"
#include "node/store/vote_store.h"

namespace testamur::bench {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

Bytes random_bytes(std::mt19937_64& random, std::size_t size) {
  Bytes bytes(size);
  for (std::size_t at = 0; at + 8 <= size; at += 8) {
    const auto word = random();
    std::memcpy(bytes.data() + at, &word, 8);
  }
  return bytes;
}

template <class T>
T require(Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "store_bench: %s\n", result.message().c_str());
    std::exit(1);
  }
  return std::move(result).value();
}
void require(const Status& status) {
  if (!status.ok()) {
    std::fprintf(stderr, "store_bench: %s\n", status.message().c_str());
    std::exit(1);
  }
}

struct Latencies {
  std::vector<double> seconds;
  double total = 0;

  void add(double value) { seconds.push_back(value), total += value; }
  double percentile_us(double part) {
    std::sort(seconds.begin(), seconds.end());
    return seconds[static_cast<std::size_t>(part * static_cast<double>(seconds.size() - 1))] * 1e6;
  }
};

void print_latencies(const char* name, Latencies& latencies) {
  std::printf("  \"%s_per_s\": %.0f, \"%s_p50_us\": %.0f, \"%s_p99_us\": %.0f,\n", name,
              static_cast<double>(latencies.seconds.size()) / latencies.total, name,
              latencies.percentile_us(0.5), name, latencies.percentile_us(0.99));
}

void rocksdb_fsync(const fs::path& directory, double seconds) {
  rocksdb::DB* raw = nullptr;
  rocksdb::Options options;
  options.create_if_missing = true;
  if (!rocksdb::DB::Open(options, (directory / "plain").string(), &raw).ok()) std::exit(1);

  const std::unique_ptr<rocksdb::DB> db(raw);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  std::mt19937_64 random(1);
  Latencies latencies;

  while (latencies.total < seconds) {
    const auto key = random_bytes(random, 32);
    const rocksdb::Slice slice(reinterpret_cast<const char*>(key.data()), key.size());
    const auto start = Steady::now();
    if (!db->Put(synced, slice, slice).ok()) std::exit(1);
    latencies.add(seconds_since(start));
  }

  print_latencies("rocksdb_random_key_fsync", latencies);
}

void journal(const fs::path& directory, double seconds, const char* name, std::size_t body_bytes) {
  const auto files = node::make_posix_file_system();
  const auto path = (directory / name).string();
  require(node::create_vote_store(*files, path, {}, {}));
  auto opened =
      require(node::Journal::open(*files, path, {}, [](auto&, auto, auto) { return Status{}; }));
  std::mt19937_64 random(2);
  const auto body = random_bytes(random, body_bytes);
  const auto vote = random_bytes(random, 304);
  Latencies latencies;

  std::vector<node::JournalRecord> group;
  if (!body.empty()) group.push_back({2, body, {}, false});
  group.push_back({4, vote, {}, true});

  while (latencies.total < seconds) {
    if (opened->wants_spare())
      require(opened->prepare_spare());  // a node does this on another thread
    const auto start = Steady::now();
    const auto positions = require(opened->append(group));
    latencies.add(seconds_since(start));
    require(opened->prune_below(positions.front()));
  }

  print_latencies(name, latencies);
}

std::shared_ptr<const ledger::Delta> random_delta(std::mt19937_64& random, std::uint64_t height,
                                                  std::size_t changes, std::size_t commitments) {
  const ledger::MemoryState nothing;
  ledger::Overlay overlay(nothing);

  for (std::size_t i = 0; i < changes; ++i) {
    overlay.put(ledger::Table::kMapNodes, random_bytes(random, 32), random_bytes(random, 64));
  }

  for (std::size_t page = 0; page * 128 < commitments; ++page) {
    Encoder key;
    key.u64(height * 100 + page);
    overlay.put(ledger::Table::kPageCommitments, key.bytes(),
                random_bytes(random, 32 * std::min<std::size_t>(128, commitments - page * 128)));
  }

  return overlay.take();
}

// Time inside apply() only: making the blocks is not the store's work.
void apply_blocks(const fs::path& directory, double seconds, const char* name, std::size_t changes,
                  std::size_t commitments) {
  node::StoreOptions options;
  options.create_if_missing = true;
  auto store = require(node::Store::open((directory / name).string(), options));

  std::mt19937_64 random(3);
  const auto header = random_bytes(random, 400), body = random_bytes(random, 64 << 10);
  Latencies latencies;
  std::uint64_t height = 0;
  std::vector<Hash256> known;

  for (; latencies.total < seconds; ++height) {
    const auto delta = random_delta(random, height, changes, commitments);
    if (commitments > 0) known.push_back(Hash256::prefix_of(*delta->changes().front().value));
    const auto start = Steady::now();
    require(store->apply({Height{height}, header, body, header, *delta}));
    latencies.add(seconds_since(start));
  }

  const auto items =
      static_cast<double>(height) * static_cast<double>(commitments > 0 ? commitments : changes);
  std::printf("  \"%s_per_s\": %.0f, \"%s_block_p50_us\": %.0f, \"%s_block_p99_us\": %.0f,\n", name,
              items / latencies.total, name, latencies.percentile_us(0.5), name,
              latencies.percentile_us(0.99));
  if (commitments == 0) return;

  const auto snapshot = store->snapshot();
  const auto start = Steady::now();
  std::size_t found = 0, asked = 0;
  while (seconds_since(start) < seconds)
    found += snapshot->find_commitment(known[asked++ % known.size()]).size();

  std::printf(
      "  \"index_lookups_per_s\": %.0f, \"index_entries\": %.0f, \"index_file_runs\": %llu,\n",
      static_cast<double>(asked) / seconds_since(start), items,
      static_cast<unsigned long long>(store->figures().index_runs));
  if (found != asked) std::exit(1);
}

}  // namespace
}  // namespace testamur::bench

int main(int count, char** arguments) {
  using namespace testamur::bench;
  const double seconds = count > 1 ? std::atof(arguments[1]) : 1.0;
  const fs::path directory =
      fs::temp_directory_path() / ("testamur-store-bench-" + std::to_string(::getpid()));
  fs::create_directories(directory);

  std::printf("{\n");
  rocksdb_fsync(directory, seconds);
  journal(directory, seconds, "journal_group_4k", 0);
  journal(directory, seconds, "journal_group_64k", 64 << 10);
  apply_blocks(directory, seconds, "store_apply_changes", 3000, 0);
  apply_blocks(directory, seconds, "index_insert", 0, 10000);

  std::printf("  \"seconds_each\": %.1f\n}\n", seconds);
  fs::remove_all(directory);
  return 0;
}
