// Real nodes in this process, on real disks and loopback sockets, and what their institutions can
// do.
//
// One thread drives a test; it waits on outcomes, never on time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ledger/tx/build.h"
#include "node/config/config.h"
#include "node/main/node.h"
#include "tests/node/temporary_directory.h"

namespace testamur::node {

// One institution's keys and node.
struct University {
  InstitutionId id;
  SecretKey root, issue, govern, credential;
  NodeConfig config;
  std::unique_ptr<Node> node;
};

class RunningNodes {
 public:
  // `count` validators, all started. Every further institution has keys, but no node; the last
  // `accreditors` of them are quality agencies.
  explicit RunningNodes(std::size_t count,
                        std::vector<std::pair<std::string, std::uint64_t>> parameters = {},
                        std::size_t without_node = 0, std::size_t accreditors = 0);
  ~RunningNodes();

  University& at(std::size_t index) { return universities_[index]; }
  std::size_t size() const { return universities_.size(); }
  const ChainId& chain() const { return chain_; }
  void start(std::size_t index);
  // The node of an institution that has none: it follows the ledger.
  void begin_observer(std::size_t index);
  void stop(std::size_t index);

  // An envelope of this institution with a fresh nonce.
  ledger::tx::Envelope envelope(std::size_t index) const;
  // A published achievement's number 1 (version 1), waits until it is committed.
  AchievementId publish(std::size_t index, std::size_t through);
  // A signed batch of `count` commitments from `first` on; commitments are hashes of (index,
  // number).
  Bytes batch(std::size_t index, const AchievementId& achievement, std::uint64_t first,
              std::size_t count) const;
  static Hash256 commitment(std::size_t index, std::uint64_t number);
  Bytes sign(std::size_t index, KeyPurpose purpose, const ledger::tx::Built& built) const;

  // Hands a transaction to a node as its API does, and waits how it ends.
  Outcome commit(std::size_t through, Bytes carried);
  void submit(std::size_t through, Bytes carried);
  Outcome await(std::size_t at, const TransactionId& id);
  // Blocks until the node's last finalized block is at or above a height.
  void await_height(std::size_t at, Height height);
  // Blocks until the node's last finalized state is as wanted.
  void await_state(std::size_t at, const std::function<bool(const Snapshot&)>& wanted);

 private:
  std::string why_nothing_moves();

  TemporaryDirectory directory_;
  SystemClock clock_;
  std::vector<std::filesystem::path> parties_;
  std::filesystem::path record_;
  std::unique_ptr<Log> log_ = Log::silent();
  ChainId chain_;
  std::vector<University> universities_;
};

}  // namespace testamur::node
