// The words follow from the body that is signed, and from nothing that somebody else says of it
// (decision 0950). What is known besides only makes them fuller, and what is unknown is left out or
// called so. words() has an overload for each content, so that a kind without words does not
// compile; those that are shown as their fields are listed as such.
#include "wallet/cli/description/transaction_description.h"

#include <algorithm>

#include "common/check.h"
#include "common/keys.h"
#include "common/visible.h"
#include "ledger/tx/kinds.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/status_words.h"
#include "wallet/client/transaction_json.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

std::string duration_of(const DescriptionContext& known, const char* parameter,
                        const char* otherwise) {
  const auto found = known.parameters.find(parameter);
  return found == known.parameters.end() ? otherwise : duration_text(found->second);
}

std::string describe_key(const DescriptionContext& known, const KeyId& id) {
  const auto purpose = known.keys.find(to_text(id));
  return to_text(id) + (purpose == known.keys.end() ? "" : ", a key of purpose " + purpose->second);
}

// What a key of this purpose is for, from the block on that registers it.
std::string use_of(KeyPurpose purpose) {
  switch (purpose) {
    case KeyPurpose::kRoot:
      return "It counts among the root keys, which together add, rotate and retire keys.";
    case KeyPurpose::kIssue: return "It signs issuances and changes of status.";
    case KeyPurpose::kGovern:
      return "It signs recognitions, accreditations, achievements and votes.";
    case KeyPurpose::kConsensus:
      return "Nothing votes with it yet: its node sends `ready`, and a change of the validator set "
             "names key and ready.";
    case KeyPurpose::kTransport: return "The node that holds it may connect to the other nodes.";
    case KeyPurpose::kCredential: return "Credentials that it signs are the institution's.";
    case KeyPurpose::kCosign: return "It cosigns checkpoints of the log for auditors.";
  }
  return {};
}

std::string describe_new_key(KeyPurpose purpose, const PublicKey& key) {
  return std::string(to_text(purpose)) + " key " + to_text(key_id(purpose, key)) + " (" +
         std::string(to_text(key.algorithm)) + ")";
}

// Somebody else's words, within a line of ours.
std::string best_line(const tx::LocalizedTexts& texts) { return one_line(tx::best_text(texts)); }

std::string describe_facts(const DescriptionContext& known, const tx::InstitutionFacts& facts) {
  std::string out =
      best_line(facts.legal_names) + ", " + one_line(facts.country) + ", " + one_line(facts.domain);
  const auto add = [&out](const char* name, const std::string& identifier) {
    if (!identifier.empty()) out += std::string(", ") + name + " " + one_line(identifier);
  };
  add("ror", facts.ror);
  add("eter", facts.eter);
  add("lei", facts.lei);
  add("deqar", facts.deqar);
  if (!facts.parent.is_zero()) out += ", part of " + describe_party(known, facts.parent);

  // Each name is looked for and stays: whoever signs reads all of them.
  if (facts.legal_names.size() > 1) {
    out += "; names:";
    for (const auto& name : facts.legal_names)
      out += " " + in_quotes(name.text) + " (" + one_line(name.language) + ")" +
             (&name == &facts.legal_names.back() ? "" : ",");
  }
  return out;
}

// What a signer reads of a kind that has no words of its own.
std::string show_fields(const tx::DecodedBody& body, const DescriptionContext& known) {
  return describe_party(known, body.author) + " sends a transaction of kind " +
         std::string(tx::name(body.kind)) + ":\n" + fields_of(body).dump(2);
}

// ---- keys

std::string words(const tx::KeyAddContent& content, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  return describe_party(known, body.author) + " adds the " +
         describe_new_key(content.purpose, content.key) +
         ".\nFrom the block on that carries this: " + use_of(content.purpose);
}

