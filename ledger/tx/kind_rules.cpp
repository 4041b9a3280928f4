#include "ledger/tx/kind_rules.h"

#include <algorithm>
#include <array>

#include "ledger/protocol.h"
#include "ledger/tx/accreditation_accredit.h"
#include "ledger/tx/accreditation_end.h"
#include "ledger/tx/accreditation_void.h"
#include "ledger/tx/achievement_cosign.h"
#include "ledger/tx/achievement_publish.h"
#include "ledger/tx/achievement_retire.h"
#include "ledger/tx/evidence.h"
#include "ledger/tx/governance_propose.h"
#include "ledger/tx/governance_vote.h"
#include "ledger/tx/institution_leave.h"
#include "ledger/tx/institution_list.h"
#include "ledger/tx/institution_register.h"
#include "ledger/tx/institution_update.h"
#include "ledger/tx/issue_anchored.h"
#include "ledger/tx/issue_listed.h"
#include "ledger/tx/key_add.h"
#include "ledger/tx/key_retire.h"
#include "ledger/tx/key_rotate.h"
#include "ledger/tx/policy_publish.h"
#include "ledger/tx/ready.h"
#include "ledger/tx/recognition_distrust.h"
#include "ledger/tx/recognition_end.h"
#include "ledger/tx/recognition_trust.h"
#include "ledger/tx/recognition_void.h"
#include "ledger/tx/rule_publish.h"
#include "ledger/tx/statement_rules.h"
#include "ledger/tx/status_change.h"
#include "ledger/tx/succession_custody.h"
#include "ledger/tx/succession_merge.h"
#include "ledger/tx/succession_rename.h"
#include "ledger/tx/succession_split.h"

