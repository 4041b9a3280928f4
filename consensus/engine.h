// The consensus engine: Simplex (Chan and Pass, TCC 2023, eprint 2023/463) with durable votes,
// epochs and quarantine. docs/consensus.md gives the rules and why they are safe and live.
//
// Thread rule: one thread. No call blocks. Every on_* call may be made from inside a Driver call:
// it is then queued and handled when the current event is done. The engine knows time only from
// on_tick: call it with a monotonic clock before handing over anything else, and at wake_at_ms().
// It needs no other timer.
//
// Order of use: construct; start() once with what the store and the journal hold; then events. A
// node that is no member of the validator set follows without a vote.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consensus/driver.h"
#include "consensus/limits.h"
#include "consensus/status.h"
#include "consensus/values/message.h"
#include "consensus/values/record.h"
#include "consensus/values/types.h"
#include "consensus/values/validator_set.h"

namespace testamur::consensus {

struct Timing {
  std::uint64_t base_ms = 250;   // base of the adaptive timeout
  std::uint64_t cap_ms = 8'000;  // its upper bound: the stated assumption about the network
  std::uint64_t skip_ms =
      3'000;  // a leader silent for this long is skipped; everybody speaks every third of it
  std::uint64_t rebroadcast_ms =
      250;  // own votes and certificates are sent again after this; doubles up to cap_ms
  std::uint64_t fetch_ms =
      100;  // a block or certificate asked for and not received is asked for again
};

struct EngineConfig {
  ChainId chain;
  InstitutionId self;  // this node's institution
  ConsensusKey
      key;  // its consensus key; the node votes in epochs whose set holds exactly (self, key)
  std::vector<ConsensusKey> more_keys =
      {};                 // further ones: of the epoch before or after a key is replaced
  bool observer = false;  // never vote or propose, whatever the set says
  Timing timing;
  Limits limits;
};

// The last block that the store holds (genesis on a new ledger) and the epoch in which its child
// will be.
struct Tip {
  Epoch epoch;  // of the child: a sealing block's own epoch + 1
  ValidatorSet validators;
  HeaderFacts
      block;  // id, epoch, view, height of the last block; genesis: height 0, epoch 0, view 0
  // The proof that a sealing block ended the previous epoch, for peers that are still there. Absent
  // in epoch 0 and where the store no longer has it.
  std::optional<SealingFinality> previous = {};
  // A finalization at or above `block` in `epoch`, if the store has one (otherwise the journal's is
  // used).
  CertificatePtr finalization = {};
};

// Blocks above the last committed one that catch-up fetched: consecutive heights, one epoch (a
// sealing block may be the last one), and the proof that the last is final.
struct FinalizedBlock {
  std::shared_ptr<const Bytes> header;
  std::shared_ptr<const Bytes> body;
};
struct FinalizedChain {
  std::vector<FinalizedBlock> blocks;
  FinalityProof proof;
};

class Engine {
 public:
  // `driver` is borrowed and must outlive the engine.
  Engine(EngineConfig config, Tip tip, Driver& driver);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // One record of the journal; the bytes are borrowed for the call. Fails on a record that does not
  // decode. No record at all means a journal that was never used: only then may the node lead views
  // n and below.
  Status restore(RecordKind kind, ByteView bytes);
  // Commits (Driver::commit, synchronously) every block that the journal proves final above the
  // tip, binds the node to its own votes, then takes part. `quarantine`: the key came without its
  // vote store, was imported, or the node was restored from a backup. Fails, naming the cause, when
  // the journal contradicts itself or the tip.
  Status start(bool quarantine, std::uint64_t now_ms);

  // The authenticated link of institution `from` (validator or observer) delivered this message.
  void on_message(const InstitutionId& from, const Message& message);
  void on_tick(std::uint64_t now_ms);
  void on_built(std::uint64_t request_id, std::optional<BuiltBlock> block);
  void on_validated(const BlockId& block, Validation validation);
  // Every group up to and including `sequence` is durable.
  void on_synced(std::uint64_t sequence);
  // `transactions`: the mempool holds a transaction that is valid in the next block;
  // `heartbeat_due`: the last final block is older than the heartbeat interval. Call on every
  // change, and when transactions arrive while there were some already.
  void on_pending_changed(bool transactions, bool heartbeat_due);
  // Catch-up brought finalized blocks. What is already committed is skipped; a chain that does not
  // start at the last committed block, or whose proof fails, is dropped and named in the result.
  Status on_finalized_externally(const FinalizedChain& chain);
  // The keys of this node from now on, each made fresh with this vote store; a new one counts in
  // epochs that begin later. Precondition: the key with which it votes now is among them.
  void set_keys(std::vector<ConsensusKey> keys);
  // The operator's command `resume-voting`: ends quarantine and floor (destroys the protection
  // against a second copy of this key; consensus/README.md). Own votes that peers have shown bind
  // the node.
  void resume_voting();

  // When on_tick wants to be called next, in on_tick's clock; the largest u64 = not before
  // something happens.
  std::uint64_t wake_at_ms() const;
  EngineStatus status() const;
  // Of the status: whether this node votes now. Cheap, for whoever asks after each event.
  VotingState voting_state() const;

  // What a fresh journal segment must begin with so that older segments may go: own votes above the
  // last finalized view, floor, quarantine, start. (Blocks and certificates are pruned by height.)
  std::vector<Record> live_records() const;

 private:
  class Core;
  class Queue;
  std::unique_ptr<Core> core_;
  std::unique_ptr<Queue> queue_;
};

}  // namespace testamur::consensus