std::string words(const tx::KeyRotateContent& content, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  std::string out = describe_party(known, body.author) + " replaces the key " +
                    describe_key(known, content.retired) + " by the " +
                    describe_new_key(content.added.purpose, content.added.key) + ".\n";

  out +=
      "From the block on that carries this the new key counts and the old one signs nothing more; "
      "what it signed before stands.";

  if (content.added.purpose == KeyPurpose::kTransport) {
    out += "\nOther nodes admit the old transport key for another " +
           duration_of(known, "transport_overlap_ms",
                       "30 days (unless the ledger's parameter is another)") +
           ", so that there is time to install the new one.";
  }

  return out;
}

std::string describe_compromise(std::uint64_t since_ms, const DescriptionContext& known) {
  return "Everything that it signed and that was anchored at or after " + moment_text(since_ms) +
         " counts as void in every verdict from then on: issuances, recognitions, accreditations. "
         "What was anchored before stands, and so do blocks, sets, parameters and admissions.\n"
         "Status changes that it signed stand too, but for " +
         duration_of(known, "compromise_window_ms",
                     "90 days (unless the ledger's parameter is another)") +
         " the root keys may set right what was revoked or superseded since then, while the key "
         "was in "
         "use (testamur issuer status … --with-root).\n"
         "This cannot be taken back.";
}

std::string words(const tx::KeyRetireContent& content, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  const auto since_ms = content.compromised_since_ms;
  const std::string author = describe_party(known, body.author);
  const std::string key = describe_key(known, content.key);
  if (since_ms == 0) {
    return author + " retires the key " + key +
           ".\nFrom the block on that carries this it signs nothing more; what it signed before "
           "stands. This cannot be taken back.";
  }
  return author + " declares the key " + key + " as compromised since " + moment_text(since_ms) +
         ", and retires it if it is still in use.\n" + describe_compromise(since_ms, known);
}

// ---- credentials

std::string describe_run(std::uint64_t first, std::uint64_t count) {
  return std::to_string(first) + (count == 1 ? "" : " to " + std::to_string(first + count - 1));
}

std::string describe_target(const std::vector<tx::IndexRangeContent>& ranges) {
  std::string out;
  for (const auto& range : ranges)
    out += (out.empty() ? "" : ", ") + describe_run(range.first.value, range.count);
  return out;
}

std::string describe_target(const std::vector<IssuerIndex>& indexes) {
  std::vector<tx::IndexRangeContent> runs;
  for (const auto& index : indexes) {
    const bool joins = !runs.empty() && runs.back().first.value + runs.back().count == index.value;
    if (joins) ++runs.back().count;
    if (!joins) runs.push_back({index, 1});
  }
  return describe_target(runs);
}

std::string describe_target(const tx::IndexBitmap& bitmap) {
  return "many from " + std::to_string(bitmap.first.value) + " on";
}

bool is_final(tx::StatusAction action) {
  return action == tx::StatusAction::kRevoke || action == tx::StatusAction::kSupersede;
}

std::string words(const tx::StatusChangeContent& content, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  const auto which =
      std::visit([](const auto& target) { return describe_target(target); }, content.target);
  return describe_party(known, body.author) +
         " changes the status of its credentials with the indexes " + which + ": " +
         std::string(word_of(content.action)) + ", reason " + std::string(word_of(content.reason)) +
         "." + (is_final(content.action) ? "\nThis cannot be undone." : "");
}

// A batch has a description of its own (commands/batch_commands.cpp); a draft of one is shown as it
// is.
std::string words(const tx::IssueListedContent&, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  return show_fields(body, known);
}
std::string words(const tx::IssueAnchoredContent&, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  return show_fields(body, known);
}

// ---- what it awards, and by which rules

std::string describe_credits(std::uint64_t hundredths) {
  const auto rest = hundredths % 100;
  return std::to_string(hundredths / 100) +
         (rest == 0 ? "" : "." + std::string(rest < 10 ? "0" : "") + std::to_string(rest)) +
         " ECTS credits";
}

std::string version_text(std::uint32_t number, std::uint16_t version) {
  return std::to_string(number) + "." + std::to_string(version);
}

