#include "tests/sim/checker.h"

namespace testamur::sim {

using consensus::Act;

void Checker::record_signature(std::size_t node, std::uint64_t life,
                               const consensus::Statement& statement) {
  const auto name = [&] {
    return "node " + std::to_string(node) + " in epoch " + std::to_string(statement.epoch.value) +
           " view " + std::to_string(statement.view.value);
  };
  const auto [at, fresh] =
      recorded_.insert({{node, statement.epoch, statement.view, statement.act}, {statement, life}});
  if (!fresh && at->second.statement != statement) {
    violated(name() + " signed two different statements to " + consensus::to_text(statement.act));
  }
  const auto has = [&](Act act) {
    return recorded_.contains({node, statement.epoch, statement.view, act});
  };
  if (!fresh && at->second.life < life && statement.act != Act::kPropose) {
    at->second.life = life;
    marks_.hit("an own vote is sent again after a restart");
  }
  if (fresh && statement.act == Act::kFinalize &&
      nullified_.contains({statement.epoch, statement.view})) {
    marks_.hit("finalize in a view that others nullified");
  }
  if (fresh && statement.act == Act::kNullify) {
    nullified_.insert({statement.epoch, statement.view});
    if (has(Act::kNotarize)) marks_.hit("nullify after its own notarize");
    if (has(Act::kPropose)) marks_.hit("nullify after showing its own proposal");
  }
  if (statement.act != Act::kNullify && statement.act != Act::kFinalize) return;
  if (has(Act::kNullify) && has(Act::kFinalize)) violated(name() + " both nullified and finalized");
}

std::vector<consensus::Statement> Checker::recorded_votes(std::size_t node, Epoch epoch,
                                                          View view) const {
  std::vector<consensus::Statement> votes;
  for (auto at = recorded_.lower_bound({node, epoch, view.next(), Act::kPropose});
       at != recorded_.end(); ++at) {
    const auto& [who, when, where, act] = at->first;
    if (who != node || when != epoch) break;
    if (act != Act::kPropose && !at->second.forgotten) votes.push_back(at->second.statement);
  }
  return votes;
}

void Checker::mark_disk_lost(std::size_t node) {
  for (auto at = recorded_.lower_bound({node, Epoch{0}, View{0}, Act::kPropose});
       at != recorded_.end(); ++at) {
    if (std::get<0>(at->first) != node) break;
    at->second.forgotten = true;
  }
}

void Checker::committed(std::size_t node, Height height, const BlockId& block, ByteView header) {
  const auto [at, fresh] = blocks_.insert({height, block});
  if (!fresh && at->second != block) {
    violated("fork: node " + std::to_string(node) + " committed another block at height " +
             std::to_string(height.value));
  }
  observe(header);
}

void Checker::certified(const consensus::Certificate& certificate) {
  const auto [at, fresh] = certified_.insert(
      {{certificate.statement.epoch, certificate.statement.view}, certificate.signers});
  if (!fresh && at->second != certificate.signers)
    marks_.hit("two validators hold different certificates of one block");
}

void Checker::observe(ByteView bytes) {
  hash_ = Sha256{}.update(hash_.view()).update(bytes).finish();
}

}  // namespace testamur::sim
