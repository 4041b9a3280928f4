// A whole network under faults, from one seed. docs/consensus.md "The simulator".
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/adversary.h"
#include "tests/sim/checker.h"
#include "tests/sim/network.h"
#include "tests/sim/scripted_node.h"
#include "tests/sim/set_change.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/timeline.h"

namespace testamur::sim {

// kTwins: a copy of machine 1 runs beside it, with the same keys.
enum class FaultKind : std::uint8_t { kNone, kSilent, kByzantine, kTwins };

// What may go wrong, and how often.
struct Profile {
  std::string name;
  Weather weather;
  std::uint64_t crashes_per_mille = 0;  // of the fault events
  std::uint64_t partitions_per_mille = 0;
  std::uint64_t set_changes_per_mille = 0;
  std::uint64_t clock_jumps_per_mille = 0;
  std::uint64_t drift_per_million = 0;  // clocks are wrong by up to so much
  std::uint64_t pauses_per_mille = 0;
  std::uint64_t finalize_loss_per_mille = 0;
  std::uint64_t restores_per_mille =
      0;  // one node of the run comes back empty, damaged or from a backup
  FaultKind fault = FaultKind::kNone;
  std::uint64_t faults_ms = 20'000;    // so long things go wrong
  std::uint64_t event_every_ms = 250;  // a fault event about this often
  std::uint64_t transaction_every_ms = 300;
  std::uint64_t recover_within_ms = 60'000;
};
const std::vector<Profile>& profiles();
const Profile* find_profile(const std::string& name);

struct SimulationConfig {
  std::uint64_t seed = 1;
  std::size_t nodes = 4;
  std::size_t more_traitors = 0;  // beyond the one of the profile: more than are tolerated
  std::size_t spare_nodes = 0;    // observers that set changes may admit
  StoreKind store = StoreKind::kMemory;
  bool real_signatures = false;
  Profile profile;
  bool verbose = false;
  // Scenarios: changes the settings of each node; says in a liar's place what goes out (see
  // ScriptedNode).
  std::function<void(NodeSettings&)> adjust = {};
  std::optional<std::size_t> scripted_node = {};
  std::function<void(ScriptedNode&, const consensus::Message&)> script = {};
  // Colluding validators, and what they do.
  std::set<std::size_t> colluding_nodes = {};
  Strategy strategy = {};
  Votes votes = Votes::kForOwnBlocks;
};

struct Outcome {
  std::optional<std::string> violation;
  Hash256 state_hash;
  std::uint64_t virtual_ms = 0;
  std::uint64_t recovery_ms = 0;  // from the end of the faults until everybody had everything
  Height height;
  Epoch epoch;
  std::uint64_t packets = 0;
  std::uint64_t crashes = 0;
  std::uint64_t evidence = 0;
  std::uint64_t nullified_views = 0;
  Marks marks;
};

class Simulation {
 public:
  explicit Simulation(SimulationConfig config);

  // Faults for a while, then calm; ends with a check that everybody has everything.
  Outcome run();

  // For scenarios: everything is up and calm after this.
  void start_all();
  void run_for_ms(std::uint64_t duration_ms);
  // True as soon as the condition holds; false if it does not within the time or an invariant is
  // violated.
  bool run_until(const std::function<bool()>& condition, std::uint64_t within_ms);
  void start(SimNode& node);
  // The institutions change the set to these; one change at a time.
  void propose_set(const std::vector<std::size_t>& members);
  bool is_changing_set() const { return set_change_ != nullptr; }
  void submit(std::size_t node, TransactionNumber transaction) {
    nodes_.at(node)->submit(transaction);
  }
  bool everybody_has(TransactionNumber transaction) const;
  bool is_faulty(std::size_t number) const;
  // Nothing lies, and nothing is calm: for runs that decide both themselves.
  void begin_faults();
  void calm();
  // Everybody honest is at one height and none is in quarantine.
  bool recovered() const;
  // One line for each node, each after a line break.
  std::string where_everybody_is() const;
  // Everything that must hold at the end of a run; loses everybody's power once more.
  Outcome finish(std::uint64_t calm_since_ms);

  SimNode& node(std::size_t number) { return *nodes_.at(number); }
  const SimNode& node(std::size_t number) const { return *nodes_.at(number); }
  std::size_t size() const { return nodes_.size(); }
  Network& network() { return network_; }
  Timeline& timeline() { return timeline_; }
  Checker& checker() { return checker_; }
  Institutions& institutions() { return institutions_; }
  Adversary* adversary() { return adversary_.get(); }
  const std::vector<std::size_t>& members() const { return members_; }
  // The network is as good as a local one.
  void calm_network();

 private:
  NodeSettings settings_of(std::size_t number) const;
  std::unique_ptr<SimNode> make_node(std::size_t number);
  void dial(std::size_t number);
  void deliver(const Packet& packet);
  void fault_event();
  void mark_states();
  void load_event();
  void crash_some(std::size_t number);
  void cut_some(std::size_t number);
  void change_set();
  void drive_set_change();
  void lose_disk(std::size_t number);
  void submit_probes();
  void check_end();
  void check_loss_of_power();
  void check_light_client(const SimNode& node);

  SimulationConfig config_;
  Random random_;
  Timeline timeline_;
  Checker checker_;
  Network network_;
  Institutions& institutions_;
  std::unique_ptr<Adversary> adversary_;
  std::vector<std::unique_ptr<SimNode>> nodes_;
  TransactionNumber next_transaction_ = 1;
  std::vector<TransactionNumber> probes_;
  std::vector<std::size_t> members_;  // of the set that was proposed last
  std::set<std::size_t> left_;        // members once: their keys are erased
  std::unique_ptr<SetChange> set_change_;
  TransactionNumber next_change_ = 1;
  std::vector<TransactionNumber> rivals_;
  bool faulty_ = false;
  std::uint64_t crashes_ = 0;
  std::optional<std::size_t> lost_disk_;  // the node whose disk was lost: never a second one, or
                                          // only the command would help
  std::map<std::size_t, SimNode::Backup> backups_;
};

}  // namespace testamur::sim
