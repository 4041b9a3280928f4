// What transactions say: the kinds by their permanent ids, and one plain struct for each.
//
// A transaction is decoded once, into one of these (transaction.h); rules, clients and records work
// on them and never see the wire form (wire/codec.h is the only way between the two). Numbers of
// enumerations are part of stored formats. form_error() says which rule of form a value breaks,
// where the value can be had without its wire form as well; rules that the wire form alone can
// break, and those of the other structs, stand in wire/. Pure values; any thread.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/keys.h"
#include "ledger/tx/facts.h"
#include "ledger/tx/proposed_action.h"
#include "ledger/tx/rejection.h"

namespace testamur::ledger::tx {

// The field numbers of TransactionBody.kind (proto/testamur/v1/transaction.proto). Never reused.
enum class Kind : std::uint16_t {
  kInstitutionRegister = 10,
  kInstitutionUpdate = 11,
  kInstitutionSuspend = 12,  // reserved: a vote suspends
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

// ---- institutions and their keys

struct InstitutionUpdateContent {
  InstitutionFacts facts;
};
struct InstitutionListContent {
  InstitutionFacts facts;
};
struct InstitutionRegisterContent {
  struct Key {
    KeyPurpose purpose = KeyPurpose::kRoot;
    PublicKey key;
  };
  InstitutionFacts facts;
  std::vector<Key>
      keys;  // ascending by (purpose, key id); each proves its possession beside the body
  std::uint8_t root_threshold = 1;
  InstitutionId listed;  // the listed institution that gets these keys; zero: a new one
};
// The id that the institution has or gets: what its possession proofs sign.
InstitutionId registered_id(const TransactionId& transaction,
                            const InstitutionRegisterContent& content);
struct InstitutionLeaveContent {};

struct KeyAddContent {
  KeyPurpose purpose = KeyPurpose::kIssue;
  PublicKey key;
  Signature possession;  // over possession_message(chain, author, purpose, key)
};
struct KeyRotateContent {
  KeyId retired;
  KeyAddContent added;
};
struct KeyRetireContent {
  KeyId key;
  std::uint64_t compromised_since_ms = 0;  // 0: an ordinary retirement
};

// ---- publications

// What AchievementPublish says. The order of the lists is that of the proto file.
struct AchievementContent {
  std::uint32_t number = 0;
  std::uint16_t version = 0;
  LocalizedTexts titles, descriptions;
  AwardKind award_kind = AwardKind::kNone;
  std::uint8_t award_type = 0;  // 1 + bit in the scope masks; 0: none
  std::uint32_t ects_hundredths = 0;
  std::uint32_t workload_hours = 0;
  std::uint8_t eqf_level = 0;
  std::vector<std::uint16_t> isced_fields;  // detailed codes as numbers, ascending
  std::vector<LearningOutcome> outcomes;
  std::vector<AssessmentType> assessment_types;  // ascending
  LocalizedTexts assessments;
  Participation participation = Participation::kNone;
  QualityScheme quality_scheme = QualityScheme::kNone;
  LocalizedTexts quality_texts;
  std::string quality_url;
  std::vector<InstitutionId> teaches, assesses, awarding_bodies;  // ascending
  std::uint64_t review_due_ms = 0;
  std::vector<std::string> languages;  // ascending
  LocalizedTexts prerequisites;
  IdentityCheck identity_check = IdentityCheck::kNone;
  LocalizedTexts grading;
  Stackability stackability = Stackability::kNone;
  std::string information_url;
  auto operator<=>(const AchievementContent&) const = default;
};
std::optional<Rejection> form_error(const AchievementContent& content);
struct AchievementCosignContent {
  AchievementId achievement;
};
struct AchievementRetireContent {
  std::uint32_t number = 0;
  std::uint16_t version = 0;
};

struct PolicyContent {
  Hash256 digest;
  std::string url;
  auto operator<=>(const PolicyContent&) const = default;
};
std::optional<Rejection> form_error(const PolicyContent& content);

struct RuleContent {
  std::uint32_t number = 0;
  std::uint16_t version = 0;
  LocalizedTexts titles;
  Hash256 digest;
  std::string url;
  auto operator<=>(const RuleContent&) const = default;
};
std::optional<Rejection> form_error(const RuleContent& content);

// ---- credentials

// Hashes one after the other: a list of its own (a client's), or a view of the bytes of the
// transaction that the content was decoded from, which must outlive it: half of a full block is
// such lists.
class HashList {
 public:
  HashList() = default;
  HashList(std::vector<Hash256> hashes) : own_(std::move(hashes)) {}
  HashList(std::initializer_list<Hash256> hashes) : own_(hashes) {}
  // Precondition: a whole number of hashes.
  static HashList view_of(ByteView bytes);

