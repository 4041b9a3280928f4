// Why a transaction is refused: an enumerated code that is part of consensus, the rule, the field
// and the detail.
//
// The numbers are permanent and append-only (docs/formats/transaction.md lists them); every
// validator gives the same code for the same bytes in the same state. Text is for people and not
// part of consensus. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace testamur::ledger::tx {

enum class RejectionCode : std::uint16_t {
  // 1-39: the carried bytes. No state can cure them.
  kTooLarge = 1,
  kTruncated = 2,
  kFieldOrder = 3,
  kFieldRepeated = 4,
  kVarintNotMinimal = 5,
  kVarintTooLarge = 6,
  kExplicitDefault = 7,
  kNotPacked = 8,
  kUnknownField = 9,
  kWireType = 10,
  kTooDeep = 11,
  kNotUtf8 = 12,
  kOneofConflict = 13,
  kEnumUnknown = 14,
  kUnparsable = 15,
  // 40-99: the form of the values. No state can cure them.
  kFieldMissing = 40,
  kFieldLength = 41,
  kFieldRange = 42,
  kNotSorted = 43,
  kNoKind = 44,
  kKindNotActive = 45,
  kSignatureCount = 46,
  kTextForm = 47,
  kEmptyMask = 48,
  kMaskBits = 49,
  kIntervalEmpty = 50,
  kAboutItself = 51,
  kHashListLength = 52,
  kIndexOverflow = 53,
  kFieldConflict = 54,
  kBadPublicKey = 55,
  kKeyPurposeForm = 56,
  kPossession = 57,
  // 100-139: envelope and standing.
  kExpired = 100,
  kValidTooLong = 101,
  kReplay = 102,
  kUnknownAuthor = 103,
  kAuthorNotInGoodStanding = 104,
  kAuthorClass = 105,
  kUnknownKey = 106,
  kKeyOfAnother = 107,
  kKeyPurpose = 108,
  kKeyRetired = 109,
  kBadSignature = 110,
  kSignatureThreshold = 111,
  kBlockFull = 112,
  kLimit = 113,
  kLaterProtocol = 114,
  // 140 and up: the rules of the kinds.
  kUnknownInstitution = 140,
  kUnknownAchievement = 141,
  kAchievementExists = 142,
  kAchievementVersionGap = 143,
  kAchievementRetired = 144,
  kNotAwardingBody = 145,
  kAchievementNotCosigned = 146,
  kAlreadyCosigned = 147,
  kIndexOverlap = 160,
  kRangesFragmented = 161,
  kUnknownIndex = 170,
  kStatusFinal = 171,
  kStatusUnchanged = 172,
  kReinstateNotSuspended = 173,
  kReasonNotAllowed = 174,
  kNoCompromise = 175,
  kNotSinceCompromise = 176,
  kSlotLimit = 180,
  kStatementLimit = 181,
  kChangeRate = 182,
  kNothingToEnd = 183,
  kUnknownStatement = 184,
  kStatementOfAnother = 185,
  kNotEndable = 186,
  kVoidOfVoid = 187,
  kAboutParent = 189,
  kKeyExists = 200,
  kCompromisedInFuture = 201,
  kLastKey = 202,
  kFactsUnchanged = 203,
  kFactsFrozen = 204,
  kIdentifierTaken = 240,
  kNotListed = 241,
  kHoldsSeat = 242,
  kNotAParty = 243,
  kAlreadyConsented = 244,
  kPartyNotInGoodStanding = 245,
  kPartyClosed = 246,
  kPartyListed = 247,
  kNotConsented = 248,
  kPolicyUnchanged = 249,
  kRuleExists = 250,
  kRuleVersionGap = 251,
  kByteBudget = 252,
  // Governance.
  kNotSeated = 260,
  kVotingTime = 261,
  kEffectiveTime = 262,
  kTooManyProposals = 263,
  kUnknownProposal = 264,
  kProposalClosed = 265,
  kVoteUnchanged = 266,
  kNotVetoable = 267,
  kVetoUsed = 268,
  kListedInstitution = 269,
  kClassUnchanged = 270,
  kStandingNotGood = 271,
  kSeated = 272,
  kSeatClass = 273,
  kSeatKey = 274,
  kReadyNeeded = 275,
  kReadyLapsed = 276,
  kReadyProtocol = 277,
  kSetUnchanged = 278,
  kParametersUnchanged = 279,
  kProtocolNotNewer = 280,
  kNotReady = 281,
  kStandingUnchanged = 282,
  kLastValidator = 283,
  kReadyKey = 284,
  kCheckpointUnknown = 285,
  kCheckpointOld = 286,
  kNoContradiction = 287,
  kNoSuchSeat = 288,
  kEvidenceKnown = 289,
  kEvidenceSignature = 290,
  kKeyInSet = 291,
};

struct Rejection {
  RejectionCode code = RejectionCode::kUnparsable;
  std::string field;   // path of the field, for example "achievement_publish.titles[2].language";
                       // may be empty
  std::string detail;  // values and limits, for a person
  std::optional<std::uint64_t> index;  // the first bad index of a batch or status change
};

// Stable snake_case name ("index_overlap"), and the rule in one sentence.
std::string_view name(RejectionCode code);
std::string_view rule(RejectionCode code);
// Whether no later state can make the same bytes valid. A node reports only such a rejection as
// final.
bool is_permanent(RejectionCode code);
// name: rule (field: detail).
std::string to_text(const Rejection& rejection);
// The same rejection, its field seen from further out: `prefix`, a dot, the field. Nothing stays
// nothing.
std::optional<Rejection> prefixed(std::string_view prefix, std::optional<Rejection> rejection);

}  // namespace testamur::ledger::tx
