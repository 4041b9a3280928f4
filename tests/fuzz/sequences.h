// Sequences to begin from: any bytes are one, so these are fixed noise of several lengths.
#pragma once

#include <vector>

#include "common/hash.h"

namespace testamur::fuzz {

inline std::vector<Bytes> sequence_seeds() {
  std::vector<Bytes> seeds;
  for (const std::size_t size : {60, 300, 600, 900, 1'200, 1'500}) {
    Bytes seed;
    while (seed.size() < size) {
      const auto part = sha256(Encoder{}.u64(size).u64(seed.size()).bytes());
      seed.insert(seed.end(), part.bytes.begin(), part.bytes.end());
    }
    seed.resize(size);
    seeds.push_back(std::move(seed));
  }
  return seeds;
}

}  // namespace testamur::fuzz
