// The chain: joins the consensus engine, the ledger, the store and the peers into one node.
//
// All mutable state belongs to one strand (a thread of the chain's own). A small pool prepares
// blocks; another one judges what peers send and serves them blocks, so that none of this is waited
// for; the journal has a thread of its own. Every public function may be called from any thread and
// does not block (but start and stop). Readers use Head, an immutable snapshot of the last
// finalized state.
//
// Promises: a transaction is reported as committed only after the journal holds the finalization
// and the block, synced. A transaction that was taken is re-sent to all validators until it has
// ended.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "consensus/engine.h"
#include "ledger/genesis.h"
#include "node/chain/admission.h"
#include "node/chain/block_processor.h"
#include "node/chain/commit_waiters.h"
#include "node/chain/counters.h"
#include "node/chain/journal_writer.h"
#include "node/chain/runtime.h"
#include "node/chain/signature_cache.h"
#include "node/chain/voting_nodes.h"
#include "node/log/log.h"
#include "node/net/network.h"
#include "node/store/journal.h"
#include "node/store/store.h"

namespace testamur::node {

struct ChainOptions {
  InstitutionId self;
  std::vector<SecretKey>
      consensus_keys;  // those of this node; it votes in epochs whose set names one of them
  consensus::Timing timing;
  std::size_t block_bytes = 2u << 20;
  Mempool::Limits mempool;
  std::size_t verify_threads = 2;
  bool quarantine = false;
};

// What the journal held when it was opened.
struct JournalContents {
  std::vector<std::pair<consensus::RecordKind, Bytes>> records;
  std::vector<RecordMark> marks;
};
// For Journal::open: collects into `contents`.
Journal::Replay collect_records(JournalContents& contents);

// Borrowed collaborators; all outlive the chain.
struct ChainParts {
  const ledger::Genesis& genesis;
  BlockStore& store;
  Journal& journal;
  const Clock& clock;
  Log& log;
  Counters& counters;
  // The node must end: the store or journal failed, or finalized blocks execute to other roots.
  // Does not return to normal work; may throw in tests.
  std::function<void(const std::string&)> fatal;
  // The engine entered or left quarantine: the vote store remembers or forgets it.
  std::function<void(bool active)> quarantine_changed;
  // Several chains of one process may share what they verified; null: a cache of its own.
  SignatureCache* signatures = nullptr;
  // Who paces the journal writer; see JournalWriter::Hooks::wake.
  std::function<void()> journal_wake = {};
  // The first block of an epoch without this key is final: it has signed for the last time and is
  // to be erased.
  std::function<void(const PublicKey& key)> key_is_over = {};
  // A validator signed what no honest one signs. On the strand.
  std::function<void(const consensus::Evidence& evidence)> misbehaviour = {};
};

struct ChainStatus {
  consensus::EngineStatus engine;
  std::size_t pool_transactions = 0;
  std::size_t pool_bytes = 0;
  std::size_t pool_capacity_bytes = 0;
  std::optional<std::uint64_t> oldest_arrival_ms;
  Height catch_up_target;            // 0: not behind
  std::uint64_t last_commit_ms = 0;  // wall clock; 0: none since start
  // Their clocks minus ours, of the validators of whom it is known: peers/peer_clocks.h.
  std::vector<std::pair<InstitutionId, std::int64_t>> clock_offsets_ms;
  // What each validator last said of its finalized height.
  std::vector<std::pair<InstitutionId, Height>> peer_heights;
  // The next block is of a protocol version that this build does not know: nothing more is agreed
  // on or applied here.
  bool stopped_before_protocol = false;
  std::optional<PublicKey> voting_key;  // with which this node votes in the current epoch
  // Institutions of whose consensus key two nodes are at work.
  std::vector<VotingNodes::Two> two_voters;
  // Validators whose nodes may be there and do not vote.
  std::vector<InstitutionId> idle_voters;
};

class Chain {
 public:
  class Core;  // chain_core.h: for this folder and for tests/sim
  using Submitted = std::function<void(Mempool::Added)>;
  using HeadListener = std::function<void(const HeadPtr&)>;

  Chain(ChainOptions options, ChainParts parts);
  ~Chain();

  // For Network::start and attach, in this order, before start(). A chain without a network is a
  // ledger of one node.
  net::Receiver& receiver();
  net::Post post();
  net::Directory directory();
  void attach(net::Network& network);

  // Applies the genesis to an empty store, replays the journal, begins to take part. Blocks until
  // that is done.
  Status start(JournalContents journal);
  // Tells everybody who waits for a transaction that the node stops. Then end all callers, then
  // stop().
  void drain();
  // Ends everything; blocks. Stop the network first.
  void stop();

  HeadPtr head() const;
  // The node has stopped before a protocol version that it does not know.
  bool stopped_before_protocol() const;
  ledger::SignatureVerifier& verifier();

  // On the newest finalized state; the same rule that transactions of peers pass.
  Admission admission() const;
  // Takes transactions that were admitted as ready and sends them to the other validators.
  void submit(std::vector<ledger::tx::SharedTransaction> transactions,
              std::function<void(std::vector<Mempool::Added>)> done);
  // Calls back once from the strand when the transaction has ended.
  CommitWaiters::Ticket await(const TransactionId& id, CommitWaiters::Callback callback);
  void cancel(CommitWaiters::Ticket ticket, const TransactionId& id);
  // The same for many, each named once, of which the state of `seen` holds none: `callback` once
  // for each. They are taken in slices, so that the strand serves others in between; the same when
  // they are given up by cancel().
  class Awaited;
  std::shared_ptr<Awaited> await(std::vector<TransactionId> ids, HeadPtr seen,
                                 CommitWaiters::Callback callback);
  void cancel(std::shared_ptr<Awaited> awaited);
  // Whether it waits here, or how it ended where no block shows it.
  void look_up(const TransactionId& id,
               std::function<void(Outcome, ledger::tx::SharedTransaction)> callback);
  void status(std::function<void(ChainStatus)> callback);
  void resume_voting();
  // One more consensus key, made fresh with this node's vote store and in no set yet.
  void add_consensus_key(SecretKey key);
  // Called from the strand after each finalized block.
  std::uint64_t listen(HeadListener listener);
  void unlisten(std::uint64_t listener);

 private:
  std::unique_ptr<ThreadRuntime> runtime_;
  std::unique_ptr<Core> core_;
  bool stopped_ = false;
};

}  // namespace testamur::node
