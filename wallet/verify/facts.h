// What the ledger says about one credential, as plain values: filled from a node's answers or from
// an offline receipt, and judged by verify.h, which knows neither. What an answer does not say, or
// says in a word that nobody knows, is *unknown* here: every enum begins with it and every default
// is it. Pure values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/hash.h"
#include "common/ids.h"
#include "common/keys.h"

namespace testamur::wallet {

// What a fact rests on. A word alone decides nothing, neither for a credential nor against it
// (verify.h).
enum class Basis : std::uint8_t {
  kSaid,    // the word of the node that answered
  kProven,  // under a block that the home knows to be final
};

struct TitleText {
  std::string language;
  std::string text;
};

enum class InstitutionStanding : std::uint8_t { kUnknown, kGood, kSuspended, kClosed };

struct IssuerRecord {
  InstitutionId id;
  std::string name_now;
  std::string name_then;  // at the anchor
  std::string country;
  std::string domain;                                            // at the anchor; without scheme
  InstitutionStanding standing = InstitutionStanding::kUnknown;  // now
  Basis basis = Basis::kSaid;
};

struct KeyRecord {
  KeyId id;
  InstitutionId owner;  // zero: the registry has no such key
  std::optional<KeyPurpose> purpose;
  std::optional<PublicKey> key;
  std::optional<std::uint64_t> added_at_ms;
  std::optional<std::uint64_t> retired_at_ms;
  std::optional<std::uint64_t> compromised_since_ms;
  bool fate_known = false;  // false: it may be retired or compromised, whatever the two above say
  Basis basis = Basis::kSaid;
};

// Texts are in the reader's language where there is one.
struct AchievementRecord {
  AchievementId id;
  std::vector<TitleText> titles;
  std::uint32_t ects_hundredths = 0;  // 0: none
  std::uint8_t eqf_level = 0;         // 0: none
  std::vector<std::string> learning_outcomes;
  std::string assessment;
  std::string participation;
  std::string quality_assurance;
  std::string prerequisites;
  std::string identity_check;
  std::string grading;
  std::string stackability;
  std::string information;
  Basis basis = Basis::kSaid;
};

enum class LedgerStatus : std::uint8_t { kUnknown, kValid, kRevoked, kSuspended, kSuperseded };

struct SlotRecord {
  Hash256 commitment;
  InstitutionId issuer;
  IssuerIndex index;
  AchievementId achievement;
  KeyId issue_key;
  Height anchor_height;
  std::uint64_t anchor_time_ms = 0;
  LedgerStatus status = LedgerStatus::kUnknown;
  std::uint64_t since_ms = 0;   // of the status; this and the two below are always a node's word
  std::string reason;           // of the closed list; empty when never changed
  std::uint64_t log_index = 0;  // of the change
  Basis basis = Basis::kSaid;
};

enum class Acceptance : std::uint8_t { kUnknown, kAccept, kRefuse, kBlocked };
// Of several the one that counts: blocked before refused before unknown before accepted.
Acceptance worse(Acceptance a, Acceptance b);

// A decision of the trust engine (docs/trust.md) by one viewpoint's policy.
struct DecisionRecord {
  std::string point;  // at anchor, today, at the claimed date
  Acceptance outcome = Acceptance::kUnknown;
  bool governs = true;      // whether the policy gave this point a say
  std::string viewpoint;    // whose policy: a name
  bool own_policy = false;  // the caller's own, and not that of the answering node's institution
  std::string policy_digest;
  std::string explanation;         // one sentence
  std::vector<std::string> paths;  // "A > B > issuer (120)"
  std::string failed_rule;
};

struct AsOf {
  Height height;
  std::uint64_t time_ms = 0;
  std::string block;  // text of the block id
  Basis basis = Basis::kSaid;
};

// By whose policy a viewpoint's decision was made.
enum class PolicyOf : std::uint8_t {
  kViewpoint,           // the viewpoint's own, by its node
  kCaller,              // the caller's own file
  kPublished,           // the one that the viewpoint publishes
  kNodeNonePublished,   // the answering node's, since the viewpoint publishes none
  kNodeOtherPublished,  // the answering node's, while the viewpoint publishes another one
};

// One awarding body of a joint award, judged as if it had issued alone.
struct BodyRecord {
  std::string name;
  Acceptance outcome = Acceptance::kUnknown;
  std::string failed_rule;
};
// What the decisions come to by the same policy.
struct AcceptanceRecord {
  Acceptance outcome = Acceptance::kUnknown;
  std::string failed_rule;
  std::string explanation;  // one sentence
  std::string governs;      // which time the policy lets decide: anchor, today or both
  bool claim_governs = false;
  // By the node's policy and for whoever looks, the issuer excepted: the rule on claims or
  // assessors that fails, "claim_missing", or empty; nothing where it was not said.
  std::optional<std::string> common_rule;
  std::string viewpoint;
  InstitutionId viewpoint_id;  // zero: nobody of the ledger, or it was not said
  bool own_policy = false;
  std::string policy_digest;
  std::string joint;  // of a joint award: all or any bodies must be accepted; else empty
  std::vector<BodyRecord> bodies;  // of a joint award, the issuer first
  std::string by_word_of;     // who said it, or listed the recognitions that it was decided from
  std::optional<AsOf> as_of;  // of those recognitions: what was said later has no part in it
  PolicyOf policy_of = PolicyOf::kViewpoint;
  std::string policy_owner;  // the institution of the answering node, or the caller's file
};

// An absent member is something that could not be asked, with `problem` saying why: it is
// "unknown", never "no".
struct RegistryFacts {
  ChainId chain;
  // Where slots are proven: the oldest block under which one is.
  std::optional<AsOf> as_of;
  // The newest block that the home has followed, or that the answering node names. A proof under an
  // older one tells how it was then (stale_proof).
  Height newest_known;
  std::string answered_by;  // the endpoint and what it calls itself, or "receipt"
  std::string problem;      // why facts are missing
  // Slots of this commitment that other issuers have, by the node's word.
  std::uint64_t others_list = 0;
  // All slots of the commitment, of every issuer, and the one at its reference; empty: not listed.
  std::optional<std::vector<SlotRecord>> slots;
  std::optional<IssuerRecord> issuer;  // of the credential's issuer
  // Of that issuer: at least the credential's kid and the slots' issue keys.
  std::optional<std::vector<KeyRecord>> keys;
  std::optional<AchievementRecord> achievement;  // the version that the credential names
  std::optional<std::vector<DecisionRecord>> decisions;
  std::optional<AcceptanceRecord> acceptance;
};

}  // namespace testamur::wallet
