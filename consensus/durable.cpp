// Persist, sync, then send; and what a restart brings back.
#include <algorithm>

#include "common/check.h"
#include "consensus/core.h"

namespace testamur::consensus {

void Engine::Core::save(Record record) { unsaved_.push_back(std::move(record)); }

// `effect` happens once everything saved so far is durable.
void Engine::Core::after_sync(std::function<void()> effect) {
  TM_CHECK(!unsaved_.empty());
  sync_wanted_ = true;
  held_.push_back({sequence_ + 1, std::move(effect)});
}

void Engine::Core::flush() {
  if (!sync_wanted_ || unsaved_.empty()) return;
  sync_wanted_ = false;
  RecordGroup group{++sequence_, std::move(unsaved_)};
  unsaved_.clear();
  std::optional<View> named;
  for (const auto& record : group.records) {
    if (record.epoch == epoch_ && (!named || record.view > *named)) named = record.view;
  }
  if (named) {
    held_.push_back({sequence_, [this, epoch = epoch_, view = *named] {
                       if (epoch == epoch_ && (!durable_view_ || view > *durable_view_)) durable_view_ = view;
                     }});
  }
  driver_.persist(std::move(group));
}

void Engine::Core::persist_block(BlockEntry& block) {
  if (block.saved) return;
  block.saved = true;
  save(make_record(*block.block));
}

bool Engine::Core::own_vote_lacks(const BlockId& id) const {
  return std::any_of(views_.begin(), views_.end(), [&](const auto& entry) {
    const auto& mine = entry.second.mine(Act::kNotarize);
    return mine && mine->needs_body && mine->record.vote.statement.block == id;
  });
}

// A vote restored without its block binds; it is sent again once the block is there, its body is known to be true, and
// both are durable.
void Engine::Core::resend_own_vote_when_complete() {
  for (auto& [view, at] : views_) {
    auto& mine = at.mine(Act::kNotarize);
    if (!mine || !mine->needs_body || view <= base_view_) continue;
    BlockEntry* held = entry(mine->record.vote.statement.block);
    if (!held || !(held->body_checked || check_body(*held))) continue;
    persist_block(*held);
    mine->needs_body = false;
    after_sync([this, epoch = epoch_, at_view = view] {
      if (epoch == epoch_) vote_became_durable(at_view, Act::kNotarize);
    });
  }
}

std::vector<Record> Engine::Core::live_records() const {
  std::vector<Record> records{make_start_record(epoch_, set_.digest())};
  if (floor_) records.push_back(make_record(*floor_));
  if (quarantine_) records.push_back(make_quarantine_record(epoch_));
  if (committed_proof_) records.push_back(make_record(*committed_proof_));
  for (const auto& [view, at] : views_) {
    for (const auto& mine : at.own) {
      if (mine && view > base_view_) records.push_back(make_record(mine->record));
    }
  }
  return records;
}

// Of two bodies one is a false copy, which no build should have journaled; of two equal ones the signed is kept.
bool Engine::Core::is_better_copy(const Proposal& found, const Proposal& kept) const {
  if (*found.body == *kept.body) return kept.signature.is_zero();
  return !driver_.body_matches(*kept.header, *kept.body);
}

Status Engine::Core::restore(RecordKind kind, ByteView bytes) {
  TM_CHECK(!started_);
  restored_.any = true;
  const auto damaged = [&] {
    return error("the journal holds a consensus record of kind " + std::to_string(static_cast<int>(kind)) +
                 " that cannot be read; it was written by another version or is damaged");
  };
  const auto names = [&](Epoch epoch, View view) {
    auto& named = restored_.named[epoch];
    named = std::max(named, view);
  };
  switch (kind) {
    case RecordKind::kStart: {
      const auto epoch = decode_start_record(bytes);
      if (!epoch) return damaged();
      names(*epoch, View{0});
      return {};
    }
    case RecordKind::kBlock: {
      auto proposal = decode_block_record(bytes);
      if (!proposal) return damaged();
      HeaderFacts facts = driver_.read_header(*proposal->header);
      if (!facts.well_formed) return damaged();
      names(facts.epoch, facts.view);
      if (facts.height < base_.height || (facts.height == base_.height && !facts.filler)) return {};
      const BlockId id = facts.id;
      auto& kept = restored_.blocks[id];
      if (!kept || is_better_copy(*proposal, kept->proposal)) {
        kept = std::make_shared<const Block>(Block{std::move(*proposal), std::move(facts)});
      }
      return {};
    }
    case RecordKind::kCertificate: {
      auto certificate = decode_certificate_record(bytes);
      if (!certificate) return damaged();
      names(certificate->statement.epoch, certificate->statement.view);
      restored_.certificates.push_back(std::move(*certificate));
      return {};
    }
    case RecordKind::kVote: {
      auto vote = decode_vote_record(bytes);
      if (!vote) return damaged();
      names(vote->vote.statement.epoch, vote->vote.statement.view);
      restored_.votes.push_back(std::move(*vote));
      return {};
    }
    case RecordKind::kFinality: {
      auto finality = decode_finality_record(bytes);
      if (!finality) return damaged();
      names(finality->epoch, finality->proof.certificate->statement.view);
      if (finality->height >= base_.height) restored_.finality.push_back(std::move(*finality));
      return {};
    }
    case RecordKind::kQuarantine: {
      if (!decode_quarantine_record(bytes)) return damaged();
      restored_.quarantine = true;
      return {};
    }
    case RecordKind::kFloor: {
      const auto floor = decode_floor_record(bytes);
      if (!floor) return damaged();
      restored_.floor = floor;
      restored_.quarantine = false;
      return {};
    }
  }
  return damaged();
}

// What the journal proves final above the store's tip is committed (again).
Status Engine::Core::replay_finality() {
  auto& records = restored_.finality;
  std::stable_sort(records.begin(), records.end(),
                   [](const FinalityRecord& a, const FinalityRecord& b) { return a.height < b.height; });
  for (const auto& record : records) {
    if (record.block == base_.id && record.epoch == epoch_ && finalized_view() <= base_view_) {
      highest_finalization_ = record.proof.certificate;
      committed_proof_ = record;
    }
    if (record.height <= base_.height) continue;
    std::vector<BlockPtr> chain;
    for (BlockId at = record.block; at != base_.id; at = chain.back()->facts.parent) {
      const auto held = restored_.blocks.find(at);
      if (held == restored_.blocks.end() || held->second->facts.height <= base_.height) {
        return error("the journal proves the block at height " + std::to_string(record.height.value) +
                     " final, but its chain does not reach the last block of the store (height " +
                     std::to_string(base_.height.value) + "); one of the two was restored or lost without the other");
      }
      chain.push_back(held->second);
    }
    std::reverse(chain.begin(), chain.end());
    base_ = chain.back()->facts;
    base_view_ = base_.view;
    highest_finalization_ = record.proof.certificate;
    commit(chain, record.proof);
  }
  return {};
}

void Engine::Core::restore_views() {
  for (auto& [id, block] : restored_.blocks) {
    if (block->facts.epoch != epoch_ || block->facts.view <= base_view_) continue;
    blocks_[id] = {.block = block, .from = config_.self, .body_checked = true, .saved = true};
    ViewState& at = state(block->facts.view);
    if (at.proposal || block->proposal.signature.is_zero()) continue;
    at.proposal = block;
    note_signed(block->proposal, id);
  }
  for (auto& certificate : restored_.certificates) {
    const auto& statement = certificate.statement;
    if (statement.epoch != epoch_ || statement.view <= base_view_) continue;
    adopt(std::make_shared<const Certificate>(std::move(certificate)));
  }
  unsaved_.clear();  // what was adopted came from the journal
  View voted;
  for (const auto& record : restored_.votes) {
    const auto& statement = record.vote.statement;
    if (statement.epoch != epoch_ || statement.view <= base_view_ || !self_ || record.vote.voter != *self_) continue;
    ViewState& at = state(statement.view);
    const bool needs_body = statement.act == Act::kNotarize && !entry(statement.block);
    at.mine(statement.act) = OwnVote{record, true, needs_body};
    if (statement.act != Act::kFinalize) voted = std::max(voted, statement.view);
    // A backup may hold a vote that never was durable, and so never sent, on the disk that it was copied from: in
    // quarantine, and up to the floor, restored votes bind and stay unsaid.
    if (needs_body || quarantine_ || statement.view <= floor_of_epoch()) continue;
    at.slots(statement.act)[*self_] = {record.vote, true};
  }
  view_ = std::max({base_view_.next(), highest_certified_.next(), voted});
}

Status Engine::Core::start(bool quarantine, std::uint64_t now_ms) {
  TM_CHECK(!started_);
  now_ms_ = entered_ms_ = listening_since_ms_ = now_ms;
  floor_ = restored_.floor;
  quarantine_ = restored_.quarantine;
  TM_TRY_STATUS(replay_finality());
  const bool entering = quarantine && !quarantine_;
  if (entering) quarantine_ = true;
  restore_views();
  if (const auto named = restored_.named.find(epoch_); named != restored_.named.end()) {
    // What was proposed before the crash and never journaled lies at most n above what the journal names.
    durable_view_ = std::max(named->second, base_view_);
    no_proposal_through_ = *durable_view_ + set_.size();
  } else {
    save(make_start_record(epoch_, set_.digest()));
    sync_wanted_ = true;
  }
  restored_ = Restored{};
  started_ = true;
  if (quarantine_ && !entering) driver_.quarantine(true);
  if (entering) {
    quarantine_ = false;
    enter_quarantine("this key may have voted without this vote store");
  }
  rebroadcast_interval_ms_ = config_.timing.rebroadcast_ms;
  rebroadcast_at_ms_ = now_ms_;
  announce_at_ms_ = now_ms_;
  std::vector<View> views;
  for (const auto& [view, at] : views_) views.push_back(view);
  for (const View view : views) {
    for (const Act act : {Act::kNotarize, Act::kNullify, Act::kFinalize}) tally(view, act);
  }
  advance();
  return {};
}

}  // namespace testamur::consensus
