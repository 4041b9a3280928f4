#include "ledger/tx/state_view.h"

#include <algorithm>

#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/publications.h"

namespace testamur::ledger::tx {

namespace {

AchievementSummary summary_of(const AchievementState& state) {
  AchievementSummary summary;
  summary.awarding_bodies = state.published.content.awarding_bodies;
  if (summary.awarding_bodies.empty()) summary.awarding_bodies.push_back(state.published.actor);
  summary.signed_by = state.cosigned_by;
  summary.signed_by.push_back(state.published.actor);
  summary.complete = state.complete();
  summary.retired = state.retired.has_value();
  return summary;
}

KeySummary summary_of(const KeyState& state) {
  KeySummary summary{state.added.institution,
                     state.added.purpose,
                     state.retired.has_value(),
                     state.stolen.has_value(),
                     {}};
  if (state.added.key.algorithm == SignatureAlgorithm::kBip340) {
    std::ranges::copy(state.added.key.bytes, summary.bip340.begin());
  }
  return summary;
}

}  // namespace

const InstitutionSummary* RecordCache::institution(const StateReader& state,
                                                   const InstitutionId& id) {
  if (const auto known = institutions_.find(id); known != institutions_.end())
    return &known->second;
  const auto record = read_institution(state, id);
  if (!record) return nullptr;
  const InstitutionSummary summary{record->institution_class, record->standing,
                                   record->root_threshold, record->facts.parent};
  return &institutions_.emplace(id, summary).first->second;
}

const KeySummary* RecordCache::key(const StateReader& state, const KeyId& id) {
  if (const auto known = keys_.find(id); known != keys_.end()) return &known->second;
  const auto key = read_key(state, id);
  if (!key) return nullptr;
  return &keys_.emplace(id, summary_of(*key)).first->second;
}

const AchievementSummary* RecordCache::achievement(const StateReader& state,
                                                   const AchievementId& id) {
  if (const auto known = achievements_.find(id); known != achievements_.end())
    return &known->second;
  const auto achievement = read_achievement(state, id);
  if (!achievement) return nullptr;
  return &achievements_.emplace(id, summary_of(*achievement)).first->second;
}

}  // namespace testamur::ledger::tx