std::string words(const tx::AchievementContent& content, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  std::string out = describe_party(known, body.author) + " publishes the achievement " +
                    version_text(content.number, content.version) + ", \"" +
                    best_line(content.titles) + "\"";

  if (content.ects_hundredths != 0) out += ", " + describe_credits(content.ects_hundredths);
  if (content.eqf_level != 0) out += ", EQF level " + std::to_string(content.eqf_level);

  out +=
      ".\nA version is published once and never changed; what it says is compared with every "
      "credential of it.";

  if (content.awarding_bodies.size() > 1)
    out += "\nIt can be issued once the other awarding bodies have co-signed it.";
  return out;
}

std::string words(const tx::AchievementRetireContent& content, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  return describe_party(known, body.author) + " retires its achievement " +
         version_text(content.number, content.version) +
         ".\nNothing more can be issued under this version; what was issued stands. This cannot be "
         "taken back.";
}

std::string words(const tx::AchievementCosignContent& content, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  const auto& id = content.achievement;
  return describe_party(known, body.author) + " co-signs the achievement " +
         version_text(id.number, id.version) + " of " + describe_party(known, id.institution) + ".";
}

std::string words(const tx::PolicyContent& content, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  return describe_party(known, body.author) + " says that it decides by the policy " +
         content.digest.hex() +
         (content.url.empty() ? "" : ", to be read at " + one_line(content.url)) +
         ".\nOnly the digest is on the ledger.";
}

// No command publishes a rule.
std::string words(const tx::RuleContent&, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  return show_fields(body, known);
}

// ---- whom it recognises

// From when until when a statement holds.
std::string describe_period(const tx::StatementContent& content) {
  const auto until_ms = content.valid_until_ms;
  return "from " + moment_text(content.valid_from_ms) +
         (until_ms == 0 ? ", without an end" : ", last day: " + last_day_text(until_ms));
}

// The first ten of a list, and how many more.
template <class List, class Text>
std::string first_ten(const List& list, const Text& text) {
  constexpr std::size_t kShown = 10;
  std::string out;
  for (std::size_t i = 0; i < std::min(list.size(), kShown); ++i)
    out += (i == 0 ? "" : ", ") + text(list[i]);
  if (list.size() > kShown) out += " and " + std::to_string(list.size() - kShown) + " more";
  return out;
}

// Every limit by name: a slip in a code is found in the question, or never.
std::string describe_scope(const trust::Scope& scope) {
  if (!scope.fields && !scope.levels && !scope.award_types && !scope.purposes &&
      !scope.achievements) {
    return ", for everything that it awards";
  }

  std::string out = ", only for " + to_text(scope);
  if (scope.achievements) {
    out += " (" +
           first_ten(*scope.achievements,
                     [](const trust::AchievementName& name) {
                       return to_text(name.institution) + "/" + std::to_string(name.number);
                     }) +
           ")";
  }
  return out;
}

std::string describe_slot(const tx::StatementContent& content) {
  return content.slot == 0 ? ""
                           : " (its statement number " + std::to_string(content.slot) +
                                 " about this institution)";
}

std::string describe_amount(const tx::StatementContent& content) {
  return " with amount " + std::to_string(content.amount) + " of 120";
}

// It stands on the ledger for good, beside what it is the reason of.
std::string describe_reason(const tx::StatementContent& content) {
  switch (content.reason) {
    case tx::StatementReason::kNone: return "";
    case tx::StatementReason::kAgreement: return " Reason: an agreement.";
    case tx::StatementReason::kReview: return " Reason: a review.";
    case tx::StatementReason::kJointProgramme: return " Reason: a joint programme.";
    case tx::StatementReason::kQualityConcern: return " Reason: a concern about quality.";
    case tx::StatementReason::kFraud: return " Reason: fraud.";
    case tx::StatementReason::kKeyCompromise: return " Reason: a key was compromised.";
    case tx::StatementReason::kExpiry: return " Reason: it expired.";
    case tx::StatementReason::kOther: return " Reason: another one.";
  }
  return " Reason: unknown.";
}

