// Random networks from a seed: the same seed makes the same network on every machine.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/trust/oracle.h"

namespace testamur::trust::test {

// SplitMix64.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  std::uint64_t state_;
};

struct RandomWorld {
  std::vector<Entry> entries;  // those that the history took
  History history;
  std::vector<InstitutionId> parties;
  Policy policy;
  std::uint64_t today_ms = 0;
  std::uint64_t height = 0;
};

// Up to `max_parties` parties. `flat`: only trust and distrust that hold always, no other events.
RandomWorld random_world(Random& random, unsigned max_parties, bool flat);
// Viewpoint, issuer, point, time and height at random; flat worlds are asked as of today.
Query random_query(Random& random, const RandomWorld& world, bool flat);
// A case about such a world, and what a policy says of cases: which decisions govern, lag,
// assessors.
Case random_case(Random& random, RandomWorld& world);

}  // namespace testamur::trust::test
