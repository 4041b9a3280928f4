// The validators of one epoch: who they are, how many must agree, who leads a view.
//
// A value; pure; any thread. Ordered by institution id; a validator's *index* is its place in that
// order and is what votes and certificates name. n = 1..31, f = floor((n - 1) / 3), quorum q = n -
// f. digest = H_tag(testamur/validator-set, u32 n || n * (institution id (16) || BIP-340 public key
// (32))).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/hash.h"
#include "common/ids.h"
#include "common/result.h"

namespace testamur::consensus {

// A BIP-340 public key (32-byte x coordinate).
using ConsensusKey = FixedBytes<32, struct ConsensusKeyTag>;

struct Validator {
  InstitutionId id;
  ConsensusKey key;
  auto operator<=>(const Validator&) const = default;
};

class ValidatorSet {
 public:
  static constexpr std::size_t kMaxSize = 31;

  // The set of these validators in any order. Fails on none, on more than 31, and on an id or a key
  // that occurs twice.
  static Result<ValidatorSet> make(std::vector<Validator> validators);

  std::size_t size() const { return validators_.size(); }
  std::size_t max_faulty() const { return (size() - 1) / 3; }
  std::size_t quorum() const { return size() - max_faulty(); }
  const Validator& at(std::size_t index) const { return validators_.at(index); }
  const std::vector<Validator>& validators() const { return validators_; }
  std::optional<std::uint8_t> index_of(const InstitutionId& id) const;
  // set[(epoch + view) mod n]
  std::uint8_t leader(Epoch epoch, View view) const;
  const Hash256& digest() const { return digest_; }

  bool operator==(const ValidatorSet& other) const { return validators_ == other.validators_; }

 private:
  ValidatorSet() = default;
  std::vector<Validator> validators_;
  Hash256 digest_;
};

}  // namespace testamur::consensus
