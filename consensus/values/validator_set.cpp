#include "consensus/values/validator_set.h"

#include <algorithm>
#include <set>

namespace testamur::consensus {

Result<ValidatorSet> ValidatorSet::make(std::vector<Validator> validators) {
  if (validators.empty()) return error("a validator set has at least one member");
  if (validators.size() > kMaxSize) {
    return error("a validator set has at most 31 members, not " +
                 std::to_string(validators.size()));
  }
  std::sort(validators.begin(), validators.end());
  std::set<ConsensusKey> keys;
  for (std::size_t i = 0; i < validators.size(); ++i) {
    if (i > 0 && validators[i - 1].id == validators[i].id) {
      return error("institution " + to_text(validators[i].id) + " is twice in the validator set");
    }
    if (!keys.insert(validators[i].key).second) {
      return error("the consensus key " + validators[i].key.hex() +
                   " is twice in the validator set");
    }
  }
  Encoder encoder;
  encoder.u32(static_cast<std::uint32_t>(validators.size()));
  for (const auto& validator : validators) encoder.fixed(validator.id).fixed(validator.key);
  ValidatorSet set;
  set.digest_ = tags::kValidatorSet(encoder.bytes());
  set.validators_ = std::move(validators);
  return set;
}

std::optional<std::uint8_t> ValidatorSet::index_of(const InstitutionId& id) const {
  const auto at = std::lower_bound(validators_.begin(), validators_.end(), id,
                                   [](const Validator& validator, const InstitutionId& wanted) {
                                     return validator.id < wanted;
                                   });
  if (at == validators_.end() || at->id != id) return std::nullopt;
  return static_cast<std::uint8_t>(at - validators_.begin());
}

std::uint8_t ValidatorSet::leader(Epoch epoch, View view) const {
  const std::uint64_t n = validators_.size();
  return static_cast<std::uint8_t>((epoch.value % n + view.value % n) % n);
}

}  // namespace testamur::consensus
