// What this node lacks and others have: blocks, certificates, and whole stretches of the chain; of
// whom it is asked, and when again.
//
// Owns the blocks that are missing, who failed to deliver, and the pace of asking: of nobody more
// than it grants. Needs are stated anew after every event (update), asked for with the clock
// (ask_if_due). Private to consensus/. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "consensus/block_tree.h"
#include "consensus/engine_context.h"
#include "consensus/missing_blocks.h"
#include "consensus/pacemaker.h"
#include "consensus/peer_progress.h"
#include "consensus/question_budget.h"
#include "consensus/vote_book.h"

namespace testamur::consensus {

class Fetcher {
 public:
  // All are borrowed. In `blocks` it marks what certificates name, in `peers` it counts what claims
  // have cost.
  Fetcher(const EngineContext& context, const VoteBook& votes, BlockTree& blocks,
          PeerProgress& peers, const Pacemaker& pacemaker);
  void begin_epoch();
  void note_view_entered() { next_peer_ = 0; }

  // States anew which blocks are missing.
  void update();
  void ask_if_due();

  const MissingBlock* find(const BlockId& block) const { return missing_.find(block); }
  void note_arrived(const BlockId& block) { missing_.arrived(block); }
  void note_delivered(const InstitutionId& by);  // a block that was asked for
  // The next copy is asked for elsewhere at once, never of this sender again.
  void note_false_copy(const BlockId& block, View view, const InstitutionId& sender);

  std::size_t size() const { return missing_.size(); }
  std::uint64_t next_deadline_ms() const;

 private:
  struct ViewRange {
    View first;
    View last;
  };
  void want(const BlockId& block, View view, bool certain, ValidatorBits holders,
            std::uint64_t ask_at_ms);
  void want_certain();
  void want_for_current_view();
  void ask_for_blocks();
  void ask_for_certificates();
  void ask_for_catch_up();
  QuestionRate question_rate() const;
  bool may_ask(std::size_t validator, std::uint64_t cost);
  std::optional<ViewRange> missing_certificates() const;
  std::optional<ViewRange> missing_to_judge(const Block& proposal) const;
  std::optional<ViewRange> missing_to_propose() const;
  std::uint64_t gap_is_old_ms() const;

  const EngineContext& context_;
  const VoteBook& votes_;
  BlockTree& blocks_;
  PeerProgress& peers_;
  const Pacemaker& pacemaker_;
  MissingBlocks missing_;
  std::vector<unsigned> failures_;  // by validator index: asked for blocks and did not deliver
  std::map<InstitutionId, QuestionBudget> budgets_;  // of the validators: how often they are asked
  std::uint64_t certificates_asked_ms_ = 0;
  std::size_t next_peer_ = 0;  // of whom certificates are asked next, counted from the leader
  std::optional<std::uint64_t> gap_since_ms_;
  std::uint64_t catch_up_at_ms_ = 0;
};

}  // namespace testamur::consensus
