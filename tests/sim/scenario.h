// Scenario files: stories of few words a line, told to a simulation. The words:
// tests/sim/README.md; the stories: tests/scenarios.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"
#include "tests/sim/laws.h"
#include "tests/sim/schedule.h"
#include "tests/sim/simulation.h"
#include "tests/sim/story_words.h"

namespace testamur::sim {

class Scenario {
 public:
  // Tells the whole story. Fails with "line 7: ..." on a line that means nothing, an expectation
  // that is not met, or a violated invariant, and says what every node waits for.
  static Status run(const std::string& text);

 private:
  using Command = Status (Scenario::*)(const Words&);
  struct Rule {
    std::string what;
    std::optional<std::size_t> from, to, except;
    std::optional<View> view;
  };

  static const std::map<std::string, Command>& commands();
  Status line(const std::string& text);
  Simulation& simulation();

  // One for each first word.
  Status nodes(const Words& words);
  Status byzantine(const Words& words);
  Status seed(const Words& words);
  Status settle(const Words& words);
  Status start(const Words& words);
  Status crash(const Words& words);
  Status pause(const Words& words);
  Status wipe(const Words& words);
  Status backup(const Words& words);
  Status restore(const Words& words);
  Status roll(const Words& words);
  Status lose_votes(const Words& words);
  Status damage(const Words& words);
  Status drop(const Words& words);
  Status deliver(const Words& words);
  Status cut(const Words& words);
  Status mute(const Words& words);
  Status heal(const Words& words);
  Status network(const Words& words);
  Status submit(const Words& words);
  Status flood(const Words& words);
  Status wait(const Words& words);
  Status clock(const Words& words);
  Status resume(const Words& words);
  Status replay(const Words& words);
  Status change(const Words& words);
  Status oversized(const Words& words);
  Status remember(const Words& words);
  Status alive(const Words& words);
  Status law(const Words& words);
  Status expect(const Words& words);

  Status expect_transaction(const Words& words);
  Status expect_state(const Words& words);
  Status expect_figure(const Words& words, const SimNode& one);
  Status until(const std::function<bool()>& condition, const Words& words, std::size_t at,
               const std::string& what);
  Status disallow(const std::function<bool()>& condition, const Words& words, std::size_t at,
                  const std::string& what);
  Result<std::size_t> node(const std::string& word);
  Result<std::vector<std::size_t>> some_nodes(const Words& words, std::size_t from, std::size_t to);
  std::vector<std::size_t> up() const;
  bool passes(const Packet& packet);
  static bool matches(const Rule& rule, const Packet& packet);
  std::string where_everybody_is() const;

  SimulationConfig config_;
  std::unique_ptr<Simulation> simulation_;
  std::unique_ptr<Laws> laws_;
  std::optional<AdversarialSchedule> schedule_;
  std::vector<Rule> rules_;
  std::vector<Packet> heard_;  // everything sent so far, the first some thousand
  std::map<std::string, SimNode::Backup> backups_;
  std::map<std::string, std::uint64_t> remembered_;
  TransactionNumber next_ = 1'000'000;
};

}  // namespace testamur::sim
