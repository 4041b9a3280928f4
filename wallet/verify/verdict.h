// The verdict on a credential and its form for people and programs (docs/ARCHITECTURE.md). Pure;
// any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/hash.h"
#include "wallet/credential/credential.h"
#include "wallet/keystore/strict_json.h"
#include "wallet/verify/facts.h"

namespace testamur::wallet {

// The exit codes of `testamur` that a verdict can lead to, with their numbers.
enum class VerdictCode : int {
  kAllWell = 0,
  kOtherFailure = 1,
  kInvalid = 5,      // signature, contents, forged proof
  kNotInForce = 6,   // revoked, superseded, suspended, expired or void
  kUnreachable = 7,  // or the status too old
  kNotAccepted = 8,
  kUnknownToLedger = 9,
  kHolderUnchecked = 10,  // though nobody said that it need not be
  kIncomplete = 11,       // not all is shown that was asked for
};

// Never merged: what was not checked is unknown, and unknown is never valid.
enum class Answer : std::uint8_t { kValid, kNotValid, kUnknown };
std::string_view to_text(Answer answer);

// What a verdict consists of. The order is that of display.
enum class Topic : std::uint8_t {
  kForm,
  kSignature,
  kContents,
  kLedger,
  kStatus,
  kExpiry,
  kHolder,
  kAcceptance,
  kAnswer  // to a verifier's request; only where there is one
};
std::string_view to_text(Topic topic);

struct Finding {
  Topic topic;
  Answer answer = Answer::kUnknown;
  std::string text;  // one sentence with the reason
  VerdictCode code_if_not_valid = VerdictCode::kInvalid;
  VerdictCode code_if_unknown = VerdictCode::kUnreachable;  // kAllWell: not asked for
};

// The worst of slot, key and issuer.
enum class EffectiveStatus : std::uint8_t { kValid, kSuspended, kSuperseded, kRevoked, kVoid };
std::string_view to_text(EffectiveStatus status);

// One of the elements of Council Recommendation 2022/C 243/02, Annex I.
struct Element {
  std::string_view name;
  std::string value;        // empty: withheld, or not stated
  std::string_view source;  // credential, registry, withheld, not stated, unknown
  // Signed by the issuer, proven under block N, or whose word it is; empty without a value.
  std::string rests_on;
};

struct Verdict {
  std::vector<Finding> findings;
  std::optional<EffectiveStatus> status;  // nothing: unknown
  std::optional<CredentialView> credential;
  Hash256 commitment;  // zero: not known, as where the ledger of the credential was not reached
  std::vector<Element> elements;
  RegistryFacts facts;
  std::uint64_t verified_at_ms = 0;
  std::optional<std::uint64_t> grant_ends_at_s;
  // Of a grant that the presentation names and that is over, whoever was asked about the holder.
  std::optional<std::uint64_t> grant_over_s;
  bool contents_checked = true;
  // By hash alone: a credential key of the issuer that was compromised before the anchor, of which
  // nobody says whether it signed. Empty: none is known.
  std::string doubt_of_key = {};
};

const Finding* find(const Verdict& verdict, Topic topic);
// Whether the status is proven by a block that is not of now: a later one is known, or it is older
// than what is accepted where nobody says another age.
inline constexpr std::uint64_t kFreshStatusMs = 600'000;
// How far this machine's clock may be behind a proven block; beyond it is wrong, and every age that
// it tells.
inline constexpr std::uint64_t kClockBehindMs = 600'000;
bool is_status_old(const Verdict& verdict);
// Adds whether all is shown that was asked for; `missing` names what is not, for people.
void add_answer(Verdict& verdict, const std::string& missing);
// First match wins: 5, 6, 9, 7, 10, 8, 11, then 0.
VerdictCode verdict_code(const Verdict& verdict);
// The answer of the finding that decides; valid when all is well.
Answer overall(const Verdict& verdict);

// Two questions, two answers: what the credential is, and who recognises its issuer. The second
// never touches the first.
enum class Standing : std::uint8_t {
  kCannotTell,  // why is in the headline
  kGenuine,
  kFound,  // by hash alone
  kForged,
  kNotByHolder,  // genuine or not: whoever shows it does not prove to be its holder
  kRevoked,
  kSuperseded,
  kSuspended,
  kVoid,
  kExpired,
  kNotListed,
};
std::string_view to_text(Standing standing);  // one word, for programs: cannot_tell, genuine, …
Standing standing(const Verdict& verdict);
// One line about the credential: "genuine", "revoked: …", "cannot tell: …". It says of which block
// a status is that is not of now, when the holder was not checked, when the holder's grant is over,
// and when not all is shown that was asked for.
std::string headline(const Verdict& verdict);
// One line about its issuer: who accepts it, by whose policy, and by whose word.
std::string recognition(const Verdict& verdict);
// Whether the institution whose recognition it is has issued the award itself: its yes tells nobody
// else anything.
bool is_own_word(const Verdict& verdict);
// What of a credential nobody has answered, for people and programs: contents, holder, last_day,
// signing_key.
std::vector<std::string_view> not_checked(const Verdict& verdict);
// Whether the caller's policy was applied as from the place of an institution of the ledger.
bool is_seen_from_viewpoint(const AcceptanceRecord& acceptance);
// By whose policy a decision was made, and whether that is the caller's: "by its own policy, not
// yours", …
std::string whose_policy(PolicyOf policy_of, const std::string& viewpoint,
                         const std::string& owner);
// For programs: caller, viewpoint, published, node_none_published, node_other_published.
std::string_view to_text(PolicyOf policy_of);
// For people, several lines.
std::string to_text(const Verdict& verdict);
// A JSON object with a stable schema (docs/formats/sd-jwt.md, "Verdict"), and as one line.
Json as_json(const Verdict& verdict);
std::string to_json(const Verdict& verdict);

// UTC, like 2026-07-31 09:15:02.
std::string format_time_ms(std::uint64_t time_ms);

}  // namespace testamur::wallet
