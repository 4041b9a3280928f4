// What a restart brings back: blocks that the journal proves final are committed again, own votes
// bind, the highest certificate gives the view. In this order: each step rests on the ones before.
#include <algorithm>

#include "common/check.h"
#include "consensus/core.h"

namespace testamur::consensus {

Status Engine::Core::restore(RecordKind kind, ByteView bytes) {
  TM_CHECK(!started_);
  return restored_->add(kind, bytes);
}

// What the journal proves final above the store's tip is committed (again).
Status Engine::Core::replay_finality() {
  for (const auto& record : restored_->finality_by_height()) {
    const auto& base = prefix_.base();
    const bool of_base = record.block == base.id && record.epoch == committee_.epoch();
    if (of_base && !votes_.finality_is_ahead()) {
      votes_.restore_finalization(record.proof.certificate);
      prefix_.restore_proof(record);
    }
    if (record.height <= base.height) continue;

    std::vector<BlockPtr> chain;
    for (BlockId at = record.block; at != base.id; at = chain.back()->facts.parent) {
      const auto held = restored_->blocks().find(at);
      if (held == restored_->blocks().end() || held->second->facts.height <= base.height) {
        return error("the journal proves the block at height " +
                     std::to_string(record.height.value) +
                     " final, but its chain does not reach the last block of the store (height " +
                     std::to_string(base.height.value) +
                     "); one of the two was restored or lost without the other");
      }
      chain.push_back(held->second);
    }
    std::reverse(chain.begin(), chain.end());

    prefix_.extend(chain.back()->facts);
    votes_.restore_finalization(record.proof.certificate);
    commit({std::move(chain), record.proof});
  }
  return {};
}

// The open views of this epoch, as they were when the journal was written; the view to continue in.
View Engine::Core::restore_views(bool observing) {
  for (const auto& [id, block] : restored_->blocks()) {
    if (block->facts.epoch != committee_.epoch() || block->facts.view <= prefix_.base_view())
      continue;
    if (blocks_.restore(block)) is_first_signed(block->proposal, id);
  }

  for (const auto& certificate : restored_->certificates()) {
    const auto& statement = certificate->statement;
    if (statement.epoch != committee_.epoch() || statement.view <= prefix_.base_view()) continue;
    votes_.adopt(certificate);
  }
  durability_.drop_unsaved();  // what was adopted came from the journal

  const View voted = restore_own_votes(observing);
  return std::max({prefix_.base_view().next(), votes_.highest_certified().next(), voted});
}

// The highest view in which this node voted as one that is in it.
View Engine::Core::restore_own_votes(bool observing) {
  View voted;
  for (const auto& record : restored_->votes()) {
    const auto& statement = record.vote.statement;
    if (statement.epoch != committee_.epoch() || statement.view <= prefix_.base_view()) continue;
    if (!committee_.is_self(record.vote.voter)) continue;

    const bool awaiting_body = statement.act == Act::kNotarize && !blocks_.find(statement.block);
    votes_.bind(record, true, awaiting_body);
    if (statement.act != Act::kFinalize) voted = std::max(voted, statement.view);

    // A backup may hold a vote that never was durable, and so never sent, on the disk that it was
    // copied from: in quarantine, and up to the floor, restored votes bind and stay unsaid.
    if (awaiting_body || observing || statement.view <= quarantine_.floor()) continue;
    votes_.count_own(statement.view, statement.act);
  }
  return voted;
}

Status Engine::Core::start(bool quarantine, std::uint64_t now_ms) {
  TM_CHECK(!started_);
  clock_.set(now_ms);
  peers_.listen_from_now();
  quarantine_.restore(restored_->floor(), restored_->quarantine());
  TM_TRY_STATUS(replay_finality());
  pacemaker_.enter(restore_views(quarantine || quarantine_.active()));

  // What was proposed before the crash and never journaled lies at most n above what the journal
  // names.
  if (const auto named = restored_->highest_view_named(committee_.epoch())) {
    const View durable = std::max(*named, prefix_.base_view());
    durability_.restore_durable_view(durable);
    pacemaker_.forbid_proposals_through(durable + committee_.size());
  } else {
    durability_.save(make_start_record(committee_.epoch(), committee_.set().digest()));
    durability_.request_sync();
  }
  restored_.reset();
  started_ = true;

  if (quarantine_.active()) {
    quarantine_.announce_restored();
  } else if (quarantine) {
    quarantine_.enter("this key may have voted without this vote store");
  }
  relay_.start();

  // Restored votes of this node may complete a certificate: at n = 1 they are all there is.
  votes_.tally_all();
  advance();
  return {};
}

}  // namespace testamur::consensus
