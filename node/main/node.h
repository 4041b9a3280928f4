// One node, wired: store, journal, network, chain, API and metrics from a configuration.
//
// start() blocks until the node serves; stop() ends it gracefully and blocks. One thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/clock.h"
#include "common/result.h"
#include "node/chain/chain.h"
#include "node/config/config.h"
#include "node/log/log.h"

namespace testamur::node {

inline constexpr std::string_view kSoftware = "testamurd 0.1.0";

struct NodeParts {
  const NodeConfig& config;
  const Clock& clock;
  Log& log;
  // A failure after which the node must not go on. Must not return to normal work; may throw in
  // tests.
  std::function<void(const std::string&)> fatal;
  // An operator asked the node to stop.
  std::function<void()> request_stop;
  // Called before start() fails, where what is stored is damaged or cannot be written: another
  // exit code.
  std::function<void()> data_failed = {};
};

class Node {
 public:
  // Everything is open and the node takes part when this returns.
  static Result<std::unique_ptr<Node>> start(NodeParts parts);
  ~Node();
  void stop();
  // Reads [[peer]] of the configuration file again and dials accordingly; everything else needs a
  // restart.
  Status reload_peers();

  Chain& chain();
  Counters& counters();
  int api_port() const;
  std::uint16_t peer_port() const;

 private:
  struct Parts;
  explicit Node(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace testamur::node
