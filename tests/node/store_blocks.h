// Blocks made up for the tests of the store: deterministic in (seed, height), with the state that
// they lead to.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>

#include "node/store/store.h"
#include "tests/support/faulty_rocksdb.h"

namespace testamur::test {

inline const std::string kStoreDirectory = "/node/db";

struct MadeBlock {
  Height height;
  Bytes header, body, certificate;
  std::shared_ptr<const ledger::Delta> delta;
  std::vector<Hash256> commitments;
  std::uint64_t first_page = 0;

  node::FinalizedBlock finalized() const { return {height, header, body, certificate, *delta}; }
};

inline Bytes random_bytes(std::mt19937_64& random, std::size_t size) {
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

inline Bytes page_key(std::uint64_t page) {
  Encoder key;
  key.u64(page);
  return key.take();
}

// Puts, overwrites and deletes in a few tables, and two pages of commitments.
inline MadeBlock make_block(std::uint64_t seed, std::uint64_t height, std::size_t page_size = 5) {
  std::mt19937_64 random(seed * 1000003 + height);

  MadeBlock block;
  block.height = Height{height};
  block.header = random_bytes(random, 100);
  block.body = random_bytes(random, random() % 3000);
  block.certificate = random_bytes(random, 200);
  block.first_page = 2 * height;

  ledger::MemoryState nothing;
  ledger::Overlay overlay(nothing);
  for (int i = 0; i < 12; ++i) {
    const Bytes key = {static_cast<std::uint8_t>(random() % 24),
                       static_cast<std::uint8_t>(random() % 2)};
    const auto table = random() % 2 == 0 ? ledger::Table::kMapNodes : ledger::Table::kTransactions;
    if (random() % 3 == 0) {
      overlay.erase(table, key);
    } else {
      overlay.put(table, key, random_bytes(random, 1 + random() % 60));
    }
  }

  for (std::uint64_t page = block.first_page; page < block.first_page + 2; ++page) {
    Bytes commitments;
    for (std::size_t i = 0; i < page_size; ++i) {
      block.commitments.push_back(*Hash256::from(random_bytes(random, 32)));
      commitments.insert(commitments.end(), block.commitments.back().bytes.begin(),
                         block.commitments.back().bytes.end());
    }
    overlay.put(ledger::Table::kPageCommitments, page_key(page), std::move(commitments));
  }

  block.delta = overlay.take();
  return block;
}

// Every entry of the tables that make_block() writes.
inline std::map<std::pair<int, Bytes>, Bytes> contents(const node::Snapshot& snapshot) {
  std::map<std::pair<int, Bytes>, Bytes> all;
  for (const auto table :
       {ledger::Table::kMapNodes, ledger::Table::kTransactions, ledger::Table::kPageCommitments}) {
    for (auto& [key, value] : snapshot.scan(table, {}, {}, 1u << 20))
      all[{static_cast<int>(table), key}] = value;
  }
  return all;
}

// What the state must be after blocks 0 to `height`.
inline std::map<std::pair<int, Bytes>, Bytes> expected_contents(std::uint64_t seed,
                                                                std::uint64_t height) {
  std::map<std::pair<int, Bytes>, Bytes> all;
  for (std::uint64_t h = 0; h <= height; ++h) {
    const auto block = make_block(seed, h);
    for (const auto& change : block.delta->changes()) {
      const std::pair key{static_cast<int>(change.table), change.key};
      all.erase(key);
      if (change.value) all[key] = *change.value;
    }
  }
  return all;
}

// Thrown by the stop handler of a test's store.
struct Stopped {
  std::string message;
};

inline node::StoreOptions store_options(rocksdb::Env* env) {
  node::StoreOptions options;
  options.create_if_missing = true;
  options.env = env;
  options.write_buffer_bytes = 1u << 20;
  options.block_cache_bytes = 1u << 20;
  options.stop = [](const std::string& message) { throw Stopped{message}; };
  return options;
}

}  // namespace testamur::test
