#include "consensus/committee.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "consensus/values/finality.h"

namespace testamur::consensus {

Committee::Committee(const EngineConfig& config, Epoch epoch, ValidatorSet set, Driver& driver)
    : config_(config),
      driver_(driver),
      keys_(config.more_keys),
      epoch_(epoch),
      set_(std::move(set)) {
  if (!config_.observer) keys_.push_back(config_.key);
  begin_epoch(epoch, set_);
}

void Committee::begin_epoch(Epoch epoch, ValidatorSet set) {
  epoch_ = epoch;
  set_ = std::move(set);

  // A seat with a key that this node does not hold is voted for by another machine, or by nobody.
  self_ = set_.index_of(config_.self);
  if (config_.observer || (self_ && !is_own(set_.at(*self_).key))) self_.reset();
}

void Committee::set_keys(const std::vector<ConsensusKey>& keys) {
  keys_ = keys;
  TM_CHECK(!self_ || is_own(set_.at(*self_).key), "the key in use was taken away");
}

bool Committee::is_own(const ConsensusKey& key) const {
  return std::find(keys_.begin(), keys_.end(), key) != keys_.end();
}

ValidatorBits Committee::bit_of(const InstitutionId& id) const {
  const auto index = set_.index_of(id);
  return index ? ValidatorBits{1} << *index : 0;
}

Hash256 Committee::digest_of(const Statement& statement) const {
  return signing_digest(config_.chain, set_.digest(), statement);
}

Signature Committee::sign(const Statement& statement) const {
  return driver_.sign(digest_of(statement));
}

bool Committee::verify(std::size_t signer, const Hash256& digest,
                       const Signature& signature) const {
  return driver_.verify(set_.at(signer).key, digest, signature);
}

bool Committee::verify(const Vote& vote) const {
  return verify(vote.voter, digest_of(vote.statement), vote.signature);
}

Status Committee::verify_finality(const HeaderFacts& block, const FinalityProof& proof) const {
  const auto read = [&](const Bytes& header) { return driver_.read_header(header); };
  const auto check = [&](const ConsensusKey& key, const Hash256& digest,
                         const Signature& signature) {
    return driver_.verify(key, digest, signature);
  };
  return consensus::verify_finality(config_.chain, set_, block, proof, read, check);
}

}  // namespace testamur::consensus
