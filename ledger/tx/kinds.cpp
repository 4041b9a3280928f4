// The table of kinds and their weights. Both are part of validity and of every replay: rows and
// numbers are never changed, a new kind is a new row with the protocol version from which it
// counts.
#include "ledger/tx/kinds.h"

#include <algorithm>
#include <array>

#include "ledger/pages.h"
#include "ledger/protocol.h"
#include "ledger/tx/wire/codec.h"

namespace testamur::ledger::tx {

namespace {

constexpr auto kRoot = one_of(KeyPurpose::kRoot);
constexpr auto kGovern = one_of(KeyPurpose::kGovern);
constexpr auto kIssue = one_of(KeyPurpose::kIssue);
constexpr auto kConsensus = one_of(KeyPurpose::kConsensus);
constexpr auto kIssueOrRoot = one_of(KeyPurpose::kIssue, KeyPurpose::kRoot);
constexpr auto kGovernOrRoot = one_of(KeyPurpose::kGovern, KeyPurpose::kRoot);
// A node hands in what it saw without waiting for a person.
constexpr auto kGovernOrConsensus = one_of(KeyPurpose::kGovern, KeyPurpose::kConsensus);

constexpr auto kMembers =
    one_of(InstitutionClass::kIssuer, InstitutionClass::kAccreditor, InstitutionClass::kValidator);
constexpr auto kIssuers = one_of(InstitutionClass::kIssuer, InstitutionClass::kValidator);
constexpr auto kAccreditors = one_of(InstitutionClass::kAccreditor);
constexpr auto kValidators = one_of(InstitutionClass::kValidator);
constexpr auto kListers = one_of(InstitutionClass::kAccreditor, InstitutionClass::kValidator);

constexpr auto kRegistration = Privilege::kInstitutions | Privilege::kKeys;
constexpr auto kSuccession = Privilege::kSuccessions | Privilege::kInstitutions;

// Part of validity: their sums are compared with what a block bears, so they never change.
constexpr std::uint64_t kBase = 20;  // reading the envelope, writing the log
constexpr std::uint64_t kSignature = 50;
constexpr std::uint64_t kPage = 12;
constexpr std::uint64_t kRecord = 20;
constexpr std::uint64_t kNamed = 10;                  // looking up a statement that is named
constexpr std::uint64_t kKey = kRecord + kSignature;  // a record, and the proof of possession
constexpr std::uint64_t kTwoStatements = kRecord + 2 * kSignature;
constexpr std::uint64_t kManyRecords = 16 * kRecord;

// clang-format off
constexpr std::array kRows = {
    KindRow{Kind::kInstitutionRegister, kGovern, kValidators, kRegistration, kRecord},
    KindRow{Kind::kInstitutionUpdate, kRoot, kMembers, Privilege::kInstitutions, kRecord},
    KindRow{Kind::kInstitutionLeave, kRoot, kMembers, Privilege::kInstitutions, kRecord},
    KindRow{Kind::kInstitutionList, kGovern, kListers, Privilege::kInstitutions, kRecord},
    KindRow{Kind::kKeyAdd, kRoot, kMembers, Privilege::kKeys, kKey},
    KindRow{Kind::kKeyRotate, kRoot, kMembers, Privilege::kKeys, kKey},
    KindRow{Kind::kKeyRetire, kRoot, kMembers, Privilege::kKeys, kRecord},
    KindRow{Kind::kSuccessionMerge, kRoot, kMembers, kSuccession, kManyRecords},
    KindRow{Kind::kSuccessionSplit, kRoot, kMembers, kSuccession, kManyRecords},
    KindRow{Kind::kSuccessionRename, kRoot, kMembers, kSuccession, kManyRecords},
    KindRow{Kind::kSuccessionCustody, kRoot, kMembers, kSuccession, kManyRecords},
    KindRow{Kind::kAchievementPublish, kGovern, kIssuers, Privilege::kAchievements, kRecord},
    KindRow{Kind::kAchievementCosign, kGovern, kIssuers, Privilege::kAchievements, kRecord},
    KindRow{Kind::kAchievementRetire, kGovern, kIssuers, Privilege::kAchievements, kRecord},
    KindRow{Kind::kPolicyPublish, kGovern, kMembers, Privilege::kPolicies, kRecord},
    KindRow{Kind::kRulePublish, kGovern, kIssuers, Privilege::kRules, kRecord, 2},
    KindRow{Kind::kIssueListed, kIssue, kIssuers, Privilege::kIssue},
    KindRow{Kind::kIssueAnchored, kIssue, kIssuers, Privilege::kIssue},
    KindRow{Kind::kStatusChange, kIssueOrRoot, kIssuers, Privilege::kStatuses},
    KindRow{Kind::kRecognitionTrust, kGovern, kMembers, Privilege::kStatements, kRecord},
    KindRow{Kind::kRecognitionDistrust, kGovern, kMembers, Privilege::kStatements, kRecord},
    KindRow{Kind::kRecognitionEnd, kGovern, kMembers, Privilege::kStatements, kRecord},
    KindRow{Kind::kRecognitionVoid, kGovern, kMembers, Privilege::kStatements, kRecord},
    KindRow{Kind::kAccreditationAccredit, kGovern, kAccreditors, Privilege::kStatements, kRecord},
    KindRow{Kind::kAccreditationEnd, kGovern, kAccreditors, Privilege::kStatements, kRecord},
    KindRow{Kind::kAccreditationVoid, kGovern, kAccreditors, Privilege::kStatements, kRecord},
    KindRow{Kind::kGovernancePropose, kGovern, kValidators, Privilege::kGovernance, kKey},
    KindRow{Kind::kGovernanceVote, kGovernOrRoot, kMembers, Privilege::kGovernance, kRecord},
    KindRow{Kind::kReady, kConsensus, kMembers, Privilege::kReady, kRecord},
    KindRow{Kind::kEvidence, kGovernOrConsensus, kMembers, Privilege::kEvidence, kTwoStatements},
};
// clang-format on
static_assert(std::ranges::is_sorted(kRows, std::ranges::less_equal{}, &KindRow::kind));

// ---- what grows with the content

template <class Any>
std::uint64_t added_weight(const Any&) {
  return 0;
}

std::uint64_t added_weight(const InstitutionRegisterContent& content) {
  return content.keys.size() * kKey;
}

std::uint64_t added_weight(const IssueListedContent& content) {
  const auto count = content.commitments.size();
  const auto pages = (count + kPageSlots - 1) / kPageSlots;
  return pages * kPage + count / 4;
}

std::uint64_t added_weight(const IssueAnchoredContent& content) {
  return content.page_roots.size() * kPage;
}

std::uint64_t added_weight(const StatementContent& content) {
  return content.names.size() * kNamed;
}

std::uint64_t added_weight(const StatusChangeContent& content) {
  // More slots than any ledger has are refused anyway; the bound keeps the product below in range.
  const auto slots = std::min<std::uint64_t>(slot_count(content), std::uint64_t{1} << 40U);

  // A change by the root reads the history of every slot; who signs, the body does not say.
  const bool recovery =
      content.reason == StatusReason::kKeyCompromise && slots <= kRecoverySlotsLimit;
  if (recovery) return slots * 2 * kPage;

  // In the worst case every slot of a list lies in a page of its own.
  if (std::holds_alternative<std::vector<IssuerIndex>>(content.target)) return slots * kPage;
  const auto* ranges = std::get_if<std::vector<IndexRangeContent>>(&content.target);
  return slots + (slots / kPageSlots + (ranges != nullptr ? ranges->size() : 0) + 2) * kPage;
}

}  // namespace

std::span<const KindRow> kind_rows() { return kRows; }

const KindRow* find_row(Kind kind) {
  const auto* found = std::ranges::lower_bound(kRows, kind, {}, &KindRow::kind);
  const bool known = found != kRows.end() && found->kind == kind;
  return known && found->since <= kNewestProtocol ? found : nullptr;
}

bool is_active(Kind kind) { return find_row(kind) != nullptr; }

std::string_view name(Kind kind) { return wire::field_name(kind); }

std::uint64_t weight_of(const KindRow& row, const Content& content, std::size_t signatures) {
  const auto added = std::visit([](const auto& said) { return added_weight(said); }, content);
  return kBase + kSignature * signatures + row.weight + added;
}

}  // namespace testamur::ledger::tx
