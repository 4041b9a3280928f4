// One simulated machine: the production chain (node/chain: engine, executor, mempool, catch-up,
// journal writer), the production journal on a disk that forgets, a store, and a clock that may be
// wrong. It can crash at any event and be started again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>

#include "node/chain/chain_core.h"
#include "tests/sim/checker.h"
#include "tests/sim/institutions.h"
#include "tests/sim/memory_store.h"
#include "tests/sim/network.h"
#include "tests/sim/sim_runtime.h"
#include "tests/support/faulty_files.h"

namespace testamur::sim {

class QuietEnv;

// Signatures of the consensus keys, unless the real ones are asked for: a keyed hash that anyone
// can check. As unforgeable as the simulated nodes are honest about it, and fifty times as fast.
Signature toy_sign(const consensus::ConsensusKey& key, const Hash256& digest);

// kMemory: memory_store.h. kReal: RocksDB on the same faulty disk as the journal.
enum class StoreKind : std::uint8_t { kMemory, kReal };

struct NodeSettings {
  std::size_t number = 0;  // of the machine
  std::size_t seat = 0;    // whose keys it has: the same number, but for twins
  Institutions* institutions = nullptr;
  StoreKind store = StoreKind::kMemory;
  bool real_signatures = false;
  std::uint64_t sync_us = 1'000;  // of the journal, the least
  std::uint64_t sync_jitter_us = 3'000;
  std::uint64_t pool_us = 1'000;  // what goes to another thread takes up to this
  std::size_t block_bytes = 48 * 1024;
  node::JournalOptions journal{.segment_bytes = 256u << 10, .max_group_bytes = 256u << 10};
  consensus::Timing timing;
  node::Mempool::Limits mempool;
  bool lying_disk = false;  // reports a sync before it happened
  bool honest = true;       // its signatures are held against it
  bool counts = true;       // what it acknowledges binds everybody
};

class SimNode {
 public:
  SimNode(NodeSettings settings, Timeline& timeline, Network& network, Checker& checker,
          Random random);
  virtual ~SimNode();

  // Fails, naming the cause, where testamurd would not start.
  Status start();
  void crash();
  bool is_up() const { return core_ != nullptr; }

  // While down. The disk is empty: the key is there, votes and ledger are gone.
  void wipe();
  // The ledger is there, the vote store is gone.
  void lose_votes();
  struct Backup {
    std::map<std::string, Bytes> disk;
    std::unique_ptr<MemoryStore> store;
  };
  Backup backup() const;
  // How an operator restores: the ledger of the backup and a new vote store, in quarantine.
  void restore(const Backup& backup);
  // What a machine rolled back does: the disk of the backup, and nobody knows.
  void roll_back(const Backup& backup);
  // Changes one bit of the journal; false when there is none.
  bool damage_journal(std::uint64_t seed);

  void pause_ms(std::uint64_t duration_ms) { runtime_.pause_us(duration_ms * 1000); }
  virtual void receive(const Packet& packet);
  // While up: for peers that are no machines of the run. Tasks are forgotten when it crashes.
  node::net::Receiver& receiver() { return *core_; }
  void post(node::Runtime::Task task) { runtime_.post(std::move(task)); }
  node::net::Admission admission(const node::net::Pin& pin) const { return core_->admission(pin); }
  void submit(TransactionNumber transaction);
  void submit(const ledger::tx::SharedTransaction& transaction);
  void resume_voting() { core_->resume_voting(); }

  // Connections: both ends know of them.
  bool admits(const SimNode& other) const;
  void link(SimNode& other);
  void unlink(std::size_t other);
  const std::set<std::size_t>& linked() const { return linked_; }

  consensus::EngineStatus status() const { return core_->status().engine; }
  Epoch engine_epoch() const { return head().seals_epoch() ? head().epoch.next() : head().epoch; }
  const ledger::Header& head() const { return core_->head()->header; }
  std::shared_ptr<const node::Snapshot> state() const { return core_->head()->state; }
  Height height() const { return head().height; }
  bool in_quarantine() const { return status().voting == consensus::VotingState::kQuarantine; }
  bool is_committed(TransactionNumber transaction) const {
    return committed_.contains(transaction);
  }
  bool is_committed(const TransactionId& id) const { return committed_ids_.contains(id); }
  const node::Mempool& mempool() const { return core_->transactions().mempool(); }
  std::size_t pending() const { return mempool().size(); }
  // The set that certifies the next block.
  Hash256 set_digest() const;
  // Of all that the journal's segments hold.
  Hash256 journal_digest() const;
  bool has_pruned() const {
    return journal_->first_position() && journal_->first_position()->segment > 1;
  }
  // Own votes of that act in the current journal, in views above.
  std::set<View> journaled_views(consensus::Act act, View above) const;

