#include "node/chain/signature_cache.h"

namespace testamur::node {

Hash256 SignatureCache::digest(ByteView public_key32, ByteView message32,
                               const Signature& signature) {
  return tags::kSignatureCache.start()
      .update(public_key32)
      .update(message32)
      .update(signature.view())
      .finish();
}

bool SignatureCache::contains(const Hash256& digest) {
  auto& shard = shards_[digest.bytes[31] % kShards];
  const std::lock_guard lock(shard.mutex);
  return shard.young.contains(digest) || shard.old.contains(digest);
}

void SignatureCache::insert(const Hash256& digest) {
  auto& shard = shards_[digest.bytes[31] % kShards];
  const std::lock_guard lock(shard.mutex);
  if (shard.young.size() >= per_shard_) {
    shard.old = std::move(shard.young);
    shard.young.clear();
  }
  shard.young.insert(digest);
}

bool CachedVerifier::verify(ByteView public_key32, ByteView message32, const Signature& signature) {
  auto digest = SignatureCache::digest(public_key32, message32, signature);
  if (cache_.contains(digest)) {
    counters_.verify_cached.add();
    return true;
  }
  const TimedSection timed(counters_.verify);
  if (!verify_bip340(public_key32, message32, signature)) return false;
  cache_.insert(digest);
  return true;
}

}  // namespace testamur::node
