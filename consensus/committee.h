// The validators of the current epoch, this node's place among them, and signatures in the epoch's
// name.
//
// Owns the epoch, its validator set and the consensus keys of this node. They change in two ways
// only: begin_epoch, and set_keys for the epochs after. Private to consensus/. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "consensus/driver.h"
#include "consensus/engine.h"
#include "consensus/missing_blocks.h"
#include "consensus/values/types.h"
#include "consensus/values/validator_set.h"

namespace testamur::consensus {

class Committee {
 public:
  // `config` and `driver` are borrowed and outlive the committee.
  Committee(const EngineConfig& config, Epoch epoch, ValidatorSet set, Driver& driver);

  // The node is a member of the epoch when the set names one of its keys beside its institution,
  // and it is no observer.
  void begin_epoch(Epoch epoch, ValidatorSet set);
  // Precondition: the key with which the node votes in this epoch is among them.
  void set_keys(const std::vector<ConsensusKey>& keys);

  Epoch epoch() const { return epoch_; }
  const ValidatorSet& set() const { return set_; }
  std::size_t size() const { return set_.size(); }
  const InstitutionId& id_of(std::size_t index) const { return set_.at(index).id; }
  std::optional<std::uint8_t> index_of(const InstitutionId& id) const { return set_.index_of(id); }
  ValidatorBits bit_of(const InstitutionId& id) const;  // 0: no member

  // This node's own index; absent: it follows the epoch without a vote.
  const std::optional<std::uint8_t>& self() const { return self_; }
  bool is_self(std::size_t index) const { return self_ && index == *self_; }

  std::uint8_t leader(View view) const { return set_.leader(epoch_, view); }
  const InstitutionId& leader_id(View view) const { return id_of(leader(view)); }
  bool leads(View view) const { return is_self(leader(view)); }  // this node does

  // What a key signs names the chain, the epoch and the set: a signature of another epoch never
  // verifies in this one.
  Hash256 digest_of(const Statement& statement) const;
  Signature sign(const Statement& statement) const;  // precondition: a member
  bool verify(std::size_t signer, const Hash256& digest, const Signature& signature) const;
  bool verify(const Vote& vote) const;
  Status verify_finality(const HeaderFacts& block, const FinalityProof& proof) const;

 private:
  bool is_own(const ConsensusKey& key) const;

  const EngineConfig& config_;
  Driver& driver_;
  std::vector<ConsensusKey> keys_;
  Epoch epoch_;
  ValidatorSet set_;
  std::optional<std::uint8_t> self_;
};

}  // namespace testamur::consensus
