// Liveness and memory as laws: watched at every commit and every 50 ms from the moment when the
// network is timely, while the liars go on. docs/consensus.md, "Liveness under attack", states
// them; a breach ends the run like a fork does.
//
// gap          while an honest transaction waits at an honest node, that node commits a block at
// least so often finality     an honest transaction is final on every honest node within so long
// memory       what an honest engine holds of each kind stays within a constant
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "tests/sim/simulation.h"

namespace testamur::sim {

struct Bounds {
  std::uint64_t gap_ms = 0;
  std::uint64_t final_ms = 0;
  consensus::Holdings holdings;
};

// Liars' views that follow each other, at most, as the set takes turns.
std::size_t liars_in_a_row(const std::vector<std::size_t>& seats,
                           const std::set<std::size_t>& liars);
// What so many views in a row that liars lead cost at most: three of the unit each, which grows
// from the third on.
std::uint64_t timeouts_ms(std::size_t liars_in_a_row);
// These, and what the next honest view takes; at least two seconds.
std::uint64_t longest_gap_ms(std::size_t liars_in_a_row, std::uint64_t delta_ms);

struct Measured {
  std::uint64_t gap_ms = 0;
  std::uint64_t final_ms = 0;
  std::uint64_t transactions = 0;  // final everywhere while the laws held
  std::uint64_t blocks = 0;
  consensus::Holdings most;
  void add(const Measured& other);
};

class Laws {
 public:
  // `binding`: a breach is a violation; otherwise only measured.
  Laws(Simulation& simulation, Bounds bounds, bool binding);

  void begin();
  void submitted(TransactionNumber number);
  void end() { watching_ = false; }
  std::size_t waiting() const { return waiting_.size(); }
  void stop_counting() { counting_ = false; }  // transactions and blocks; the laws hold on
  const Measured& measured() const { return measured_; }
  bool all_final() const { return waiting_.empty(); }

 private:
  struct Waiting {
    std::uint64_t since_ms = 0;
    std::set<std::size_t> lacking;
  };
  void committed(std::size_t node);
  void look();
  void look_at(std::size_t node, std::uint64_t now_ms);
  void note_gap(std::size_t node, std::uint64_t now_ms);
  void breach(const std::string& what);

  Simulation& simulation_;
  Bounds bounds_;
  bool binding_;
  bool watching_ = false;
  bool counting_ = true;
  std::vector<std::size_t> honest_;
  std::map<std::size_t, std::uint64_t> last_ms_;  // when the node's height last moved
  std::map<std::size_t, Height> heights_;
  std::map<TransactionNumber, Waiting> waiting_;
  std::uint64_t first_height_ = 0;
  Measured measured_;
};

}  // namespace testamur::sim
