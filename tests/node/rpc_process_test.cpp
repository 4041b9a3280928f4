// What serving calls asks of the system: processors and memory.
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <thread>
#include <vector>

#include "node/api/call_queue.h"
#include "node/api/spare_memory.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

// In a process of its own, which gives up three steps of priority first.
bool serves_four_steps_below_a_process_of_lower_priority() {
  const pid_t child = ::fork();

  if (child == 0) {
    const int process = std::min(::getpriority(PRIO_PROCESS, 0) + 3, 19);
    ::setpriority(PRIO_PROCESS, 0, process);
    int seen = 0;

    // Twice, since a second call must not lower it further.
    std::thread([&seen] {
      lower_priority_of_this_thread();
      lower_priority_of_this_thread();
      seen = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)));
    }).join();
    ::_exit(seen == std::min(process + 4, 19) ? 0 : 1);
  }

  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_CASE(
    "threads that serve calls are below consensus, whatever priority the operator gave the node") {
  CHECK(serves_four_steps_below_a_process_of_lower_priority());
}

using Block = std::array<char, 1024>;
constexpr std::size_t kBlocks = 64 << 10;

std::vector<std::unique_ptr<Block>> flood() {
  std::vector<std::unique_ptr<Block>> blocks(kBlocks);
  for (auto& block : blocks) {
    block = std::make_unique<Block>();
    block->fill('x');
  }
  return blocks;
}

TEST_CASE(
    "what a flood left free goes back to the system, also when it was looked for while the flood "
    "lasted") {
  SpareMemory spare;
  CHECK_FALSE(spare.give_back_if_grown(0));
  auto blocks = flood();
  const auto during = resident_bytes();
  REQUIRE(during > 64u << 20);
  const auto asked_ms = SpareMemory::kEveryMs;
  CHECK(spare.give_back_if_grown(asked_ms));
  CHECK_FALSE(spare.give_back_if_grown(asked_ms + 1));

  // What stays lies between what goes: the library cannot return it by shortening its heap.
  for (std::size_t i = 0; i < kBlocks; ++i) {
    if (i % 256 != 0) blocks.at(i).reset();
  }
  CHECK(spare.give_back_if_grown(asked_ms + SpareMemory::kAtMostMs));
  CHECK(resident_bytes() + (32u << 20) < during);
}

}  // namespace
}  // namespace testamur::node
