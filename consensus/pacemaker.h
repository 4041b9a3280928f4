// The current view, whether anything is pending in it, and when it is given up.
//
// Owns the view, when it was entered, since when something waits for a block, and what the node
// outside says of transactions and the heartbeat. It tells when the timer has fired; whether to
// nullify then is the core's rule 2. Timers run only while something is pending, from the later of
// entering the view and becoming pending (docs/consensus.md, "Liveness in detail"). Private to
// consensus/. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "consensus/block_tree.h"
#include "consensus/engine_context.h"
#include "consensus/peer_progress.h"
#include "consensus/vote_book.h"

namespace testamur::consensus {

class Pacemaker {
 public:
  // All are borrowed; it reads them only.
  Pacemaker(const EngineContext& context, const VoteBook& votes, const BlockTree& blocks,
            const PeerProgress& peers);
  void begin_epoch();

  View view() const { return view_; }
  std::uint64_t entered_ms() const { return entered_ms_; }
  void enter(View view);
  // After a restart this node proposes in no view up to this one: it may have, and not remember.
  void forbid_proposals_through(View view) { no_proposal_through_ = view; }
  bool may_have_proposed() const { return view_ <= no_proposal_through_; }

  void set_waiting(bool transactions, bool heartbeat_due);
  bool has_transactions() const { return transactions_; }
  bool heartbeat_is_due() const { return heartbeat_due_; }
  bool pending() const;
  bool pending_besides_proposal() const;
  // After everything that may have changed it.
  void update_pending();

  bool f_plus_1_others_nullified() const;
  bool timer_fired() const;
  // Something has been pending in the view for longer than a proposal and its votes take between
  // honest nodes.
  bool view_takes_long() const;
  std::optional<std::uint64_t> timer_start_ms() const;  // nothing while nothing is pending
  unsigned backoff() const;
  std::uint64_t delta_ms() const;
  std::uint64_t half_delta_ms() const {
    return entered_ms_ + delta_ms() / 2;
  }  // when an empty block may leave

  // Of a node that may vote in the view: when its timer fires, by patience or by the leader's
  // silence.
  std::uint64_t next_deadline_ms() const;

 private:
  bool leader_is_skipped() const;
  std::uint64_t timer_end_ms(std::uint64_t start_ms) const;
  std::uint64_t views_without_finality() const;
  std::uint64_t views_given_up_at_once() const;

  const EngineContext& context_;
  const VoteBook& votes_;
  const BlockTree& blocks_;
  const PeerProgress& peers_;
  View view_;
  std::uint64_t entered_ms_ = 0;
  View no_proposal_through_;
  std::set<View> given_up_at_once_;  // above the final view; n of them at most
  bool transactions_ = false;
  bool heartbeat_due_ = false;
  std::optional<std::uint64_t> pending_since_ms_;
};

}  // namespace testamur::consensus
