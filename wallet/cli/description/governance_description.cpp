// Proposals in plain words.
#include <algorithm>
#include <array>

#include "ledger/parameters.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/transaction_description.h"
#include "wallet/client/json_fields.h"

namespace testamur::wallet {
namespace {

std::uint64_t number_in(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_integer() ? found->get<std::uint64_t>() : 0;
}
std::string count(std::uint64_t number, const char* one) {
  return std::to_string(number) + " " + one + (number == 1 ? "" : "s");
}

template <class Id>
std::optional<Id> id_in(const Json& json, const char* name) {
  const auto bytes = from_hex(text_of(json, name));
  return bytes ? Id::from(*bytes) : std::nullopt;
}

// The set that a proposal names.
std::vector<Seat> seats_of(const Json& change) {
  std::vector<Seat> seats;
  for (const auto& entry : change.value("validators", Json::array())) {
    const auto institution = id_in<InstitutionId>(entry, "institution");
    const auto key = id_in<KeyId>(entry, "consensus_key_id");
    if (institution && key) seats.push_back({*institution, *key});
  }
  return seats;
}

const Seat* seat_in(const std::vector<Seat>& seats, const InstitutionId& institution) {
  const auto found = std::ranges::find(seats, institution, &Seat::institution);
  return found == seats.end() ? nullptr : &*found;
}

// "when" of everything that a vote decides.
std::string describe_when(const Json& proposal) {
  const auto effective_ms = number_in(proposal, "effective_ms");
  return effective_ms == 0 ? "with the first block after the deciding vote"
                           : "with the first block at or after " + moment_text(effective_ms);
}

std::string describe_condition(const Json& proposal, const DescriptionContext& known) {
  const auto n = known.validators.size();
  std::string who = "more than two thirds of the validators";
  if (n != 0) who = std::to_string(votes_needed(n)) + " of the " + count(n, "validator");
  if (n == 1) who = "the one validator";
  return "If " + who + (n == 1 ? " votes yes before " : " vote yes before ") +
         moment_text(number_in(proposal, "voting_ends_ms")) + ", ";
}

std::string describe_numbers(std::size_t before, std::size_t after) {
  std::string out = "Blocks will then need " + std::to_string(quorum_of(after)) + " of " +
                    count(after, "validator");
  if (before != 0)
    out += " (now " + std::to_string(quorum_of(before)) + " of " + std::to_string(before) + ")";
  out += ", so " +
         (tolerated_failures(after) == 0 ? std::string("none")
                                         : std::to_string(tolerated_failures(after))) +
         " of " + std::to_string(after) + " may fail at a time";
  if (before != 0) out += " (now " + std::to_string(tolerated_failures(before)) + ")";
  return out + ".";
}

std::string describe_set_change(const Json& change, const Json& proposal,
                                const DescriptionContext& known) {
  const auto after = seats_of(change);
  std::string out;
  const auto add = [&out](const std::string& text) { out += (out.empty() ? "" : "; ") + text; };
  if (known.validators.empty()) {
    std::string members;
    for (const auto& seat : after)
      members += (members.empty() ? "" : ", ") + describe_party(known, seat.institution);
    add("the validator set becomes: " + members);
  } else {
    for (const auto& seat : after) {
      const auto* before = seat_in(known.validators, seat.institution);
      if (before == nullptr)
        add(describe_party(known, seat.institution) + " joins the validator set");
      if (before != nullptr && before->consensus_key != seat.consensus_key) {
        add(describe_party(known, seat.institution) + " votes with a new consensus key, " +
            to_text(seat.consensus_key));
      }
    }
    for (const auto& seat : known.validators) {
      if (seat_in(after, seat.institution) == nullptr)
        add(describe_party(known, seat.institution) + " leaves the validator set");
    }
    if (out.empty()) add("nothing changes");
  }
  return describe_condition(proposal, known) + out + " " + describe_when(proposal) + ".\n" +
         describe_numbers(known.validators.size(), after.size()) +
         " The epoch ends with that block.\nA `ready` that the change names must not have lapsed "
         "by then, otherwise "
         "the change is void.";
}

std::string describe_admission(const Json& admission, const Json& proposal,
                               const DescriptionContext& known) {
  const auto what = text_of(admission, "institution_class");
  std::string out = describe_condition(proposal, known) +
                    describe_party(known, text_of(admission, "institution")) +
                    " is admitted to the class " + what + " " + describe_when(proposal) + ".";
  if (what == "validator") {
    out +=
        "\nWith that alone its node does not vote: it runs as an observer, sends `ready`, and a "
        "change of the "
        "validator set names "
        "its consensus key and that ready.";
  }
  if (admission.value("retroactive", false)) {
    out +=
        "\nIt loses the role of accreditor as if it had never held it: what it accredited no "
        "longer counts, at any "
        "date.";
  }
  if (what == "accreditor") out += "\nIt may then accredit institutions and list new ones.";
  return out;
}

std::string describe_value(const std::string& name, std::uint64_t value) {
  const auto text = std::to_string(value);
  return name.ends_with("_ms") ? text + " (" + duration_text(value) + ")" : text;
}

std::string describe_parameter(const Json& change, const Json& proposal,
                               const DescriptionContext& known) {
  std::string out;
  for (const auto& entry : change.value("parameters", Json::array())) {
    std::string name = "the parameter " + std::to_string(number_in(entry, "id"));
    for (const auto& row : ledger::parameter_rows()) {
      if (static_cast<std::uint64_t>(row.id) == number_in(entry, "id"))
        name = std::string(row.name);
    }
    const auto now = known.parameters.find(name);
    out += (out.empty() ? "" : "; ") + name + " changes " +
           (now == known.parameters.end() ? std::string{}
                                          : "from " + describe_value(name, now->second) + " ") +
           "to " + describe_value(name, number_in(entry, "value"));
  }
  return describe_condition(proposal, known) + out + " " + describe_when(proposal) + ".";
}

std::string describe_protocol(const Json& activation, const Json& proposal,
                              const DescriptionContext& known) {
  const auto version = std::to_string(number_in(activation, "protocol_version"));
  const auto height = std::to_string(number_in(activation, "height"));
  return describe_condition(proposal, known) + "the ledger follows protocol version " + version +
         " from block " + height +
         " on.\nIt passes only while enough validators for a block have said by `ready` that their "
         "node knows "
         "version " +
         version + ". A node that does not know it stops before block " + height +
         " and says so: update it first.";
}

std::string describe_root(const Json& replacement, const Json& proposal,
                          const DescriptionContext& known) {
  const auto found = known.parameters.find("root_replacement_delay_ms");
  const auto delay = found == known.parameters.end()
                         ? std::string("7 days (unless the ledger's parameter is another)")
                         : duration_text(found->second);
  const auto description = replacement.value("key", Json::object());
  const auto bytes = from_hex(text_of(description, "public_key"));
  const auto key =
      bytes ? to_text(key_id(KeyPurpose::kRoot, PublicKey{SignatureAlgorithm::kBip340, *bytes}))
            : "(unreadable)";
  return describe_condition(proposal, known) + "the root keys of " +
         describe_party(known, text_of(replacement, "institution")) + " are retired and " + key +
         " becomes its only root key, no sooner than " + delay +
         " after the vote has passed.\nUntil then its present root can stop this once (testamur "
         "governance veto). What "
         "was signed "
         "before stands.";
}

std::string describe_suspension(const Json& suspension, const Json& proposal,
                                const DescriptionContext& known) {
  const auto id = id_in<InstitutionId>(suspension, "institution").value_or(InstitutionId{});
  const auto who = describe_party(known, id);
  if (suspension.value("lift", false)) {
    return describe_condition(proposal, known) + "the suspension of " + who + " ends " +
           describe_when(proposal) +
           ".\nIt may act again; if it was a validator, a change of the validator set brings its "
           "node back.";
  }
  std::string out = describe_condition(proposal, known) + who + " is suspended " +
                    describe_when(proposal) +
                    ".\nFrom then on it can send nothing, and verdicts say that it is suspended; "
                    "what it issued stays on the ledger.";
  const auto n = known.validators.size();
  if (seat_in(known.validators, id) != nullptr && n > 1) {
    out += "\nIt is a validator and leaves the validator set with that block. " +
           describe_numbers(n, n - 1) + " The epoch ends with that block.";
  }
  return out;
}

template <const char* kind>
std::string succession(const Json& action, const Json& proposal, const DescriptionContext& known) {
  return describe_condition(proposal, known) + "this succession takes effect " +
         describe_when(proposal) + ": " + describe_succession(kind, action, known) +
         "\nThe vote stands for the predecessors' roots; the successors have agreed by "
         "transactions of their own.";
}
constexpr char kMerge[] = "succession_merge";
constexpr char kSplit[] = "succession_split";
constexpr char kRename[] = "succession_rename";
constexpr char kCustody[] = "succession_custody";

using Words = std::string (*)(const Json& action, const Json& proposal,
                              const DescriptionContext& known);
constexpr std::array<std::pair<const char*, Words>, 10> kActions = {{
    {"admission", describe_admission},
    {"validator_set", describe_set_change},
    {"parameters", describe_parameter},
    {"protocol", describe_protocol},
    {"root_replacement", describe_root},
    {"suspension", describe_suspension},
    {kMerge, succession<kMerge>},
    {kSplit, succession<kSplit>},
    {kRename, succession<kRename>},
    {kCustody, succession<kCustody>},
}};

// The set after the proposal, where it changes it.
std::optional<std::vector<Seat>> set_after(const Json& proposal, const DescriptionContext& known) {
  if (proposal.contains("validator_set")) return seats_of(proposal["validator_set"]);
  if (!proposal.contains("suspension") || proposal["suspension"].value("lift", false))
    return std::nullopt;
  const auto id = id_in<InstitutionId>(proposal["suspension"], "institution");
  auto seats = known.validators;
  if (!id || std::erase_if(seats, [&](const Seat& seat) { return seat.institution == *id; }) == 0)
    return std::nullopt;
  return seats;
}

}  // namespace

std::uint64_t votes_needed(std::uint64_t validators) { return 2 * validators / 3 + 1; }
std::uint64_t tolerated_failures(std::uint64_t validators) {
  return validators == 0 ? 0 : (validators - 1) / 3;
}
std::uint64_t quorum_of(std::uint64_t validators) {
  return validators - tolerated_failures(validators);
}

std::string describe_proposal(const Json& proposal, const DescriptionContext& known) {
  for (const auto& [name, words] : kActions) {
    if (proposal.contains(name)) return words(proposal[name], proposal, known);
  }
  return "The proposal asks for something that this program does not know: use a newer one before "
         "you vote.";
}

std::vector<std::string> proposal_warnings(const Json& proposal, const DescriptionContext& known) {
  std::vector<std::string> warnings;
  const auto after = set_after(proposal, known);
  if (after && !known.validators.empty()) {
    const auto before_n = known.validators.size();
    const auto n = after->size();
    const auto f = tolerated_failures(n);
    if (n < 4 && before_n >= 4) {
      warnings.push_back("with " + count(n, "validator") +
                         " no validator may fail or misbehave: one that stops stops the ledger");
    } else if (f < tolerated_failures(before_n)) {
      warnings.push_back("fewer validators may fail at a time than now: " + std::to_string(f) +
                         " instead of " + std::to_string(tolerated_failures(before_n)));
    } else if (n > before_n && f == tolerated_failures(before_n) &&
               quorum_of(n) > quorum_of(before_n)) {
      warnings.push_back(
          "one more validator is needed for every block, but no more than now may fail; the next "
          "number that bears "
          "more failures is " +
          std::to_string(3 * (f + 1) + 1));
    }
    std::size_t leaving = 0;
    for (const auto& seat : known.validators)
      leaving += seat_in(*after, seat.institution) == nullptr ? 1 : 0;
    if (leaving > 1) warnings.push_back(std::to_string(leaving) + " validators leave at once");
  }
  if (proposal.contains("root_replacement")) {
    warnings.push_back(
        "whoever holds the new key speaks for the institution: make sure by other means whose key "
        "it is");
  }
  return warnings;
}

}  // namespace testamur::wallet
