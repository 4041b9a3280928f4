// The kinds of transactions by their permanent ids (= field numbers of TransactionBody.kind). Never
// reused.
#pragma once

#include <cstdint>
#include <string_view>

namespace testamur::ledger::tx {

enum class Kind : std::uint16_t {
  kInstitutionRegister = 10,
  kInstitutionUpdate = 11,
  kInstitutionSuspend = 12,
  kInstitutionLeave = 13,
  kInstitutionList = 14,
  kKeyAdd = 20,
  kKeyRotate = 21,
  kKeyRetire = 22,
  kSuccessionMerge = 30,
  kSuccessionSplit = 31,
  kSuccessionRename = 32,
  kSuccessionCustody = 33,
  kAchievementPublish = 40,
  kAchievementCosign = 41,
  kAchievementRetire = 42,
  kPolicyPublish = 50,
  kRulePublish = 60,
  kIssueListed = 70,
  kIssueAnchored = 71,
  kStatusChange = 80,
  kRecognitionTrust = 90,
  kRecognitionDistrust = 91,
  kRecognitionEnd = 92,
  kRecognitionVoid = 93,
  kAccreditationAccredit = 100,
  kAccreditationEnd = 101,
  kAccreditationVoid = 102,
  kGovernancePropose = 110,
  kGovernanceVote = 111,
  kReady = 120,
  kEvidence = 130,
};

// The snake_case name in the proto file ("issue_listed"); "unknown" for a number that no kind has.
std::string_view name(Kind kind);
// Whether this version of the protocol accepts the kind; the others are reserved.
bool is_active(Kind kind);

}  // namespace testamur::ledger::tx
