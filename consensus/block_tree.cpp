// Between the functions holds: the block of a view's proposal is a copy in blocks_ or was
// committed; a copy is handed to the journal and to the driver at most once while it stays; what
// makes a copy false never makes its block invalid.
#include "consensus/block_tree.h"

#include <algorithm>
#include <utility>

namespace testamur::consensus {

const ViewProposal* BlockTree::find_proposal(View view) const {
  const auto found = proposals_.find(view);
  return found == proposals_.end() ? nullptr : &found->second;
}

const Block* BlockTree::proposed(View view) const {
  const ViewProposal* proposal = find_proposal(view);
  return proposal ? proposal->block.get() : nullptr;
}

bool BlockTree::leader_is_invalid(View view) const {
  const ViewProposal* proposal = find_proposal(view);
  return proposal && proposal->leader_invalid;
}

const SignedStatement* BlockTree::note_signed(const SignedStatement& proposed) {
  auto& first = proposals_[proposed.statement.view].signed_first;
  if (!first) first = proposed;
  return first->statement.block == proposed.statement.block ? nullptr : &*first;
}

BlockEntry* BlockTree::held(const BlockId& block) {
  const auto found = blocks_.find(block);
  return found == blocks_.end() ? nullptr : &found->second;
}

const BlockEntry* BlockTree::find(const BlockId& block) const {
  const auto found = blocks_.find(block);
  return found == blocks_.end() ? nullptr : &found->second;
}

const HeaderFacts* BlockTree::facts_of(const BlockId& block) const {
  if (block == context_.prefix.base().id) return &context_.prefix.base();
  const BlockEntry* known = find(block);
  return known ? &known->block->facts : nullptr;
}

bool BlockTree::is_ready(const BlockId& block) const {
  if (block == context_.prefix.committed().id) return true;
  const BlockEntry* known = find(block);
  return known && (known->validity == Validity::kValid || known->validity == Validity::kWaiting);
}

View BlockTree::parent_view_in(const HeaderFacts& parent) const {
  return parent.epoch == context_.committee.epoch() ? parent.view : View{0};
}

std::uint64_t BlockTree::unfinalized_ancestors(const BlockId& parent) const {
  std::uint64_t count = 0;
  for (const BlockEntry* at = find(parent); at && at->block->facts.id != context_.prefix.base().id;
       at = find(at->block->facts.parent)) {
    ++count;
  }
  return count;
}

void BlockTree::add(const BlockPtr& block, const InstitutionId& from, bool body_checked) {
  BlockEntry& added = blocks_[block->facts.id];
  added.block = block;
  added.from = from;
  added.body_checked = body_checked;

  ViewProposal& proposal = proposals_[block->facts.view];
  if (!proposal.block) proposal.block = block;
}

void BlockTree::add_built(const BlockPtr& block) {
  add(block, context_.config.self, true);
  blocks_[block->facts.id].validity = Validity::kValid;  // its state was made while building
}

void BlockTree::add_final(const BlockPtr& block) {
  BlockEntry& copy = blocks_[block->facts.id];

  // Another copy that was held, true or false, is not the one that was proven to be true.
  if (copy.block != block)
    copy = {.block = block, .from = context_.config.self, .body_checked = true};
  if (copy.validity != Validity::kValid && copy.validity != Validity::kWaiting)
    copy.validity = Validity::kFinal;
}

bool BlockTree::restore(const BlockPtr& block) {
  blocks_[block->facts.id] = {
      .block = block, .from = context_.config.self, .body_checked = true, .saved = true};

  // A copy that came by catch-up carries no signature of its leader: it proposes nothing.
  ViewProposal& proposal = proposals_[block->facts.view];
  if (proposal.block || block->proposal.signature.is_zero()) return false;
  proposal.block = block;
  return true;
}

bool BlockTree::check_body(const BlockId& block) {
  BlockEntry& copy = blocks_.at(block);
  if (!copy.body_checked) {
    copy.body_checked =
        context_.driver.body_matches(*copy.block->proposal.header, *copy.block->proposal.body);
  }
  return copy.body_checked;
}

void BlockTree::drop_copy(const BlockId& block) {
  const auto found = blocks_.find(block);
  ViewProposal& proposal = proposals_[found->second.block->facts.view];
  if (proposal.block && proposal.block->facts.id == block) proposal.block.reset();
  blocks_.erase(found);
}

void BlockTree::persist(const BlockId& block) {
  BlockEntry& copy = blocks_.at(block);
  if (copy.saved) return;
  copy.saved = true;
  durability_.save(make_record(*copy.block));
}

void BlockTree::mark_certain(const BlockId& block) {
  for (BlockEntry* at = held(block); at && !at->certain; at = held(at->block->facts.parent))
    at->certain = true;
}

// What a header must say on this parent: everything that needs no state, and nothing that is not in
// the block id.
bool BlockTree::well_placed(const Block& block, const HeaderFacts& parent) const {
  const auto& facts = block.facts;
  const bool after_sealing =
      parent.epoch == context_.committee.epoch() && (parent.sealing || parent.filler);
  if (parent_view_in(parent) >= facts.view || facts.filler != after_sealing) return false;
  if (facts.filler && !facts.empty) return false;
  return facts.height == (facts.filler ? parent.height : parent.height.next());
}

bool BlockTree::validate_ready() {
  bool changed = false;
  for (auto& [id, candidate] : blocks_) {
    const bool retry = candidate.validity == Validity::kWaiting && !candidate.retry_on_finality &&
                       context_.now_ms() >= candidate.retry_at_ms;
    if (candidate.validity != Validity::kUnknown && !retry) continue;

    const auto& block = *candidate.block;
    const HeaderFacts* parent = facts_of(block.facts.parent);
    if (!parent) continue;

    // The driver is asked only what the headers alone do not answer.
    const BlockEntry* before = find(block.facts.parent);
    if (!well_placed(block, *parent) || (before && before->validity == Validity::kInvalid)) {
      mark_invalid(candidate);
      changed = true;
    } else if (is_ready(block.facts.parent)) {
      candidate.validity = Validity::kAsked;
      context_.driver.validate(candidate.block);
      changed = true;
    }
  }
  return changed;
}

void BlockTree::mark_invalid(BlockEntry& bad) {
  bad.validity = Validity::kInvalid;
  ViewProposal& proposal = proposals_[bad.block->facts.view];
  if (proposal.block == bad.block) proposal.leader_invalid = true;
}

bool BlockTree::awaits_verdict(const BlockId& block) const {
  const BlockEntry* known = find(block);
  return known && known->validity == Validity::kAsked;
}

bool BlockTree::take_verdict(const BlockId& block, const Validation& validation) {
  BlockEntry& judged = blocks_.at(block);
  switch (validation.verdict) {
    case Verdict::kValid:
      judged.validity = Validity::kValid;
      judged.body_checked = true;
      return true;

    case Verdict::kInvalid: mark_invalid(judged); return true;

    case Verdict::kNotYet:
    case Verdict::kRefused:
      judged.validity = Validity::kWaiting;
      judged.retry_at_ms = std::max(validation.retry_at_ms, context_.now_ms() + 1);
      judged.retry_on_finality = validation.verdict == Verdict::kRefused;
      return true;

    case Verdict::kBadCopy:
      if (!check_body(block)) return false;
      judged.validity = Validity::kUnknown;  // said of another copy, which was replaced meanwhile
      return true;
  }
  return true;
}

void BlockTree::retry_refused() {
  for (auto& [id, copy] : blocks_) {
    if (copy.validity == Validity::kWaiting && copy.retry_on_finality)
      copy.validity = Validity::kUnknown;
  }
}

std::optional<BlockTree::Chain> BlockTree::chain_to(const BlockId& last) const {
  const HeaderFacts& base = context_.prefix.base();
  Chain chain;
  for (BlockId at = last; at != base.id;) {
    const BlockEntry* copy = find(at);
    if (!copy) return std::nullopt;

    // Fillers prove, and change nothing: their headers are links.
    const auto& facts = copy->block->facts;
    if (facts.filler) {
      chain.links.push_back(copy->block->proposal.header);
    } else {
      if (facts.height <= base.height) return std::nullopt;
      chain.blocks.push_back(copy->block);
    }
    at = facts.parent;
  }
  std::reverse(chain.blocks.begin(), chain.blocks.end());
  std::reverse(chain.links.begin(), chain.links.end());
  return chain;
}

void BlockTree::forget_through(View view) {
  proposals_.erase(proposals_.begin(), proposals_.upper_bound(view));
  for (auto at = blocks_.begin(); at != blocks_.end();) {
    if (at->second.block->facts.view > view) {
      ++at;
      continue;
    }
    context_.driver.abandon(at->first);
    at = blocks_.erase(at);
  }
}

// A copy that must stay: a certificate names its block, this node's vote does, or it is of a view
// near the own one.
bool BlockTree::is_needed(const BlockEntry& copy, View current) const {
  if (copy.certain || copy.saved || copy.validity == Validity::kFinal) return true;
  return copy.block->facts.view.value + kProposalsBehind >= current.value;
}

// A block that turns out to be certified later is fetched from those who voted for it.
void BlockTree::forget_stale(View current) {
  for (auto at = blocks_.begin(); at != blocks_.end();) {
    if (is_needed(at->second, current)) {
      ++at;
      continue;
    }
    ViewProposal& proposal = proposals_[at->second.block->facts.view];
    if (proposal.block == at->second.block) proposal.block.reset();
    context_.driver.abandon(at->first);
    at = blocks_.erase(at);
  }
}

void BlockTree::end_epoch() {
  for (const auto& [id, copy] : blocks_) context_.driver.abandon(id);
  blocks_.clear();
  proposals_.clear();
}

std::size_t BlockTree::size_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [id, copy] : blocks_) {
    bytes += copy.block->proposal.header->size() + copy.block->proposal.body->size();
  }
  return bytes;
}

std::uint64_t BlockTree::next_deadline_ms() const {
  std::uint64_t at_ms = kNever;
  for (const auto& [id, copy] : blocks_) {
    const bool timed = copy.validity == Validity::kWaiting && !copy.retry_on_finality;
    if (timed) at_ms = std::min(at_ms, copy.retry_at_ms);
  }
  return at_ms;
}

}  // namespace testamur::consensus