namespace testamur::ledger::tx {

namespace {

constexpr auto kRoot = one_of(KeyPurpose::kRoot);
constexpr auto kGovern = one_of(KeyPurpose::kGovern);
constexpr auto kIssue = one_of(KeyPurpose::kIssue);
constexpr auto kConsensus = one_of(KeyPurpose::kConsensus);
// A node hands in what it saw without waiting for a person.
constexpr auto kGovernOrConsensus = one_of(KeyPurpose::kGovern, KeyPurpose::kConsensus);
constexpr auto kGovernOrRoot = one_of(KeyPurpose::kGovern, KeyPurpose::kRoot);

constexpr auto kMembers =
    one_of(InstitutionClass::kIssuer, InstitutionClass::kAccreditor, InstitutionClass::kValidator);
constexpr auto kIssuers = one_of(InstitutionClass::kIssuer, InstitutionClass::kValidator);
constexpr auto kAccreditors = one_of(InstitutionClass::kAccreditor);
constexpr auto kValidators = one_of(InstitutionClass::kValidator);
constexpr auto kListers = one_of(InstitutionClass::kAccreditor, InstitutionClass::kValidator);
constexpr auto kSuccession = Privilege::kSuccessions | Privilege::kInstitutions;

template <std::uint64_t Units>
std::uint64_t fixed_weight(const v1::TransactionBody&) {
  return Units;
}
constexpr auto* kManyRecords = &fixed_weight<16 * kWeightRecord>;
constexpr auto* kOneRecord = &fixed_weight<kWeightRecord>;
constexpr auto* kOneKey = &fixed_weight<kWeightRecord + kWeightSignature>;
constexpr auto* kTwoStatements = &fixed_weight<kWeightRecord + 2 * kWeightSignature>;

#define TM_PHASES(kind) &kind::check_form, &kind::check_state, &kind::apply

// clang-format off
constexpr std::array kRules = {
    KindRules{Kind::kInstitutionRegister, kGovern, kValidators, Privilege::kInstitutions | Privilege::kKeys, TM_PHASES(institution_register), &institution_register::weight},
    KindRules{Kind::kInstitutionUpdate, kRoot, kMembers, Privilege::kInstitutions, TM_PHASES(institution_update), kOneRecord},
    KindRules{Kind::kInstitutionLeave, kRoot, kMembers, Privilege::kInstitutions, TM_PHASES(institution_leave), kOneRecord},
    KindRules{Kind::kInstitutionList, kGovern, kListers, Privilege::kInstitutions, TM_PHASES(institution_list), kOneRecord},
    KindRules{Kind::kKeyAdd, kRoot, kMembers, Privilege::kKeys, TM_PHASES(key_add), kOneKey},
    KindRules{Kind::kKeyRotate, kRoot, kMembers, Privilege::kKeys, TM_PHASES(key_rotate), kOneKey},
    KindRules{Kind::kKeyRetire, kRoot, kMembers, Privilege::kKeys, TM_PHASES(key_retire), kOneRecord},
    KindRules{Kind::kSuccessionMerge, kRoot, kMembers, kSuccession, TM_PHASES(succession_merge), kManyRecords},
    KindRules{Kind::kSuccessionSplit, kRoot, kMembers, kSuccession, TM_PHASES(succession_split), kManyRecords},
    KindRules{Kind::kSuccessionRename, kRoot, kMembers, kSuccession, TM_PHASES(succession_rename), kManyRecords},
    KindRules{Kind::kSuccessionCustody, kRoot, kMembers, kSuccession, TM_PHASES(succession_custody), kManyRecords},
    KindRules{Kind::kAchievementPublish, kGovern, kIssuers, Privilege::kAchievements, TM_PHASES(achievement_publish), kOneRecord},
    KindRules{Kind::kAchievementCosign, kGovern, kIssuers, Privilege::kAchievements, TM_PHASES(achievement_cosign), kOneRecord},
    KindRules{Kind::kAchievementRetire, kGovern, kIssuers, Privilege::kAchievements, TM_PHASES(achievement_retire), kOneRecord},
    KindRules{Kind::kPolicyPublish, kGovern, kMembers, Privilege::kPolicies, TM_PHASES(policy_publish), kOneRecord},
    KindRules{Kind::kRulePublish, kGovern, kIssuers, Privilege::kRules, TM_PHASES(rule_publish), kOneRecord, 2},
    KindRules{Kind::kIssueListed, kIssue, kIssuers, Privilege::kIssue, TM_PHASES(issue_listed), &issue_listed::weight},
    KindRules{Kind::kIssueAnchored, kIssue, kIssuers, Privilege::kIssue, TM_PHASES(issue_anchored), &issue_anchored::weight},
    KindRules{Kind::kStatusChange, one_of(KeyPurpose::kIssue, KeyPurpose::kRoot), kIssuers, Privilege::kStatuses, TM_PHASES(status_change), &status_change::weight},
    KindRules{Kind::kRecognitionTrust, kGovern, kMembers, Privilege::kStatements, TM_PHASES(recognition_trust), kOneRecord},
    KindRules{Kind::kRecognitionDistrust, kGovern, kMembers, Privilege::kStatements, TM_PHASES(recognition_distrust), kOneRecord},
    KindRules{Kind::kRecognitionEnd, kGovern, kMembers, Privilege::kStatements, TM_PHASES(recognition_end), &statement_rules::weight},
    KindRules{Kind::kRecognitionVoid, kGovern, kMembers, Privilege::kStatements, TM_PHASES(recognition_void), &statement_rules::weight},
    KindRules{Kind::kAccreditationAccredit, kGovern, kAccreditors, Privilege::kStatements, TM_PHASES(accreditation_accredit), kOneRecord},
    KindRules{Kind::kAccreditationEnd, kGovern, kAccreditors, Privilege::kStatements, TM_PHASES(accreditation_end), &statement_rules::weight},
    KindRules{Kind::kAccreditationVoid, kGovern, kAccreditors, Privilege::kStatements, TM_PHASES(accreditation_void), &statement_rules::weight},
    KindRules{Kind::kGovernancePropose, kGovern, kValidators, Privilege::kGovernance, TM_PHASES(governance_propose), kOneKey},
    KindRules{Kind::kGovernanceVote, kGovernOrRoot, kMembers, Privilege::kGovernance, TM_PHASES(governance_vote), kOneRecord},
    KindRules{Kind::kReady, kConsensus, kMembers, Privilege::kReady, TM_PHASES(ready), kOneRecord},
    KindRules{Kind::kEvidence, kGovernOrConsensus, kMembers, Privilege::kEvidence, TM_PHASES(evidence), kTwoStatements},
};
// clang-format on
#undef TM_PHASES

constexpr bool ascending() {
  for (std::size_t i = 1; i < kRules.size(); ++i) {
    if (kRules[i - 1].kind >= kRules[i].kind) return false;
  }
  return true;
}
static_assert(ascending());

}  // namespace

std::span<const KindRules> kind_rules() { return kRules; }

const KindRules* find_rules(Kind kind) {
  const auto* found = std::ranges::lower_bound(kRules, kind, {}, &KindRules::kind);
  return found != kRules.end() && found->kind == kind && found->since <= kNewestProtocol ? found
                                                                                         : nullptr;
}

}  // namespace testamur::ledger::tx
