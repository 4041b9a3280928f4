// Proposals in plain words: describe_action() has an overload for each action, so that one without
// words does not compile.
#include <algorithm>

#include "ledger/parameters.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/description/transaction_description.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

std::string count(std::uint64_t number, const char* one) {
  return std::to_string(number) + " " + one + (number == 1 ? "" : "s");
}

const tx::Seat* seat_in(const std::vector<tx::Seat>& seats, const InstitutionId& institution) {
  const auto found = std::ranges::find(seats, institution, &tx::Seat::institution);
  return found == seats.end() ? nullptr : &*found;
}

// "when" of everything that a vote decides.
std::string describe_when(const tx::ProposalContent& proposal) {
  return proposal.effective_ms == 0
             ? "with the first block after the deciding vote"
             : "with the first block at or after " + moment_text(proposal.effective_ms);
}

std::string describe_condition(const tx::ProposalContent& proposal,
                               const DescriptionContext& known) {
  const auto n = known.validators.size();
  std::string who = "more than two thirds of the validators";
  if (n != 0) who = std::to_string(votes_needed(n)) + " of the " + count(n, "validator");
  if (n == 1) who = "the one validator";
  return "If " + who + (n == 1 ? " votes yes before " : " vote yes before ") +
         moment_text(proposal.voting_ends_ms) + ", ";
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

std::string describe_action(const tx::SetChangeContent& change, const tx::ProposalContent& proposal,
                            const DescriptionContext& known) {
  const auto& after = change.seats;
  std::string out;
  const auto add = [&out](const std::string& text) { out += (out.empty() ? "" : "; ") + text; };

  // Without the set in force nothing can be compared, so the whole new one is named.
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
         " The epoch ends with that block.\n"
         "A `ready` that the change names must not have lapsed by then, otherwise the change is "
         "void.";
}

std::string describe_action(const tx::AdmissionContent& admission,
                            const tx::ProposalContent& proposal, const DescriptionContext& known) {
  const auto what = admission.institution_class;
  std::string out = describe_condition(proposal, known) +
                    describe_party(known, admission.institution) + " is admitted to the class " +
                    class_text(what) + " " + describe_when(proposal) + ".";

  // What it has now and keeps no longer.
  const auto now = known.classes.find(to_text(admission.institution));
  if (now != known.classes.end() && now->second == what)
    out += "\nIt is of that class already: nothing would change.";
  const bool loses_role = now != known.classes.end() && now->second != what &&
                          now->second == tx::InstitutionClass::kAccreditor;
  if (loses_role && !admission.retroactive) {
    out +=
        "\nIt is an accreditor now and loses that role with it: what it has accredited no longer "
        "counts from then on.";
  }
  if (now != known.classes.end() && now->second != what &&
      now->second == tx::InstitutionClass::kValidator)
    out += "\nIt may be a validator now and may no longer be one after it.";

  if (what == tx::InstitutionClass::kValidator) {
    out +=
        "\nWith that alone its node does not vote: it runs as an observer, sends `ready`, and a "
        "change of the validator set names its consensus key and that ready.";
  }

  if (admission.retroactive) {
    out +=
        "\nIt loses the role of accreditor as if it had never held it: what it accredited no "
        "longer counts, at any date.";
  }

  if (what == tx::InstitutionClass::kAccreditor)
    out += "\nIt may then accredit institutions and list new ones.";
  return out;
}

std::string describe_value(const std::string& name, std::uint64_t value) {
  const auto text = std::to_string(value);
  return name.ends_with("_ms") ? text + " (" + duration_text(value) + ")" : text;
}

std::string describe_action(const tx::ParameterChangeContent& change,
                            const tx::ProposalContent& proposal, const DescriptionContext& known) {
  std::string out;
  for (const auto& entry : change.values) {
    const std::string name(ledger::row_of(entry.id).name);
    const auto now = known.parameters.find(name);
    out += (out.empty() ? "" : "; ") + name + " changes " +
           (now == known.parameters.end() ? std::string{}
                                          : "from " + describe_value(name, now->second) + " ") +
           "to " + describe_value(name, entry.value);
  }

  return describe_condition(proposal, known) + out + " " + describe_when(proposal) + ".";
}

std::string describe_action(const tx::ProtocolActivationContent& activation,
                            const tx::ProposalContent& proposal, const DescriptionContext& known) {
  const auto version = std::to_string(activation.version);
  const auto height = std::to_string(activation.height.value);
  return describe_condition(proposal, known) + "the ledger follows protocol version " + version +
         " from block " + height +
         " on.\nIt passes only while enough validators for a block have said by `ready` that their "
         "node knows version " +
         version + ". A node that does not know it stops before block " + height +
         " and says so: update it first.";
}

std::string describe_action(const tx::RootReplacementContent& replacement,
                            const tx::ProposalContent& proposal, const DescriptionContext& known) {
  const auto found = known.parameters.find("root_replacement_delay_ms");
  const auto delay = found == known.parameters.end()
                         ? std::string("7 days (unless the ledger's parameter is another)")
                         : duration_text(found->second);

  return describe_condition(proposal, known) + "the root keys of " +
         describe_party(known, replacement.institution) + " are retired and " +
         to_text(key_id(KeyPurpose::kRoot, replacement.key)) +
         " becomes its only root key, no sooner than " + delay +
         " after the vote has passed.\n"
         "Until then its present root can stop this once (testamur governance veto). What was "
         "signed before stands.";
}

std::string describe_action(const tx::SuspensionContent& suspension,
                            const tx::ProposalContent& proposal, const DescriptionContext& known) {
  const auto who = describe_party(known, suspension.institution);

  if (suspension.lift) {
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
  if (seat_in(known.validators, suspension.institution) != nullptr && n > 1) {
    out += "\nIt is a validator and leaves the validator set with that block. " +
           describe_numbers(n, n - 1) + " The epoch ends with that block.";
  }
  return out;
}

std::string describe_action(const tx::SuccessionContent& succession,
                            const tx::ProposalContent& proposal, const DescriptionContext& known) {
  return describe_condition(proposal, known) + "this succession takes effect " +
         describe_when(proposal) + ": " + describe_succession(succession, known) +
         "\nThe vote stands for the predecessors' roots; each successor must have agreed by a "
         "transaction of its own.";
}

std::string name_of(tx::SuccessionKind kind) {
  switch (kind) {
    case tx::SuccessionKind::kMerge: return "succession_merge";
    case tx::SuccessionKind::kSplit: return "succession_split";
    case tx::SuccessionKind::kRename: return "succession_rename";
    case tx::SuccessionKind::kCustody: return "succession_custody";
  }
  return {};
}

// The set after the proposal, where it changes it.
std::optional<std::vector<tx::Seat>> set_after(const tx::ProposalContent& proposal,
                                               const DescriptionContext& known) {
  if (const auto* change = std::get_if<tx::SetChangeContent>(&proposal.action))
    return change->seats;

  const auto* suspension = std::get_if<tx::SuspensionContent>(&proposal.action);
  if (suspension == nullptr || suspension->lift) return std::nullopt;
  auto seats = known.validators;
  const auto sits = [&](const tx::Seat& seat) {
    return seat.institution == suspension->institution;
  };
  if (std::erase_if(seats, sits) == 0) return std::nullopt;
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

std::string proposal_name(const tx::ProposalContent& proposal) {
  const auto* succession = std::get_if<tx::SuccessionContent>(&proposal.action);
  return succession != nullptr ? name_of(succession->kind)
                               : std::string(tx::action_name(proposal.action));
}

std::string describe_proposal(const tx::ProposalContent& proposal,
                              const DescriptionContext& known) {
  return std::visit([&](const auto& action) { return describe_action(action, proposal, known); },
                    proposal.action);
}

std::vector<std::string> proposal_warnings(const tx::ProposalContent& proposal,
                                           const DescriptionContext& known) {
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
          "number that bears more failures is " +
          std::to_string(3 * (f + 1) + 1));
    }

    std::size_t leaving = 0;
    for (const auto& seat : known.validators)
      leaving += seat_in(*after, seat.institution) == nullptr ? 1 : 0;
    if (leaving > 1) warnings.push_back(std::to_string(leaving) + " validators leave at once");
  }

  if (std::holds_alternative<tx::RootReplacementContent>(proposal.action)) {
    warnings.push_back(
        "whoever holds the new key speaks for the institution: make sure by other means whose key "
        "it is");
  }

  return warnings;
}

}  // namespace testamur::wallet
