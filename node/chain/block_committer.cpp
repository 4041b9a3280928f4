#include "node/chain/block_committer.h"

#include "common/check.h"
#include "consensus/values/codec.h"
#include "ledger/parameters.h"

namespace testamur::node {

std::optional<BlockCommitter::Applied> BlockCommitter::apply(
    const consensus::Block& block, const consensus::FinalityProof& proof) {
  const auto height = block.facts.height;

  // A quorum has executed it. Whoever comes to another result must not go on, and must not be
  // repaired by itself.
  if (const auto status = processor_.execute_final(block); !status.ok()) {
    parts_.fatal(
        "block " + std::to_string(height.value) +
        " is final but not valid here: " + status.message() +
        "; this node's state differs from the quorum's, do not restart it on this data directory");
    return std::nullopt;
  }
  const auto* executed = processor_.executed(block.facts.id);
  TM_CHECK(executed != nullptr, "an executed block is not kept", height.value);

  // One batch, not synced: the journal can always replay it.
  {
    const TimedSection timed(parts_.counters.apply);
    const auto certificate = consensus::encode(proof);
    const auto status = parts_.store.apply(
        {height, *block.proposal.header, *block.proposal.body, certificate, *executed->delta});
    if (!status.ok()) {
      parts_.fatal("block " + std::to_string(height.value) +
                   " cannot be stored: " + status.message());
      return std::nullopt;
    }
  }

  for (const auto& change : executed->delta->changes(ledger::Table::kPageCommitments)) {
    if (change.value) parts_.counters.commitments_listed.add(change.value->size() / 32);
  }
  parts_.counters.blocks_committed.add();
  last_commit_ms_ = parts_.clock.now_ms();

  // A copy: the original goes when the base moves to this block.
  const auto& before = processor_.base().header;
  auto head =
      std::make_shared<const Head>(Head{parts_.store.snapshot(), executed->header, executed->id});
  return Applied{*executed, LogIndex{before.roots.log_size}, std::move(head),
                 executed->header.epoch != before.epoch};
}

void BlockCommitter::publish(const HeadPtr& head) {
  // Parameters change seldom: they are read when their digest says so.
  if (head->header.parameters != parameters_digest_) {
    parameters_digest_ = head->header.parameters;
    heartbeat_interval_ms_ = ledger::read_parameters(*head->state)[ledger::Parameter::kHeartbeatMs];
  }
  processor_.set_base(head);
  head_.store(head);
  for (const auto& [id, listener] : listeners_) listener(head);
}

}  // namespace testamur::node
