// A whole network under faults, from one seed. docs/consensus.md "The simulator".
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/checker.h"
#include "tests/sim/network.h"
#include "tests/sim/scripted_node.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/timeline.h"
#include "tests/sim/toy_ledger.h"

namespace testamur::sim {

enum class Traitor : std::uint8_t { kNone, kSilent, kByzantine };

// What may go wrong, and how often.
struct Profile {
  std::string name;
  Weather weather;
  std::uint64_t crashes_per_mille = 0;  // of the fault events
  std::uint64_t partitions_per_mille = 0;
  std::uint64_t set_changes_per_mille = 0;
  std::uint64_t clock_jumps_per_mille = 0;
  std::uint64_t pauses_per_mille = 0;
  std::uint64_t restores_per_mille = 0;  // one node of the run comes back empty or from a backup
  std::uint64_t prunes_per_mille = 50;
  Traitor traitor = Traitor::kNone;
  std::uint64_t faults_ms = 8'000;     // so long things go wrong
  std::uint64_t event_every_ms = 120;  // a fault event about this often
  std::uint64_t transaction_every_ms = 150;
  std::uint64_t recover_within_ms = 60'000;
};
const std::vector<Profile>& profiles();
const Profile* find_profile(const std::string& name);

struct SimulationConfig {
  std::uint64_t seed = 1;
  std::size_t nodes = 4;
  std::size_t more_traitors = 0;  // beyond the one of the profile: more than are tolerated
  std::size_t spare_nodes = 0;    // observers that set changes may admit
  Profile profile;
  bool verbose = false;
  // Scenarios: changes the settings of each node; says in a liar's place what goes out (see ScriptedNode).
  std::function<void(NodeSettings&)> adjust = {};
  std::optional<std::size_t> liar = {};
  std::function<void(ScriptedNode&, const consensus::Message&)> lie = {};
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
};

// The institution, key and number i of a simulation.
consensus::Validator member(std::size_t number);
Membership members(std::size_t count);

class Simulation {
 public:
  explicit Simulation(SimulationConfig config);

  // Faults for a while, then calm; ends with a check that everybody has everything.
  Outcome run();

  // For scenarios: everything is up and calm after this.
  void start_all();
  void run_for_ms(std::uint64_t duration_ms);
  // True as soon as the condition holds; false if it does not within the time or an invariant is violated.
  bool run_until(const std::function<bool()>& condition, std::uint64_t within_ms);
  void submit(std::size_t node, TransactionNumber transaction) { nodes_.at(node)->submit(transaction); }
  bool everybody_has(TransactionNumber transaction) const;

  SimNode& node(std::size_t number) { return *nodes_.at(number); }
  const SimNode& node(std::size_t number) const { return *nodes_.at(number); }
  std::size_t size() const { return nodes_.size(); }
  Network& network() { return network_; }
  Timeline& timeline() { return timeline_; }
  Checker& checker() { return checker_; }
  std::unique_ptr<Application> fresh_application() const;
  // A node that joins the run as number size(): with the key of `number`, for twins and restored copies.
  NodeSettings settings_of(std::size_t number) const;

 private:
  std::unique_ptr<SimNode> make_node(std::size_t number);
  void deliver(const Packet& packet);
  void fault_event();
  void load_event();
  void crash_some(std::size_t number);
  void cut_some(std::size_t number);
  void change_set(SimNode& through);
  void lose_disk(std::size_t number);
  void calm();
  bool is_traitor(std::size_t number) const;
  bool recovered(TransactionNumber first_probe) const;

  SimulationConfig config_;
  Random random_;
  Timeline timeline_;
  Checker checker_;
  Network network_;
  Membership membership_;
  std::vector<std::unique_ptr<SimNode>> nodes_;
  std::uint32_t current_members_ = 0;
  TransactionNumber next_transaction_ = 1;
  bool faulty_ = false;
  std::uint64_t crashes_ = 0;
  std::optional<std::size_t>
      lost_disk_;  // the node whose disk was lost: never a second one, or only the command would help
  std::map<std::size_t, SimNode::Backup> backups_;
};

}  // namespace testamur::sim
