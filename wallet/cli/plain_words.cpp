#include "wallet/cli/plain_words.h"

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
std::string value_of(const Json& object, const char* name) { return one_line(text_of(object, name)); }

std::uint64_t number_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_integer() ? found->get<std::uint64_t>() : 0;
}
Json part_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() ? *found : Json::object();
}

std::string duration_of(const Surroundings& around, const char* parameter, const char* otherwise) {
  const auto found = around.parameters.find(parameter);
  return found == around.parameters.end() ? otherwise : duration_text(found->second);
}

// What a key of this purpose is for, from the block on that registers it.
std::string use_of(KeyPurpose purpose) {
  switch (purpose) {
    case KeyPurpose::kRoot: return "It counts among the root keys, which together add, rotate and retire keys.";
    case KeyPurpose::kIssue: return "It signs issuances and changes of status.";
    case KeyPurpose::kGovern: return "It signs recognitions, accreditations, achievements and votes.";
    case KeyPurpose::kConsensus:
      return "Nothing votes with it yet: its node sends `ready`, and a change of the validator set names key and "
             "ready.";
    case KeyPurpose::kTransport: return "The node that holds it may connect to the other nodes.";
    case KeyPurpose::kCredential: return "Credentials that it signs are the institution's.";
    case KeyPurpose::kCosign: return "It cosigns checkpoints of the log for auditors.";
  }
  return {};
}

std::string new_key_words(const Json& key) {
  const auto purpose = purpose_from(static_cast<std::uint8_t>(number_in(key, "purpose")));
  const auto algorithm = algorithm_from(static_cast<std::uint8_t>(number_in(key, "algorithm")));
  const auto bytes = from_hex(value_of(key, "public_key"));
  if (!purpose || !algorithm || !bytes) return "a key of an unknown form";
  return std::string(to_text(*purpose)) + " key " + to_text(key_id(*purpose, PublicKey{*algorithm, *bytes})) + " (" +
         std::string(to_text(*algorithm)) + ")";
}

std::string facts_words(const Json& facts) {
  std::string name = "(without a name)";
  for (const auto& entry : part_in(facts, "legal_names")) {
    if (name == "(without a name)" || value_of(entry, "language") == "en") name = value_of(entry, "text");
  }
  std::string out = name + ", " + value_of(facts, "country") + ", " + value_of(facts, "domain");
  for (const char* id : {"ror", "eter", "lei", "deqar"}) {
    if (!value_of(facts, id).empty()) out += std::string(", ") + id + " " + value_of(facts, id);
  }
  return out;
}

using Words = std::string (*)(const BodyView& body, const Surroundings& around);

std::string key_add(const BodyView& body, const Surroundings& around) {
  const Json key = part_in(body.content, "key");
  const auto purpose = purpose_from(static_cast<std::uint8_t>(number_in(key, "purpose")));
  return party_words(around, body.author) + " adds the " + new_key_words(key) + ".\n" +
         (purpose ? "From the block on that carries this: " + use_of(*purpose) : std::string{});
}

std::string key_rotate(const BodyView& body, const Surroundings& around) {
  const Json key = part_in(body.content, "key");
  const auto purpose = purpose_from(static_cast<std::uint8_t>(number_in(key, "purpose")));
  std::string out = party_words(around, body.author) + " replaces the key " +
                    key_words(around, value_of(body.content, "retired_key_id")) + " by the " + new_key_words(key) +
                    ".\n";
  out +=
      "From the block on that carries this the new key counts and the old one signs nothing more; what it signed "
      "before stands.";
  if (purpose == KeyPurpose::kTransport) {
    out += "\nOther nodes admit the old transport key for another " +
           duration_of(around, "transport_overlap_ms", "30 days (unless the ledger's parameter is another)") +
           ", so that there is time to install the new one.";
  }
  return out;
}

std::string compromise_words(std::uint64_t since_ms, const Surroundings& around) {
  return "Everything that it signed and that was anchored at or after " + moment_text(since_ms) +
         " counts as void in every verdict from then on: issuances, recognitions, accreditations. What was anchored "
         "before "
         "stands, and so do blocks, sets, parameters and admissions.\nStatus changes that it signed stand too, but "
         "for " +
         duration_of(around, "compromise_window_ms", "90 days (unless the ledger's parameter is another)") +
         " the root keys may set anything right that was revoked or superseded since then (testamur issuer status … "
         "--with-root).\nThis cannot be taken back.";
}

