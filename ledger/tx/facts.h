// The public facts that transactions and the genesis record carry, as plain values.
//
// Numbers of enumerations are part of stored formats (proto/testamur/v1/transaction.proto has the
// same) and never change. Pure values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/keys.h"
#include "ledger/tx/rejection.h"
#include "trust/scope.h"

namespace testamur::ledger::tx {

struct LocalizedText {
  std::string language;  // BCP 47 tag in canonical case
  std::string text;
  auto operator<=>(const LocalizedText&) const = default;
};
using LocalizedTexts = std::vector<LocalizedText>;  // sorted by language, unique

// The text in `language`, else in English, else the first; empty when there is none.
std::string_view best_text(const LocalizedTexts& texts, std::string_view language = "en");

enum class InstitutionClass : std::uint8_t {
  kListed = 1,
  kIssuer = 2,
  kAccreditor = 3,
  kValidator = 4
};
enum class Standing : std::uint8_t { kGood = 1, kSuspended = 2, kClosed = 3, kLeft = 4 };

struct InstitutionFacts {
  LocalizedTexts legal_names;
  std::string country;  // ISO 3166-1 alpha-2
  std::string domain;   // lower case; credentials name it as https://<domain>
  std::string ror, eter, lei, deqar;
  InstitutionId parent;  // zero: none
  auto operator<=>(const InstitutionFacts&) const = default;
};
// The first rule that the form of the facts breaks: at least one name, names sorted, texts bounded
// and printable, country and domain well-formed.
std::optional<Rejection> form_error(const InstitutionFacts& facts);

enum class AwardKind : std::uint8_t { kNone = 0, kParticipation = 1, kKnowledge = 2, kSkill = 3 };
enum class Participation : std::uint8_t {
  kNone = 0,
  kOnsite = 1,
  kOnline = 2,
  kBlended = 3,
  kWorkBased = 4
};
enum class IdentityCheck : std::uint8_t {
  kNone = 0,
  kUnsupervisedUnverified = 1,
  kUnsupervisedVerified = 2,
  kSupervisedOnline = 3,
  kSupervisedOnsite = 4,
};
enum class Stackability : std::uint8_t { kNone = 0, kStandAlone = 1, kStackable = 2 };
enum class AssessmentType : std::uint8_t {
  kNoAssessment = 1,
  kWrittenExamination = 2,
  kOralExamination = 3,
  kPracticalExamination = 4,
  kProject = 5,
  kPortfolio = 6,
  kContinuous = 7,
  kThesis = 8,
  kPriorLearning = 9,
  kAutomatedTest = 10,
};
using QualityScheme = trust::Scheme;

struct LearningOutcome {
  LocalizedTexts texts;
  std::vector<std::string> esco_uris;  // ascending
  auto operator<=>(const LearningOutcome&) const = default;
};

// The limits of public texts and lists. Form rules: the same on every ledger.
inline constexpr std::size_t kNameLimitBytes = 256;   // names and titles
inline constexpr std::size_t kTextLimitBytes = 4096;  // descriptions, outcomes, assessments
inline constexpr std::size_t kUrlLimitBytes = 512;
inline constexpr std::size_t kLanguagesLimit = 32;  // of one text
inline constexpr std::size_t kListLimit = 64;       // outcomes, fields, institutions
inline constexpr std::size_t kNamedStatementsLimit = 1024;
inline constexpr std::size_t kAchievementLimitBytes = 64 * 1024;  // the whole publication, encoded

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

// The numbers of the kinds of a succession are those of its records.
enum class SuccessionKind : std::uint8_t { kMerge = 1, kSplit = 2, kRename = 3, kCustody = 4 };
struct SuccessionContent {
  SuccessionKind kind = SuccessionKind::kMerge;
  bool closes = true;  // the predecessors; only a split may let its predecessor go on
  InstitutionId heir;  // zero: none
  std::vector<InstitutionId> predecessors,
      successors;  // ascending; more than one predecessor only in a merger
  auto operator<=>(const SuccessionContent&) const = default;

  // All of them, ascending.
  std::vector<InstitutionId> parties() const;
};
inline constexpr std::size_t kSuccessionPartiesLimit = 16;  // predecessors, and successors
std::optional<Rejection> form_error(const SuccessionContent& content);

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

enum class StatusAction : std::uint8_t {
  kRevoke = 1,
  kSuspend = 2,
  kSupersede = 3,
  kReinstate = 4
};
enum class StatusReason : std::uint8_t {
  kCorrection = 1,
  kReplaced = 2,
  kWithdrawn = 3,
  kNotClaimed = 4,
  kKeyCompromise = 5,
  kIssuerClosed = 6,
};

enum class StatementKind : std::uint8_t {
  kTrust = 1,
  kAccredit = 2,
  kDistrust = 3,
  kEnd = 4,
  kVoid = 5
};
enum class StatementReason : std::uint8_t {
  kNone = 0,
  kAgreement = 1,
  kReview = 2,
  kJointProgramme = 3,
  kQualityConcern = 4,
  kFraud = 5,
  kKeyCompromise = 6,
  kExpiry = 7,
  kOther = 8,
};

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

}  // namespace testamur::ledger::tx
