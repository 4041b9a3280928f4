// What the rules may look at while a block is executed: the state with what the block wrote so far.
// Private to ledger/; one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "common/ids.h"
#include "ledger/ledger_state.h"
#include "ledger/parameters.h"
#include "ledger/tx/content.h"

namespace testamur::ledger::tx {

// What issuing and verifying ask of an achievement.
struct AchievementSummary {
  std::vector<InstitutionId> awarding_bodies;  // the publisher among them
  std::vector<InstitutionId> signed_by;        // likewise
  bool complete = false;
  bool retired = false;
};
struct InstitutionSummary {
  InstitutionClass institution_class = InstitutionClass::kListed;
  Standing standing = Standing::kGood;
  std::uint8_t root_threshold = 1;
  InstitutionId parent;
};
struct KeySummary {
  InstitutionId institution;
  KeyPurpose purpose = KeyPurpose::kRoot;
  bool retired = false;
  bool stolen = false;
  std::array<std::uint8_t, 32> bip340{};  // zero for other algorithms
};

// Records of the registry as execution needs them, decoded once a block.
class RecordCache {
 public:
  const InstitutionSummary* institution(const StateReader& state, const InstitutionId& id);
  const KeySummary* key(const StateReader& state, const KeyId& id);
  const AchievementSummary* achievement(const StateReader& state, const AchievementId& id);
  void forget(const InstitutionId& id) { institutions_.erase(id); }
  void forget(const KeyId& id) { keys_.erase(id); }
  void forget(const AchievementId& id) { achievements_.erase(id); }

 private:
  // Absence is not remembered: only what exists is worth the memory.
  std::map<InstitutionId, InstitutionSummary> institutions_;
  std::map<KeyId, KeySummary> keys_;
  std::map<AchievementId, AchievementSummary> achievements_;
};

struct StateView {
  const StateReader& state;
  RecordCache& cache;
  const Parameters& parameters;
  ChainId chain;
  Height height;
  std::uint64_t time_ms;
  KeyPurpose signer;  // purpose of the keys that signed
  std::uint16_t protocol_version;

  std::uint64_t limit(Parameter id) const { return parameters[id]; }
  const InstitutionSummary* institution(const InstitutionId& id) const {
    return cache.institution(state, id);
  }
  const KeySummary* key(const KeyId& id) const { return cache.key(state, id); }
  const AchievementSummary* achievement(const AchievementId& id) const {
    return cache.achievement(state, id);
  }
  Pages pages() const { return Pages{state}; }
};

}  // namespace testamur::ledger::tx
