// What is said again so that nobody is left behind: own votes and certificates, where this node
// stands, and answers to those who lack something.
//
// Owns the timers of rebroadcast, relay and presence, the pace at which pending transactions are
// said again, the last final blocks, and the proven end of the epoch before. Nothing here decides
// anything: it repeats what was said and proven. Private to consensus/. One thread.
#pragma once

#include <cstdint>
#include <optional>

#include "consensus/block_tree.h"
#include "consensus/engine_context.h"
#include "consensus/pacemaker.h"
#include "consensus/peer_progress.h"
#include "consensus/quarantine.h"
#include "consensus/recent_blocks.h"
#include "consensus/values/message.h"
#include "consensus/vote_book.h"

namespace testamur::consensus {

class Relay {
 public:
  struct Parts {
    const VoteBook& votes;
    BlockTree& blocks;  // a body is hashed before it is passed on
    PeerProgress& peers;
    const Pacemaker& pacemaker;
    const Quarantine& quarantine;
  };
  Relay(const EngineContext& context, const Parts& parts,
        std::optional<SealingFinality> previous_end);

  // Everything is due at once.
  void start();
  void begin_epoch(SealingFinality previous_end);
  // A certificate let this node into the view: its leader is shown it at once, and after a view
  // that took long also the block that it has to build on.
  void note_view_entered(bool view_before_took_long);
  // A vote was cast: it leaves by itself once it is durable.
  void note_vote_cast();
  // A view was given up: no leader alone decides what is pending, so the oldest pending
  // transactions go to all validators again, now or as soon as the pace allows it.
  void note_view_given_up();
  // Final now, for peers that are just behind.
  void note_committed(const BlockPtr& block) { recent_.add(block); }

  // Own votes and certificates, presence, and the entry into the view, as far as they are due.
  void speak_if_due();
  // The certificates that let this node into its view, to everybody who has not shown that it is
  // there.
  void show_entry_to_all();
  // To a peer that is behind, at a bounded rate: how its epoch ended, or the highest finalization
  // and the certificates that let it into this view.
  void bring_forward(const InstitutionId& to);

  void answer(const InstitutionId& from, const CertificateRequest& request);
  void answer(const InstitutionId& from, const BlockRequest& request);

  std::uint64_t next_deadline_ms() const;

 private:
  void rebroadcast_if_due();
  void rebroadcast() const;
  void repeat_first_proposal() const;
  void show_entry_if_due();
  void announce_if_due();
  void resend_pending_if_due();
  std::uint64_t forward_at_ms() const;
  void forward_pending_if_due();
  bool may_lag(std::size_t validator) const;
  void show_entry_to(std::size_t validator) const;
  void show_block_to(std::size_t validator);
  bool unfinished() const;
  std::uint64_t entry_shown_at_ms() const;

  const EngineContext& context_;
  const VoteBook& votes_;
  BlockTree& blocks_;
  PeerProgress& peers_;
  const Pacemaker& pacemaker_;
  const Quarantine& quarantine_;

  std::uint64_t rebroadcast_at_ms_ = 0;
  std::uint64_t rebroadcast_interval_ms_ = 0;
  std::uint64_t announce_at_ms_ = 0;
  bool entry_shown_ = false;        // to those behind, since this view was entered
  bool pending_forwarded_ = false;  // to the leader of this view
  bool resend_wanted_ = false;
  std::uint64_t resend_at_ms_ = 0;  // not before
  RecentBlocks recent_;
  std::optional<SealingFinality> previous_end_;
};

}  // namespace testamur::consensus
