// What institutions publish: achievements with their co-signatures and ends, the policies by which
// they decide, the rules by which their achievements stack. records/record.h says what records are.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/result.h"
#include "ledger/state.h"
#include "ledger/tx/content.h"
#include "ledger/tx/records/record.h"

namespace testamur::ledger::tx {

// ---- achievements

enum class AchievementEvent : std::uint8_t { kPublished = 1, kCosigned = 2, kRetired = 3 };
struct AchievementRecord {
  RecordPlace at;
  Cause cause;
  AchievementId id;
  AchievementEvent event = AchievementEvent::kPublished;
  InstitutionId actor;         // who published, co-signed or retired
  AchievementContent content;  // of a publication; empty otherwise
};
Bytes encode(const AchievementRecord& record);
// `published`: the message of the publication as carried, empty for the other events.
Bytes encode_achievement(const Cause& cause, AchievementEvent event, const InstitutionId& actor,
                         ByteView published);
Result<AchievementRecord> decode_achievement(const AchievementId& id, const RecordPlace& at,
                                             ByteView body);

// A version of an achievement: its publication, who co-signed, and when it was retired.
struct AchievementState {
  AchievementRecord published;
  std::vector<InstitutionId> cosigned_by;  // besides the publisher, in ledger order
  std::optional<AchievementRecord> retired;
  bool complete() const;  // all awarding bodies have signed
};
std::optional<AchievementState> read_achievement(const StateReader& state, const AchievementId& id);

// In the order of their publications, by ordinal from 0.
std::uint64_t achievement_count(const StateReader& state);
AchievementId achievement_at_ordinal(const StateReader& state, std::uint64_t ordinal);

// ---- policies and rules

struct PolicyRecord {
  RecordPlace at;
  Cause cause;
  InstitutionId institution;
  PolicyContent content;
};
Bytes encode(const PolicyRecord& record);
Result<PolicyRecord> decode_policy(const InstitutionId& institution, const RecordPlace& at,
                                   ByteView body);
// The one in use.
std::optional<PolicyRecord> read_policy(const StateReader& state, const InstitutionId& institution);
// The newest ones, newest first.
std::vector<PolicyRecord> policies_of(const StateReader& state, const InstitutionId& institution,
                                      std::size_t most);

struct RuleRecord {
  RecordPlace at;
  Cause cause;
  InstitutionId institution;
  RuleContent content;
};
Bytes encode(const RuleRecord& record);
Result<RuleRecord> decode_rule(const InstitutionId& institution, const RecordPlace& at,
                               ByteView body);
// Named like an achievement: institution, number, version.
std::optional<RuleRecord> read_rule(const StateReader& state, const AchievementId& id);

}  // namespace testamur::ledger::tx
