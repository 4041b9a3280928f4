// The verdict: one function a finding, each over facts that say what they rest on (facts.h). What
// is proven or signed makes a finding valid or not valid; what is only said, or is absent, makes it
// unknown, in both directions (docs/decisions/1140-a-word-alone-decides-nothing.md). Everything
// here is pure: the time comes in with the rules.
#include "wallet/verify/verify.h"

#include <algorithm>

#include "common/visible.h"
#include "wallet/credential/last_day.h"
#include "wallet/verify/elements.h"

namespace testamur::wallet {
namespace {

Finding valid(Topic topic, std::string text) { return {topic, Answer::kValid, std::move(text)}; }
Finding not_valid(Topic topic, std::string text, VerdictCode code = VerdictCode::kInvalid) {
  return {topic, Answer::kNotValid, std::move(text), code};
}
// What could not be asked.
Finding unknown(Topic topic, std::string text) {
  return {topic, Answer::kUnknown, std::move(text)};
}
// What was not asked for, or what another finding has already settled: no reason for a code of its
// own.
Finding left_open(Topic topic, std::string text) {
  return {topic, Answer::kUnknown, std::move(text), VerdictCode::kInvalid, VerdictCode::kAllWell};
}

// A finding, for or against, that was come to from facts of which the weakest rests on `basis`. A
// word alone decides nothing: a node could free a revoked credential by it, or condemn one that
// stands.
Finding resting_on(Finding finding, const RegistryFacts& facts, Basis basis) {
  if (basis == Basis::kProven) {
    finding.text += ", " + rests_on(facts, basis);
    return finding;
  }
  return unknown(finding.topic, facts.answered_by + " says, and does not prove: " + finding.text);
}

Basis weaker(Basis a, Basis b) { return std::min(a, b); }

std::string why_missing(const RegistryFacts& facts) {
  return facts.problem.empty() ? "the ledger could not be asked" : facts.problem;
}

std::string duration_text(std::uint64_t age_ms) {
  const std::uint64_t seconds = age_ms / 1000;
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 7200) return std::to_string(seconds / 60) + " min";
  return seconds < 172'800 ? std::to_string(seconds / 3600) + " h"
                           : std::to_string(seconds / 86'400) + " days";
}

const KeyRecord* find_key(const RegistryFacts& facts, const KeyId& id) {
  if (!facts.keys) return nullptr;
  const auto found = std::ranges::find(*facts.keys, id, &KeyRecord::id);
  return found == facts.keys->end() ? nullptr : &*found;
}

// The slots that count: of this commitment, and of the credential's own issuer, since a commitment
// that another issuer copied cannot be opened under that name.
std::vector<SlotRecord> own_slots(const RegistryFacts& facts, const InstitutionId& issuer,
                                  const Hash256& commitment) {
  std::vector<SlotRecord> own;
  if (facts.slots) {
    std::ranges::copy_if(*facts.slots, std::back_inserter(own), [&](const auto& slot) {
      return slot.issuer == issuer && slot.commitment == commitment;
    });
  }
  return own;
}

// What the ledger holds instead at the index that the credential names.
const SlotRecord* contradicting_slot(const RegistryFacts& facts, const Reference& reference,
                                     const Hash256& commitment) {
  if (!facts.slots) return nullptr;
  const auto found = std::ranges::find_if(*facts.slots, [&](const auto& slot) {
    return slot.issuer == reference.issuer && slot.index == reference.index &&
           slot.commitment != commitment;
  });
  return found == facts.slots->end() ? nullptr : &*found;
}

// The slot that the credential's own reference names.
const SlotRecord* referenced_slot(const std::vector<SlotRecord>& own, IssuerIndex index) {
  const auto found = std::ranges::find(own, index, &SlotRecord::index);
  return found == own.end() ? nullptr : &*found;
}

// ---- signature and contents

// The key that the credential names, where what is shown of it is what its id was made of. The id
// speaks for itself: it is the hash of purpose and key, so that a signature can be found false
// without anybody's word.
const KeyRecord* signing_key(const RegistryFacts& facts, const KeyId& id) {
  const KeyRecord* key = find_key(facts, id);
  if (key == nullptr || key->basis == Basis::kProven) return key;
  const bool genuine = key->purpose && key->key && key_id(*key->purpose, *key->key) == id;
  return genuine ? key : nullptr;
}

Finding judge_signature(std::string_view compact, const CredentialView& credential,
                        const RegistryFacts& facts) {
  const CredentialHead& head = credential.head;
  if (!facts.keys)
    return unknown(Topic::kSignature, "the issuer's key is not known: " + why_missing(facts));
  const std::string name = to_text(head.issuer_key);

  const KeyRecord* key = signing_key(facts, head.issuer_key);
  if (key == nullptr)
    return unknown(Topic::kSignature, "nothing shows what the key " + name + " is");

  // A key of somebody else proves nothing about this issuer, however good the signature is.
  if (key->owner != head.reference.issuer) {
    return resting_on(
        not_valid(Topic::kSignature, "the key " + name + " is not registered for the issuer"),
        facts, key->basis);
  }

  if (!key->purpose || !key->key)
    return unknown(Topic::kSignature, "the key " + name + " is of an unknown kind");

  // Keys are registered by purpose, so that a stolen key for transactions signs no credentials.
  if (*key->purpose != KeyPurpose::kCredential)
    return not_valid(Topic::kSignature,
                     "the key " + name + " is registered for another purpose than credentials");

  if (const auto status = verify_issuer_signature(compact, *key->key); !status.ok())
    return not_valid(Topic::kSignature, status.message());

  return resting_on(valid(Topic::kSignature, "signed by the issuer's key " + name), facts,
                    key->basis);
}

void compare_achievement(const CredentialView& credential, const AchievementRecord& record,
                         std::vector<std::string>& wrong) {
  if (record.id != credential.head.achievement)
    wrong.push_back("the achievement is another one in the registry");

  // Only what the registry states of the achievement itself; the other claims are the issuer's
  // word.
  for (const auto& [id, value] : credential.disclosed) {
    if (id == ClaimId::kTitle) {
      const auto& title = std::get<std::string>(value);
      const bool known = std::ranges::any_of(
          record.titles, [&](const auto& registered) { return registered.text == title; });
      if (!known) wrong.push_back("the title \"" + title + "\" is none of the achievement's");
    } else if (id == ClaimId::kEctsHundredths &&
               std::get<std::uint64_t>(value) != record.ects_hundredths) {
      wrong.push_back("the ECTS credits are not those of the achievement");
    } else if (id == ClaimId::kEqfLevel && std::get<std::uint64_t>(value) != record.eqf_level) {
      wrong.push_back("the EQF level is not that of the achievement");
    }
  }
}

void compare_anchor(const CredentialView& credential, const RegistryFacts& facts,
                    const std::vector<SlotRecord>& own, std::vector<std::string>& wrong) {
  if (own.empty()) return;

  // The reference is part of what the issuer signed, and must name a place where the ledger has
  // this commitment.
  const SlotRecord* slot = referenced_slot(own, credential.head.reference.index);
  if (slot == nullptr) {
    wrong.push_back("the reference names index " +
                    std::to_string(credential.head.reference.index.value) +
                    ", but the ledger has it elsewhere");
    return;
  }

  if (slot->achievement != credential.head.achievement)
    wrong.push_back("the ledger anchors it under another achievement");

  const KeyRecord* key = find_key(facts, credential.head.issuer_key);
  if (key == nullptr) return;

  if (key->added_at_ms && *key->added_at_ms > slot->anchor_time_ms)
    wrong.push_back("the issuer's key was registered only after the credential was anchored");

  // A retirement for a theft names a time that is not after itself (docs/formats/kinds.md): what
  // was anchored later is void and not forged, and StatusJudge says so.
  if (key->retired_at_ms && *key->retired_at_ms <= slot->anchor_time_ms &&
      !key->compromised_since_ms)
    wrong.push_back("the issuer's key was retired before the credential was anchored");
}

// Everything that contents are compared with.
Basis basis_of_contents(const RegistryFacts& facts, const std::vector<SlotRecord>& own,
                        const KeyId& signed_by) {
  Basis basis = Basis::kProven;
  if (facts.issuer) basis = weaker(basis, facts.issuer->basis);
  if (facts.achievement) basis = weaker(basis, facts.achievement->basis);
  if (const KeyRecord* key = find_key(facts, signed_by)) basis = weaker(basis, key->basis);
  for (const auto& slot : own) basis = weaker(basis, slot.basis);
  return basis;
}

std::vector<std::string> contradictions(const CredentialView& credential,
                                        const RegistryFacts& facts,
                                        const std::vector<SlotRecord>& own) {
  std::vector<std::string> wrong;
  if (facts.issuer) {
    if (facts.issuer->id != credential.head.reference.issuer)
      wrong.push_back("the issuer is another institution");
    if (facts.issuer->domain != credential.head.issuer_domain) {
      wrong.push_back(
          "it names the issuer as " + credential.head.issuer_domain +
          ", which the registry does not" +
          (facts.issuer->domain.empty() ? "" : " (there: " + facts.issuer->domain + ")"));
    }
  }

  if (facts.achievement) compare_achievement(credential, *facts.achievement, wrong);
  compare_anchor(credential, facts, own, wrong);
  return wrong;
}

// What contradictions() looks at. All else that a credential shows is its issuer's word.
std::string compared(const CredentialView& credential) {
  std::string text = "issuer, achievement";
  for (const auto id : {ClaimId::kTitle, ClaimId::kEctsHundredths, ClaimId::kEqfLevel}) {
    if (credential.disclosed.contains(id)) text += ", " + std::string(kind_of(id).label);
  }
  return text + " and key";
}

Finding judge_contents(const CredentialView& credential, const RegistryFacts& facts,
                       const std::vector<SlotRecord>& own) {
  const auto& head = credential.head;

  // First, since another commitment at the very place that the reference names leaves nothing to
  // compare.
  if (const SlotRecord* other =
          contradicting_slot(facts, head.reference, commitment_of(facts.chain, credential))) {
    return resting_on(
        not_valid(Topic::kContents, "the ledger has another commitment at the index that it names"),
        facts, other->basis);
  }

  const Basis basis = basis_of_contents(facts, own, head.issuer_key);
  if (const auto wrong = contradictions(credential, facts, own); !wrong.empty()) {
    std::string text = wrong.front();
    for (std::size_t i = 1; i < wrong.size(); ++i) text += "; " + wrong[i];
    return resting_on(not_valid(Topic::kContents, text), facts, basis);
  }

  // Nothing found wrong is not yet right: "valid" needs every fact that could have contradicted.
  if (!facts.issuer || !facts.achievement || !facts.keys || !facts.slots)
    return unknown(Topic::kContents,
                   "not all could be compared with the registry: " + why_missing(facts));

  if (own.empty()) return left_open(Topic::kContents, "there is no anchor to compare with");

  const KeyRecord* key = find_key(facts, head.issuer_key);
  if (key == nullptr || !key->added_at_ms || !key->fate_known)
    return unknown(Topic::kContents,
                   "whether the issuer's key was in use at the anchor is not known");

  return resting_on(valid(Topic::kContents, compared(credential) + " agree with the registry"),
                    facts, basis);
}

// ---- ledger and status

Finding judge_ledger(const RegistryFacts& facts, const std::vector<SlotRecord>& counted,
                     bool of_this_chain) {
  if (facts.chain.is_zero()) return unknown(Topic::kLedger, why_missing(facts));
  if (!of_this_chain)
    return not_valid(Topic::kLedger, "it belongs to another ledger than the one asked",
                     VerdictCode::kUnknownToLedger);
  if (!facts.slots) return unknown(Topic::kLedger, why_missing(facts));
  if (counted.empty()) {
    return not_valid(
        Topic::kLedger,
        facts.slots->empty() && facts.others_list == 0
            ? "the ledger does not list it (which is the node's word: absence is not proven)"
            : "only other issuers list this commitment, which says nothing",
        VerdictCode::kUnknownToLedger);
  }
  // The proven one where there is one: what else a node lists takes nothing away from it.
  const auto proven = std::ranges::find(counted, Basis::kProven, &SlotRecord::basis);
  const SlotRecord& slot = proven == counted.end() ? counted.front() : *proven;
  return resting_on(
      valid(Topic::kLedger, "anchored at height " + std::to_string(slot.anchor_height.value) +
                                " on " + format_time_ms(slot.anchor_time_ms) + " UTC"),
      facts, slot.basis);
}

std::optional<EffectiveStatus> from_ledger(LedgerStatus status) {
  switch (status) {
    case LedgerStatus::kUnknown: return std::nullopt;
    case LedgerStatus::kValid: return EffectiveStatus::kValid;
    case LedgerStatus::kRevoked: return EffectiveStatus::kRevoked;
    case LedgerStatus::kSuspended: return EffectiveStatus::kSuspended;
    case LedgerStatus::kSuperseded: return EffectiveStatus::kSuperseded;
  }
  return std::nullopt;
}

// Revoked, superseded and void never end, so that old news of them is still true.
bool is_final(EffectiveStatus status) {
  return status == EffectiveStatus::kRevoked || status == EffectiveStatus::kSuperseded ||
         status == EffectiveStatus::kVoid;
}

struct Cause {
  EffectiveStatus status = EffectiveStatus::kValid;
  std::string text;
  std::string unverified;  // beside what is proven
};

// Keeps the worst of what is proven. `missing` says what would be needed to say "valid": what is
// absent, what is unknown, and what is only said.
class StatusJudge {
 public:
  StatusJudge(const RegistryFacts& facts, const std::optional<KeyId>& credential_key)
      : facts_(facts), credential_key_(credential_key) {}

