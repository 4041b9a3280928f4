// The words follow from the body that is signed, and from nothing that somebody else says of it
// (decision 0950). What is known besides only makes them fuller, and what is unknown is left out or
// called so. A kind without words of its own is shown as its fields.
#include "wallet/cli/description/transaction_description.h"

#include <array>
#include <functional>

#include "common/keys.h"
#include "common/visible.h"
#include "ledger/tx/facts.h"
#include "wallet/cli/dates.h"
#include "wallet/client/json_fields.h"

namespace testamur::wallet {
namespace {

// Somebody else's words, within a line of ours.
std::string value_of(const Json& object, const char* name) {
  return one_line(text_of(object, name));
}

std::uint64_t number_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_integer() ? found->get<std::uint64_t>() : 0;
}

// 0, which stands for nothing, where the number is too large: cut to its width it would read as
// another one.
std::uint8_t byte_in(const Json& json, const char* name) {
  const auto number = number_in(json, name);
  return number > 0xff ? 0 : static_cast<std::uint8_t>(number);
}
Json part_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() ? *found : Json::object();
}

std::string duration_of(const DescriptionContext& known, const char* parameter,
                        const char* otherwise) {
  const auto found = known.parameters.find(parameter);
  return found == known.parameters.end() ? otherwise : duration_text(found->second);
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
             "names key and "
             "ready.";
    case KeyPurpose::kTransport: return "The node that holds it may connect to the other nodes.";
    case KeyPurpose::kCredential: return "Credentials that it signs are the institution's.";
    case KeyPurpose::kCosign: return "It cosigns checkpoints of the log for auditors.";
  }
  return {};
}

std::string describe_new_key(const Json& key) {
  const auto purpose = purpose_from(byte_in(key, "purpose"));
  const auto algorithm = algorithm_from(byte_in(key, "algorithm"));
  const auto bytes = from_hex(value_of(key, "public_key"));
  if (!purpose || !algorithm || !bytes) return "a key of an unknown form";
  return std::string(to_text(*purpose)) + " key " +
         to_text(key_id(*purpose, PublicKey{*algorithm, *bytes})) + " (" +
         std::string(to_text(*algorithm)) + ")";
}

std::string describe_facts(const Json& facts) {
  std::string name = "(without a name)";
  for (const auto& entry : part_in(facts, "legal_names")) {
    if (name == "(without a name)" || value_of(entry, "language") == "en")
      name = value_of(entry, "text");
  }
  std::string out = name + ", " + value_of(facts, "country") + ", " + value_of(facts, "domain");
  for (const char* id : {"ror", "eter", "lei", "deqar"}) {
    if (!value_of(facts, id).empty()) out += std::string(", ") + id + " " + value_of(facts, id);
  }
  return out;
}

using Words = std::string (*)(const BodyView& body, const DescriptionContext& known);

std::string key_add(const BodyView& body, const DescriptionContext& known) {
  const Json key = part_in(body.content, "key");
  const auto purpose = purpose_from(byte_in(key, "purpose"));
  return describe_party(known, body.author) + " adds the " + describe_new_key(key) + ".\n" +
         (purpose ? "From the block on that carries this: " + use_of(*purpose) : std::string{});
}

