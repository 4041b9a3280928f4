// An input of a fuzz target that is a sequence of steps: every decision is taken from the next
// bytes, and after the last one everything is zero. So each input is some sequence, and each
// beginning of an input is the beginning of its sequence.
//
// A value; one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

#include "common/bytes.h"

namespace testamur::fuzz {

class Steps {
 public:
  explicit Steps(ByteView input) : rest_(input) {}

  bool at_end() const { return rest_.empty(); }
  std::uint8_t u8() {
    if (rest_.empty()) return 0;
    const auto byte = rest_.front();
    rest_ = rest_.subspan(1);
    return byte;
  }
  std::uint16_t u16() {
    const auto high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  // Below `bound`; 0 for a bound of 0.
  std::size_t below(std::size_t bound) {
    if (bound == 0) return 0;
    return (bound > 256 ? u16() : u8()) % bound;
  }
  // About so often in 256.
  bool chance(std::uint8_t often) { return u8() < often; }
  ByteView bytes(std::size_t at_most) {
    const auto part = rest_.first(std::min(at_most, rest_.size()));
    rest_ = rest_.subspan(part.size());
    return part;
  }
  template <class T>
  T& one_of(std::span<T> all) {
    return all[below(all.size())];
  }

  // Mostly the number itself or one beside it; now and then an end of the range.
  std::uint64_t near(std::uint64_t number) {
    const auto how = u8();
    if (how < 128) return number;
    if (how < 240) return number + how - 184;  // may wrap around
    if (how < 248) return std::uint64_t{1} << (how % 64U);
    return how % 2 == 0 ? 0 : std::numeric_limits<std::uint64_t>::max() - (how - 248) / 2;
  }
  // Some bytes changed, added or cut off.
  void damage(Bytes& bytes_to_change) {
    for (auto left = below(4); left > 0; --left) {
      if (bytes_to_change.empty()) return bytes_to_change.push_back(u8());
      const auto at = u16() % bytes_to_change.size();
      switch (below(4)) {
        case 0: bytes_to_change[at] ^= static_cast<std::uint8_t>(1U << below(8)); break;
        case 1: bytes_to_change[at] = u8(); break;
        case 2: bytes_to_change.resize(at); break;
        default:
          bytes_to_change.insert(bytes_to_change.begin() + static_cast<std::ptrdiff_t>(at), u8());
          break;
      }
    }
  }
  template <class Fixed>
  void damage_fixed(Fixed& value) {
    if (chance(64)) value.bytes[below(value.bytes.size())] ^= static_cast<std::uint8_t>(1 + u8());
  }

 private:
  ByteView rest_;
};

}  // namespace testamur::fuzz