  std::size_t number() const { return settings_.number; }
  const NodeSettings& settings() const { return settings_; }
  const InstitutionId& id() const { return settings_.institutions->at(settings_.seat).id; }
  std::uint64_t evidence_seen() const { return evidence_seen_; }
  test::FaultyDisk& disk() { return *disk_; }
  SimClock clock;
  std::uint64_t finalize_loss_per_mille =
      0;  // of finalize votes and finalizations, more than of the rest
  std::function<void(const std::string&)> log;  // optional: what the engine notices
  std::function<void()> on_committed;           // optional: new blocks are final here
  // Optional: something of a peer was refused so often, and cost so many units.
  std::function<void(const node::net::Origin&, node::net::Refusal, std::uint64_t, std::uint64_t)>
      on_refused;

  // What goes out, for liars.
  virtual void broadcast(const consensus::Message& message);
  virtual void send(const InstitutionId& to, const consensus::Message& message);
  // Any frame, whoever made it; false: it does not leave.
  virtual bool frame_leaves(std::size_t /*to*/, const node::net::EncodedFrame& /*frame*/) {
    return true;
  }
  Signature sign(const Hash256& digest) const;
  consensus::Vote signed_vote(const consensus::Statement& statement, std::uint8_t voter) const;

 protected:
  void transmit(std::size_t to, const consensus::Message& message);
  void transmit_bytes(std::size_t to, Bytes consensus_message);
  Random& random() { return random_; }
  // Forgotten when the node crashes.
  void later(std::uint64_t delay_us, node::Runtime::Task task) {
    runtime_.later(delay_us, std::move(task));
  }
  Timeline& timeline() { return timeline_; }
  Network& network() { return network_; }

 private:
  class Watched;
  class Links;

  Status open();
  Status open_store();
  void close();
  void pace_journal();
  void fatal(const std::string& cause);
  void quarantine_changed(bool active);
  void note_committed(const node::HeadPtr& head);
  void check_nothing_forgotten();
  void mark_finality(const consensus::HeaderFacts& facts, bool directly);
  bool loses(const consensus::Message& message);
  void mark_statement(const consensus::Message& message);
  void record_statements(const consensus::Message& message);
  Hash256 fresh_nonce_for_journal();
  node::net::Hello hello() const;
  node::net::Origin origin() const;
  std::string name() const { return "node " + std::to_string(number()); }

  NodeSettings settings_;
  Timeline& timeline_;
  Network& network_;
  Checker& checker_;
  Random random_;
  SimRuntime runtime_;
  consensus::ConsensusKey key_;
  node::net::Pin pin_;
  std::unique_ptr<node::Log> silent_ = node::Log::silent();
  node::Counters counters_;

  std::unique_ptr<test::FaultyDisk> disk_;
  std::unique_ptr<QuietEnv> env_;
  std::unique_ptr<MemoryStore> memory_;
  std::unique_ptr<node::Store> rocks_;
  std::unique_ptr<node::Journal> journal_;
  node::JournalContents contents_;
  std::unique_ptr<Links> links_;
  std::unique_ptr<node::Chain::Core> core_;
  bool writing_ = false;
  bool crashing_ = false;
  bool starting_ = false;
  bool key_is_over_ = false;  // erased: it has certified its last epoch
  std::uint64_t life_ = 0;    // counts starts
  std::optional<node::JournalPosition>
      in_flight_since_;  // power was lost while something was written there

  std::set<std::size_t> linked_;
  std::map<std::size_t, std::uint64_t> link_numbers_;  // of the newest connection to each
  std::map<std::size_t, SimNode*> peers_;              // of every link that ever was
  Bytes position_;
  std::uint64_t noted_ = 0;  // leaves of the log
  std::unordered_set<TransactionNumber> committed_;
  std::unordered_set<TransactionId> committed_ids_;
  Height acknowledged_;  // the highest height that this node acknowledged
  std::uint64_t evidence_seen_ = 0;
};

}  // namespace testamur::sim