std::string key_retire(const BodyView& body, const Surroundings& around) {
  const auto since_ms = number_in(body.content, "compromised_since_ms");
  const std::string who =
      party_words(around, body.author) + " retires the key " + key_words(around, value_of(body.content, "key_id"));
  if (since_ms == 0) {
    return who +
           ".\nFrom the block on that carries this it signs nothing more; what it signed before stands. This cannot be "
           "taken back.";
  }
  return who + " as compromised since " + moment_text(since_ms) + ".\n" + compromise_words(since_ms, around);
}

std::string status_change(const BodyView& body, const Surroundings& around) {
  const Json list = part_in(part_in(body.content, "list"), "indexes");
  std::string which;
  for (const auto& index : list) which += (which.empty() ? "" : ", ") + std::to_string(index.get<std::uint64_t>());
  for (const auto& range : part_in(part_in(body.content, "ranges"), "ranges")) {
    which += (which.empty() ? "" : ", ") + std::to_string(number_in(range, "first")) + " and the next " +
             std::to_string(number_in(range, "count") - 1);
  }
  if (body.content.contains("bulk"))
    which = "many from " + std::to_string(number_in(body.content["bulk"], "first")) + " on";
  return party_words(around, body.author) + " changes the status of its credentials with the indexes " + which + ": " +
         value_of(body.content, "action") + ", reason " + value_of(body.content, "reason") + ".";
}

std::string institution_update(const BodyView& body, const Surroundings& around) {
  return party_words(around, body.author) +
         " replaces its public facts, as a whole, by: " + facts_words(part_in(body.content, "facts")) + ".";
}

std::string institution_register(const BodyView& body, const Surroundings& around) {
  std::string out = party_words(around, body.author) +
                    " sponsors a new institution: " + facts_words(part_in(body.content, "facts")) + ".\n";
  out +=
      "It may issue from the block on that carries this, and answers for itself; it can be suspended by a vote.\nIts "
      "keys (" +
      std::to_string(number_in(body.content, "root_threshold")) + " of the root keys sign for it):";
  for (const auto& key : part_in(body.content, "keys")) out += "\n  " + new_key_words(key);
  return out;
}

std::string institution_list(const BodyView& body, const Surroundings& around) {
  return party_words(around, body.author) +
         " lists an institution that is not on the ledger yet: " + facts_words(part_in(body.content, "facts")) +
         ".\nIt gets no keys and no powers; others can speak of it, for example accredit it.";
}

std::string institution_leave(const BodyView& body, const Surroundings& around) {
  return party_words(around, body.author) +
         " leaves the ledger.\nFrom the block on that carries this it signs nothing more, and its recognitions of "
         "others no longer "
         "count for what comes later. What it issued stands and can be verified. This cannot be taken back.";
}

std::string list_of_parties(const Json& ids, const Surroundings& around) {
  std::string out;
  for (const auto& id : ids)
    out += (out.empty() ? "" : ", ") + party_words(around, id.is_string() ? id.get<std::string>() : "");
  return out;
}

constexpr const char* kHeirWords =
    "What was said in favour of a predecessor passes to its heir for a while; each viewpoint's own policy says how "
    "long. "
    "Credentials stay what they are.";

std::string merge_words(const Json& content, const Surroundings& around) {
  return list_of_parties(part_in(content, "predecessors"), around) + " close and become part of " +
         party_words(around, value_of(content, "heir")) + ".\n" + kHeirWords;
}

std::string split_words(const Json& content, const Surroundings& around) {
  const auto heir = value_of(content, "heir");
  return party_words(around, value_of(content, "predecessor")) +
         (content.value("closes", false) ? " closes and is succeeded by " : " stays open; from it come ") +
         list_of_parties(part_in(content, "successors"), around) + "; " +
         (heir.empty() ? "none of them is its heir." : "its heir is " + party_words(around, heir) + ".\n" + kHeirWords);
}

std::string rename_words(const Json& content, const Surroundings& around) {
  return party_words(around, value_of(content, "predecessor")) + " closes, and the same legal entity goes on as " +
         party_words(around, value_of(content, "successor")) + ", its heir.\n" + kHeirWords;
}

