// The state of the engine and its rules, one source file a concern. Private to consensus/.
//
// votes.cpp     tallying, certificates, what an honest key signs
// blocks.cpp    proposals and their copies, validation
// fetching.cpp  what is missing: blocks, certificates, catch-up; and answering those who miss something
// propose.cpp   leading a view
// commit.cpp    commits, sealing, the next epoch
// liveness.cpp  pending, timers, skipping, rebroadcast, presence
// durable.cpp   persist, sync, then send; restoring from the journal
// quarantine.cpp, status.cpp
//
// Every event ends in advance(), which applies the rules until nothing changes and then hands one group of records to
// the journal. What must wait for a sync is kept in held_ and done in on_synced.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "consensus/codec.h"
#include "consensus/engine.h"
#include "consensus/missing_blocks.h"
#include "consensus/view_state.h"

namespace testamur::consensus {

class Engine::Core {
 public:
  Core(EngineConfig config, Tip tip, Driver& driver);

  Status restore(RecordKind kind, ByteView bytes);
  Status start(bool quarantine, std::uint64_t now_ms);
  void on_message(const InstitutionId& from, const Message& message);
  void on_tick(std::uint64_t now_ms);
  void on_built(std::uint64_t request_id, const std::optional<BuiltBlock>& block);
  void on_validated(const BlockId& block, Validation validation);
  void on_synced(std::uint64_t sequence);
  void on_pending_changed(bool transactions, bool heartbeat_due);
  Status on_finalized_externally(const FinalizedChain& chain);
  void set_keys(const std::vector<ConsensusKey>& keys);
  void resume_voting();
  std::uint64_t wake_at_ms() const;
  EngineStatus status() const;
  std::vector<Record> live_records() const;

 private:
  // --- receiving
  void receive(const InstitutionId& from, const Proposal& message);
  void receive(const InstitutionId& from, const Vote& message);
  void receive(const InstitutionId& from, const Certificate& message);
  void receive(const InstitutionId& from, const CertificateRequest& message);
  void receive(const InstitutionId& from, const BlockRequest& message);
  void receive(const InstitutionId& from, const Presence& message);
  void receive(const InstitutionId& from, const QuarantineQuery& message);
  void receive(const InstitutionId& from, const QuarantineAnswer& message);
  void receive(const InstitutionId& from, const SealingFinality& message);

  // --- rules (votes.cpp)
  void advance();
  bool advance_once();
  bool notarize_if_due();
  bool finalize_if_due();
  bool nullify_if_due();
  bool may_notarize(const BlockEntry& entry) const;
  bool may_vote(View view) const;
  void cast(const Statement& statement, const Hash256& support);
  void vote_became_durable(View view, Act act);
  void tally(View view, Act act);
  bool verify(const Vote& vote) const;
  bool verify(const Certificate& certificate) const;
  void report_contradictions(ViewState& state, std::uint8_t voter, const Vote& vote);
  void report(std::uint8_t index, const Statement& a, const Signature& sa, const Statement& b, const Signature& sb);
  void adopt(CertificatePtr certificate);
  bool enter_views();
  bool in_window(View view) const;

  // --- blocks (blocks.cpp)
  bool wants_copy(const InstitutionId& from, const Proposal& proposal, const MissingBlock* missing) const;
  bool signed_by_leader(const Proposal& proposal, const BlockId& id);
  bool note_signed(const Proposal& proposal, const BlockId& id);
  void compare_copies(const InstitutionId& from, const Proposal& proposal, BlockEntry& held);
  bool check_body(BlockEntry& held);
  void accept(const BlockPtr& block, const InstitutionId& from, bool body_checked);
  bool own_vote_lacks(const BlockId& id) const;  // a restored or shown vote of this node waits for the block
  bool validate_ready_blocks();
  bool well_placed(const Block& block, const HeaderFacts& parent) const;
  View parent_view_in(const HeaderFacts& parent) const;  // what a child names as its parent's view
  const HeaderFacts* facts_of(const BlockId& id) const;
  bool is_ready(const BlockId& id) const;  // its state is there: children can be validated and built on it
  bool extends_certified_parent(const Block& block) const;
  bool certified(View view, const BlockId& block) const;
  std::uint64_t unfinalized_ancestors(const BlockId& parent) const;
  void mark_invalid(BlockEntry& entry);
  void drop_copy(const BlockId& id);
  void forget_stale_copies();
  bool is_needed_copy(const BlockEntry& entry) const;

