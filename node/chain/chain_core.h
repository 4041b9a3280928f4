// The strand-side half of Chain: what the consensus engine drives and what the network reaches.
// Private to node/chain.
//
// Everything here runs on the strand (runtime.h), unless it says otherwise; it has no thread of its
// own but through the runtime, so that tests/sim drives it under a virtual clock. The core joins
// the parts and owns the order of what they do; the state is theirs, and each one's header says
// what may change in it:
//   TransactionLifecycle             the mempool, who waits, what is to be sent on
//   BlockProcessor                         the unfinalized blocks
//   BlockCommitter                   the head, its readers and listeners
//   ConsensusKeys                    the keys, and the one that votes
//   PeerSender                       the network
//   PeerDirectory                    who is admitted
//   TransactionIntake                what peers brought and is not judged yet
//   BlockServer                      what peers asked for
//   RequestBudgets                   what their questions may cost
//   VotingNodes                      which node of an institution votes
//   PeerClocks                       what their proposals show of their clocks
//   BlockFetcher                     what is asked of them
//   JournalWriter, StoreMaintenance  what is written and synced
//   PendingReport                    what the engine was told to be pending
// Sources: chain.cpp (life, timer), chain_blocks.cpp (consensus::Driver), chain_peers.cpp
// (net::Receiver).
#pragma once

#include <atomic>
#include <map>
#include <set>

#include "node/chain/block_committer.h"
#include "node/chain/chain.h"
#include "node/chain/consensus_keys.h"
#include "node/chain/peers/block_server.h"
#include "node/chain/peers/catch_up.h"
#include "node/chain/peers/peer_clocks.h"
#include "node/chain/peers/peer_directory.h"
#include "node/chain/peers/peer_sender.h"
#include "node/chain/peers/request_budgets.h"
#include "node/chain/pending_report.h"
#include "node/chain/runtime.h"
#include "node/chain/signature_cache.h"
#include "node/chain/store_maintenance.h"
#include "node/chain/transaction_intake.h"
#include "node/chain/transaction_lifecycle.h"
#include "node/chain/validator_sets.h"
#include "node/chain/voting_nodes.h"

namespace testamur::node {

class Chain::Core : public consensus::Driver, public net::Receiver {
 public:
  Core(ChainOptions options, ChainParts parts, Runtime& runtime);
  ~Core() override;

  // --- any thread ---
  void post(Runtime::Task task) { runtime_.post(std::move(task)); }
  HeadPtr head() const { return committer_.head(); }
  bool stopped_before_protocol() const { return beyond_protocol_; }
  CachedVerifier& verifier() { return verifier_; }
  net::Admission admission(const net::Pin& pin) const { return peer_directory_.find(pin); }
  Admission admission_now() {
    return {parts_.genesis.chain, head(), parts_.clock, verifier_, parts_.counters};
  }
  void attach(net::Network& network) { sender_.attach(network); }

  // --- life ---
  Status start(JournalContents journal);
  void stop();           // nothing is handled any more
  void finish_writes();  // any thread, after stop(): what was handed to the journal is written

  // --- for Chain's callers ---
  void submit(const TransactionList& transactions,
              const std::function<void(std::vector<Mempool::Added>)>& done);
  TransactionLifecycle& transactions() { return transactions_; }
  BlockCommitter& committer() { return committer_; }
  ChainStatus status() const;
  void resume_voting();
  void add_consensus_key(SecretKey key);
  std::uint64_t next_ticket() { return next_ticket_.fetch_add(1); }
  consensus::Engine& engine() { return *engine_; }
  JournalWriter& writer() { return *writer_; }

