// Copies of blocks above the last final one, and what the leader of each open view has proposed.
//
// Owns one copy of each block, what is known of that copy and of the block's validity, and for each
// view what its leader signed first. A block is known by its id, the hash of its header; its body,
// signature and the parent view beside it are one copy's alone (docs/consensus.md, "What is not in
// the block id"). Private to consensus/. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "consensus/durability_queue.h"
#include "consensus/engine_context.h"
#include "consensus/evidence_log.h"

namespace testamur::consensus {

// kWaiting: valid, but a voting rule asks to wait. kFinal: final without having been validated
// here; commit executes it.
enum class Validity : std::uint8_t { kUnknown, kAsked, kValid, kInvalid, kWaiting, kFinal };

struct BlockEntry {
  BlockPtr block;
  InstitutionId from;         // who brought this copy, and pays if its body is false
  bool body_checked = false;  // the body hashes to the header's payload digest
  bool certain = false;       // a certificate or an own vote names the block or a descendant
  Validity validity = Validity::kUnknown;
  std::uint64_t retry_at_ms = 0;  // kWaiting
  bool retry_on_finality = false;
  bool saved = false;  // handed to the journal
};

// What the leader of a view has shown.
struct ViewProposal {
  std::optional<SignedStatement> signed_first;  // for evidence: it outlives the block's copy
  BlockPtr block;  // the copy that is held of the first block under the leader's signature
  bool leader_invalid = false;  // the leader signed what is invalid, whatever copy of it
};

class BlockTree {
 public:
  BlockTree(const EngineContext& context, DurabilityQueue& durability)
      : context_(context), durability_(durability) {}

  // --- views
  const std::map<View, ViewProposal>& proposals() const { return proposals_; }
  const ViewProposal* find_proposal(View view) const;
  const Block* proposed(View view) const;  // the copy that is held; null: none
  bool leader_is_invalid(View view) const;
  void mark_leader_invalid(View view) { proposals_[view].leader_invalid = true; }
  // Keeps what the leader signed first in the view. Returns that, when this is another block.
  const SignedStatement* note_signed(const SignedStatement& proposed);

  // --- copies
  const BlockEntry* find(const BlockId& block) const;
  const HeaderFacts* facts_of(const BlockId& block) const;  // of the base too; null: not here
  bool is_ready(
      const BlockId& block) const;  // its state is there: children can be validated and built on it
  View parent_view_in(const HeaderFacts& parent) const;  // what a child names as its parent's view
  std::uint64_t unfinalized_ancestors(const BlockId& parent) const;

  void add(const BlockPtr& block, const InstitutionId& from, bool body_checked);
  void add_built(const BlockPtr& block);  // by this node
  // A final block; its body is known to be true.
  void add_final(const BlockPtr& block);
  // From the journal. Returns whether it is the first signed one of its view.
  bool restore(const BlockPtr& block);
  // Hashes the body unless that was done; precondition: the block is held.
  bool check_body(const BlockId& block);
  // Only this copy is false; the block itself may be sound and is asked for elsewhere.
  void drop_copy(const BlockId& block);
  void persist(const BlockId& block);  // with the next group, once
  // A certificate names it. Its held ancestors are certified too: an honest voter held their
  // certificates.
  void mark_certain(const BlockId& block);

  // --- validity
  // Asks the driver about every block whose parent is ready. Returns whether anything changed.
  bool validate_ready();
  bool awaits_verdict(const BlockId& block) const;
  // Precondition: it awaits one. Returns false when the verdict says that this copy is false, and
  // it is.
  bool take_verdict(const BlockId& block, const Validation& validation);
  void retry_refused();  // the last final block has moved

  // --- finality
  struct Chain {
    std::vector<BlockPtr> blocks;                     // above the base, ascending
    std::vector<std::shared_ptr<const Bytes>> links;  // headers of the fillers after them
  };
  std::optional<Chain> chain_to(const BlockId& last) const;      // nothing while a block is missing
  void take_out(const BlockId& block) { blocks_.erase(block); }  // committed
  // Views at or below a committed one are over; blocks that lost are given up.
  void forget_through(View view);
  // Copies of views long behind the current one go, unless a certificate or an own vote names their
  // block.
  void forget_stale(View current);
  void end_epoch();  // everything is given up

  // --- what is held
  const std::map<BlockId, BlockEntry>& blocks() const { return blocks_; }
  std::size_t size_bytes() const;
  // When a block that a voting rule put off is asked about again.
  std::uint64_t next_deadline_ms() const;

 private:
  BlockEntry* held(const BlockId& block);
  bool well_placed(const Block& block, const HeaderFacts& parent) const;
  bool is_needed(const BlockEntry& copy, View current) const;
  void mark_invalid(BlockEntry& bad);

  const EngineContext& context_;
  DurabilityQueue& durability_;
  std::map<BlockId, BlockEntry> blocks_;
  std::map<View, ViewProposal> proposals_;
};

}  // namespace testamur::consensus
