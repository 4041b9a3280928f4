// Readers of what institutions publish by digest: the policies by which they decide, the rules by
// which their achievements stack. Registry kinds 8 and 9 (docs/formats/kinds.md). Pure; any thread
// that may read the given state.
#pragma once

#include <optional>
#include <vector>

#include "ledger/tx/registry_records.h"

namespace testamur::ledger::tx {

struct PolicyRecord {
  Anchored at;
  Cause cause;
  InstitutionId institution;
  PolicyContent content;
};
Bytes encode(const PolicyRecord& record);
Result<PolicyRecord> decode_policy(const InstitutionId& institution, const Anchored& at,
                                   ByteView body);
// The one in use.
std::optional<PolicyRecord> read_policy(const StateReader& state, const InstitutionId& institution);
// The newest ones, newest first.
std::vector<PolicyRecord> policies_of(const StateReader& state, const InstitutionId& institution,
                                      std::size_t most);

struct RuleRecord {
  Anchored at;
  Cause cause;
  InstitutionId institution;
  RuleContent content;
};
Bytes encode(const RuleRecord& record);
Result<RuleRecord> decode_rule(const InstitutionId& institution, const Anchored& at, ByteView body);
// Named like an achievement: institution, number, version.
std::optional<RuleRecord> read_rule(const StateReader& state, const AchievementId& id);

}  // namespace testamur::ledger::tx