  // --- consensus::Driver ---
  consensus::HeaderFacts read_header(const Bytes& header) override { return header_facts(header); }
  bool body_matches(const Bytes& header, const Bytes& body) override;
  void build(const consensus::BuildRequest& request) override;
  void validate(const consensus::BlockPtr& block) override;
  Signature sign(const Hash256& digest) override { return keys_.sign(digest); }
  bool verify(const consensus::ConsensusKey& key, const Hash256& digest,
              const Signature& signature) override;
  void persist(consensus::RecordGroup group) override;
  void send(const InstitutionId& to, const consensus::Message& message) override;
  void broadcast(const consensus::Message& message) override;
  void commit(const consensus::Commit& commit) override;
  void abandon(const BlockId& block) override { processor_.forget(block); }
  consensus::ValidatorSet next_validators(const consensus::BlockPtr& sealing) override;
  void catch_up(const consensus::CertificatePtr& target) override;
  void resend_pending() override { transactions_.resend_pending(); }
  void forward_pending(const InstitutionId& leader) override {
    transactions_.forward_pending(leader);
  }
  void false_signature(const InstitutionId& from) override;
  void misbehaviour(const consensus::Evidence& evidence) override;
  Hash256 fresh_nonce() override { return random_fixed<Hash256>(); }
  void quarantine(bool active) override;
  void notice(const std::string& text) override;

  // --- net::Receiver ---
  void on_peer_up(const net::Origin& from, const net::Hello& hello) override;
  void on_frame(const net::Origin& from, net::Frame frame, net::Lease lease) override;
  void on_peer_down(const net::Origin& from, const std::string& reason) override;
  void on_refusal(const std::string& address, const std::string& reason) override;

 private:
  // Life and time.
  Status apply_genesis();
  Result<consensus::Tip> tip_of(const Snapshot& state) const;
  void start_writer(std::vector<RecordMark> marks);
  void start_engine(consensus::Tip tip);
  std::uint64_t engine_now_ms() const { return runtime_.now_ms(); }
  // Runs `task` as one event of the engine: tick before, timers and pending after.
  template <class Task>
  void event(Task task) {
    if (engine_ == nullptr || stopped_ || beyond_protocol_) return;
    engine_->on_tick(engine_now_ms());
    task();
    after_event();
  }
  void after_event();
  void note_voting();
  void arm_timer();
  void update_pending();
  void prune_journal(const Status& synced, Epoch epoch, View view);

  // Blocks.
  void finish_validation(const consensus::BlockPtr& block, const PreparedBody& body);
  void apply_block(const consensus::Block& block, const consensus::FinalityProof& proof);
  std::set<InstitutionId> seated(const Snapshot& state) const;
  void end_unused_keys();
  void watch_protocol();

  // Peers.
  void on_consensus(const net::Origin& from, const net::ConsensusMessage& message);
  void note_position(const net::Origin& from, const consensus::Message& message);
  PeerClocks::Now clocks_now() const { return {parts_.clock.now_ms(), engine_now_ms()}; }
  void on_transactions(const net::Origin& from, net::Transactions frame, const net::Lease& lease);
  void on_judged(const net::Origin& from, const TransactionIntake::Judged& judged);
  void on_block_response(const net::Origin& from, net::BlockResponse response, net::Lease lease);
  bool deliver(const consensus::FinalizedChain& chain);
  net::Rank rank_of(const net::Origin& from) const { return net::rank_of(admission(from.pin)); }

  ChainOptions options_;
  ChainParts parts_;
  Log& log_;
  Runtime& runtime_;
  std::uint64_t armed_for_ms_ = ~std::uint64_t{0};
  bool stopped_ = false;

  PeerSender sender_;
  PeerDirectory peer_directory_;
  SignatureCache own_signatures_;
  CachedVerifier verifier_;
  TransactionLifecycle transactions_;
  BlockProcessor processor_;
  BlockCommitter committer_;
  BlockFetcher fetcher_;
  TransactionIntake intake_;
  BlockServer block_server_;
  RequestBudgets request_budgets_;
  VotingNodes voting_nodes_;
  std::optional<consensus::VotingState> voting_;  // after the last event
  StoreMaintenance maintenance_;
  PendingReport pending_report_;
  ConsensusKeys keys_;
  std::unique_ptr<JournalWriter> writer_;
  std::unique_ptr<consensus::Engine> engine_;

  std::atomic<bool> beyond_protocol_ = false;  // the engine is not driven any more
  std::uint16_t warned_protocol_ = 0;
  std::atomic<std::uint64_t> next_ticket_{1};
  // What the validators show of themselves, for an operator.
  PeerClocks peer_clocks_;
  std::map<InstitutionId, Height> peer_heights_;
};

}  // namespace testamur::node
