#include "node/net/inbound_gate.h"

#include <algorithm>

namespace testamur::node::net {

InboundGate::Entry InboundGate::enter(const AddressKey& address, std::uint64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (!take_token(address, now_ms)) return {Verdict::kTooFast, nullptr};
  const auto found = inside_.find(address);
  const std::size_t here = found == inside_.end() ? 0 : found->second;
  if (here >= limits_.inbound_per_address || total_inside_ >= limits_.inbound_total)
    return {Verdict::kTooMany, nullptr};
  ++inside_[address];
  ++total_inside_;
  auto place = std::shared_ptr<void>(
      nullptr, [self = shared_from_this(), address](void*) { self->leave(address); });
  return {Verdict::kEnter, std::move(place)};
}

void InboundGate::leave(const AddressKey& address) {
  const std::lock_guard lock(mutex_);
  const auto found = inside_.find(address);
  TM_CHECK(found != inside_.end() && total_inside_ > 0);
  --total_inside_;
  if (--found->second == 0) inside_.erase(found);
}

bool InboundGate::take_token(const AddressKey& address, std::uint64_t now_ms) {
  auto found = buckets_.find(address);
  if (found == buckets_.end()) {
    if (buckets_.size() >= kMaxAddresses) forget_full_buckets(now_ms);
    const AddressKey shared{};
    const auto key = buckets_.size() >= kMaxAddresses ? shared : address;
    found = buckets_.try_emplace(key, Bucket{full(), now_ms}).first;
  }
  auto& bucket = found->second;
  refill(bucket, now_ms);
  if (bucket.milli_tokens < 1000) return false;
  bucket.milli_tokens -= 1000;
  return true;
}

void InboundGate::refill(Bucket& bucket, std::uint64_t now_ms) const {
  const std::uint64_t elapsed_ms =
      std::min<std::uint64_t>(now_ms - std::min(now_ms, bucket.filled_at_ms), 3'600'000);
  bucket.milli_tokens = std::min(
      full(), bucket.milli_tokens + elapsed_ms * limits_.handshakes_per_second_per_address);
  bucket.filled_at_ms = std::max(now_ms, bucket.filled_at_ms);
}

void InboundGate::forget_full_buckets(std::uint64_t now_ms) {
  for (auto& [address, bucket] : buckets_) refill(bucket, now_ms);
  std::erase_if(buckets_, [&](const auto& entry) { return entry.second.milli_tokens == full(); });
}

}  // namespace testamur::node::net
