// The invariants of a run, watched from outside. The first violation is kept and ends the run.
//
// agreement        one block id per height among honest nodes, for ever
// validity         committed blocks follow each other and execute to their roots (the chain stops
// the node otherwise) no double-sign   an honest key never signs two statements that contradict, or
// two votes of one kind for one view,
//                  across restarts
// durable first    what a key has said above what is final stands in its journal after every
// restart never lost       what a node acknowledged is on it after every restart, and on everybody
// at the end never twice      no transaction is committed twice, nor two for one range of indexes
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "common/hash.h"
#include "consensus/values/types.h"
#include "tests/sim/marks.h"

namespace testamur::sim {

class Checker {
 public:
  void violated(const std::string& what) {
    if (!violation_) violation_ = what;
  }
  const std::optional<std::string>& violation() const { return violation_; }

  // An honest node's key signed this and let it out; `life` counts the node's starts.
  void record_signature(std::size_t node, std::uint64_t life,
                        const consensus::Statement& statement);
  // Votes of its present disk, in views of this epoch above `view`.
  std::vector<consensus::Statement> recorded_votes(std::size_t node, Epoch epoch, View view) const;
  // Its disk is gone: what it said before still binds it, but not by its own knowledge.
  void mark_disk_lost(std::size_t node);
  void committed(std::size_t node, Height height, const BlockId& block, ByteView header);
  // With which certificate of its own a block became final somewhere.
  void certified(const consensus::Certificate& certificate);
  void acknowledged(const TransactionId& transaction) { acknowledged_.insert(transaction); }
  const std::unordered_set<TransactionId>& acknowledged() const { return acknowledged_; }

  Marks& marks() { return marks_; }

  // Everything observable goes into one running hash; two runs of a seed must agree on it.
  void observe(ByteView bytes);
  Hash256 state_hash() const { return hash_; }

 private:
  struct RecordedSignature {
    consensus::Statement statement;
    std::uint64_t life = 0;
    bool forgotten = false;
  };
  std::optional<std::string> violation_;
  std::map<std::tuple<std::size_t, Epoch, View, consensus::Act>, RecordedSignature> recorded_;
  std::map<Height, BlockId> blocks_;
  std::set<std::pair<Epoch, View>> nullified_;  // by anybody
  std::map<std::pair<Epoch, View>, std::uint32_t>
      certified_;  // signers of the first finalization seen
  std::unordered_set<TransactionId> acknowledged_;
  Marks marks_;
  Hash256 hash_;
};

}  // namespace testamur::sim
