// A decoder of bytes from outside, with the law that it keeps for every input. The same targets run
// in two ways: as a test over seeds and fixed mutations of them (mutations_test.cpp), and under
// libFuzzer (libfuzzer.cpp, scripts/fuzz).
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/bytes.h"

namespace testamur::fuzz {

// A law does not hold. Crashes and aborts say so themselves.
struct LawBroken : std::runtime_error {
  using std::runtime_error::runtime_error;
};
inline void law(bool holds, const char* text) {
  if (!holds) throw LawBroken(text);
}

struct Target {
  const char* name;
  void (*run)(ByteView input);    // throws LawBroken
  std::vector<Bytes> (*seeds)();  // valid inputs to begin from; never empty
  // A run of this one takes so much longer that a test does so many times fewer of them.
  std::size_t slowness = 1;
};

// All of one program.
std::span<const Target> targets();

inline Bytes seed(std::string_view text) { return to_bytes(as_bytes(text)); }

}  // namespace testamur::fuzz