std::string describe_trust(const tx::StatementContent& content) {
  const auto depth = std::to_string(content.depth);
  std::string reach = "its own awards only";
  if (content.depth == 1) reach = "its own awards, and those of institutions that it recommends";
  if (content.depth > 1)
    reach = "its own awards, and those of institutions up to " + depth + " steps behind it";
  return describe_amount(content) + ": " + reach + " (depth " + depth + ")" +
         describe_scope(content.scope) + describe_slot(content) + ", " + describe_period(content) +
         "." + describe_reason(content);
}

std::string describe_accreditation(const tx::StatementContent& content) {
  std::string text = describe_amount(content) + ", by the scheme " +
                     std::string(to_text(static_cast<trust::Scheme>(content.scheme))) +
                     describe_scope(content.scope) + ", " + describe_period(content) + ".";
  if (content.depth > 0)
    text += " It is an agency whose accreditations count too, up to " +
            std::to_string(content.depth) + (content.depth == 1 ? " step" : " steps") +
            " behind it (depth " + std::to_string(content.depth) + ").";
  if (!content.report_url.empty())
    text += "\nThe report is at " + one_line(content.report_url) + ".";
  if (!content.evidence_digest.is_zero())
    text += "\nThe report has the digest " + content.evidence_digest.hex() + ".";
  return text;
}

std::string describe_end(const tx::StatementContent& content, const std::string& subject) {
  std::string what = "what it said of ";
  if (!content.names.empty()) {
    what = std::to_string(content.names.size()) +
           (content.accreditation ? " of its accreditations of " : " of its statements about ");
  }
  std::string which;
  if (!content.names.empty()) {
    which = ": " + first_ten(content.names, [](const TransactionId& id) { return to_text(id); });
  }
  return " ends " + what + subject + describe_slot(content) + ", from " +
         moment_text(content.valid_from_ms) + " on" + which + "." + describe_reason(content);
}

std::string words(const tx::StatementContent& content, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  const auto author = describe_party(known, body.author);
  const auto subject = describe_party(known, content.subject);
  switch (content.kind) {
    case tx::StatementKind::kTrust: return author + " trusts " + subject + describe_trust(content);
    case tx::StatementKind::kAccredit:
      return author + " accredits " + subject + describe_accreditation(content);
    case tx::StatementKind::kDistrust:
      return author + " distrusts " + subject + describe_scope(content.scope) +
             describe_slot(content) + ": what that institution awards is blocked, " +
             describe_period(content) + "." + describe_reason(content);
    case tx::StatementKind::kEnd: return author + describe_end(content, subject);
    // No command voids a statement.
    case tx::StatementKind::kVoid: return show_fields(body, known);
  }
  TM_CHECK(false, "a decoded statement of no kind:", static_cast<unsigned>(content.kind));
  return {};
}

// ---- institutions

std::string words(const tx::InstitutionUpdateContent& content, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  return describe_party(known, body.author) +
         " replaces its public facts, as a whole, by: " + describe_facts(known, content.facts) +
         ".";
}

std::string words(const tx::InstitutionRegisterContent& content, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  const auto author = describe_party(known, body.author);
  const auto facts = describe_facts(known, content.facts) + ".\n";

  // Whoever holds these keys gets what was said of the listed one, so it must not read as new.
  std::string out = author + " sponsors a new institution: " + facts;
  if (!content.listed.is_zero()) {
    out = author + " gives keys to the listed institution " +
          describe_party(known, content.listed) + ", which from then on is: " + facts +
          "What was said of it counts for whoever holds these keys.\n";
  }

  out +=
      "It may issue from the block on that carries this, and answers for itself; it can be "
      "suspended by a vote. It neither votes nor accredits: the validators give such a role by a "
      "vote of its own (testamur governance propose).\n"
      "Its keys (" +
      std::to_string(content.root_threshold) + " of the root keys sign for it):";
  for (const auto& entry : content.keys) out += "\n  " + describe_new_key(entry.purpose, entry.key);
  return out;
}

std::string words(const tx::InstitutionListContent& content, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  return describe_party(known, body.author) +
         " lists an institution that is not on the ledger yet: " +
         describe_facts(known, content.facts) +
         ".\nIt gets no keys and no powers; others can speak of it, for example accredit it.";
}

