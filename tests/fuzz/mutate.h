// Fixed damage to an input: the same on every machine. Any thread.
#pragma once

#include <cstdint>
#include <span>

#include "common/bytes.h"

namespace testamur::fuzz {

class Mutator {
 public:
  // `seeds` is borrowed: parts of them are put into others.
  Mutator(std::span<const Bytes> seeds, std::uint64_t number) : seeds_(seeds), state_(number) {}
  // A seed with one to four changes.
  Bytes next();

 private:
  std::uint64_t random();
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random() % bound); }
  void change(Bytes& bytes);
  void put_in_part_of_another(Bytes& bytes, std::size_t at);

  std::span<const Bytes> seeds_;
  std::uint64_t state_;
};

}  // namespace testamur::fuzz
