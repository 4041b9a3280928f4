#include "node/chain/consensus_keys.h"

#include "common/check.h"
#include "node/chain/validator_sets.h"

namespace testamur::node {

ConsensusKeys::ConsensusKeys(const InstitutionId& self, std::vector<SecretKey> keys) : self_(self) {
  for (auto& key : keys) keys_.push_back(std::move(key));
}

std::vector<consensus::ConsensusKey> ConsensusKeys::public_keys() const {
  std::vector<consensus::ConsensusKey> keys;
  for (const auto& key : keys_)
    keys.push_back(*consensus::ConsensusKey::from(key.public_key().bytes));
  return keys;
}

void ConsensusKeys::begin_epoch(const consensus::ValidatorSet& set) {
  signing_ = nullptr;
  const auto index = set.index_of(self_);
  if (!index) return;
  for (const auto& key : keys_) {
    if (!equal(key.public_key().bytes, set.at(*index).key.view())) continue;
    signing_ = &key;
    return;
  }
}

std::optional<PublicKey> ConsensusKeys::voting_key() const {
  if (signing_ == nullptr) return std::nullopt;
  return signing_->public_key();
}

Signature ConsensusKeys::sign(const Hash256& digest) const {
  TM_CHECK(signing_ != nullptr, "an observer was asked to sign");
  return signing_->sign(digest.view());
}

std::optional<PublicKey> ConsensusKeys::erase_unused(const ledger::StateReader& state,
                                                     const ledger::Header& header) {
  // Until the next epoch has a final block the old one is served, and its key may have to sign
  // again.
  if (header.seals_epoch()) return std::nullopt;

  for (auto key = keys_.begin(); key != keys_.end(); ++key) {
    auto public_key = key->public_key();

    // A key that was in no set yet waits for its first.
    if (&*key == signing_ ||
        !certified_before(state, *consensus::ConsensusKey::from(public_key.bytes)))
      continue;
    keys_.erase(key);
    return public_key;
  }
  return std::nullopt;
}

}  // namespace testamur::node
