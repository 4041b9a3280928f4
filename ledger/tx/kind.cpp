#include "ledger/tx/kind.h"

#include <algorithm>
#include <array>
#include <utility>

#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx {

std::string_view name(Kind kind) {
  using enum Kind;
  static constexpr std::array<std::pair<Kind, std::string_view>, 31> kNames = {{
      {kInstitutionRegister, "institution_register"},
      {kInstitutionUpdate, "institution_update"},
      {kInstitutionSuspend, "institution_suspend"},
      {kInstitutionLeave, "institution_leave"},
      {kInstitutionList, "institution_list"},
      {kKeyAdd, "key_add"},
      {kKeyRotate, "key_rotate"},
      {kKeyRetire, "key_retire"},
      {kSuccessionMerge, "succession_merge"},
      {kSuccessionSplit, "succession_split"},
      {kSuccessionRename, "succession_rename"},
      {kSuccessionCustody, "succession_custody"},
      {kAchievementPublish, "achievement_publish"},
      {kAchievementCosign, "achievement_cosign"},
      {kAchievementRetire, "achievement_retire"},
      {kPolicyPublish, "policy_publish"},
      {kRulePublish, "rule_publish"},
      {kIssueListed, "issue_listed"},
      {kIssueAnchored, "issue_anchored"},
      {kStatusChange, "status_change"},
      {kRecognitionTrust, "recognition_trust"},
      {kRecognitionDistrust, "recognition_distrust"},
      {kRecognitionEnd, "recognition_end"},
      {kRecognitionVoid, "recognition_void"},
      {kAccreditationAccredit, "accreditation_accredit"},
      {kAccreditationEnd, "accreditation_end"},
      {kAccreditationVoid, "accreditation_void"},
      {kGovernancePropose, "governance_propose"},
      {kGovernanceVote, "governance_vote"},
      {kReady, "ready"},
      {kEvidence, "evidence"},
  }};
  const auto* found = std::ranges::find(kNames, kind, &std::pair<Kind, std::string_view>::first);
  return found == kNames.end() ? "unknown" : found->second;
}

bool is_active(Kind kind) { return find_rules(kind) != nullptr; }

}  // namespace testamur::ledger::tx