std::string custody_words(const Json& content, const Surroundings& around) {
  return party_words(around, value_of(content, "predecessor")) + " closes and leaves its records to " +
         party_words(around, value_of(content, "custodian")) +
         ", who inherits no trust.\nCredentials stay what they are.";
}

template <std::string (*words)(const Json&, const Surroundings&)>
std::string consent(const BodyView& body, const Surroundings& around) {
  return party_words(around, body.author) + " agrees to this: " + words(body.content, around) +
         "\nIt takes effect when every party has agreed, each in its own name and within 30 days. An institution that "
         "closed "
         "never comes back.";
}

std::string governance_propose(const BodyView& body, const Surroundings& around) {
  return party_words(around, body.author) + " proposes, and with that nothing is decided yet.\n" +
         proposal_words(body.content, around);
}

std::string governance_vote(const BodyView& body, const Surroundings& around) {
  const auto bytes = from_hex(value_of(body.content, "proposal_id"));
  const auto id = bytes ? TransactionId::from(*bytes) : std::nullopt;
  const bool approve = body.content.value("approve", false);
  if (body.content.value("veto", false)) {
    return party_words(around, body.author) + " keeps its root keys: by this veto the proposal " +
           (id ? to_text(*id) : std::string("(unreadable)")) +
           " ends without effect.\nThe next veto is possible after " +
           duration_of(around, "root_veto_window_ms", "90 days (unless the ledger's parameter is another)") + ".";
  }
  return party_words(around, body.author) + " votes " + (approve ? "yes" : "no") + " on the proposal " +
         (id ? to_text(*id) : std::string("(unreadable)")) + ".\nWhile the voting is open the last vote counts.";
}

std::string evidence(const BodyView& body, const Surroundings& around) {
  return party_words(around, body.author) +
         " puts evidence on the ledger: two messages signed by one consensus key that no honest node signs both.\nIt "
         "is recorded "
         "for everybody to see; what follows from it is a vote.";
}

constexpr std::array<std::pair<std::string_view, Words>, 15> kWords = {{
    {"key_add", key_add},
    {"key_rotate", key_rotate},
    {"key_retire", key_retire},
    {"status_change", status_change},
    {"institution_update", institution_update},
    {"institution_register", institution_register},
    {"institution_list", institution_list},
    {"institution_leave", institution_leave},
    {"succession_merge", consent<merge_words>},
    {"succession_split", consent<split_words>},
    {"succession_rename", consent<rename_words>},
    {"succession_custody", consent<custody_words>},
    {"governance_propose", governance_propose},
    {"governance_vote", governance_vote},
    {"evidence", evidence},
}};

}  // namespace

std::string party_words(const Surroundings& around, const InstitutionId& id) {
  const auto found = around.names.find(to_text(id));
  if (found == around.names.end()) return to_text(id);
  return one_line(found->second) + " (" + to_text(id) +
         (around.names_are_hearsay ? "; the name is the draft's word)" : ")");
}

std::string party_words(const Surroundings& around, const std::string& hex) {
  const auto bytes = from_hex(hex);
  const auto id = bytes ? InstitutionId::from(*bytes) : std::nullopt;
  return id ? party_words(around, *id) : "(no institution)";
}

std::string key_words(const Surroundings& around, const std::string& hex) {
  const auto bytes = from_hex(hex);
  const auto id = bytes ? KeyId::from(*bytes) : std::nullopt;
  if (!id) return "(no key)";
  const auto purpose = around.keys.find(to_text(*id));
  return to_text(*id) + (purpose == around.keys.end() ? "" : ", a key of purpose " + purpose->second);
}

std::string succession_words(const std::string& kind, const Json& content, const Surroundings& around) {
  if (kind == "succession_merge") return merge_words(content, around);
  if (kind == "succession_split") return split_words(content, around);
  if (kind == "succession_rename") return rename_words(content, around);
  return custody_words(content, around);
}

std::string plain_words(const BodyView& body, const Surroundings& around) {
  for (const auto& [kind, words] : kWords) {
    if (kind == body.kind) return words(body, around);
  }
  return party_words(around, body.author) + " sends a transaction of kind " + body.kind + ":\n" + body.content.dump(2);
}

}  // namespace testamur::wallet
