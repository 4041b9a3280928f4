// Damage in a fixed pattern: what a parser must survive. The same on every run.
#pragma once

#include <cstdint>
#include <functional>

#include "common/bytes.h"

namespace testamur::test {

// A small generator of the same numbers on every machine (SplitMix64).
class Sequence {
 public:
  explicit Sequence(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }

 private:
  std::uint64_t state_;
};

// Calls `use` with `count` damaged copies: a changed byte, bytes cut out, put in twice, or cut off
// at the end.
inline void for_each_mutation(ByteView original, std::size_t count,
                              const std::function<void(ByteView)>& use) {
  Sequence sequence{original.size() * 7919 + count};
  for (std::size_t i = 0; i < count; ++i) {
    Bytes copy = to_bytes(original);
    const std::size_t at = sequence.below(copy.size());
    const auto place = copy.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t size = 1 + sequence.below(std::min<std::size_t>(16, copy.size() - at));

    switch (sequence.below(5)) {
      case 0: copy[at] ^= static_cast<std::uint8_t>(1u << sequence.below(8)); break;
      case 1: copy[at] = static_cast<std::uint8_t>(sequence.next()); break;
      case 2: copy.erase(place, place + static_cast<std::ptrdiff_t>(size)); break;
      case 3: {
        const Bytes part(place, place + static_cast<std::ptrdiff_t>(size));
        copy.insert(place, part.begin(), part.end());
        break;
      }
      default: copy.resize(at); break;
    }

    use(copy);
  }
}

}  // namespace testamur::test
