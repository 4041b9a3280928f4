// One simulated machine: the production engine, an application, a journal on a disk that loses un-synced writes, a
// clock that may be wrong. It can crash at any event and be started again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "consensus/engine.h"
#include "tests/sim/application.h"
#include "tests/sim/checker.h"
#include "tests/sim/network.h"
#include "tests/sim/sim_journal.h"
#include "tests/sim/timeline.h"

namespace testamur::sim {

// Signatures of the simulation: a keyed hash that anyone can check. Fast, deterministic, and as unforgeable as the
// simulated nodes are honest about it.
Signature toy_sign(const consensus::ConsensusKey& key, const Hash256& digest);

struct NodeSettings {
  std::size_t number = 0;
  consensus::EngineConfig engine;
  std::vector<InstitutionId> everybody;  // by node number
  std::uint64_t heartbeat_ms = 30'000;
  std::uint64_t sync_us = 1'000;  // of the journal, the least
  std::uint64_t sync_jitter_us = 3'000;
  std::uint64_t work_us =
      1'000;                // building and validating take up to this; sometimes nothing (answered inside the call)
  bool lying_disk = false;  // reports a sync before it happened
  bool honest = true;       // its signatures are held against it
};

class SimNode : public consensus::Driver {
 public:
  SimNode(NodeSettings settings, Timeline& timeline, Network& network, Checker& checker, Random random,
          std::unique_ptr<Application> application);

  void start(bool quarantine = false);
  void crash();
  bool is_up() const { return engine_ != nullptr; }
  // The disk is empty: the key is there, votes and ledger are gone.
  void wipe(std::unique_ptr<Application> fresh);
  struct Backup {
    std::unique_ptr<Application> application;
    SimJournal journal;
  };
  Backup backup() { return {application_->backup(), journal_.backup(random_)}; }
  // What was backed up is on the disk again; start it with quarantine.
  void restore(Backup backup);
  // Handles nothing for a while (SIGSTOP); what arrives waits.
  void pause_ms(std::uint64_t duration_ms) { paused_until_us_ = timeline_.now_us() + duration_ms * 1000; }
  void receive(const Packet& packet);
  void submit(TransactionNumber transaction);
  void sync_and_prune();

  consensus::Engine& engine() { return *engine_; }
  Application& application() { return *application_; }
  const Application& application() const { return *application_; }
  SimJournal& journal() { return journal_; }
  std::size_t number() const { return settings_.number; }
  const NodeSettings& settings() const { return settings_; }
  std::uint64_t evidence_seen() const { return evidence_seen_; }
  bool in_quarantine() const { return in_quarantine_; }
  std::int64_t clock_offset_ms = 0;
  std::optional<std::uint64_t> last_commit_us;

  // consensus::Driver
  consensus::HeaderFacts read_header(const Bytes& header) override { return application_->read_header(header); }
  bool body_matches(const Bytes& header, const Bytes& body) override {
    return application_->body_matches(header, body);
  }
  void build(const consensus::BuildRequest& request) override;
  void validate(const consensus::BlockPtr& block) override;
  Signature sign(const Hash256& digest) override { return toy_sign(settings_.engine.key, digest); }
  bool verify(const consensus::ConsensusKey& key, const Hash256& digest, const Signature& signature) override;
  void persist(consensus::RecordGroup group) override;
  void send(const InstitutionId& to, const consensus::Message& message) override;
  void broadcast(const consensus::Message& message) override;
  void commit(const consensus::Commit& commit) override;
  void abandon(const BlockId& block) override { application_->abandon(block); }
  consensus::ValidatorSet next_validators(const consensus::BlockPtr& sealing) override;
  void catch_up(const consensus::CertificatePtr& target) override;
  void resend_pending() override;
  void misbehaviour(const consensus::Evidence& evidence) override;
  Hash256 fresh_nonce() override;
  void quarantine(bool active) override { in_quarantine_ = active; }
  void notice(const std::string& text) override;

  std::function<void(const std::string&)> log;  // optional

 protected:
  void transmit(std::size_t to, const consensus::Message& message);
  Random& random() { return random_; }
  Timeline& timeline() { return timeline_; }

 private:
  template <class Event>
  void event(Event&& handle);
  // Runs later unless the node crashed meanwhile.
  void later(std::uint64_t delay_us, std::function<void()> what);
  bool is_paused() const { return timeline_.now_us() < paused_until_us_; }
  void schedule_wake();
  void write_journal();
  void check_said(const consensus::Message& message);
  void update_pending();
  std::uint64_t clock_ms() const;
  void broadcast_transactions(const std::vector<TransactionNumber>& transactions);
  void answer_block_request(const Packet& packet);
  void take_blocks(const Packet& packet);

  NodeSettings settings_;
  Timeline& timeline_;
  Network& network_;
  Checker& checker_;
  Random random_;
  std::unique_ptr<Application> application_;
  SimJournal journal_;
  std::unique_ptr<consensus::Engine> engine_;
  std::uint64_t life_ = 0;  // counts starts; events of an earlier life are void
  std::uint64_t wake_ms_ = 0;
  std::uint64_t paused_until_us_ = 0;
  Height acknowledged_;  // the highest height that this node acknowledged
  std::uint64_t evidence_seen_ = 0;
  bool in_quarantine_ = false;
};

}  // namespace testamur::sim