  void add_slot(const SlotRecord& slot) {
    const auto status = from_ledger(slot.status);
    if (!status) {
      missing_ = "the status of the credential is not known";
    } else if (is_proven(slot.basis, std::string(to_text(*status)))) {
      std::string unverified;

      // The receipt proves the status and not since when or why: these stay beside it as the node's
      // word.
      if (*status != EffectiveStatus::kValid && slot.since_ms != 0) {
        unverified = "; " + facts_.answered_by + " says since " + format_time_ms(slot.since_ms) +
                     " UTC" + (slot.reason.empty() ? "" : ", reason: " + slot.reason);
      }
      offer({*status, std::string(to_text(*status)), unverified});
    }

    // The worst of slot, keys and issuer counts, so every slot is judged by all of them.
    add_key(slot.issue_key, slot, "the key that anchored it");
    if (credential_key_) add_key(*credential_key_, slot, "the key that signed it");
    add_issuer(slot.issuer);
  }
  const Cause& worst() const { return worst_; }
  const std::string& missing() const { return missing_; }

 private:
  void offer(Cause cause) {
    if (worst_.text.empty() || cause.status > worst_.status) worst_ = std::move(cause);
  }
  bool is_proven(Basis basis, const std::string& what) {
    if (basis == Basis::kProven) return true;
    missing_ = facts_.answered_by + " says, and does not prove: " + what;
    return false;
  }