std::string key_rotate(const BodyView& body, const DescriptionContext& known) {
  const Json key = part_in(body.content, "key");
  const auto purpose = purpose_from(byte_in(key, "purpose"));

  std::string out = describe_party(known, body.author) + " replaces the key " +
                    describe_key(known, value_of(body.content, "retired_key_id")) + " by the " +
                    describe_new_key(key) + ".\n";

  out +=
      "From the block on that carries this the new key counts and the old one signs nothing more; "
      "what it signed "
      "before stands.";

  if (purpose == KeyPurpose::kTransport) {
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
         "What was anchored "
         "before "
         "stands, and so do blocks, sets, parameters and admissions.\nStatus changes that it "
         "signed stand too, but "
         "for " +
         duration_of(known, "compromise_window_ms",
                     "90 days (unless the ledger's parameter is another)") +
         " the root keys may set anything right that was revoked or superseded since then "
         "(testamur issuer status … "
         "--with-root).\nThis cannot be taken back.";
}

std::string key_retire(const BodyView& body, const DescriptionContext& known) {
  const auto since_ms = number_in(body.content, "compromised_since_ms");
  const std::string who = describe_party(known, body.author) + " retires the key " +
                          describe_key(known, value_of(body.content, "key_id"));
  if (since_ms == 0) {
    return who +
           ".\nFrom the block on that carries this it signs nothing more; what it signed before "
           "stands. This cannot be "
           "taken back.";
  }
  return who + " as compromised since " + moment_text(since_ms) + ".\n" +
         describe_compromise(since_ms, known);
}

std::string describe_run(std::uint64_t first, std::uint64_t count) {
  return std::to_string(first) + (count == 1 ? "" : " to " + std::to_string(first + count - 1));
}

// The indexes of a status change as runs, ascending.
std::vector<std::pair<std::uint64_t, std::uint64_t>> runs_of(const Json& content) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> runs;
  for (const auto& value : part_in(part_in(content, "list"), "indexes")) {
    const auto index = value.get<std::uint64_t>();
    const bool joins = !runs.empty() && runs.back().first + runs.back().second == index;
    if (joins) ++runs.back().second;
    if (!joins) runs.emplace_back(index, 1);
  }
  for (const auto& range : part_in(part_in(content, "ranges"), "ranges")) {
    runs.emplace_back(number_in(range, "first"), number_in(range, "count"));
  }
  return runs;
}

std::string status_change(const BodyView& body, const DescriptionContext& known) {
  std::string which;
  for (const auto& [first, count] : runs_of(body.content)) {
    which += (which.empty() ? "" : ", ") + describe_run(first, count);
  }
  if (body.content.contains("bulk"))
    which = "many from " + std::to_string(number_in(body.content["bulk"], "first")) + " on";
  return describe_party(known, body.author) +
         " changes the status of its credentials with the indexes " + which + ": " +
         value_of(body.content, "action") + ", reason " + value_of(body.content, "reason") + ".";
}

// ---- what it awards, whom it recognises, by which rules

std::string text_in(const Json& texts) {
  std::string best;
  for (const auto& entry : texts) {
    if (best.empty() || text_of(entry, "language") == "en") best = text_of(entry, "text");
  }
  return best;
}

std::string describe_credits(std::uint64_t hundredths) {
  const auto rest = hundredths % 100;
  return std::to_string(hundredths / 100) +
         (rest == 0 ? "" : "." + std::string(rest < 10 ? "0" : "") + std::to_string(rest)) +
         " ECTS credits";
}

std::string achievement_publish(const BodyView& body, const DescriptionContext& known) {
  const Json& content = body.content;
  std::string out = describe_party(known, body.author) + " publishes the achievement " +
                    std::to_string(number_in(content, "number")) + "." +
                    std::to_string(number_in(content, "version")) + ", \"" +
                    text_in(part_in(content, "titles")) + "\"";

  if (const auto ects = number_in(content, "ects_hundredths"); ects != 0)
    out += ", " + describe_credits(ects);
  if (const auto level = number_in(content, "eqf_level"); level != 0)
    out += ", EQF level " + std::to_string(level);

  out +=
      ".\nA version is published once and never changed; what it says is compared with every "
      "credential of it.";

  const auto bodies = part_in(content, "awarding_bodies").size();
  if (bodies > 1) out += "\nIt can be issued once the other awarding bodies have co-signed it.";
  return out;
}

std::string achievement_retire(const BodyView& body, const DescriptionContext& known) {
  return describe_party(known, body.author) + " retires its achievement " +
         std::to_string(number_in(body.content, "number")) + "." +
         std::to_string(number_in(body.content, "version")) +
         ".\nNothing more can be issued under this version; what was issued stands. This cannot be "
         "taken back.";
}

