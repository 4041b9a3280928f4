// Every signature is verified once a node: a bounded set of (key, message, signature) triples known
// to be valid.
//
// Thread-safe. Two generations: when the younger one is full the older one goes, so the memory is
// bounded and what is in use stays.
#pragma once

#include <array>
#include <mutex>
#include <unordered_set>

#include "ledger/execute.h"
#include "node/chain/counters.h"

namespace testamur::node {

class SignatureCache {
 public:
  explicit SignatureCache(std::size_t capacity) : per_shard_(capacity / (2 * kShards) + 1) {}

  static Hash256 digest(ByteView public_key32, ByteView message32, const Signature& signature);
  bool contains(const Hash256& digest);
  void insert(const Hash256& digest);

 private:
  static constexpr std::size_t kShards = 16;
  struct Shard {
    std::mutex mutex;
    std::unordered_set<Hash256> young, old;
  };
  std::size_t per_shard_;
  std::array<Shard, kShards> shards_;
};

// Verifies through the cache. Thread-safe.
class CachedVerifier final : public ledger::SignatureVerifier {
 public:
  CachedVerifier(SignatureCache& cache, Counters& counters) : cache_(cache), counters_(counters) {}
  bool verify(ByteView public_key32, ByteView message32, const Signature& signature) override;

 private:
  SignatureCache& cache_;
  Counters& counters_;
};

}  // namespace testamur::node