  void add_key(const KeyId& id, const SlotRecord& slot, const std::string& what) {
    const KeyRecord* key = find_key(facts_, id);

    // Without the key's whole history a compromise could be hidden by leaving it out.
    if (key == nullptr || !key->fate_known) {
      missing_ = "the standing of " + what + " is not known";
    } else if (!is_proven(
                   key->basis,
                   what + " is " + (key->compromised_since_ms ? "compromised" : "in good order"))) {
      return;

    } else if (key->compromised_since_ms && slot.anchor_time_ms >= *key->compromised_since_ms) {
      // What was anchored before the theft stands; what came after it may be the thief's.
      offer({EffectiveStatus::kVoid,
             "void: " + what + " was compromised since " +
                 format_time_ms(*key->compromised_since_ms) + " UTC, and it was anchored after",
             {}});
    }
  }

  void add_issuer(const InstitutionId& issuer) {
    if (!facts_.issuer || facts_.issuer->id != issuer ||
        facts_.issuer->standing == InstitutionStanding::kUnknown) {
      missing_ = "the standing of the issuer is not known";
    } else if (is_proven(facts_.issuer->basis, "the standing of the issuer") &&
               facts_.issuer->standing == InstitutionStanding::kSuspended) {
      offer({EffectiveStatus::kSuspended, "suspended, because its issuer is", {}});
    }
  }