std::string achievement_cosign(const BodyView& body, const DescriptionContext& known) {
  const Json& id = part_in(body.content, "achievement");
  return describe_party(known, body.author) + " co-signs the achievement " +
         std::to_string(number_in(id, "number")) + "." + std::to_string(number_in(id, "version")) +
         " of " + describe_party(known, text_of(id, "institution")) + ".";
}

std::string policy_publish(const BodyView& body, const DescriptionContext& known) {
  const auto url = text_of(body.content, "url");
  return describe_party(known, body.author) + " says that it decides by the policy " +
         text_of(body.content, "digest") + (url.empty() ? "" : ", to be read at " + url) +
         ".\nOnly the digest is on the ledger.";
}

// From when until when a statement holds.
std::string describe_period(const Json& content) {
  const auto until_ms = number_in(content, "valid_until_ms");
  return "from " + moment_text(number_in(content, "valid_from_ms")) +
         (until_ms == 0 ? ", without an end" : ", last day: " + last_day_text(until_ms));
}

std::string describe_scope(const Json& content) {
  const Json scope = part_in(content, "scope");

  std::string levels;
  for (unsigned level = 1; level <= 8; ++level) {
    if ((number_in(scope, "eqf_levels") >> (level - 1) & 1U) != 0)
      levels += (levels.empty() ? "" : ", ") + std::to_string(level);
  }

  std::string out;
  if (!text_of(scope, "isced_fields").empty()) out += ", in some fields only";
  if (!levels.empty()) out += ", EQF levels " + levels + " only";
  if (number_in(scope, "award_types") != 0) out += ", for some types of award only";
  if (number_in(scope, "purposes") != 0) out += ", for some purposes only";
  if (!part_in(scope, "achievements").empty()) out += ", for some achievements only";

  return out.empty() ? ", for everything that it awards" : out;
}

std::string describe_slot(const Json& content) {
  const auto slot = number_in(content, "slot");
  return slot == 0 ? ""
                   : " (its statement number " + std::to_string(slot) + " about this institution)";
}

std::string recognition_trust(const BodyView& body, const DescriptionContext& known) {
  const auto depth = number_in(body.content, "depth");
  std::string reach = "its own awards only";
  if (depth == 1) reach = "its own awards, and those of institutions that it recommends";
  if (depth > 1)
    reach = "its own awards, and those of institutions up to " + std::to_string(depth) +
            " steps behind it";
  return describe_party(known, body.author) + " trusts " +
         describe_party(known, text_of(body.content, "subject")) + " with amount " +
         std::to_string(number_in(body.content, "amount")) + " of 120: " + reach + " (depth " +
         std::to_string(depth) + ")" + describe_scope(body.content) + describe_slot(body.content) +
         ", " + describe_period(body.content) + ".";
}

std::string recognition_distrust(const BodyView& body, const DescriptionContext& known) {
  return describe_party(known, body.author) + " distrusts " +
         describe_party(known, text_of(body.content, "subject")) + describe_scope(body.content) +
         describe_slot(body.content) + ": what that institution awards is blocked, " +
         describe_period(body.content) + ".";
}

std::string recognition_end(const BodyView& body, const DescriptionContext& known) {
  return describe_party(known, body.author) + " ends what it said of " +
         describe_party(known, text_of(body.content, "subject")) + describe_slot(body.content) +
         ", from " + moment_text(number_in(body.content, "valid_from_ms")) + " on.";
}

std::string accreditation_accredit(const BodyView& body, const DescriptionContext& known) {
  const auto url = text_of(body.content, "report_url");
  return describe_party(known, body.author) + " accredits " +
         describe_party(known, text_of(body.content, "subject")) + " with amount " +
         std::to_string(number_in(body.content, "amount")) + " of 120" +
         describe_scope(body.content) + ", " + describe_period(body.content) + "." +
         (url.empty() ? "" : "\nThe report is at " + url + ".");
}

