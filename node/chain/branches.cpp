#include "node/chain/branches.h"

#include <algorithm>

#include "common/check.h"

namespace testamur::node {

void Branches::add(Branch branch) {
  branch.ids.reserve(branch.transactions.size());
  for (const auto& transaction : branch.transactions) branch.ids.insert(transaction->id());
  auto id = branch.id;
  branches_.insert_or_assign(id, std::move(branch));
}

const Branch* Branches::find(const BlockId& id) const {
  auto found = branches_.find(id);
  return found == branches_.end() ? nullptr : &found->second;
}

bool Branches::reaches_base(const BlockId& block) const {
  auto id = block;
  while (id != base_) {
    const auto* branch = find(id);
    if (branch == nullptr) return false;
    id = branch->header.parent;
  }
  return true;
}

std::vector<const Branch*> Branches::path(const BlockId& block) const {
  std::vector<const Branch*> path;
  for (auto id = block; id != base_;) {
    const auto* branch = find(id);
    TM_CHECK(branch != nullptr, "no branch leads from the block to the base:", block.hex());
    path.push_back(branch);
    id = branch->header.parent;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

void Branches::drop_up_to(Height height) {
  std::erase_if(branches_,
                [height](const auto& entry) { return entry.second.header.height <= height; });
}

ledger::DeltaChain deltas(const std::vector<const Branch*>& path) {
  ledger::DeltaChain chain;
  chain.reserve(path.size());
  for (const auto* branch : path) chain.push_back(branch->delta);
  return chain;
}

std::size_t size_bytes(const std::vector<const Branch*>& path) {
  std::size_t total = 0;
  for (const auto* branch : path) total += branch->delta->size_bytes();
  return total;
}

bool contains(const std::vector<const Branch*>& path, const TransactionId& id) {
  return std::any_of(path.begin(), path.end(),
                     [&id](const Branch* branch) { return branch->ids.contains(id); });
}

}  // namespace testamur::node
