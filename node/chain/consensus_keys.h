// The consensus keys of this node, and with which of them it signs in the current epoch.
//
// Owns the secret keys: they are erased from memory here, when the first block of an epoch without
// them is final. Belongs to the chain's strand.
#pragma once

#include <list>
#include <optional>
#include <vector>

#include "common/keys.h"
#include "consensus/values/validator_set.h"
#include "ledger/header.h"
#include "ledger/state.h"

namespace testamur::node {

class ConsensusKeys {
 public:
  ConsensusKeys(const InstitutionId& self, std::vector<SecretKey> keys);

  void add(SecretKey key) { keys_.push_back(std::move(key)); }
  std::vector<consensus::ConsensusKey> public_keys() const;

  // Chooses the key that the set names beside this node's institution; without one the node follows
  // the epoch.
  void begin_epoch(const consensus::ValidatorSet& set);
  bool votes() const { return signing_ != nullptr; }
  std::optional<PublicKey> voting_key() const;
  Signature sign(const Hash256& digest) const;  // precondition: votes()

  // Erases a key that certified earlier epochs than the one of `header`, and not that one, and says
  // which; nothing: it has none. `state`: the one after the block of `header`.
  std::optional<PublicKey> erase_unused(const ledger::StateReader& state,
                                        const ledger::Header& header);

 private:
  InstitutionId self_;
  std::list<SecretKey> keys_;           // its elements stay where they are
  const SecretKey* signing_ = nullptr;  // of the epoch; null: no vote in it
};

}  // namespace testamur::node