std::string accreditation_end(const BodyView& body, const DescriptionContext& known) {
  return describe_party(known, body.author) + " ends " +
         std::to_string(text_of(body.content, "statement_ids").size() / 64) +
         " of its accreditations of " + describe_party(known, text_of(body.content, "subject")) +
         ", from " + moment_text(number_in(body.content, "valid_from_ms")) + " on.";
}

std::string institution_update(const BodyView& body, const DescriptionContext& known) {
  return describe_party(known, body.author) + " replaces its public facts, as a whole, by: " +
         describe_facts(part_in(body.content, "facts")) + ".";
}

std::string institution_register(const BodyView& body, const DescriptionContext& known) {
  std::string out = describe_party(known, body.author) + " sponsors a new institution: " +
                    describe_facts(part_in(body.content, "facts")) + ".\n";
  out +=
      "It may issue from the block on that carries this, and answers for itself; it can be "
      "suspended by a vote.\nIts "
      "keys (" +
      std::to_string(number_in(body.content, "root_threshold")) + " of the root keys sign for it):";
  for (const auto& key : part_in(body.content, "keys")) out += "\n  " + describe_new_key(key);
  return out;
}

std::string institution_list(const BodyView& body, const DescriptionContext& known) {
  return describe_party(known, body.author) +
         " lists an institution that is not on the ledger yet: " +
         describe_facts(part_in(body.content, "facts")) +
         ".\nIt gets no keys and no powers; others can speak of it, for example accredit it.";
}

std::string institution_leave(const BodyView& body, const DescriptionContext& known) {
  return describe_party(known, body.author) +
         " leaves the ledger.\nFrom the block on that carries this it signs nothing more, and its "
         "recognitions of "
         "others no longer "
         "count for what comes later. What it issued stands and can be verified. This cannot be "
         "taken back.";
}

std::string list_of_parties(const Json& ids, const DescriptionContext& known) {
  std::string out;
  for (const auto& id : ids)
    out += (out.empty() ? "" : ", ") +
           describe_party(known, id.is_string() ? id.get<std::string>() : "");
  return out;
}

constexpr const char* kHeirWords =
    "What was said in favour of a predecessor passes to its heir for a while; each viewpoint's own "
    "policy says how "
    "long. "
    "Credentials stay what they are.";

std::string describe_merge(const Json& content, const DescriptionContext& known) {
  return list_of_parties(part_in(content, "predecessors"), known) + " close and become part of " +
         describe_party(known, value_of(content, "heir")) + ".\n" + kHeirWords;
}

std::string describe_split(const Json& content, const DescriptionContext& known) {
  const auto heir = value_of(content, "heir");
  return describe_party(known, value_of(content, "predecessor")) +
         (content.value("closes", false) ? " closes and is succeeded by "
                                         : " stays open; from it come ") +
         list_of_parties(part_in(content, "successors"), known) + "; " +
         (heir.empty() ? "none of them is its heir."
                       : "its heir is " + describe_party(known, heir) + ".\n" + kHeirWords);
}

std::string describe_rename(const Json& content, const DescriptionContext& known) {
  return describe_party(known, value_of(content, "predecessor")) +
         " closes, and the same legal entity goes on as " +
         describe_party(known, value_of(content, "successor")) + ", its heir.\n" + kHeirWords;
}

std::string describe_custody(const Json& content, const DescriptionContext& known) {
  return describe_party(known, value_of(content, "predecessor")) +
         " closes and leaves its records to " +
         describe_party(known, value_of(content, "custodian")) +
         ", who inherits no trust.\nCredentials stay what they are.";
}

template <std::string (*words)(const Json&, const DescriptionContext&)>
std::string consent(const BodyView& body, const DescriptionContext& known) {
  return describe_party(known, body.author) + " agrees to this: " + words(body.content, known) +
         "\nIt takes effect when every party has agreed, each in its own name and within 30 days. "
         "An institution that "
         "closed "
         "never comes back.";
}

std::string governance_propose(const BodyView& body, const DescriptionContext& known) {
  return describe_party(known, body.author) + " proposes, and with that nothing is decided yet.\n" +
         describe_proposal(body.content, known);
}

