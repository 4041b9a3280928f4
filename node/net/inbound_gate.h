// Who may begin a handshake: decided on the address alone, before anything expensive.
//
// A token bucket and a count of connections for each address (IPv4 address, IPv6 /64), and a count
// of all. The table of buckets is bounded; addresses beyond it share one bucket. Times are
// milliseconds of any clock that does not go back. Thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "node/net/network.h"

namespace testamur::node::net {

// IPv4 as ::ffff:a.b.c.d; of IPv6 only the first 8 bytes.
using AddressKey = std::array<std::uint8_t, 16>;

class InboundGate : public std::enable_shared_from_this<InboundGate> {
 public:
  explicit InboundGate(const Limits& limits) : limits_(limits) {}

  enum class Verdict : std::uint8_t { kEnter, kTooFast, kTooMany };
  struct Entry {
    Verdict verdict = Verdict::kEnter;
    std::shared_ptr<void> place;  // given up when the last copy goes; set iff kEnter
  };
  Entry enter(const AddressKey& address, std::uint64_t now_ms);

  static constexpr std::size_t kMaxAddresses = 4096;

 private:
  struct Bucket {
    std::uint64_t milli_tokens = 0;
    std::uint64_t filled_at_ms = 0;
  };
  bool take_token(const AddressKey& address, std::uint64_t now_ms);
  void refill(Bucket& bucket, std::uint64_t now_ms) const;
  void forget_full_buckets(std::uint64_t now_ms);
  void leave(const AddressKey& address);
  std::uint64_t full() const { return std::uint64_t{limits_.handshake_burst_per_address} * 1000; }

  const Limits limits_;
  std::mutex mutex_;
  std::map<AddressKey, Bucket> buckets_;
  std::map<AddressKey, std::size_t> inside_;
  std::size_t total_inside_ = 0;
};

}  // namespace testamur::node::net
