#include "node/chain/unfinalized_blocks.h"

#include <algorithm>

#include "common/check.h"

namespace testamur::node {

void UnfinalizedBlocks::add(ExecutedBlock executed) {
  executed.ids.reserve(executed.transactions.size());
  for (const auto& transaction : executed.transactions) executed.ids.insert(transaction->id());
  auto id = executed.id;
  blocks_.insert_or_assign(id, std::move(executed));
}

const ExecutedBlock* UnfinalizedBlocks::find(const BlockId& id) const {
  auto found = blocks_.find(id);
  return found == blocks_.end() ? nullptr : &found->second;
}

bool UnfinalizedBlocks::reaches_base(const BlockId& block) const {
  auto id = block;
  while (id != base_) {
    const auto* executed = find(id);
    if (executed == nullptr) return false;
    id = executed->header.parent;
  }
  return true;
}

std::vector<const ExecutedBlock*> UnfinalizedBlocks::path(const BlockId& block) const {
  std::vector<const ExecutedBlock*> path;
  for (auto id = block; id != base_;) {
    const auto* executed = find(id);
    TM_CHECK(executed != nullptr,
             "no executed blocks lead from the block to the base:", block.hex());
    path.push_back(executed);
    id = executed->header.parent;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

void UnfinalizedBlocks::drop_up_to(Height height) {
  std::erase_if(blocks_,
                [height](const auto& entry) { return entry.second.header.height <= height; });
}

ledger::DeltaChain deltas(const std::vector<const ExecutedBlock*>& path) {
  ledger::DeltaChain chain;
  chain.reserve(path.size());
  for (const auto* executed : path) chain.push_back(executed->delta);
  return chain;
}

std::size_t size_bytes(const std::vector<const ExecutedBlock*>& path) {
  std::size_t total = 0;
  for (const auto* executed : path) total += executed->delta->size_bytes();
  return total;
}

bool contains(const std::vector<const ExecutedBlock*>& path, const TransactionId& id) {
  return std::any_of(path.begin(), path.end(),
                     [&id](const ExecutedBlock* executed) { return executed->ids.contains(id); });
}

}  // namespace testamur::node
