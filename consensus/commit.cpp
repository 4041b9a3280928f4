// From a finalization to committed blocks, and from a sealing block to the next epoch. A block is
// applied only when it and its finality are durable, however they came.
#include <algorithm>
#include <utility>

#include "common/check.h"
#include "consensus/core.h"

namespace testamur::consensus {

// The blocks above the base that are known to be final, and why; nothing while one of them is
// missing.
std::optional<Commit> Engine::Core::finalized_above_base() const {
  // The proven end of the epoch is further than what this node has seen finalized by itself.
  if (const auto& end = prefix_.proven_end()) {
    auto chain = blocks_.chain_to(end->facts.id);
    if (!chain) return std::nullopt;
    return Commit{std::move(chain->blocks), end->finality.proof};
  }

  const CertificatePtr& finalization = votes_.highest_finalization();
  auto chain = blocks_.chain_to(finalization->statement.block);
  if (!chain) return std::nullopt;
  return Commit{std::move(chain->blocks), {std::move(chain->links), finalization}};
}

bool Engine::Core::schedule_commit() {
  if (!votes_.highest_finalization() || !votes_.finality_is_ahead() || prefix_.ends_epoch())
    return false;
  auto finalized = finalized_above_base();
  if (!finalized) return false;
  TM_CHECK(!finalized->blocks.empty());

  // Dropping a false copy is progress too: what is missing is stated anew.
  if (bodies_match(finalized->blocks)) schedule(std::move(*finalized));
  return true;
}

// A body that was never validated may be a false copy: it is dropped and fetched elsewhere.
bool Engine::Core::bodies_match(const std::vector<BlockPtr>& chain) {
  bool all = true;
  for (const auto& block : chain) {
    const BlockId& id = block->facts.id;
    if (!blocks_.find(id) || blocks_.check_body(id)) continue;
    drop_false_copy(id);
    all = false;
  }
  return all;
}

// Everything about these blocks goes into one synced group; only then are they applied.
void Engine::Core::schedule(Commit finalized) {
  for (const auto& block : finalized.blocks) {
    blocks_.add_final(block);
    blocks_.persist(block->facts.id);
  }
  const auto& last = finalized.blocks.back()->facts;
  durability_.save(
      make_record(FinalityRecord{last.id, last.epoch, last.view, last.height, finalized.proof}));

  // The base moves now: what is above it can be voted for while the group is on its way.
  prefix_.extend(last);
  durability_.after_sync([this, finalized = std::move(finalized)] { commit(finalized); });
}

void Engine::Core::commit(const Commit& finalized) {
  driver_.commit(finalized);
  committed_blocks_ += finalized.blocks.size();
  const auto& last = finalized.blocks.back();
  prefix_.note_committed(last->facts, finalized.proof);
  for (const auto& block : finalized.blocks) {
    blocks_.take_out(block->facts.id);
    relay_.note_committed(block);
  }
  if (last->facts.sealing) return begin_epoch(last, finalized.proof);

  // Views at or below the last committed one are over.
  const View view = last->facts.view;
  votes_.forget_through(view);
  blocks_.forget_through(view);
  evidence_.forget_through(view);

  // A voting limit that refused a block may let it pass now.
  blocks_.retry_refused();
}

void Engine::Core::begin_epoch(const BlockPtr& sealing, const FinalityProof& proof) {
  blocks_.end_epoch();
  SealingFinality end{committee_.epoch(), sealing->proposal.header, proof};

  // The committee and the prefix first: the other parts take the epoch, its size and its first view
  // from them.
  committee_.begin_epoch(committee_.epoch().next(), driver_.next_validators(sealing));
  prefix_.begin_epoch();
  evidence_.begin_epoch();
  durability_.begin_epoch();
  peers_.begin_epoch();
  votes_.begin_epoch();
  pacemaker_.begin_epoch();
  fetcher_.begin_epoch();
  quarantine_.begin_epoch(sealing->facts.view);
  relay_.begin_epoch(std::move(end));
  building_ = Building{.last_id = building_.last_id, .id = {}, .parent_view = {}};
  proposed_ = View{0};

  // Rule 0 needs a durable record of the epoch before its first leader proposes.
  durability_.save(make_start_record(committee_.epoch(), committee_.set().digest()));
  durability_.request_sync();
  driver_.notice("epoch " + std::to_string(committee_.epoch().value) + " begins with " +
                 std::to_string(committee_.size()) + " validators");
}

// The end of this epoch, proven: its blocks are then fetched like any other.
void Engine::Core::receive(const InstitutionId& from, const SealingFinality& end) {
  peers_.note(from, end.epoch.next(), View{0});
  if (end.epoch != committee_.epoch() || prefix_.proven_end() || prefix_.ends_epoch()) return;

  const HeaderFacts facts = driver_.read_header(*end.header);
  if (!facts.well_formed || !facts.sealing || facts.epoch != committee_.epoch()) return;
  if (facts.view <= prefix_.base_view()) return;

  // Whoever is in the next epoch need not be in this one's set: any peer may prove it.
  if (!peers_.in_credit(from)) return;
  if (!committee_.verify_finality(facts, end.proof).ok())
    return peers_.pause_for_false_signature(from);

  prefix_.prove_end(end, facts);
  quarantine_.check_own_signature(*end.proof.certificate);
  votes_.adopt(end.proof.certificate);
}

// The fetched blocks above the base, each following the one before; nothing is known of their
// bodies and proof yet.
Result<std::vector<BlockPtr>> Engine::Core::chain_of(const FinalizedChain& fetched) const {
  std::vector<BlockPtr> chain;
  HeaderFacts before = prefix_.base();
  for (const auto& part : fetched.blocks) {
    HeaderFacts facts = driver_.read_header(*part.header);
    if (!facts.well_formed) return error("a fetched block has no readable header");
    if (facts.height <= prefix_.base().height) continue;

    const std::string name = "the fetched block at height " + std::to_string(facts.height.value);
    if (facts.epoch != committee_.epoch()) return error(name + " is of another epoch");
    const bool after_end = before.sealing && before.epoch == committee_.epoch();
    if (facts.parent != before.id || facts.height != before.height.next() || facts.filler ||
        after_end) {
      return error(name + " does not follow the last committed block");
    }
    before = facts;

    // A held copy whose body is known to be true keeps its leader's signature: it can be passed on.
    const BlockEntry* held = blocks_.find(facts.id);
    if (held && held->body_checked) {
      chain.push_back(held->block);
    } else {
      Proposal proposal{facts.epoch, facts.view, View{0}, part.header, part.body, {}};
      chain.push_back(std::make_shared<const Block>(Block{std::move(proposal), std::move(facts)}));
    }
  }
  return chain;
}

Status Engine::Core::on_finalized_externally(const FinalizedChain& fetched) {
  TM_TRY(std::vector<BlockPtr> chain, chain_of(fetched));
  if (chain.empty() || prefix_.ends_epoch()) return {};

  TM_TRY_STATUS(committee_.verify_finality(chain.back()->facts, fetched.proof));
  quarantine_.check_own_signature(*fetched.proof.certificate);

  // The proof is about headers: each body must be the one that its header names.
  for (const auto& block : chain) {
    const BlockEntry* held = blocks_.find(block->facts.id);
    if (held && held->block == block) continue;
    if (driver_.body_matches(*block->proposal.header, *block->proposal.body)) continue;
    return error("the body of the fetched block at height " +
                 std::to_string(block->facts.height.value) +
                 " is not the one that its header names");
  }

  const CertificatePtr& certificate = fetched.proof.certificate;
  if (certificate->statement.view > votes_.finalized_view()) votes_.adopt(certificate);
  peers_.forget_fruitless_asks();
  schedule({std::move(chain), fetched.proof});
  advance();
  return {};
}

}  // namespace testamur::consensus