  const RegistryFacts& facts_;
  std::optional<KeyId> credential_key_;
  Cause worst_;
  std::string missing_;
};

bool is_behind(const RegistryFacts& facts) { return facts.as_of->height < facts.newest_known; }

// Why what is not final may have changed since; empty where the proof is of now.
std::string why_stale(const RegistryFacts& facts, const VerifyRules& rules) {
  if (!facts.as_of || facts.as_of->basis != Basis::kProven)
    return "the time of the answer is not known";
  const std::string hint =
      rules.age_option.empty() ? "" : "; " + rules.age_option + " accepts an older one";
  if (is_behind(facts) && !rules.accept_older_block) {
    return "the proof is of block " + std::to_string(facts.as_of->height.value) + ", and block " +
           std::to_string(facts.newest_known.value) +
           " is known: what changed between is not [stale_proof]" +
           (rules.older_block_hint.empty() ? "" : "; " + rules.older_block_hint);
  }
  // Its age is told by this machine's clock, and a proven block is none of tomorrow.
  if (facts.as_of->time_ms > rules.now_ms + kClockBehindMs)
    return "the proof is of " + format_time_ms(facts.as_of->time_ms) +
           " UTC, a time that is still to come by this machine's clock: set the clock";
  const std::uint64_t age_ms =
      rules.now_ms > facts.as_of->time_ms ? rules.now_ms - facts.as_of->time_ms : 0;
  if (age_ms <= rules.max_status_age_ms) return {};
  return "the status is " + duration_text(age_ms) + " old, more than the " +
         duration_text(rules.max_status_age_ms) + " that are accepted" + hint;
}

// What a person accepted who let an older block decide.
std::string older_block_text(const RegistryFacts& facts, const VerifyRules& rules) {
  if (!is_behind(facts)) return {};
  const std::uint64_t age_ms =
      rules.now_ms > facts.as_of->time_ms ? rules.now_ms - facts.as_of->time_ms : 0;
  return ", " + duration_text(age_ms) + " ago; a later block, " +
         std::to_string(facts.newest_known.value) + ", is known, and what changed between is not";
}

Finding judge_status(const RegistryFacts& facts, const std::vector<SlotRecord>& counted,
                     const std::optional<KeyId>& credential_key, const VerifyRules& rules,
                     std::optional<EffectiveStatus>& effective) {
  if (!facts.slots) return unknown(Topic::kStatus, why_missing(facts));
  if (counted.empty()) return left_open(Topic::kStatus, "what is not on the ledger has no status");
  StatusJudge judge{facts, credential_key};
  for (const auto& slot : counted) judge.add_slot(slot);

  const Cause& worst = judge.worst();
  const auto not_in_force = [&] {
    effective = worst.status;
    auto finding = not_valid(Topic::kStatus, worst.text, VerdictCode::kNotInForce);
    finding = resting_on(std::move(finding), facts, Basis::kProven);
    finding.text += worst.unverified;
    return finding;
  };
  if (is_final(worst.status)) return not_in_force();
  if (worst.text.empty()) return unknown(Topic::kStatus, judge.missing());
  if (const auto stale = why_stale(facts, rules); !stale.empty())
    return unknown(Topic::kStatus, stale + " (then: " + worst.text + ")");
  if (worst.status != EffectiveStatus::kValid) return not_in_force();
  if (!judge.missing().empty()) return unknown(Topic::kStatus, judge.missing());
  effective = EffectiveStatus::kValid;
  auto finding =
      resting_on(valid(Topic::kStatus,
                       worst.text + ", as of " + format_time_ms(facts.as_of->time_ms) + " UTC"),
                 facts, Basis::kProven);
  finding.text += older_block_text(facts, rules);
  return finding;
}

// ---- expiry, holder, acceptance

// What is written in the credential or the holder's proof is the issuer's and the holder's word
// only under the issuer's signature.
Finding resting_on_signature(Finding finding, const Finding& signature) {
  if (finding.answer != Answer::kValid || signature.answer == Answer::kValid) return finding;
  return unknown(finding.topic,
                 std::string("it rests on a signature that ") +
                     (signature.answer == Answer::kUnknown ? "was not checked" : "does not hold") +
                     ": " + finding.text);
}

Finding judge_expiry(const CredentialView& credential, std::uint64_t now_ms) {
  const auto& expires = credential.head.expires_at_s;
  if (!expires) return valid(Topic::kExpiry, "it does not expire");
  const std::string last_day = last_day_text(*expires * 1000);
  if (now_ms / 1000 >= *expires)
    return not_valid(Topic::kExpiry, "it expired: it held until " + last_day,
                     VerdictCode::kNotInForce);
  return valid(Topic::kExpiry, "it holds until " + last_day);
}

std::string age_limit(const HolderRules& rules) {
  if (rules.until_s)
    return "and the request ended " + format_time_ms(*rules.until_s * 1000) + " UTC";
  return "which is longer ago than the " + duration_text(rules.max_age_s * 1000) +
         " that are accepted";
}

// A last day that the presentation names binds honest verifiers, whether they ask for its proof or
// not.
std::string about_named_end(std::string_view compact, std::uint64_t now_ms) {
  const auto end_s = named_grant_end_s(compact);
  if (!end_s || now_ms / 1000 < *end_s) return {};
  return "; the last day of the grant that it names, " + last_day_text(*end_s * 1000) +
         ", is past: ask for a new one";
}

Finding judge_holder(std::string_view compact, const CredentialView& credential,
                     const VerifyRules& rules, std::optional<std::uint64_t>& grant_ends_at_s) {
  const std::string maker = credential.head.holder_made ? "holder-made" : "issuer-made";
  if (!rules.holder) {
    auto open = left_open(
        Topic::kHolder,
        std::string("not checked: ") +
            (credential.has_key_binding
                 ? "it was shown to somebody, and no audience and nonce or request were given"
                 : "there is no key binding, so that anybody who has the file can show it") +
            " (holder key: " + maker + ")" + about_named_end(compact, rules.now_ms));
    if (rules.need_holder) open.code_if_unknown = VerdictCode::kHolderUnchecked;
    return open;
  }
  const auto proof = verify_holder(compact, *rules.holder);
  if (!proof.ok()) return not_valid(Topic::kHolder, proof.message());
  grant_ends_at_s = proof->ends_at_s;

  if (!proof->odd_time.empty())
    return unknown(Topic::kHolder, "the holder's proof is dated " + proof->odd_time +
                                       ": the clock of this machine or of the holder's is wrong. "
                                       "Set it, and ask for a new one");

  // An old proof is no false one: the holder made it, and somebody else may show it by now.
  const std::string shown = "shown " + format_time_ms(proof->made_at_s * 1000) + " UTC";
  if (proof->too_old)
    return unknown(Topic::kHolder, shown + ", " + age_limit(*rules.holder) + ": ask for a new one");

  // The end of the grant binds honest verifiers only, and this is one. It is the holder's, and
  // takes nothing from the credential.
  if (grant_ends_at_s && rules.now_ms / 1000 >= *grant_ends_at_s)
    return unknown(Topic::kHolder, "the holder's grant ended; its last day was " +
                                       last_day_text(*grant_ends_at_s * 1000) +
                                       ": ask for a new one");
  const std::string grant =
      grant_ends_at_s ? ", last day of the grant: " + last_day_text(*grant_ends_at_s * 1000) : "";
  return valid(Topic::kHolder, "presented by its holder to this audience, " + shown + grant +
                                   " (holder key: " + maker + ")");
}

// Up to which block what was said of the issuer is known.
std::string as_of_text(const AcceptanceRecord& acceptance) {
  constexpr std::size_t kDateLength = 10;
  if (!acceptance.as_of) return {};
  return " as of block " + std::to_string(acceptance.as_of->height.value) + ", " +
         format_time_ms(acceptance.as_of->time_ms).substr(0, kDateLength);
}

// Whoever awards accepts its own awards, so that its yes tells nobody else anything.
constexpr const char* kOwnWord = "that is the issuer's own word about itself";

Finding judge_acceptance(const RegistryFacts& facts, const VerifyRules& rules,
                         const InstitutionId& issuer) {
  if (!rules.want_acceptance) return left_open(Topic::kAcceptance, "not asked for");
  if (!facts.acceptance)
    return unknown(Topic::kAcceptance, "no decision about the issuer: " + why_missing(facts));
  const AcceptanceRecord& acceptance = *facts.acceptance;
  const bool own_word = !issuer.is_zero() && acceptance.viewpoint_id == issuer;
  const bool seen_from = is_seen_from_viewpoint(acceptance);
  const std::string why = acceptance.explanation.empty() ? "" : ": " + acceptance.explanation;
  // "accepted by X, by NODE's policy, since X publishes none", and "accepted by your own policy".
  const std::string by = whose_policy(acceptance.policy_of, apart(acceptance.viewpoint),
                                      apart(acceptance.policy_owner));
  const std::string who = acceptance.own_policy
                              ? by + (seen_from ? ", seen from " + apart(acceptance.viewpoint) : "")
                              : "by " + apart(acceptance.viewpoint) + ", " + by;
  const std::string said = " (" + acceptance.governs + " governs; by the word of " +
                           acceptance.by_word_of + as_of_text(acceptance) + ")" + why +
                           (own_word ? std::string("; ") + kOwnWord : "");
  switch (acceptance.outcome) {
    case Acceptance::kAccept:
      return valid(Topic::kAcceptance, "the issuer is accepted " + who + said);
    case Acceptance::kUnknown:
      return unknown(Topic::kAcceptance,
                     "it is not known whether the issuer is accepted " + who +
                         (acceptance.as_of ? " (by the word of " + acceptance.by_word_of +
                                                 as_of_text(acceptance) + ")"
                                           : "") +
                         why);
    case Acceptance::kRefuse:
      return not_valid(Topic::kAcceptance, "the issuer is not accepted " + who + said,
                       VerdictCode::kNotAccepted);
    case Acceptance::kBlocked:
      return not_valid(Topic::kAcceptance, "the issuer is blocked " + who + said,
                       VerdictCode::kNotAccepted);
  }
  return unknown(Topic::kAcceptance, "no decision about the issuer");
}

}  // namespace

Acceptance worse(Acceptance a, Acceptance b) {
  const auto rank = [](Acceptance outcome) {
    switch (outcome) {
      case Acceptance::kAccept: return 0;
      case Acceptance::kUnknown: return 1;
      case Acceptance::kRefuse: return 2;
      case Acceptance::kBlocked: return 3;
    }
    return 1;
  };
  return rank(a) < rank(b) ? b : a;
}

Verdict verify_presentation(std::string_view compact, const RegistryFacts& facts,
                            const VerifyRules& rules) {
  Verdict verdict;
  verdict.facts = facts;
  verdict.verified_at_ms = rules.now_ms;

  const auto credential = read_credential(compact);
  if (!credential.ok()) {
    verdict.findings.push_back(not_valid(Topic::kForm, credential.message()));
    return verdict;
  }

  const Reference& reference = credential->head.reference;
  verdict.credential = *credential;

  // It is made of the ledger's id too: by another one, or none, it would be a wrong number.
  const bool of_this_chain = reference.is_of_chain(facts.chain);
  const Hash256 commitment = commitment_of(facts.chain, *credential);
  if (of_this_chain) verdict.commitment = commitment;
  const auto own = own_slots(facts, reference.issuer, commitment);

  // It binds honest verifiers, whether they ask for the holder's proof or not.
  if (const auto end_s = named_grant_end_s(compact); end_s && rules.now_ms / 1000 >= *end_s)
    verdict.grant_over_s = end_s;

  auto& findings = verdict.findings;
  findings.push_back(valid(Topic::kForm, "well-formed SD-JWT"));
  const Finding signature = judge_signature(compact, *credential, facts);
  findings.push_back(signature);

  // Before the other findings, because "signed by the issuer" may only be said of elements where
  // the signature holds.
  verdict.elements = gather_elements(*credential, facts, signature.answer == Answer::kValid);

  findings.push_back(judge_contents(*credential, facts, own));
  findings.push_back(judge_ledger(facts, own, of_this_chain));
  findings.push_back(judge_status(facts, own, credential->head.issuer_key, rules, verdict.status));
  findings.push_back(resting_on_signature(judge_expiry(*credential, rules.now_ms), signature));
  findings.push_back(resting_on_signature(
      judge_holder(compact, *credential, rules, verdict.grant_ends_at_s), signature));

  findings.push_back(judge_acceptance(facts, rules, reference.issuer));
  return verdict;
}

namespace {

// A hash does not say which key signed, so that a thief's award and an honest one look the same.
// Only what is proven casts a doubt, as only what is proven decides.
std::string doubt_of_key(const RegistryFacts& facts, const std::vector<SlotRecord>& slots) {
  if (!facts.keys) return {};
  for (const auto& key : *facts.keys) {
    if (key.purpose != KeyPurpose::kCredential || !key.compromised_since_ms ||
        key.basis != Basis::kProven)
      continue;
    for (const auto& slot : slots) {
      if (slot.issuer != key.owner || slot.anchor_time_ms < *key.compromised_since_ms) continue;
      // What it signed is not valid where it was anchored afterwards, as credential verify says.
      if (key.retired_at_ms && slot.anchor_time_ms >= *key.retired_at_ms) continue;
      return "a credential key of the issuer was compromised since " +
             format_time_ms(*key.compromised_since_ms) +
             " UTC, before it was anchored: if that key signed it, it is void. Ask for a "
             "presentation (testamur verifier request)";
    }
  }
  return {};
}

}  // namespace

Verdict verify_hash(const Hash256& commitment, const RegistryFacts& facts,
                    const VerifyRules& rules) {
  Verdict verdict;
  verdict.facts = facts;
  verdict.verified_at_ms = rules.now_ms;
  verdict.commitment = commitment;
  verdict.contents_checked = false;

  // The slots of all issuers: a hash names none, and the worst of them decides
  // (docs/decisions/0504-by-hash-the-worst-slot-decides.md).
  std::vector<SlotRecord> slots;
  if (facts.slots)
    std::ranges::copy_if(*facts.slots, std::back_inserter(slots),
                         [&](const auto& slot) { return slot.commitment == commitment; });
  verdict.doubt_of_key = doubt_of_key(facts, slots);

  auto& findings = verdict.findings;
  const std::string only_hash = "not checked: a hash says nothing of it";
  findings.push_back(
      left_open(Topic::kSignature, "not checked: a hash does not name the key that signed it"));
  findings.push_back(left_open(Topic::kContents, only_hash));
  findings.push_back(judge_ledger(facts, slots, true));
  findings.push_back(judge_status(facts, slots, std::nullopt, rules, verdict.status));
  findings.push_back(left_open(Topic::kExpiry, only_hash));
  findings.push_back(left_open(Topic::kHolder, only_hash));

  if (slots.empty() && facts.slots) {
    findings.push_back(left_open(Topic::kAcceptance, "there is no issuer to accept"));
  } else {
    const InstitutionId issuer = slots.empty() ? InstitutionId{} : slots.front().issuer;
    findings.push_back(judge_acceptance(facts, rules, issuer));
  }

  return verdict;
}

}  // namespace testamur::wallet
