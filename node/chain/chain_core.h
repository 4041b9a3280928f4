// The strand-side half of Chain: what the consensus engine drives and what the network reaches. Private to node/chain.
//
// Everything here runs on the strand (runtime.h), unless it says otherwise; it has no thread of its own but through the
// runtime, so that tests/sim drives it under a virtual clock. Parts: chain.cpp (life, timer), chain_blocks.cpp
// (consensus::Driver), chain_transactions.cpp (mempool and outcomes), chain_peers.cpp (net::Receiver, sending).
#pragma once

#include <atomic>
#include <list>
#include <map>
#include <mutex>
#include <set>

#include "node/chain/catch_up.h"
#include "node/chain/chain.h"
#include "node/chain/peer_directory.h"
#include "node/chain/runtime.h"
#include "node/chain/signature_cache.h"
#include "node/chain/validator_sets.h"
#include "node/net/fair_queue.h"

namespace testamur::node {

class Chain::Core : public consensus::Driver, public net::Receiver {
 public:
  Core(ChainOptions options, ChainParts parts, Runtime& runtime);
  ~Core() override;

  // --- any thread ---
  void post(Runtime::Task task) { runtime_.post(std::move(task)); }
  void post_to_pool(Runtime::Task task) { runtime_.post_to_pool(std::move(task)); }
  HeadPtr head() const { return head_.load(); }
  bool stopped_before_protocol() const { return beyond_protocol_; }
  CachedVerifier& verifier() { return verifier_; }
  net::Admission admission(const net::Pin& pin) const { return peer_directory_.find(pin); }
  Admission admission_now() { return {parts_.genesis.chain, head_.load(), parts_.clock, verifier_, counters_}; }
  void attach(net::Network& network) { network_ = &network; }

  // --- life ---
  Status start(JournalContents journal);
  void stop();           // nothing is handled any more
  void finish_writes();  // any thread, after stop(): what was handed to the journal is written

  // --- transactions ---
  void submit(std::vector<ledger::tx::SharedTransaction> transactions,
              const std::function<void(std::vector<Mempool::Added>)>& done);
  void look_up(const TransactionId& id, const std::function<void(Outcome, ledger::tx::SharedTransaction)>& callback);
  // `not_committed`: the caller knows that the last finalized state does not hold it.
  void await(Outcomes::Ticket ticket, const TransactionId& id, Outcomes::Callback callback, bool not_committed = false);
  Outcomes& outcomes() { return outcomes_; }
  ChainStatus status() const;
  void resume_voting();
  consensus::Engine& engine() { return *engine_; }
  JournalWriter& writer() { return *writer_; }
  const Mempool& mempool() const { return mempool_; }
  void add_consensus_key(SecretKey key);
  void add_listener(std::uint64_t id, HeadListener listener) { listeners_[id] = std::move(listener); }
  void remove_listener(std::uint64_t id) { listeners_.erase(id); }
  std::uint64_t next_ticket() { return next_ticket_.fetch_add(1); }

  // --- consensus::Driver ---
  consensus::HeaderFacts read_header(const Bytes& header) override { return header_facts(header); }
  bool body_matches(const Bytes& header, const Bytes& body) override;
  void build(const consensus::BuildRequest& request) override;
  void validate(const consensus::BlockPtr& block) override;
  Signature sign(const Hash256& digest) override;
  bool verify(const consensus::ConsensusKey& key, const Hash256& digest, const Signature& signature) override;
  void persist(consensus::RecordGroup group) override;
  void send(const InstitutionId& to, const consensus::Message& message) override;
  void broadcast(const consensus::Message& message) override;
  void commit(const consensus::Commit& commit) override;
  void abandon(const BlockId& block) override { workshop_.forget(block); }
  consensus::ValidatorSet next_validators(const consensus::BlockPtr& sealing) override;
  void catch_up(const consensus::CertificatePtr& target) override;
  void resend_pending() override;
  void misbehaviour(const consensus::Evidence& evidence) override;
  Hash256 fresh_nonce() override { return random_fixed<Hash256>(); }
  void quarantine(bool active) override;
  void notice(const std::string& text) override;

  // --- net::Receiver ---
  void on_peer_up(const net::Origin& from, const net::Hello& hello) override;
  void on_frame(const net::Origin& from, net::Frame frame, net::Lease lease) override;
  void on_peer_down(const net::Origin& from, const std::string& reason) override;

 private:
  using TransactionList = std::vector<ledger::tx::SharedTransaction>;

  // Life and time.
  Status apply_genesis();
  Result<consensus::Tip> tip_of(const Snapshot& state) const;
  void start_engine(consensus::Tip tip);
  std::vector<consensus::ConsensusKey> own_keys() const;
  const SecretKey* voting_key(const consensus::ValidatorSet& set) const;
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
  void arm_timer();
  void update_pending();
  bool heartbeat_due() const;
  std::uint64_t heartbeat_at_ms() const;  // wall clock

