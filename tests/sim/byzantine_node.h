// A validator that lies with its own key: it proposes two blocks to two halves, votes for both, nullifies what it
// finalizes, keeps silent towards some, and repeats old messages of others.
#pragma once

#include <deque>
#include <map>

#include "tests/sim/sim_node.h"

namespace testamur::sim {

class ByzantineNode final : public SimNode {
 public:
  ByzantineNode(NodeSettings settings, Timeline& timeline, Network& network, Checker& checker, Random random,
                std::unique_ptr<Application> application)
      : SimNode(not_honest(std::move(settings)), timeline, network, checker, random, std::move(application)) {}

  void broadcast(const consensus::Message& message) override;
  void send(const InstitutionId& to, const consensus::Message& message) override;

 private:
  static NodeSettings not_honest(NodeSettings settings) {
    settings.honest = false;
    return settings;
  }
  void remember(const consensus::Message& message);
  void lie(std::size_t to, const consensus::Vote& vote);
  consensus::Proposal twin_of(const consensus::Proposal& proposal);
  consensus::Vote signed_vote(consensus::Statement statement, std::uint8_t voter);

  std::map<View, BlockId> twins_;  // the second block of a view that it led
  std::map<View, View> twin_parents_;
  std::deque<consensus::Message> old_;
};

}  // namespace testamur::sim