  std::span<const Hash256> view() const { return borrowed_.empty() ? std::span(own_) : borrowed_; }
  std::size_t size() const { return view().size(); }

 private:
  std::vector<Hash256> own_;
  std::span<const Hash256> borrowed_;
};

struct IssueListedContent {
  AchievementId achievement;
  IssuerIndex first_index;
  HashList commitments;  // of first_index, first_index + 1, …
};

// Only the page roots are published: RFC 6962 roots over 128 commitments each, the last over what
// is left.
struct IssueAnchoredContent {
  AchievementId achievement;
  IssuerIndex first_index;
  std::uint64_t count = 0;
  HashList page_roots;
};

struct IndexRangeContent {
  IssuerIndex first;
  std::uint64_t count = 0;
};
struct IndexBitmap {
  IssuerIndex first;
  Bytes bits;  // bit i (byte i / 8, least significant first) addresses first + i
};
struct StatusChangeContent {
  StatusAction action = StatusAction::kRevoke;
  StatusReason reason = StatusReason::kCorrection;
  // Ascending indexes, ascending disjoint ranges, or a bitmap.
  std::variant<std::vector<IssuerIndex>, std::vector<IndexRangeContent>, IndexBitmap> target;
};
std::optional<Rejection> form_error(const StatusChangeContent& content);
// How many indexes it names; the largest number where that is too many to count.
std::uint64_t slot_count(const StatusChangeContent& content);

// ---- statements

// What a recognition or accreditation transaction says; fields that its kind lacks are zero.
struct StatementContent {
  static constexpr std::uint8_t kFullAmount = 120;
  static constexpr std::uint8_t kMaxDepth = 7;

  StatementKind kind = StatementKind::kTrust;
  bool accreditation =
      false;  // whether it lives among the accredit slots (an end or void of accreditations too)
  InstitutionId subject;
  std::uint16_t slot = 0;
  std::uint8_t amount = 0;  // 0..120
  std::uint8_t depth = 0;   // 0..7
  trust::Scope scope;
  std::uint64_t valid_from_ms = 0;
  std::uint64_t valid_until_ms = 0;  // 0: open
  StatementReason reason = StatementReason::kNone;
  Hash256 evidence_digest;  // of a recognition's evidence or an accreditation's report; zero: none
  QualityScheme scheme = QualityScheme::kNone;
  std::string report_url;
  std::vector<TransactionId> names;  // what an end or a void names, ascending
  auto operator<=>(const StatementContent&) const = default;
};
// The first rule that the form of the statement breaks when `truster` makes it.
std::optional<Rejection> form_error(const StatementContent& content, const InstitutionId& truster);

// ---- governance (what a proposal may do: proposed_action.h)

struct ProposalContent {
  std::uint64_t voting_ends_ms = 0;  // votes count in blocks before this time
  std::uint64_t effective_ms =
      0;  // takes effect in the first block at or after this, once passed; 0: once passed
  ProposedAction action;
  auto operator<=>(const ProposalContent&) const = default;
};

struct VoteContent {
  TransactionId proposal;
  bool approve = false;
  bool veto = false;  // by the old root of a root replacement
};

// A consensus key says that it is about to be used: its node follows the ledger.
struct ReadyContent {
  KeyId consensus_key;
  std::string software_version;
  std::uint16_t protocol_version = 1;  // the newest that the software knows
  Height checkpoint_height;            // of a recent block that it knows to be final
  BlockId checkpoint;
};

// Two contradicting statements of one consensus key (docs/formats/consensus.md), each with its
// signature.
struct EvidenceContent {
  InstitutionId institution;  // the accused
  Bytes first, second;        // statement || signature, ascending as bytes
};

// What one transaction says. Four kinds are successions (facts.h) and seven are statements: there
// the content names its kind.
using Content =
    std::variant<InstitutionRegisterContent, InstitutionUpdateContent, InstitutionLeaveContent,
                 InstitutionListContent, KeyAddContent, KeyRotateContent, KeyRetireContent,
                 SuccessionContent, AchievementContent, AchievementCosignContent,
                 AchievementRetireContent, PolicyContent, RuleContent, IssueListedContent,
                 IssueAnchoredContent, StatusChangeContent, StatementContent, ProposalContent,
                 VoteContent, ReadyContent, EvidenceContent>;

}  // namespace testamur::ledger::tx
