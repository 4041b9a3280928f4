// A validator that lies with its own key: it proposes two blocks to two halves, votes for both,
// nullifies what it finalizes, keeps silent towards some, forges certificates, sends garbage, and
// repeats old messages.
#pragma once

#include <deque>
#include <map>

#include "tests/sim/sim_node.h"

namespace testamur::sim {

// Gives the proposal this header, signed by `liar`.
void sign_again(const SimNode& liar, consensus::Proposal& proposal, const ledger::Header& header);
// The same block a millisecond later, as valid as the first, signed by `liar`.
consensus::Proposal later_twin(const SimNode& liar, const consensus::Proposal& proposal);

class ByzantineNode final : public SimNode {
 public:
  ByzantineNode(NodeSettings settings, Timeline& timeline, Network& network, Checker& checker,
                Random random)
      : SimNode(not_honest(std::move(settings)), timeline, network, checker, random),
        checker_(checker) {}

  void broadcast(const consensus::Message& message) override;
  void send(const InstitutionId& to, const consensus::Message& message) override;

 private:
  static NodeSettings not_honest(NodeSettings settings) {
    settings.honest = false;
    return settings;
  }
  void remember(const consensus::Message& message);
  void send_contradicting(std::size_t to, const consensus::Vote& vote);
  void annoy(std::size_t to);
  consensus::Proposal twin_of(const consensus::Proposal& proposal);
  consensus::Proposal on_last_final(const consensus::Proposal& proposal) const;
  void forge(std::size_t to, consensus::Certificate certificate);

  Checker& checker_;
  std::map<View, BlockId> twins_;  // the second block of a view that it led
  std::map<View, View> twin_parents_;
  std::deque<consensus::Message> old_;
};

}  // namespace testamur::sim
