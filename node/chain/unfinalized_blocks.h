// The unfinalized blocks that this node has executed: a tree above the last finalized block, each
// with its delta.
//
// Belongs to the chain's strand; deltas and transaction lists are immutable and shared. Bounded by
// the voting rules: beyond 16 unfinalized ancestors or 64 MiB only empty blocks are voted for.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <unordered_set>
#include <vector>

#include "ledger/header.h"
#include "ledger/state.h"
#include "ledger/tx/transaction.h"

namespace testamur::node {

using TransactionList = std::vector<ledger::tx::SharedTransaction>;

struct ExecutedBlock {
  BlockId id;
  ledger::Header header;
  std::shared_ptr<const ledger::Delta> delta;
  TransactionList transactions;
  std::unordered_set<TransactionId> ids;
};

class UnfinalizedBlocks {
 public:
  // What every one of them stands on.
  void set_base(const BlockId& block) { base_ = block; }
  const BlockId& base() const { return base_; }

  void add(ExecutedBlock executed);
  const ExecutedBlock* find(const BlockId& id) const;
  void remove(const BlockId& id) { blocks_.erase(id); }
  // Whether the state after `block` can be read: it is the base, or every ancestor down to the base
  // is here.
  bool reaches_base(const BlockId& block) const;
  // The blocks above the base up to and including `block`, oldest first. Precondition:
  // reaches_base(block).
  std::vector<const ExecutedBlock*> path(const BlockId& block) const;
  // Drops everything at or below a height; what stood on a dropped block is unreachable and goes
  // with its height.
  void drop_up_to(Height height);
  std::size_t size() const { return blocks_.size(); }

 private:
  BlockId base_;
  std::map<BlockId, ExecutedBlock> blocks_;
};

ledger::DeltaChain deltas(const std::vector<const ExecutedBlock*>& path);
std::size_t size_bytes(const std::vector<const ExecutedBlock*>& path);
bool contains(const std::vector<const ExecutedBlock*>& path, const TransactionId& id);

}  // namespace testamur::node
