#include "tests/sim/checker.h"

namespace testamur::sim {

using consensus::Act;

void Checker::said(std::size_t node, const consensus::Statement& statement) {
  const auto name = [&] {
    return "node " + std::to_string(node) + " in epoch " + std::to_string(statement.epoch.value) + " view " +
           std::to_string(statement.view.value);
  };
  const auto [at, fresh] = said_.insert({{node, statement.epoch, statement.view, statement.act}, statement});
  if (!fresh && at->second != statement) {
    violated(name() + " signed two different statements to " + consensus::to_text(statement.act));
  }
  if (statement.act != Act::kNullify && statement.act != Act::kFinalize) return;
  const Act other = statement.act == Act::kNullify ? Act::kFinalize : Act::kNullify;
  if (said_.contains({node, statement.epoch, statement.view, other}))
    violated(name() + " both nullified and finalized");
}

void Checker::committed(std::size_t node, Height height, const BlockId& block) {
  const auto [at, fresh] = blocks_.insert({height, block});
  if (!fresh && at->second != block) {
    violated("fork: node " + std::to_string(node) + " committed another block at height " +
             std::to_string(height.value));
  }
  observe(block.view());
}

void Checker::observe(ByteView bytes) { hash_ = Sha256{}.update(hash_.view()).update(bytes).finish(); }

}  // namespace testamur::sim
