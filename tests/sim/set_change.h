// One change of the validator set, as the institutions' own commands make it: new keys declare that
// they are ready, one institution proposes, the validators vote. Whatever a crash or the network
// loses is said again, the same bytes.
#pragma once

#include <map>
#include <vector>

#include "tests/sim/sim_node.h"

namespace testamur::sim {

class SetChange {
 public:
  // `nonce` tells this change's transactions from those of others.
  SetChange(Institutions& institutions, std::vector<std::size_t> members, TransactionNumber nonce);

  // Looks at the ledger through a node that is up, and submits there what is missing. True when the
  // change is in effect or can no longer be.
  bool step(SimNode& through);
  const std::vector<std::size_t>& members() const { return members_; }

 private:
  using Shared = ledger::tx::SharedTransaction;
  bool everybody_is_ready(SimNode& through, std::uint64_t now_ms);
  bool propose(SimNode& through, std::uint64_t now_ms);
  void vote(SimNode& through, const ledger::CertifyingSet& set, std::uint64_t now_ms);
  KeyId key_of(std::size_t member) const;

  Institutions& institutions_;
  std::vector<std::size_t> members_;
  TransactionNumber nonce_;
  std::map<std::size_t, Shared> ready_;  // by member
  std::map<std::size_t, Shared> votes_;  // by voter
  Shared proposal_;
};

}  // namespace testamur::sim