std::string words(const tx::InstitutionLeaveContent&, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  return describe_party(known, body.author) +
         " leaves the ledger.\n"
         "From the block on that carries this it signs nothing more, and its recognitions of "
         "others no longer count for what comes later. What it issued stands and can be verified. "
         "This cannot be taken back.";
}

// ---- successions

std::string list_of_parties(const std::vector<InstitutionId>& ids,
                            const DescriptionContext& known) {
  std::string out;
  for (const auto& id : ids) out += (out.empty() ? "" : ", ") + describe_party(known, id);
  return out;
}

constexpr const char* kHeirWords =
    ".\nWhat was said in favour of a predecessor passes to its heir for a while; each viewpoint's "
    "own policy says how long. Credentials stay what they are.";

std::string describe_split(const tx::SuccessionContent& content, const DescriptionContext& known) {
  return list_of_parties(content.predecessors, known) +
         (content.closes ? " closes and is succeeded by " : " stays open; from it come ") +
         list_of_parties(content.successors, known) + "; " +
         (content.heir.is_zero()
              ? "none of them is its heir."
              : "its heir is " + describe_party(known, content.heir) + kHeirWords);
}

std::string words(const tx::SuccessionContent& content, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  return describe_party(known, body.author) +
         " agrees to this: " + describe_succession(content, known) +
         "\nIt takes effect when every party has agreed, each in its own name and within 30 days. "
         "An institution that closed never comes back.";
}

// ---- governance

std::string words(const tx::ProposalContent& content, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  return describe_party(known, body.author) + " proposes, and with that nothing is decided yet.\n" +
         describe_proposal(content, known);
}

std::string words(const tx::VoteContent& content, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  if (content.veto) {
    return describe_party(known, body.author) + " keeps its root keys: by this veto the proposal " +
           to_text(content.proposal) + " ends without effect.\nThe next veto is possible after " +
           duration_of(known, "root_veto_window_ms",
                       "90 days (unless the ledger's parameter is another)") +
           ".";
  }

  return describe_party(known, body.author) + " votes " + (content.approve ? "yes" : "no") +
         " on the proposal " + to_text(content.proposal) +
         ".\nWhile the voting is open the last vote counts.";
}

// Nodes send their readiness themselves.
std::string words(const tx::ReadyContent&, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  return show_fields(body, known);
}

std::string words(const tx::EvidenceContent&, const tx::DecodedBody& body,
                  const DescriptionContext& known) {
  return describe_party(known, body.author) +
         " puts evidence on the ledger: two messages signed by one consensus key that no honest "
         "node signs both.\n"
         "It is recorded for everybody to see; what follows from it is a vote.";
}

}  // namespace

std::string describe_party(const DescriptionContext& known, const InstitutionId& id) {
  const auto found = known.names.find(to_text(id));
  if (found == known.names.end()) return to_text(id);
  return one_line(found->second) + " (" + to_text(id) +
         (known.names_unverified ? "; the name is the draft's word)" : ")");
}

std::string describe_succession(const tx::SuccessionContent& content,
                                const DescriptionContext& known) {
  const auto predecessors = list_of_parties(content.predecessors, known);
  const auto successors = list_of_parties(content.successors, known);
  switch (content.kind) {
    case tx::SuccessionKind::kMerge:
      return predecessors + " close and become part of " + successors + kHeirWords;
    case tx::SuccessionKind::kSplit: return describe_split(content, known);
    case tx::SuccessionKind::kRename:
      return predecessors + " closes, and the same legal entity goes on as " + successors +
             ", its heir" + kHeirWords;
    case tx::SuccessionKind::kCustody:
      return predecessors + " closes and leaves its records to " + successors +
             ", who inherits no trust.\nCredentials stay what they are.";
  }
  TM_CHECK(false, "a decoded succession of no kind:", static_cast<unsigned>(content.kind));
  return {};
}

std::string describe_transaction(const tx::DecodedBody& body, const DescriptionContext& known) {
  return std::visit([&](const auto& content) { return words(content, body, known); }, body.content);
}

}  // namespace testamur::wallet