  // Blocks.
  void finish_validation(const consensus::BlockPtr& block, const PreparedBody& body);
  void apply_block(const consensus::Block& block, const consensus::FinalityProof& proof);
  void publish(HeadPtr head);
  std::set<InstitutionId> seated(const Snapshot& state) const;
  void maintain();
  void end_unused_keys();
  void watch_protocol();
  void note_clock(const consensus::HeaderFacts& facts, std::uint64_t header_time_ms);

  // Transactions.
  void settle_block(const Branch& branch, LogIndex first_log_index);
  void settle_others(const ledger::Header& header);
  void recheck_suspects();
  void recheck_on_arrival(const ledger::tx::SharedTransaction& transaction);
  void recheck(const ledger::tx::SharedTransaction& transaction, const ledger::Header& header);
  void end_transaction(const TransactionId& id, const Outcome& outcome);
  void queue_outgoing(const TransactionList& transactions);
  void flush_outgoing();

  // Peers. What is judged or served aside waits in a fair queue of its own.
  struct VerifyJob {
    net::Origin from;
    std::vector<Bytes> carried;
    net::Lease lease;
  };
  struct Judged {
    TransactionList ready, not_yet;
    std::array<std::uint64_t, net::kRefusals> refused{};
    std::uint64_t extra_units = 0;  // signatures beyond the one that a transaction was charged for
  };
  struct ServeJob {
    net::Origin from;
    net::BlockRequest request;
  };
  // Requests of consensus that make this node send more than it got: so many at once, and so many a second.
  struct RequestBudget {
    std::uint64_t milli_tokens = 0;
    std::uint64_t filled_at_ms = 0;
  };
  void broadcast_transactions(const TransactionList& transactions);
  template <class Send>
  void send_transactions(const TransactionList& transactions, const Send& send);
  void on_consensus(const net::Origin& from, const net::ConsensusMessage& message);
  bool may_ask(const net::Origin& from, const consensus::Message& message);
  void on_transactions(const net::Origin& from, net::Transactions frame, const net::Lease& lease);
  void verify_next();
  Judged judge(VerifyJob job);
  void take_from_peer(const net::Origin& from, const Judged& judged);
  std::size_t add_from_peer(const TransactionList& transactions, Mempool::Fit fit, std::size_t& added);
  void on_block_request(const net::Origin& from, const net::BlockRequest& request);
  void serve_next();
  void serve(const ServeJob& job);
  void on_block_response(const net::Origin& from, net::BlockResponse response, net::Lease lease);
  void note(const net::Origin& from, net::Refusal refusal, std::uint64_t count = 1, std::uint64_t units = 0);
  net::Rank rank_of(const net::Origin& from) const { return net::rank_of(admission(from.pin)); }
  net::EncodedFrame encode_message(const consensus::Message& message);

  ChainOptions options_;
  ChainParts parts_;
  Counters& counters_;
  Log& log_;

  Runtime& runtime_;
  std::uint64_t armed_for_ms_ = ~std::uint64_t{0};
  bool stopped_ = false;

  Mempool mempool_;
  SignatureCache own_signatures_;
  CachedVerifier verifier_;
  Workshop workshop_;
  Outcomes outcomes_;
  BlockFetcher fetcher_;
  std::unique_ptr<JournalWriter> writer_;
  std::unique_ptr<consensus::Engine> engine_;
  std::atomic<bool> beyond_protocol_ = false;  // the engine is not driven any more
  std::uint16_t warned_protocol_ = 0;
  const SecretKey* signing_key_ = nullptr;  // of the engine's epoch; null: no vote in it
  std::list<SecretKey> keys_;               // its elements stay where they are
  net::Network* network_ = nullptr;         // null: a ledger of one node

  std::atomic<HeadPtr> head_;
  PeerDirectory peer_directory_;
  std::map<std::uint64_t, HeadListener> listeners_;
  std::atomic<std::uint64_t> next_ticket_{1};

  TransactionList outgoing_;
  bool flush_posted_ = false;
  bool arrived_ = false;  // transactions arrived since the engine was told
  bool told_transactions_ = false;
  bool told_heartbeat_ = false;
  bool maintaining_ = false;
  std::uint64_t maintained_at_ms_ = 0;
  Height maintained_height_;
  std::uint64_t last_commit_ms_ = 0;
  Hash256 parameters_digest_;  // those from which the interval was read
  std::uint64_t heartbeat_interval_ms_ = 0;
  std::map<InstitutionId, std::int64_t> clock_offsets_ms_;
  std::map<InstitutionId, Height> peer_heights_;
  std::map<InstitutionId, RequestBudget> request_budgets_;
  std::uint64_t bad_signatures_ = 0;  // seen by verify(), of whatever event is under way

  std::atomic<bool> closing_ = false;  // for what runs aside
  std::mutex aside_mutex_;             // guards all below
  net::FairQueue<VerifyJob> verify_queue_;
  std::size_t verifying_ = 0;  // tasks under way
  net::FairQueue<ServeJob> serve_queue_;
  std::map<net::Pin, std::size_t> requests_;  // that wait, by node
  bool serving_ = false;
};

}  // namespace testamur::node
