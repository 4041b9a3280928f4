// One row a code: its name, its rule in a sentence, and whether a later state can cure it. Codes
// are stored with void proposals and shown by every client, so that a row once written keeps its
// number and its meaning.
#include "ledger/tx/rejection.h"

#include <algorithm>
#include <array>

namespace testamur::ledger::tx {

namespace {

enum class Lasting : bool { kCurable, kPermanent };

struct Row {
  RejectionCode code;
  Lasting lasting;
  std::string_view name;
  std::string_view rule;
};

constexpr auto kForever = Lasting::kPermanent;
constexpr auto kForNow = Lasting::kCurable;
using enum RejectionCode;

// Ascending by code, append-only.
constexpr std::array kRows = {
    Row{kTooLarge, kForever, "too_large", "a transaction is at most 655360 bytes"},
    Row{kTruncated, kForever, "truncated", "every length and number ends within its message"},
    Row{kFieldOrder, kForever, "field_order", "fields stand in ascending order"},
    Row{kFieldRepeated, kForever, "field_repeated", "a singular or packed field stands once"},
    Row{kVarintNotMinimal, kForever, "varint_not_minimal", "numbers have their shortest encoding"},
    Row{kVarintTooLarge, kForever, "varint_too_large", "a number fits its field"},
    Row{kExplicitDefault, kForever, "explicit_default", "a field that says nothing is left out"},
    Row{kNotPacked, kForever, "not_packed", "lists of numbers are packed"},
    Row{kUnknownField, kForever, "unknown_field", "every field is known"},
    Row{kWireType, kForever, "wire_type", "a field has the wire type of its declaration"},
    Row{kTooDeep, kForever, "too_deep", "messages nest at most eight deep"},
    Row{kNotUtf8, kForever, "not_utf8", "texts are valid UTF-8"},
    Row{kOneofConflict, kForever, "oneof_conflict", "of alternatives at most one is present"},
    Row{kEnumUnknown, kForever, "enum_unknown", "an enumerated field has a known value"},
    Row{kUnparsable, kForever, "unparsable", "the bytes are a transaction"},
    Row{kFieldMissing, kForever, "field_missing", "a required field is present"},
    Row{kFieldLength, kForever, "field_length", "ids, keys and digests have their exact length"},
    Row{kFieldRange, kForever, "field_range", "a value lies within the bounds of its field"},
    Row{kNotSorted, kForever, "not_sorted", "lists ascend and repeat nothing"},
    Row{kNoKind, kForever, "no_kind", "a transaction has a kind"},
    Row{kKindNotActive, kForever, "kind_not_active",
        "the kind is reserved for a later protocol version"},
    Row{kSignatureCount, kForever, "signature_count",
        "a transaction carries the signatures that its kind needs"},
    Row{kTextForm, kForever, "text_form", "texts have the form of their field"},
    Row{kEmptyMask, kForever, "empty_mask", "a scope mask that is present is not empty"},
    Row{kMaskBits, kForever, "mask_bits", "a scope mask has only bits with a meaning"},
    Row{kIntervalEmpty, kForever, "interval_empty", "an interval ends after it begins"},
    Row{kAboutItself, kForever, "about_itself", "nobody makes a statement about itself"},
    Row{kHashListLength, kForever, "hash_list_length",
        "a list of hashes is a multiple of their size within its limit"},
    Row{kIndexOverflow, kForever, "index_overflow", "indexes end below 2^64"},
    Row{kFieldConflict, kForever, "field_conflict",
        "fields that exclude each other do not stand together"},
    Row{kBadPublicKey, kForever, "bad_public_key",
        "a public key is a valid point of its algorithm"},
    Row{kKeyPurposeForm, kForever, "key_purpose_form", "the purpose of a key allows its algorithm"},
    Row{kPossession, kForever, "possession", "a new key proves its possession"},
    Row{kExpired, kForever, "expired", "the block's time is not after the end of validity"},
    Row{kValidTooLong, kForNow, "valid_too_long",
        "the end of validity is within the window after the block's time"},
    Row{kReplay, kForever, "replay", "a transaction commits once"},
    Row{kUnknownAuthor, kForNow, "unknown_author", "the author is a registered institution"},
    Row{kAuthorNotInGoodStanding, kForNow, "author_not_in_good_standing",
        "the author is in good standing"},
    Row{kAuthorClass, kForNow, "author_class", "the author's class may send this kind"},
    Row{kUnknownKey, kForNow, "unknown_key", "the signing key is registered"},
    Row{kKeyOfAnother, kForever, "key_of_another", "the signing key belongs to the author"},
    Row{kKeyPurpose, kForever, "key_purpose",
        "the purpose of the signing key is the one that this kind needs"},
    Row{kKeyRetired, kForever, "key_retired", "the signing key is not retired"},
    Row{kBadSignature, kForever, "bad_signature", "the signature verifies over the transaction id"},
    Row{kSignatureThreshold, kForNow, "signature_threshold",
        "as many root keys sign as the author's threshold says"},
    Row{kBlockFull, kForNow, "block_full", "a block keeps within its limits of size and weight"},
    Row{kLimit, kForNow, "limit", "the ledger's parameters bound sizes and counts"},
    Row{kLaterProtocol, kForNow, "later_protocol", "the protocol version in force has the kind"},
    Row{kUnknownInstitution, kForNow, "unknown_institution", "a named institution is registered"},
    Row{kUnknownAchievement, kForNow, "unknown_achievement", "the named achievement is published"},
    Row{kAchievementExists, kForever, "achievement_exists",
        "a version of an achievement is published once"},
    Row{kAchievementVersionGap, kForNow, "achievement_version_gap",
        "versions follow one another without a gap"},
    Row{kAchievementRetired, kForever, "achievement_retired", "the achievement is not retired"},
    Row{kNotAwardingBody, kForever, "not_awarding_body",
        "the author is an awarding body of the achievement"},
    Row{kAchievementNotCosigned, kForNow, "achievement_not_cosigned",
        "all awarding bodies have signed the achievement"},
    Row{kAlreadyCosigned, kForever, "already_cosigned", "an awarding body signs once"},
    Row{kIndexOverlap, kForever, "index_overlap", "an index of an issuer is used once"},
    Row{kRangesFragmented, kForNow, "ranges_fragmented",
        "the used indexes of an issuer form a limited number of runs"},
    Row{kUnknownIndex, kForNow, "unknown_index",
        "a status change addresses issued indexes of the author"},
    Row{kStatusFinal, kForever, "status_final", "revoked and superseded are final"},
    Row{kStatusUnchanged, kForNow, "status_unchanged",
        "a status change changes every slot that it addresses"},
    Row{kReinstateNotSuspended, kForNow, "reinstate_not_suspended",
        "only what is suspended is reinstated"},
    Row{kReasonNotAllowed, kForever, "reason_not_allowed",
        "the reason fits the action and the signer"},
    Row{kNoCompromise, kForNow, "no_compromise",
        "a root changes statuses for a while after an issue key was compromised"},
    Row{kNotSinceCompromise, kForNow, "not_since_compromise",
        "a root changes only what was revoked or superseded since the compromise"},
    Row{kSlotLimit, kForNow, "slot_limit", "a slot is below the ledger's limit"},
    Row{kStatementLimit, kForNow, "statement_limit",
        "the live statements of a truster are limited"},
    Row{kChangeRate, kForNow, "change_rate",
        "the statement changes of a truster in a day are limited"},
    Row{kNothingToEnd, kForNow, "nothing_to_end", "an end of a slot follows a statement in it"},
    Row{kUnknownStatement, kForNow, "unknown_statement", "a named statement is on the ledger"},
    Row{kStatementOfAnother, kForever, "statement_of_another",
        "a named statement has the same author, subject and space of slots"},
    Row{kNotEndable, kForever, "not_endable",
        "only a trust, a distrust or an accreditation can be ended"},
    Row{kVoidOfVoid, kForever, "void_of_void", "a void cannot be voided"},
    Row{kAboutParent, kForNow, "about_parent", "nobody accredits its own parent"},
    Row{kKeyExists, kForever, "key_exists", "a key is registered once"},
    Row{kCompromisedInFuture, kForNow, "compromised_in_future",
        "a compromise is not later than the block's time"},
    Row{kLastKey, kForNow, "last_key", "an institution keeps enough root keys for its threshold"},
    Row{kFactsUnchanged, kForNow, "facts_unchanged", "an update changes something"},
    Row{kFactsFrozen, kForNow, "facts_frozen",
        "the country of an institution, and its public identifiers once it has them, do not change "
        "by an update"},
    Row{kIdentifierTaken, kForNow, "identifier_taken",
        "a domain or public identifier stays with the institution that had it first, or its "
        "successor"},
    Row{kNotListed, kForNow, "not_listed",
        "a registration takes over a listed institution in good standing"},
    Row{kHoldsSeat, kForNow, "holds_seat",
        "a member of the validator set neither leaves nor closes"},
    Row{kNotAParty, kForever, "not_a_party", "the author of a succession is one of its parties"},
    Row{kAlreadyConsented, kForNow, "already_consented",
        "a party agrees to a succession once in 30 days"},
    Row{kPartyNotInGoodStanding, kForNow, "party_not_in_good_standing",
        "the parties of a succession that takes effect are in good standing"},
    Row{kPartyClosed, kForever, "party_closed",
        "an institution that closed or left takes part in no succession"},
    Row{kPartyListed, kForNow, "party_listed", "a listed institution succeeds nobody"},
    Row{kNotConsented, kForNow, "not_consented",
        "the successors have agreed before a succession is voted"},
    Row{kPolicyUnchanged, kForNow, "policy_unchanged", "a publication changes the policy"},
    Row{kRuleExists, kForever, "rule_exists", "a version of a rule is published once"},
    Row{kRuleVersionGap, kForNow, "rule_version_gap",
        "versions of a rule follow one another without a gap"},
    Row{kByteBudget, kForNow, "byte_budget",
        "the bytes that an author writes in a day are limited"},
    Row{kNotSeated, kForNow, "not_seated", "members of the current validator set propose and vote"},
    Row{kVotingTime, kForNow, "voting_time",
        "voting ends after the block's time, within the ledger's limit"},
    Row{kEffectiveTime, kForNow, "effective_time",
        "the effective time is within the ledger's limit"},
    Row{kTooManyProposals, kForNow, "too_many_proposals",
        "the open proposals of an author and of the ledger are limited"},
    Row{kUnknownProposal, kForNow, "unknown_proposal", "the named proposal is on the ledger"},
    Row{kProposalClosed, kForever, "proposal_closed",
        "votes count while voting is open, a veto until the proposal takes effect"},
    Row{kVoteUnchanged, kForNow, "vote_unchanged", "a second vote changes the first"},
    Row{kNotVetoable, kForever, "not_vetoable", "a root vetoes nothing but its own replacement"},
    Row{kVetoUsed, kForNow, "veto_used", "a root vetoes once in the ledger's window"},
    Row{kListedInstitution, kForNow, "listed_institution",
        "a listed institution has no keys and gets neither class nor root by vote"},
    Row{kClassUnchanged, kForNow, "class_unchanged", "an admission changes the class"},
    Row{kStandingNotGood, kForNow, "standing_not_good",
        "who becomes accreditor or validator is in good standing"},
    Row{kSeated, kForNow, "seated",
        "a member of the validator set keeps its class until a set change removes it"},
    Row{kSeatClass, kForNow, "seat_class",
        "a seat belongs to an institution of class validator in good standing"},
    Row{kSeatKey, kForNow, "seat_key",
        "a seat names a consensus key of its institution that is not retired"},
    Row{kReadyNeeded, kForNow, "ready_needed",
        "a key that is new in the set has declared ready, and its seat names that"},
    Row{kReadyLapsed, kForNow, "ready_lapsed", "a ready is used before it lapses"},
    Row{kReadyProtocol, kForNow, "ready_protocol",
        "the software of a new key knows the activated protocol versions"},
    Row{kSetUnchanged, kForNow, "set_unchanged", "a set change changes the set"},
    Row{kParametersUnchanged, kForNow, "parameters_unchanged",
        "a parameter change changes a parameter"},
    Row{kProtocolNotNewer, kForNow, "protocol_not_newer",
        "versions ascend, and each begins at a height to come"},
    Row{kNotReady, kForNow, "not_ready",
        "a quorum of validators has declared ready for the version"},
    Row{kStandingUnchanged, kForNow, "standing_unchanged",
        "who is in good standing is suspended, who is suspended is reinstated"},
    Row{kLastValidator, kForNow, "last_validator", "the validator set keeps a member"},
    Row{kReadyKey, kForever, "ready_key", "a ready is signed by the key that it names"},
    Row{kCheckpointUnknown, kForNow, "checkpoint_unknown",
        "the checkpoint is a recent block of this ledger"},
    Row{kCheckpointOld, kForever, "checkpoint_old",
        "the checkpoint is not too old in the block that commits it"},
    Row{kNoContradiction, kForever, "no_contradiction",
        "evidence is two statements that no honest key signs both"},
    Row{kNoSuchSeat, kForNow, "no_such_seat", "the accused sat in the validator set of that epoch"},
    Row{kEvidenceKnown, kForever, "evidence_known", "a key is accused once for a view"},
    Row{kEvidenceSignature, kForever, "evidence_signature",
        "both statements are signed by the key of the accused"},
    Row{kKeyInSet, kForNow, "key_in_set",
        "a key that sits in the validator set leaves it by a set change"},
};

constexpr bool ascending() {
  for (std::size_t i = 1; i < kRows.size(); ++i) {
    if (kRows[i - 1].code >= kRows[i].code) return false;
  }
  return true;
}
static_assert(ascending());

const Row& row(RejectionCode code) {
  const auto* found = std::ranges::lower_bound(kRows, code, {}, &Row::code);
  static constexpr Row kNone{RejectionCode{}, kForever, "unknown", "an unknown rule"};
  return found != kRows.end() && found->code == code ? *found : kNone;
}

}  // namespace

std::string_view name(RejectionCode code) { return row(code).name; }
std::string_view rule(RejectionCode code) { return row(code).rule; }
bool is_permanent(RejectionCode code) { return row(code).lasting == Lasting::kPermanent; }

std::string to_text(const Rejection& rejection) {
  const std::string text =
      std::string(name(rejection.code)) + ": " + std::string(rule(rejection.code));
  std::string place = rejection.field;
  if (!rejection.detail.empty()) place += (place.empty() ? "" : ": ") + rejection.detail;
  if (rejection.index)
    place += (place.empty() ? "index " : ", index ") + std::to_string(*rejection.index);
  return place.empty() ? text : text + " (" + place + ")";
}

std::optional<Rejection> prefixed(std::string_view prefix, std::optional<Rejection> rejection) {
  if (rejection) {
    const bool whole = rejection->field.empty();
    rejection->field = std::string(prefix) + (whole ? "" : ".") + rejection->field;
  }
  return rejection;
}

}  // namespace testamur::ledger::tx
