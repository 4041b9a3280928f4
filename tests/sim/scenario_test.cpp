// The stories of tests/scenarios, and what a story must not say.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/sim/scenario.h"
#include "tests/support/catch.h"
#include "tests/support/shared.h"

namespace testamur::sim {
namespace {

std::vector<std::filesystem::path> stories() {
  std::vector<std::filesystem::path> found;
  for (const auto& entry :
       std::filesystem::directory_iterator(test::source_file("tests/scenarios"))) {
    if (entry.path().extension() == ".txt") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

TEST_CASE("every story ends as it is told", "[scenarios]") {
  REQUIRE(stories().size() >= 30);
  for (const auto& path : stories()) {
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto told = Scenario::run(text);
    INFO(path.filename().string() << ": " << told.message());
    CHECK(told.ok());
  }
}

TEST_CASE("a line that means nothing is named, with what it should have been", "[scenarios]") {
  const std::vector<std::pair<std::string, std::string>> lines{
      {"", "line 1: the story has no nodes"},
      {"settle", "line 1 'settle': 'nodes' comes first"},
      {"nodes 4\nnodes 4", "line 2 'nodes 4': comes before everything else"},
      {"nodes", "like 'nodes 4 observers 1'"},
      {"nodes many", "'many' is no number"},
      {"nodes 21", "1 to 20 nodes"},
      {"byzantine 1 flatters\nnodes 4", "'flatters' is no behaviour that is known here"},
      {"nodes 1\ndance", "unknown word 'dance'"},
      {"nodes 1\nstart", "which node?"},
      {"nodes 1\nstart 1", "there is no node 1"},
      {"nodes 1\nstart all\nsubmit 1", "like 'submit 5 at 0'"},
      {"nodes 1\nstart all\nsubmit x at 0", "'x' is no number"},
      {"nodes 1\nstart all\nwait 5", "a duration like '20 s' is missing"},
      {"nodes 1\nstart all\nwait 5 days", "'days' is no unit of time"},
      {"nodes 1\nstart all\ndrop hints", "'hints' is nothing that a key says"},
      {"nodes 1\nstart all\ndrop everything by 0", "'by' is not 'from', 'to'"},
      {"nodes 1\nstart all\nexpect miracles of 0", "'miracles' is nothing that can be expected"},
      {"nodes 1\nstart all\nexpect 1 at 0 soon 5 s", "'within 20 s' is missing"},
      {"nodes 1\nstart all\nrestore 0 from yesterday", "there is no backup yesterday"},
      {"nodes 1\nstart all\nexpect 1 at 0 within 1 ms",
       "expected 1 at 0 within 1 ms\n  node 0: epoch 0"}};
  for (const auto& [story, named] : lines) {
    const auto told = Scenario::run(story);
    INFO(story << "\n" << told.message());
    REQUIRE_FALSE(told.ok());
    CHECK(told.message().find(named) != std::string::npos);
  }
}

}  // namespace testamur::sim
