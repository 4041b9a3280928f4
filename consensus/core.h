// The protocol's rules over the parts that own the state. Private to consensus/.
//
// The rules, by source file:
//   propose.cpp    rule 0: leading a view
//   votes.cpp      rules 1 to 3: what an honest key signs, and which votes and certificates count
//   proposals.cpp  which copies of blocks are taken, and what the driver says of them
//   commit.cpp     finality, sealing, the next epoch
//   restart.cpp    what the journal brings back
//   core.cpp       the events, and the order in which the rules are applied
//
// The state, by owner; each part's header says what may change in it, and each names its own next
// deadline:
//   LocalClock, Committee, FinalizedPrefix   written by the core alone, read by every part
//   (engine_context.h) EvidenceLog, DurabilityQueue, PeerProgress, VoteBook, BlockTree, Pacemaker,
//   Fetcher, Quarantine, Relay
// A part knows only those before it in this list, and none knows the core.
//
// Every event ends in advance(), which applies the rules until nothing changes and then hands one
// group of records to the journal. What must wait for a sync waits in the DurabilityQueue and is
// done in on_synced.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consensus/block_tree.h"
#include "consensus/committee.h"
#include "consensus/durability_queue.h"
#include "consensus/engine.h"
#include "consensus/engine_context.h"
#include "consensus/evidence_log.h"
#include "consensus/fetcher.h"
#include "consensus/finalized_prefix.h"
#include "consensus/pacemaker.h"
#include "consensus/peer_progress.h"
#include "consensus/quarantine.h"
#include "consensus/relay.h"
#include "consensus/restored_journal.h"
#include "consensus/vote_book.h"

namespace testamur::consensus {

class Engine::Core {
 public:
  Core(EngineConfig config, const Tip& tip, Driver& driver);

  Status restore(RecordKind kind, ByteView bytes);
  Status start(bool quarantine, std::uint64_t now_ms);
  void on_message(const InstitutionId& from, const Message& message);
  void on_tick(std::uint64_t now_ms);
  void on_built(std::uint64_t request_id, const std::optional<BuiltBlock>& block);
  void on_validated(const BlockId& block, Validation validation);
  void on_synced(std::uint64_t sequence);
  void on_pending_changed(bool transactions, bool heartbeat_due);
  Status on_finalized_externally(const FinalizedChain& chain);
  void set_keys(const std::vector<ConsensusKey>& keys) { committee_.set_keys(keys); }
  void resume_voting();
  std::uint64_t wake_at_ms() const;
  EngineStatus status() const;
  VotingState voting_state() const;
  std::vector<Record> live_records() const;

 private:
  // --- events (core.cpp)
  void receive(const InstitutionId& from, const Proposal& proposal);        // proposals.cpp
  void receive(const InstitutionId& from, const Vote& vote);                // votes.cpp
  void receive(const InstitutionId& from, const Certificate& certificate);  // votes.cpp
  void receive(const InstitutionId& from, const CertificateRequest& request);
  void receive(const InstitutionId& from, const BlockRequest& request);
  void receive(const InstitutionId& from, const Presence& presence);
  void receive(const InstitutionId& from, const QuarantineQuery& query);
  void receive(const InstitutionId& from, const QuarantineAnswer& answer);
  void receive(const InstitutionId& from, const SealingFinality& end);  // commit.cpp
  void advance();
  bool advance_once();
  bool enter_views();

  // --- rule 0 (propose.cpp)
  void propose_if_due();
  void propose(const BuiltBlock& built, HeaderFacts facts);
  bool may_propose() const;
  bool journal_allows_proposing();
  bool wants_block() const;
  bool wants_empty_block() const;
  std::optional<View> parent_view_for(View view) const;
  BlockId certified_block(View view) const;
  std::uint64_t proposal_deadline_ms() const;

  // --- rules 1 to 3 (votes.cpp)
  bool notarize_if_due();
  bool nullify_if_due();
  bool finalize_if_due();
  bool may_notarize(const BlockEntry& candidate) const;
  bool extends_certified_parent(const Block& block) const;
  void cast(const Statement& statement, const Hash256& support);
  void on_vote_durable(View view, Act act);
  void resend_own_votes_with_bodies();
  bool adopt_own_vote_from_peer(const Vote& vote);
  bool counts_votes_of(View view) const;

  // --- copies of blocks (proposals.cpp)
  struct Copy;
  bool wants_copy(const InstitutionId& from, const Proposal& proposal,
                  const MissingBlock* missing) const;
  bool leader_has_shown_another(View view, const BlockId& block) const;
  bool accept_signature(const Copy& copy);
  bool accept_header(const Copy& copy);
  bool must_hash_body_now(const Copy& copy) const;
  bool is_signed_by_leader(const Proposal& proposal, const BlockId& block) const;
  bool is_first_signed(const Proposal& proposal, const BlockId& block);
  void reject_false_copy(const BlockId& block, View view, const InstitutionId& sender);
  void compare_copies(const InstitutionId& from, const Proposal& proposal, const BlockEntry& held);
  void drop_false_copy(const BlockId& block);

  // --- finality (commit.cpp)
  bool schedule_commit();
  std::optional<Commit> finalized_above_base() const;
  bool bodies_match(const std::vector<BlockPtr>& chain);
  void schedule(Commit finalized);
  void commit(const Commit& finalized);
  void begin_epoch(const BlockPtr& sealing, const FinalityProof& proof);
  Result<std::vector<BlockPtr>> chain_of(const FinalizedChain& fetched) const;

  // --- restart (restart.cpp)
  Status replay_finality();
  View restore_views(bool observing);
  View restore_own_votes(bool observing);

  // --- status (status.cpp)
  Holdings holdings() const;
  void describe_peers(EngineStatus& status) const;
  std::string explain() const;
  std::string explain_quarantine() const;

  const EngineConfig config_;
  Driver& driver_;
  LocalClock clock_;
  Committee committee_;
  FinalizedPrefix prefix_;
  const EngineContext context_;

  EvidenceLog evidence_;
  DurabilityQueue durability_;
  PeerProgress peers_;
  VoteBook votes_;
  BlockTree blocks_;
  Pacemaker pacemaker_;
  Fetcher fetcher_;
  Quarantine quarantine_;
  Relay relay_;

  // Leading: the request under way, if any.
  struct Building {
    std::uint64_t last_id = 0;
    std::optional<std::uint64_t> id;
    View parent_view;
    std::uint64_t retry_at_ms = 0;  // a build failed: not before
    bool came_empty = false;        // the last build in this view carried nothing
  };
  Building building_;
  View proposed_;  // the highest view proposed in, in this epoch and run

  bool started_ = false;
  std::optional<RestoredJournal> restored_;  // until start() has used it
  std::uint64_t committed_blocks_ = 0;       // since start
};

}  // namespace testamur::consensus
