// What every decoder must survive, on every run of the tests: its own seeds, cut and damaged ones,
// those of its neighbours, and nothing at all. A law that breaks or a crash prints the input in
// hexadecimal digits.
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/target.h"
#include "tests/support/catch.h"
#include "tests/support/shared.h"

namespace testamur::fuzz {
namespace {

constexpr std::size_t kMutations = 4'000;
constexpr std::size_t kMutationsOfLongRuns = 200'000;
constexpr std::size_t kCuts = 64;

void survives(const Target& target, const Bytes& input) {
  INFO(target.name << ": " << to_hex(input));
  std::string broken;
  try {
    target.run(input);
  } catch (const LawBroken& law) {
    broken = law.what();
  }
  REQUIRE(broken == "");
}

}  // namespace

TEST_CASE("no damaged input crashes a decoder or is taken for what it is not", "[fuzz]") {
  const std::size_t rounds = test::long_tests() ? kMutationsOfLongRuns : kMutations;
  for (const Target& target : targets()) {
    const auto seeds = target.seeds();
    REQUIRE_FALSE(seeds.empty());

    survives(target, {});

    for (const auto& input : seeds) {
      survives(target, input);
      const std::size_t cuts = std::max<std::size_t>(kCuts / target.slowness, 1);
      for (std::size_t size = 0; size < input.size(); size += 1 + input.size() / cuts) {
        survives(target, Bytes(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(size)));
      }
    }

    Mutator mutator(seeds, 1);
    for (std::size_t round = 0; round < rounds / target.slowness; ++round)
      survives(target, mutator.next());
  }
}

TEST_CASE("a decoder survives the inputs of the others", "[fuzz]") {
  for (const Target& other : targets()) {
    for (const auto& input : other.seeds()) {
      for (const Target& target : targets()) survives(target, input);
    }
  }
}

}  // namespace testamur::fuzz