std::string governance_vote(const BodyView& body, const DescriptionContext& known) {
  const auto bytes = from_hex(value_of(body.content, "proposal_id"));
  const auto id = bytes ? TransactionId::from(*bytes) : std::nullopt;
  const bool approve = body.content.value("approve", false);

  if (body.content.value("veto", false)) {
    return describe_party(known, body.author) + " keeps its root keys: by this veto the proposal " +
           (id ? to_text(*id) : std::string("(unreadable)")) +
           " ends without effect.\nThe next veto is possible after " +
           duration_of(known, "root_veto_window_ms",
                       "90 days (unless the ledger's parameter is another)") +
           ".";
  }

  return describe_party(known, body.author) + " votes " + (approve ? "yes" : "no") +
         " on the proposal " + (id ? to_text(*id) : std::string("(unreadable)")) +
         ".\nWhile the voting is open the last vote counts.";
}

std::string evidence(const BodyView& body, const DescriptionContext& known) {
  return describe_party(known, body.author) +
         " puts evidence on the ledger: two messages signed by one consensus key that no honest "
         "node signs both.\nIt "
         "is recorded "
         "for everybody to see; what follows from it is a vote.";
}

constexpr std::array<std::pair<std::string_view, Words>, 24> kWords = {{
    {"achievement_publish", achievement_publish},
    {"achievement_retire", achievement_retire},
    {"achievement_cosign", achievement_cosign},
    {"policy_publish", policy_publish},
    {"recognition_trust", recognition_trust},
    {"recognition_distrust", recognition_distrust},
    {"recognition_end", recognition_end},
    {"accreditation_accredit", accreditation_accredit},
    {"accreditation_end", accreditation_end},
    {"key_add", key_add},
    {"key_rotate", key_rotate},
    {"key_retire", key_retire},
    {"status_change", status_change},
    {"institution_update", institution_update},
    {"institution_register", institution_register},
    {"institution_list", institution_list},
    {"institution_leave", institution_leave},
    {"succession_merge", consent<describe_merge>},
    {"succession_split", consent<describe_split>},
    {"succession_rename", consent<describe_rename>},
    {"succession_custody", consent<describe_custody>},
    {"governance_propose", governance_propose},
    {"governance_vote", governance_vote},
    {"evidence", evidence},
}};

}  // namespace

std::string describe_party(const DescriptionContext& known, const InstitutionId& id) {
  const auto found = known.names.find(to_text(id));
  if (found == known.names.end()) return to_text(id);
  return one_line(found->second) + " (" + to_text(id) +
         (known.names_unverified ? "; the name is the draft's word)" : ")");
}

std::string describe_party(const DescriptionContext& known, const std::string& hex) {
  const auto bytes = from_hex(hex);
  const auto id = bytes ? InstitutionId::from(*bytes) : std::nullopt;
  return id ? describe_party(known, *id) : "(no institution)";
}

std::string describe_key(const DescriptionContext& known, const std::string& hex) {
  const auto bytes = from_hex(hex);
  const auto id = bytes ? KeyId::from(*bytes) : std::nullopt;
  if (!id) return "(no key)";
  const auto purpose = known.keys.find(to_text(*id));
  return to_text(*id) +
         (purpose == known.keys.end() ? "" : ", a key of purpose " + purpose->second);
}

std::string describe_succession(const std::string& kind, const Json& content,
                                const DescriptionContext& known) {
  if (kind == "succession_merge") return describe_merge(content, known);
  if (kind == "succession_split") return describe_split(content, known);
  if (kind == "succession_rename") return describe_rename(content, known);
  return describe_custody(content, known);
}

std::string describe_transaction(const BodyView& body, const DescriptionContext& known) {
  for (const auto& [kind, words] : kWords) {
    if (kind == body.kind) return words(body, known);
  }
  return describe_party(known, body.author) + " sends a transaction of kind " + body.kind + ":\n" +
         body.content.dump(2);
}

}  // namespace testamur::wallet