  // --- fetching (fetching.cpp)
  void mark_certain(const BlockId& id);
  void want_missing();
  void want_certain();
  void want_for_current_view();
  void want(const BlockId& id, View view, bool certain, ValidatorBits holders, std::uint64_t ask_at_ms);
  void ask_for_missing();
  void ask_for_certificates();
  struct ViewRange {
    View first;
    View last;
  };
  std::optional<ViewRange> missing_certificates() const;
  std::optional<ViewRange> missing_for(const Block& proposal) const;
  std::optional<View> certified_view_of(const BlockId& id) const;
  void ask_for_catch_up();
  bool claims_more(const PeerView& peer) const;
  bool somebody_claims_more() const;
  void count_asks_for_claims();
  bool may_answer(const InstitutionId& to, std::uint64_t bytes);
  BlockEntry* entry(const BlockId& id);
  const BlockEntry* entry(const BlockId& id) const;

  // --- leading (propose.cpp)
  void propose_if_due();
  bool may_propose() const;
  bool journal_allows_proposing();
  std::optional<View> parent_view_for(View view) const;
  bool wants_empty_block() const;

  // --- finality (commit.cpp)
  bool schedule_commit();
  bool collect_chain(const BlockId& last, std::vector<BlockPtr>& chain,
                     std::vector<std::shared_ptr<const Bytes>>& links) const;
  bool bodies_match(const std::vector<BlockPtr>& chain);
  bool base_seals() const { return base_.sealing && base_.epoch == epoch_; }  // the epoch is over, the next not begun
  void schedule(std::vector<BlockPtr> chain, FinalityProof proof);
  void commit(const std::vector<BlockPtr>& chain, const FinalityProof& proof);
  void forget_through(View view);
  void remember_recent(const BlockPtr& block);
  void begin_epoch(const BlockPtr& sealing, const FinalityProof& proof);
  void reset_epoch(Epoch epoch, ValidatorSet set);

  // --- liveness (liveness.cpp)
  bool pending() const;
  bool pending_besides_proposal() const;
  bool pressed_to_nullify() const;  // nullify votes of f + 1 others
  void update_pending();
  bool timer_fired() const;
  bool leader_is_skipped() const;
  unsigned backoff() const;
  std::uint64_t delta_ms() const;
  std::optional<std::uint64_t> timer_start_ms() const;
  void rebroadcast_if_due();
  void rebroadcast();
  void relay_if_due();
  void show_entry_to(std::size_t validator);
  void announce_if_due();
  void help(const InstitutionId& to);
  PeerView& peer(const InstitutionId& id);
  void heard(const InstitutionId& from, Epoch epoch, View view, std::optional<View> finalized);
  bool is_silent(std::size_t index) const;
  bool unfinished() const;
  bool trusted(const InstitutionId& from);
  void distrust(const InstitutionId& from);
  ValidatorBits bit_of(const InstitutionId& id) const;

  // --- durability (durable.cpp)
  void save(Record record);
  void after_sync(std::function<void()> effect);
  void flush();
  void persist_block(BlockEntry& entry);
  bool is_better_copy(const Proposal& found, const Proposal& kept) const;
  Status replay_finality();
  void restore_views();
  void resend_own_vote_when_complete();

