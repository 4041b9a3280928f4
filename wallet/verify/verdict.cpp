// From findings to one answer, one word and one sentence. verify.cpp judges each topic by itself;
// only here they are weighed against each other, and all three answers come from the same first
// finding (deciding()), so that they cannot disagree.
#include "wallet/verify/verdict.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "wallet/credential/last_day.h"

namespace testamur::wallet {
namespace {

// What decides first. Invalid before revoked before unknown to the ledger before unreachable before
// a holder who was not checked before not accepted before an answer that lacks something.
constexpr std::array kOrder = {VerdictCode::kInvalid,         VerdictCode::kNotInForce,
                               VerdictCode::kUnknownToLedger, VerdictCode::kUnreachable,
                               VerdictCode::kHolderUnchecked, VerdictCode::kNotAccepted,
                               VerdictCode::kIncomplete};

VerdictCode code_of(const Finding& finding) {
  switch (finding.answer) {
    case Answer::kValid: return VerdictCode::kAllWell;
    case Answer::kNotValid: return finding.code_if_not_valid;
    case Answer::kUnknown: return finding.code_if_unknown;
  }
  return VerdictCode::kOtherFailure;
}

// What decides about the credential itself, or about all that was asked.
enum class About : std::uint8_t { kCredential, kAll };

// The first finding with the code that wins; nothing when all is well. A holder who was not
// checked, an issuer whom nobody recognises and an answer that lacks something take nothing away
// from the credential.
const Finding* deciding(const Verdict& verdict, About about) {
  for (const auto code : kOrder) {
    if (code == VerdictCode::kHolderUnchecked && about == About::kCredential) continue;
    for (const auto& finding : verdict.findings) {
      const bool beside = finding.topic == Topic::kAcceptance || finding.topic == Topic::kAnswer;
      if (beside && about == About::kCredential) continue;
      if (code_of(finding) == code) return &finding;
    }
  }
  return nullptr;
}

Standing standing_of(EffectiveStatus status) {
  switch (status) {
    case EffectiveStatus::kValid: return Standing::kGenuine;
    case EffectiveStatus::kSuspended: return Standing::kSuspended;
    case EffectiveStatus::kSuperseded: return Standing::kSuperseded;
    case EffectiveStatus::kRevoked: return Standing::kRevoked;
    case EffectiveStatus::kVoid: return Standing::kVoid;
  }
  return Standing::kCannotTell;
}

std::string_view standing_words(Standing standing) {
  switch (standing) {
    case Standing::kCannotTell: return "cannot tell";
    case Standing::kGenuine: return "genuine";
    case Standing::kFound:
      return "found, and not withdrawn; contents, holder, last day and the key that signed it were "
             "not checked: anyone can copy a hash";
    case Standing::kForged: return "forged";
    case Standing::kNotByHolder: return "not shown to you by its holder";
    case Standing::kRevoked: return "revoked";
    case Standing::kSuperseded: return "superseded";
    case Standing::kSuspended: return "suspended";
    case Standing::kVoid: return "void";
    case Standing::kExpired: return "expired";
    case Standing::kNotListed: return "not listed";
  }
  return "cannot tell";
}

bool is_checked(const Verdict& verdict, Topic topic) {
  const Finding* finding = find(verdict, topic);
  return finding != nullptr && finding->answer == Answer::kValid;
}

bool is_later_block_known(const Verdict& verdict) {
  const auto& as_of = verdict.facts.as_of;
  return as_of && as_of->height < verdict.facts.newest_known;
}

// When it was so, where that is not now: whoever reads one line only must read this.
std::string as_of_text(const Verdict& verdict) {
  if (!is_status_old(verdict)) return {};
  const auto& as_of = *verdict.facts.as_of;
  return " as of " + format_time_ms(as_of.time_ms) + " UTC (block " +
         std::to_string(as_of.height.value) +
         (is_later_block_known(verdict) ? "; a later block is known)" : ")");
}

}  // namespace

std::string_view to_text(Answer answer) {
  switch (answer) {
    case Answer::kValid: return "valid";
    case Answer::kNotValid: return "not valid";
    case Answer::kUnknown: return "unknown";
  }
  return "unknown";
}

std::string_view to_text(Topic topic) {
  switch (topic) {
    case Topic::kForm: return "form";
    case Topic::kSignature: return "signature";
    case Topic::kContents: return "contents";
    case Topic::kLedger: return "ledger";
    case Topic::kStatus: return "status";
    case Topic::kExpiry: return "expiry";
    case Topic::kHolder: return "holder";
    case Topic::kAcceptance: return "acceptance";
    case Topic::kAnswer: return "answer";
  }
  return "unknown";
}

std::string_view to_text(EffectiveStatus status) {
  switch (status) {
    case EffectiveStatus::kValid: return "valid";
    case EffectiveStatus::kSuspended: return "suspended";
    case EffectiveStatus::kSuperseded: return "superseded";
    case EffectiveStatus::kRevoked: return "revoked";
    case EffectiveStatus::kVoid: return "void";
  }
  return "unknown";
}

const Finding* find(const Verdict& verdict, Topic topic) {
  const auto found = std::ranges::find(verdict.findings, topic, &Finding::topic);
  return found == verdict.findings.end() ? nullptr : &*found;
}

bool is_status_old(const Verdict& verdict) {
  const auto& as_of = verdict.facts.as_of;
  if (!as_of) return false;
  return is_later_block_known(verdict) || verdict.verified_at_ms > as_of->time_ms + kFreshStatusMs;
}

void add_answer(Verdict& verdict, const std::string& missing) {
  if (missing.empty()) {
    verdict.findings.push_back({Topic::kAnswer, Answer::kValid, "all is shown that was asked for"});
  } else {
    verdict.findings.push_back({Topic::kAnswer, Answer::kNotValid,
                                "not all is shown that was asked for: " + missing,
                                VerdictCode::kIncomplete, VerdictCode::kIncomplete});
  }
}

VerdictCode verdict_code(const Verdict& verdict) {
  const Finding* finding = deciding(verdict, About::kAll);
  return finding == nullptr ? VerdictCode::kAllWell : code_of(*finding);
}

Answer overall(const Verdict& verdict) {
  const Finding* finding = deciding(verdict, About::kAll);
  return finding == nullptr ? Answer::kValid : finding->answer;
}

std::string_view to_text(Standing standing) {
  switch (standing) {
    case Standing::kCannotTell: return "cannot_tell";
    case Standing::kFound: return "found";
    case Standing::kNotByHolder: return "not_by_holder";
    case Standing::kNotListed: return "not_listed";
    default: return standing_words(standing);
  }
}

Standing standing(const Verdict& verdict) {
  const Finding* finding = deciding(verdict, About::kCredential);

  if (finding == nullptr) return verdict.contents_checked ? Standing::kGenuine : Standing::kFound;
  if (finding->answer != Answer::kNotValid) return Standing::kCannotTell;

  switch (finding->topic) {
    case Topic::kForm:
    case Topic::kSignature:
    case Topic::kContents: return Standing::kForged;
    case Topic::kLedger: return Standing::kNotListed;
    case Topic::kStatus:
      return verdict.status ? standing_of(*verdict.status) : Standing::kCannotTell;
    case Topic::kExpiry: return Standing::kExpired;
    case Topic::kHolder: return Standing::kNotByHolder;
    case Topic::kAcceptance:
    case Topic::kAnswer: break;
  }
  return Standing::kCannotTell;
}

std::string headline(const Verdict& verdict) {
  const Standing what = standing(verdict);
  std::string text(standing_words(what));
  if (const Finding* finding = deciding(verdict, About::kCredential)) {
    // The status names itself.
    return finding->text.starts_with(text) ? finding->text : text + ": " + finding->text;
  }
  text += as_of_text(verdict);
  if (!verdict.doubt_of_key.empty()) text += "; " + verdict.doubt_of_key;
  if (what == Standing::kGenuine && !is_checked(verdict, Topic::kHolder))
    text += "; whether its holder shows it was not checked";
  if (verdict.grant_over_s)
    text += "; the holder's grant is over: its last day was " +
            last_day_text(*verdict.grant_over_s * 1000);
  const Finding* answer = find(verdict, Topic::kAnswer);
  if (answer != nullptr && answer->answer != Answer::kValid) text += "; " + answer->text;
  return text;
}

bool is_own_word(const Verdict& verdict) {
  const auto& acceptance = verdict.facts.acceptance;
  if (!acceptance || acceptance->viewpoint_id.is_zero()) return false;
  if (verdict.credential)
    return verdict.credential->head.reference.issuer == acceptance->viewpoint_id;
  const auto& slots = verdict.facts.slots;
  return slots && !slots->empty() && slots->front().issuer == acceptance->viewpoint_id;
}

std::vector<std::string_view> not_checked(const Verdict& verdict) {
  constexpr std::array<std::pair<Topic, std::string_view>, 4> kNames{
      {{Topic::kContents, "contents"},
       {Topic::kHolder, "holder"},
       {Topic::kExpiry, "last_day"},
       {Topic::kSignature, "signing_key"}}};
  std::vector<std::string_view> names;
  for (const auto& [topic, name] : kNames) {
    const Finding* finding = find(verdict, topic);
    if (finding == nullptr || finding->answer == Answer::kUnknown) names.push_back(name);
  }
  return names;
}

bool is_seen_from_viewpoint(const AcceptanceRecord& acceptance) {
  return acceptance.own_policy && !acceptance.viewpoint_id.is_zero();
}

std::string whose_policy(PolicyOf policy_of, const std::string& viewpoint,
                         const std::string& owner) {
  const std::string node = owner.empty() ? std::string("the node") : owner;
  switch (policy_of) {
    case PolicyOf::kViewpoint: break;
    case PolicyOf::kCaller: return "by your own policy";
    case PolicyOf::kPublished: return "by the policy that it publishes, not yours";
    case PolicyOf::kNodeNonePublished:
      return "by " + node + "'s policy, since " + viewpoint + " publishes none";
    case PolicyOf::kNodeOtherPublished:
      return "by " + node + "'s policy, not by the one that " + viewpoint + " publishes";
  }
  return "by its own policy, not yours";
}

std::string_view to_text(PolicyOf policy_of) {
  switch (policy_of) {
    case PolicyOf::kViewpoint: return "viewpoint";
    case PolicyOf::kCaller: return "caller";
    case PolicyOf::kPublished: return "published";
    case PolicyOf::kNodeNonePublished: return "node_none_published";
    case PolicyOf::kNodeOtherPublished: return "node_other_published";
  }
  return "viewpoint";
}

std::string recognition(const Verdict& verdict) {
  const Finding* finding = find(verdict, Topic::kAcceptance);
  return finding == nullptr ? std::string{} : finding->text;
}

std::string format_time_ms(std::uint64_t time_ms) {
  // Civil date from days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date
  // algorithms").
  const std::uint64_t seconds = time_ms / 1000;
  const std::uint64_t days = seconds / 86400 + 719468;
  const std::uint64_t era = days / 146097;
  const std::uint64_t day_of_era = days - era * 146097;
  const std::uint64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::uint64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::uint64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const std::uint64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const std::uint64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const std::uint64_t of_day = seconds % 86400;
  std::array<char, 64> text{};
  const int size =
      std::snprintf(text.data(), text.size(), "%04u-%02u-%02u %02u:%02u:%02u",
                    static_cast<unsigned>(year), static_cast<unsigned>(month),
                    static_cast<unsigned>(day), static_cast<unsigned>(of_day / 3600),
                    static_cast<unsigned>(of_day / 60 % 60), static_cast<unsigned>(of_day % 60));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace testamur::wallet
