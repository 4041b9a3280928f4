// From a finalization to committed blocks, and from a sealing block to the next epoch.
#include <algorithm>

#include "common/check.h"
#include "consensus/core.h"
#include "consensus/finality.h"

namespace testamur::consensus {

// The blocks above the base up to `last`, ascending; fillers only as headers. False while one is missing.
bool Engine::Core::collect_chain(const BlockId& last, std::vector<BlockPtr>& chain,
                                 std::vector<std::shared_ptr<const Bytes>>& links) const {
  for (BlockId at = last; at != base_.id;) {
    const BlockEntry* held = entry(at);
    if (!held) return false;
    const auto& facts = held->block->facts;
    if (facts.filler) {
      links.push_back(held->block->proposal.header);
    } else {
      if (facts.height <= base_.height) return false;
      chain.push_back(held->block);
    }
    at = facts.parent;
  }
  std::reverse(chain.begin(), chain.end());
  std::reverse(links.begin(), links.end());
  return true;
}

bool Engine::Core::schedule_commit() {
  if (!highest_finalization_ || finalized_view() <= base_view_ || base_seals()) return false;
  std::vector<BlockPtr> chain;
  FinalityProof proof{{}, highest_finalization_};
  if (known_sealing_) {
    std::vector<std::shared_ptr<const Bytes>> none;
    proof = known_sealing_->proof;
    if (!collect_chain(known_sealing_facts_.id, chain, none)) return false;
  } else if (!collect_chain(highest_finalization_->statement.block, chain, proof.links)) {
    return false;
  }
  TM_CHECK(!chain.empty());
  if (!bodies_match(chain)) return true;
  schedule(std::move(chain), std::move(proof));
  return true;
}

// A body that was never validated may be a false copy: it is dropped and fetched elsewhere.
bool Engine::Core::bodies_match(const std::vector<BlockPtr>& chain) {
  bool all = true;
  for (const auto& block : chain) {
    const BlockEntry* held = entry(block->facts.id);
    if (!held || held->body_checked) continue;
    if (check_body(*entry(block->facts.id))) continue;
    const InstitutionId liar = held->from;
    drop_copy(block->facts.id);
    missing_.false_copy(block->facts.id, block->facts.view, bit_of(liar), now_ms_);
    distrust(liar);
    all = false;
  }
  return all;
}

// Everything about these blocks goes into one synced group; only then are they applied.
void Engine::Core::schedule(std::vector<BlockPtr> chain, FinalityProof proof) {
  for (const auto& block : chain) {
    BlockEntry& held = blocks_[block->facts.id];
    if (held.block != block) held = {.block = block, .from = config_.self, .body_checked = true};
    if (held.validity != Validity::kValid && held.validity != Validity::kWaiting) held.validity = Validity::kFinal;
    persist_block(held);
  }
  const auto& last = chain.back()->facts;
  save(make_record(FinalityRecord{last.id, last.epoch, last.view, last.height, proof}));
  base_ = last;
  base_view_ = last.view;
  after_sync([this, chain = std::move(chain), proof = std::move(proof)] { commit(chain, proof); });
}

void Engine::Core::commit(const std::vector<BlockPtr>& chain, const FinalityProof& proof) {
  driver_.commit({chain, proof});
  committed_blocks_ += chain.size();
  committed_ = chain.back()->facts;
  committed_proof_ = {committed_.id, committed_.epoch, committed_.view, committed_.height, proof};
  for (const auto& block : chain) {
    blocks_.erase(block->facts.id);
    remember_recent(block);
  }
  if (committed_.sealing) return begin_epoch(chain.back(), proof);
  forget_through(committed_.view);
  for (auto& [id, held] : blocks_) {
    if (held.validity == Validity::kWaiting && held.retry_on_finality) held.validity = Validity::kUnknown;
  }
}

// Views at or below the last committed one are over; blocks that lost are given up.
void Engine::Core::forget_through(View view) {
  views_.erase(views_.begin(), views_.upper_bound(view));
  for (auto at = blocks_.begin(); at != blocks_.end();) {
    if (at->second.block->facts.view > view) {
      ++at;
      continue;
    }
    driver_.abandon(at->first);
    at = blocks_.erase(at);
  }
  std::erase_if(reported_, [&](const auto& reported) { return std::get<View>(reported) <= view; });
}

void Engine::Core::remember_recent(const BlockPtr& block) {
  recent_.push_back(block);
  recent_bytes_ += block->proposal.body->size();
  while (recent_.size() > config_.limits.recent_blocks ||
         (recent_bytes_ > config_.limits.recent_bytes && recent_.size() > 1)) {
    recent_bytes_ -= recent_.front()->proposal.body->size();
    recent_.pop_front();
  }
}

void Engine::Core::begin_epoch(const BlockPtr& sealing, const FinalityProof& proof) {
  for (const auto& [id, held] : blocks_) driver_.abandon(id);
  previous_ = SealingFinality{epoch_, sealing->proposal.header, proof};
  reset_epoch(epoch_.next(), driver_.next_validators(sealing));
  base_ = committed_;
  save(make_start_record(epoch_, set_.digest()));
  sync_wanted_ = true;
  driver_.notice("epoch " + std::to_string(epoch_.value) + " begins with " + std::to_string(set_.size()) +
                 " validators");
}

// The end of this epoch, proven: its blocks are then fetched like any other.
void Engine::Core::receive(const InstitutionId& from, const SealingFinality& message) {
  heard(from, message.epoch.next(), View{0}, std::nullopt);
  if (message.epoch != epoch_ || known_sealing_ || base_seals()) return;
  const auto read = [&](const Bytes& header) { return driver_.read_header(header); };
  const auto check = [&](const ConsensusKey& key, const Hash256& digest, const Signature& signature) {
    return driver_.verify(key, digest, signature);
  };
  const HeaderFacts facts = driver_.read_header(*message.header);
  if (!facts.well_formed || !facts.sealing || facts.epoch != epoch_ || facts.view <= base_view_) return;
  if (!peer(from).credit.trusted(now_ms_)) return;
  if (!verify_finality(config_.chain, set_, facts, message.proof, read, check).ok()) return distrust(from);
  known_sealing_ = message;
  known_sealing_facts_ = facts;
  check_own_signature(*message.proof.certificate);
  adopt(message.proof.certificate);
}

Status Engine::Core::on_finalized_externally(const FinalizedChain& fetched) {
  std::vector<BlockPtr> chain;
  HeaderFacts before = base_;
  for (const auto& part : fetched.blocks) {
    HeaderFacts facts = driver_.read_header(*part.header);
    if (!facts.well_formed) return error("a fetched block has no readable header");
    if (facts.height <= base_.height) continue;
    const std::string name = "the fetched block at height " + std::to_string(facts.height.value);
    if (facts.epoch != epoch_) return error(name + " is of another epoch");
    if (facts.parent != before.id || facts.height != before.height.next() || facts.filler ||
        (before.sealing && before.epoch == epoch_)) {
      return error(name + " does not follow the last committed block");
    }
    before = facts;
    // A held copy whose body is known to be true keeps its leader's signature: it can be passed on.
    const BlockEntry* held = entry(facts.id);
    chain.push_back(held && held->body_checked
                        ? held->block
                        : std::make_shared<const Block>(
                              Block{{facts.epoch, facts.view, View{0}, part.header, part.body, {}}, facts}));
  }
  if (chain.empty() || base_seals()) return {};
  const auto read = [&](const Bytes& header) { return driver_.read_header(header); };
  const auto check = [&](const ConsensusKey& key, const Hash256& digest, const Signature& signature) {
    return driver_.verify(key, digest, signature);
  };
  TM_TRY_STATUS(verify_finality(config_.chain, set_, before, fetched.proof, read, check));
  check_own_signature(*fetched.proof.certificate);
  for (const auto& block : chain) {
    const BlockEntry* held = entry(block->facts.id);
    if (held && held->block == block) continue;
    if (driver_.body_matches(*block->proposal.header, *block->proposal.body)) continue;
    return error("the body of the fetched block at height " + std::to_string(block->facts.height.value) +
                 " is not the one that its header names");
  }
  if (fetched.proof.certificate->statement.view > finalized_view()) adopt(fetched.proof.certificate);
  for (auto& peer : peers_) peer.fruitless_asks = 0;
  for (auto& [id, other] : others_) other.fruitless_asks = 0;
  schedule(std::move(chain), fetched.proof);
  advance();
  return {};
}

}  // namespace testamur::consensus
