// The targets of one program under libFuzzer. scripts/fuzz calls it:
//   TESTAMUR_FUZZ_LIST=1 fuzz_X                          prints the targets' names
//   TESTAMUR_FUZZ_TARGET=NAME TESTAMUR_FUZZ_SEEDS=DIR fuzz_X   writes the target's seeds into DIR
//   TESTAMUR_FUZZ_TARGET=NAME fuzz_X CORPUS [OPTIONS]    runs
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "tests/fuzz/target.h"

namespace testamur::fuzz {
namespace {

const Target* chosen = nullptr;

void list_targets() {
  for (const Target& target : targets()) std::puts(target.name);
  std::exit(0);
}

void choose() {
  const char* name = std::getenv("TESTAMUR_FUZZ_TARGET");
  for (const Target& target : targets()) {
    if (name != nullptr && std::string(name) == target.name) chosen = &target;
  }
  if (chosen == nullptr) {
    std::fprintf(
        stderr,
        "TESTAMUR_FUZZ_TARGET must name one of the targets that TESTAMUR_FUZZ_LIST=1 prints\n");
    std::exit(2);
  }
}

void write_seeds(const std::string& directory) {
  std::size_t number = 0;
  for (const auto& bytes : chosen->seeds()) {
    std::ofstream file(directory + "/seed" + std::to_string(number++), std::ios::binary);
    file << as_text(bytes);
  }
  std::exit(0);
}

}  // namespace
}  // namespace testamur::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  if (std::getenv("TESTAMUR_FUZZ_LIST") != nullptr) testamur::fuzz::list_targets();
  testamur::fuzz::choose();
  if (const char* directory = std::getenv("TESTAMUR_FUZZ_SEEDS"))
    testamur::fuzz::write_seeds(directory);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  testamur::fuzz::chosen->run({data, size});
  return 0;
}
