#include "tests/fuzz/mutate.h"

#include <algorithm>
#include <array>

namespace testamur::fuzz {
namespace {

// Bytes that mean something in one format or another: ends of ranges, quotes, brackets, separators.
constexpr std::array<std::uint8_t, 24> kSpecial{0x00, 0x01, 0x7f, 0x80, 0xff, 0xfe, '"',  '\'',
                                                '\\', '{',  '}',  '[',  ']',  ',',  ':',  '.',
                                                '~',  '=',  '-',  '#',  '\n', '\r', 0xc0, 0xf5};

std::ptrdiff_t signed_of(std::size_t value) { return static_cast<std::ptrdiff_t>(value); }

}  // namespace

// SplitMix64.
std::uint64_t Mutator::random() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

Bytes Mutator::next() {
  Bytes bytes = seeds_[below(seeds_.size())];
  for (std::size_t left = 1 + below(4); left > 0; --left) change(bytes);
  return bytes;
}

void Mutator::change(Bytes& bytes) {
  if (bytes.empty()) {
    bytes.push_back(static_cast<std::uint8_t>(random()));
    return;
  }

  const std::size_t at = below(bytes.size());
  const auto place = bytes.begin() + signed_of(at);
  const std::size_t size = 1 + below(std::min<std::size_t>(24, bytes.size() - at));

  switch (below(9)) {
    case 0: bytes[at] ^= static_cast<std::uint8_t>(1u << below(8)); break;
    case 1: bytes[at] = static_cast<std::uint8_t>(random()); break;
    case 2: bytes[at] = kSpecial[below(kSpecial.size())]; break;
    case 3: bytes[at] = static_cast<std::uint8_t>(bytes[at] + (below(2) == 0 ? 1 : 255)); break;
    case 4: bytes.erase(place, place + signed_of(size)); break;
    case 5: bytes.insert(place, kSpecial[below(kSpecial.size())]); break;
    case 6: {
      const Bytes part(place, place + signed_of(size));
      bytes.insert(place, part.begin(), part.end());
      break;
    }
    case 7: put_in_part_of_another(bytes, at); break;
    default: bytes.resize(at); break;
  }
}

void Mutator::put_in_part_of_another(Bytes& bytes, std::size_t at) {
  const Bytes& other = seeds_[below(seeds_.size())];
  if (other.empty()) return;
  const std::size_t from = below(other.size());
  const std::size_t size = 1 + below(other.size() - from);
  const auto part = other.begin() + signed_of(from);
  bytes.insert(bytes.begin() + signed_of(at), part, part + signed_of(size));
}

}  // namespace testamur::fuzz