  // --- quarantine (quarantine.cpp)
  bool voting() const;
  void enter_quarantine(const std::string& why);
  void query_if_due();
  void leave_quarantine_if_answered();
  void check_own_signature(const Certificate& certificate);
  bool shown_own_vote(const Vote& vote);
  bool shows_sealing(const QuarantineAnswer& answer);
  void show_sealing(QuarantineAnswer& answer) const;
  View floor_of_epoch() const;

  Holdings holdings() const;
  std::string explain() const;
  bool is_own(const ConsensusKey& key) const;
  InstitutionId leader_id(View view) const { return set_.at(set_.leader(epoch_, view)).id; }
  std::uint8_t leader(View view) const { return set_.leader(epoch_, view); }
  ViewState& state(View view);
  const ViewState* find(View view) const;
  View finalized_view() const { return highest_finalization_ ? highest_finalization_->statement.view : base_view_; }

  const EngineConfig config_;
  std::vector<ConsensusKey> keys_;
  Driver& driver_;
  std::uint64_t now_ms_ = 0;
  bool started_ = false;

  // The epoch.
  Epoch epoch_;
  ValidatorSet set_;
  std::optional<std::uint8_t> self_;  // own index; absent = no member with this key
  std::optional<SealingFinality> previous_;

  // The last block handed to commit (or waiting for its sync), and the last committed one.
  HeaderFacts base_;
  View base_view_;  // in this epoch; 0 for the block with which it begins
  HeaderFacts committed_;
  std::optional<FinalityRecord> committed_proof_;
  CertificatePtr highest_finalization_;

  // The view.
  View view_{1};
  std::uint64_t entered_ms_ = 0;
  std::map<View, ViewState> views_;  // above base_view_
  View highest_certified_;           // of any certificate in this epoch
  View highest_notarized_;
  std::map<BlockId, BlockEntry> blocks_;  // not final yet
  std::deque<BlockPtr> recent_;           // final, for peers just behind
  std::size_t recent_bytes_ = 0;
  MissingBlocks missing_;
  std::vector<unsigned> fetch_failures_;          // by validator index: asked for blocks and did not deliver
  std::optional<SealingFinality> known_sealing_;  // the proven end of this epoch, while blocks below it are missing
  HeaderFacts known_sealing_facts_;
  std::uint64_t certificates_asked_ms_ = 0;
  std::size_t next_peer_ = 0;
  std::uint64_t catch_up_at_ms_ = 0;
  std::optional<std::uint64_t> gap_since_ms_;

  // Leading.
  Building building_;
  View proposed_;             // the highest view proposed in, this run
  View no_proposal_through_;  // after a restart

  // Liveness.
  bool transactions_ = false;
  bool heartbeat_due_ = false;
  std::optional<std::uint64_t> pending_since_ms_;
  std::vector<PeerView> peers_;  // by validator index
  std::map<InstitutionId, PeerView> others_;
  std::uint64_t rebroadcast_at_ms_ = 0;
  std::uint64_t rebroadcast_interval_ms_ = 0;
  std::uint64_t announce_at_ms_ = 0;
  bool relayed_ = false;                  // the certificate that let us enter this view, to those behind
  std::uint64_t listening_since_ms_ = 0;  // silence counts from here

  // Durability.
  std::vector<Record> unsaved_;
  bool sync_wanted_ = false;
  std::uint64_t sequence_ = 0;  // of the last group handed over
  std::uint64_t synced_ = 0;
  std::deque<Held> held_;
  std::optional<View> durable_view_;  // the highest view of this epoch that the journal durably names
  Restored restored_;

  // Quarantine.
  bool quarantine_ = false;
  std::optional<FloorRecord> floor_;
  Exchange exchange_;

  // Counters and what was already reported.
  std::set<std::tuple<Epoch, View, std::uint8_t>> reported_;
  std::uint64_t evidence_count_ = 0;
  std::uint64_t nullified_views_ = 0;
  std::uint64_t committed_blocks_ = 0;
};

}  // namespace testamur::consensus
