// The vocabulary of transactions, the genesis record and the registry: public facts of
// institutions, and the closed lists from which achievements, statuses and statements take their
// words.
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

// One institution goes on as another: the content of four kinds of transactions, and of an action
// of a proposal.
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

}  // namespace testamur::ledger::tx
