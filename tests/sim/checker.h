// The invariants of a run, watched from outside. The first violation is kept and ends the run.
//
// agreement      one block id per height among honest nodes, for ever
// validity rule  committed blocks follow each other and execute to their roots (ToyLedger aborts otherwise); no number
// twice no double-sign an honest key never signs two statements that contradict, or two votes of one kind for one view,
// across restarts durable first  an own vote leaves only after its record (and what it rests on) is synced never lost
// what a node acknowledged is on it after every restart, and on everybody at the end
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "common/hash.h"
#include "consensus/types.h"
#include "tests/sim/application.h"

namespace testamur::sim {

class Checker {
 public:
  void violated(const std::string& what) {
    if (!violation_) violation_ = what;
  }
  const std::optional<std::string>& violation() const { return violation_; }

  // An honest node's key signed this and let it out.
  void said(std::size_t node, const consensus::Statement& statement);
  void committed(std::size_t node, Height height, const BlockId& block);
  void acknowledged(TransactionNumber transaction) { acknowledged_.insert(transaction); }
  const std::set<TransactionNumber>& acknowledged() const { return acknowledged_; }

  // Everything observable goes into one running hash; two runs of a seed must agree on it.
  void observe(ByteView bytes);
  Hash256 state_hash() const { return hash_; }

 private:
  std::optional<std::string> violation_;
  std::map<std::tuple<std::size_t, Epoch, View, consensus::Act>, consensus::Statement> said_;
  std::map<Height, BlockId> blocks_;
  std::set<TransactionNumber> acknowledged_;
  Hash256 hash_;
};

}  // namespace testamur::sim
