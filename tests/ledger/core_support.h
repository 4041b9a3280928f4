// What the tests of the authenticated structures share: a deterministic source of test values.
#pragma once

#include <cstdint>
#include <vector>

#include "common/bytes.h"
#include "common/hash.h"
#include "ledger/state.h"

namespace testamur::test {

// SplitMix64: the same sequence on every machine.
class Sequence {
 public:
  explicit Sequence(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  template <class Fixed>
  Fixed fixed() {
    Fixed value;
    for (auto& byte : value.bytes) byte = static_cast<std::uint8_t>(next());
    return value;
  }

 private:
  std::uint64_t state_;
};

// n bytes b, b + 1, …: readable golden input.
template <class Fixed>
Fixed counting(std::uint8_t first) {
  Fixed value;
  for (auto& byte : value.bytes) byte = first++;
  return value;
}

inline Hash256 hash_of(std::uint64_t n) { return sha256(Encoder{}.u64(n).bytes()); }

inline std::vector<Hash256> hashes(std::uint64_t first, std::size_t count) {
  std::vector<Hash256> list;
  for (std::size_t i = 0; i < count; ++i) list.push_back(hash_of(first + i));
  return list;
}

}  // namespace testamur::test
