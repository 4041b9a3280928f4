// governance: what the validators decide together (docs/governance.md). Proposals are in governance_proposals.cpp.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "wallet/cli/commands.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/orders.h"
#include "wallet/cli/proposals.h"
#include "wallet/cli/terminal.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

std::string text_in(const Json& json, const char* name) { return json.value(name, std::string{}); }
std::uint64_t number_in(const Json& json, const char* name) { return json.value(name, std::uint64_t{0}); }
Json part_in(const Json& json, const char* name) { return json.value(name, Json::object()); }
std::string name_in(const Json& json, const char* name) {
  const Json part = part_in(json, name);
  const auto text = text_in(part, "name_now");
  return text.empty() ? text_in(part, "id_text") : text;
}

// ---- voting ----------------------------------------------------------------------------------------------------

struct VoteOptions {
  std::string proposal;
  std::string answer;
  DraftOptions draft;
};

struct FoundProposal {
  ExitCode code = ExitCode::kOk;
  TransactionId id;
  Json view;
};
FoundProposal find_proposal(Context& context, Client& client, const std::string& text) {
  const auto id = parse_transaction_id(text);
  if (!id.ok())
    return {fail(context, ExitCode::kUsage, id.message() + " (testamur governance list shows the ids)"), {}, {}};
  auto answer = client.proposal(*id);
  if (auto* failure = std::get_if<CallError>(&answer)) return {fail(context, *failure), {}, {}};
  return {ExitCode::kOk, *id, part_in(std::get<Json>(answer), "proposal")};
}

ExitCode vote(Context& context, const VoteOptions& options) {
  const bool yes = options.answer == "yes";
  if (!yes && options.answer != "no")
    return fail(context, ExitCode::kUsage, "vote yes or no, not \"" + options.answer + "\"");
  Desk desk = sit_down(context);
  if (desk.code != ExitCode::kOk) return desk.code;
  const auto found = find_proposal(context, desk.client, options.proposal);
  if (found.code != ExitCode::kOk) return found.code;
  Errand errand;
  errand.command = "governance vote";
  errand.make = [&](const tx::Envelope& envelope) {
    return tx::build(envelope, tx::VoteContent{found.id, yes, false});
  };
  errand.done = std::string("voted ") + (yes ? "yes" : "no");
  errand.look = [&](const tx::UnsignedTransaction&, const Surroundings&, Order& order) {
    auto around = look_around(desk.client, BodyView{"", part_in(found.view, "proposal"), desk.profile.institution, 0});
    if (auto* known = std::get_if<Surroundings>(&around)) {
      order.words += "\nWhat it is about: " + proposal_words(part_in(found.view, "proposal"), *known);
      order.warnings = proposal_warnings(part_in(found.view, "proposal"), *known);
    }
    order.words += "\nSo far: " + tally_text(found.view) + ".";
  };
  return run_errand(desk, std::move(errand), options.draft);
}

ExitCode veto(Context& context, const VoteOptions& options) {
  Desk desk = sit_down(context);
  if (desk.code != ExitCode::kOk) return desk.code;
  const auto found = find_proposal(context, desk.client, options.proposal);
  if (found.code != ExitCode::kOk) return found.code;
  const Json replacement = part_in(part_in(found.view, "proposal"), "root_replacement");
  if (text_in(replacement, "institution") != desk.profile.institution.hex()) {
    return fail(context, ExitCode::kUsage,
                "only the replacement of one's own root can be vetoed; " + options.proposal +
                    " is no proposal to replace the root of " + desk.profile.name);
  }
  Errand errand;
  errand.command = "governance veto";
  errand.purpose = KeyPurpose::kRoot;
  errand.make = [&](const tx::Envelope& envelope) {
    return tx::build(envelope, tx::VoteContent{found.id, false, true});
  };
  errand.done = "vetoed: the present root keys stay";
  return run_errand(desk, std::move(errand), options.draft);
}

// ---- reading ---------------------------------------------------------------------------------------------------

ExitCode list(Context& context, bool open_only) {
  Client client = context.client();
  auto answer = client.proposals(open_only);
  if (auto* failure = std::get_if<CallError>(&answer)) return fail(context, *failure);
  const Json& json = std::get<Json>(answer);
  std::string text;
  for (const auto& view : json.value("proposals", Json::array())) text += proposal_line(view);
  if (text.empty()) text = open_only ? "no proposal is open\n" : "nothing was ever proposed\n";
  print(context, json, text);
  return ExitCode::kOk;
}

ExitCode show(Context& context, const std::string& text) {
  Client client = context.client();
  const auto found = find_proposal(context, client, text);
  if (found.code != ExitCode::kOk) return found.code;
  const Json proposal = part_in(found.view, "proposal");
  auto around = look_around(client, BodyView{"", proposal, InstitutionId{}, 0});
  if (auto* failure = std::get_if<CallError>(&around)) return fail(context, *failure);
  const auto words = proposal_words(proposal, std::get<Surroundings>(around));
  std::string out = proposal_line(found.view) + words + "\n";
  for (const auto& each : found.view.value("votes", Json::array())) {
    out += "  " + date_time_in(part_in(each, "anchor")) + "  " + name_in(each, "validator") + " votes " +
           (each.value("approve", false) ? toned(Tone::kGood, "yes") : toned(Tone::kBad, "no")) +
           (each.value("counts", true) ? "" : " (no longer a validator: does not count)") + "\n";
  }
  Json json = found.view;
  json["says"] = words;
  print(context, json, out);
  return ExitCode::kOk;
}

std::string ready_line(const Json& ready) {
  return text_in(ready, "id_text") + "  " + name_in(ready, "institution") + ", key " +
         text_in(ready, "consensus_key_id_text") + ", software " + text_in(ready, "software_version") + ", protocol " +
         std::to_string(number_in(ready, "protocol_version")) +
         (ready.value("lapsed", false) ? ", lapsed " : ", until ") + moment_text(number_in(ready, "lapses_ms")) + "\n";
}

ExitCode validators(Context& context) {
  Client client = context.client();
  auto answer = client.validators();
  if (auto* failure = std::get_if<CallError>(&answer)) return fail(context, *failure);
  const Json& json = std::get<Json>(answer);
  const Json seats = json.value("seats", Json::array());
  const auto n = seats.size();
  const Json protocol = part_in(json, "protocol");
  std::string text = "epoch " + std::to_string(number_in(json, "epoch")) + ": " + std::to_string(n) +
                     (n == 1 ? " validator; " : " validators; ") + std::to_string(quorum_of(n)) + " sign a block, " +
                     std::to_string(tolerated_failures(n)) + " may fail, " + std::to_string(votes_needed(n)) +
                     " decide a vote\n";
  for (const auto& seat : seats) {
    text += "  " + name_in(seat, "institution") + " (" + text_in(part_in(seat, "institution"), "id_text") + "), key " +
            text_in(seat, "consensus_key_id_text") + "\n";
    if (seat.contains("ready")) text += "    ready " + ready_line(seat["ready"]);
  }
  text += "protocol version " + std::to_string(number_in(protocol, "in_force"));
  if (number_in(protocol, "activating") != 0) {
    text += "; version " + std::to_string(number_in(protocol, "activating")) + " from block " +
            std::to_string(number_in(protocol, "activation_height"));
  }
  print(context, json, text + "\n");
  return ExitCode::kOk;
}

ExitCode ready(Context& context, const std::string& institution) {
  Client client = context.client();
  std::optional<InstitutionId> only;
  if (!institution.empty()) {
    auto id = id_of_institution(client, institution);
    if (!id.ok()) return fail(context, ExitCode::kUnknown, id.message());
    only = *id;
  }
  auto answer = client.ready(only);
  if (auto* failure = std::get_if<CallError>(&answer)) return fail(context, *failure);
  const Json& json = std::get<Json>(answer);
  std::string text;
  for (const auto& each : json.value("ready", Json::array())) text += ready_line(each);
  print(context, json, text.empty() ? "no node has declared itself ready\n" : text);
  return ExitCode::kOk;
}

ExitCode evidence(Context& context) {
  Client client = context.client();
  auto answer = client.evidence();
  if (auto* failure = std::get_if<CallError>(&answer)) return fail(context, *failure);
  const Json& json = std::get<Json>(answer);
  std::string text;
  for (const auto& each : json.value("evidence", Json::array())) {
    const bool committed = each.contains("anchor");
    text += name_in(each, "validator") + ", epoch " + std::to_string(number_in(each, "epoch")) + ", view " +
            std::to_string(number_in(each, "view")) + ": " + text_in(each, "contradiction") + "\n  " +
            (committed ? "on the ledger since " + date_time_in(part_in(each, "anchor"))
                       : "seen by this node " + moment_text(number_in(each, "seen_ms")) + ", not on the ledger yet") +
            "\n";
  }
  if (!text.empty())
    text += "Nothing happens by itself: governance propose suspend, or validator-set remove or replace, is a vote.\n";
  print(context, json, text.empty() ? "no validator was seen to contradict itself\n" : text);
  return ExitCode::kOk;
}

ExitCode parameters(Context& context) {
  Client client = context.client();
  auto answer = client.parameters();
  if (auto* failure = std::get_if<CallError>(&answer)) return fail(context, *failure);
  const Json& json = std::get<Json>(answer);
  std::string text;
  for (const auto& row : json.value("parameters", Json::array())) {
    const auto name = text_in(row, "name");
    const auto value = number_in(row, "value");
    text +=
        name + " = " + std::to_string(value) + (name.ends_with("_ms") ? "  (" + duration_text(value) + ")" : "") + "\n";
  }
  print(context, json, text);
  return ExitCode::kOk;
}

}  // namespace

std::string date_time_in(const Json& anchor) { return moment_text(number_in(anchor, "time_ms")); }

std::string tally_text(const Json& view) {
  std::uint64_t against = 0;
  for (const auto& each : view.value("votes", Json::array())) {
    against += each.value("counts", true) && !each.value("approve", false) ? 1 : 0;
  }
  return std::to_string(number_in(view, "approvals")) + " of the " +
         std::to_string(number_in(view, "approvals_needed")) + " yes votes that are needed, " +
         std::to_string(against) + " no";
}

std::string proposal_line(const Json& view) {
  const auto state = text_in(view, "state");
  const Json proposal = part_in(view, "proposal");
  const auto effective_ms = number_in(proposal, "effective_ms");
  std::string what = "unknown";
  for (const char* action : {"admission", "validator_set", "parameters", "protocol", "root_replacement", "suspension",
                             "succession_merge", "succession_split", "succession_rename", "succession_custody"}) {
    if (proposal.contains(action)) what = action;
  }
  std::string text = toned(Tone::kStrong, text_in(view, "id_text")) + "  " + what + ", by " +
                     name_in(view, "proposer") + ", " + date_time_in(part_in(view, "proposed")) + "\n  ";
  if (state == "voting") {
    text += "voting until " + moment_text(number_in(proposal, "voting_ends_ms")) + ": " + tally_text(view);
  } else if (state == "passed") {
    text += "passed; takes effect with the first block" +
            (effective_ms == 0 ? std::string(" that may") : " at or after " + moment_text(effective_ms));
  } else if (state == "done") {
    text += "in effect since block " + std::to_string(number_in(view, "ended_height")) + ", " +
            moment_text(number_in(view, "ended_ms"));
  } else if (state == "void") {
    text += "void: on its day the ledger did not allow it any more (" + text_in(view, "reason") + ")";
  } else {
    text += state == "vetoed" ? "vetoed by the root that it would have replaced"
                              : "lapsed: the voting ended without enough yes votes";
  }
  return text + "\n";
}

void add_governance_commands(CLI::App& app, Context& context, Run& run) {
  auto* governance = app.add_subcommand("governance", "What the validators decide together: propose, vote, look");
  governance->require_subcommand(1);
  add_proposal_commands(*governance, context, run);
  auto options = std::make_shared<VoteOptions>();
  auto* voting = governance->add_subcommand("vote", "Vote on a proposal, as a validator; the last vote counts");
  voting->add_option("proposal", options->proposal, "Id (tmx…)")->required();
  voting->add_option("answer", options->answer, "yes or no")->required();
  add_draft_options(*voting, options->draft);
  voting->callback([&context, &run, options] { run = [&context, options] { return vote(context, *options); }; });
  auto* vetoing = governance->add_subcommand("veto", "Keep this institution's root keys: stop a root-replacement");
  vetoing->add_option("proposal", options->proposal, "Id (tmx…)")->required();
  add_draft_options(*vetoing, options->draft);
  vetoing->callback([&context, &run, options] { run = [&context, options] { return veto(context, *options); }; });

  auto text = std::make_shared<std::string>();
  auto open_only = std::make_shared<bool>(false);
  auto* listing = governance->add_subcommand("list", "Proposals, newest first");
  listing->add_flag("--open", *open_only, "Only those that are voted on or wait for their day");
  listing->callback([&context, &run, open_only] { run = [&context, open_only] { return list(context, *open_only); }; });
  auto* showing = governance->add_subcommand("show", "One proposal in words, with its votes");
  showing->add_option("proposal", *text, "Id (tmx…)")->required();
  showing->callback([&context, &run, text] { run = [&context, text] { return show(context, *text); }; });
  governance->add_subcommand("validators", "The set, its keys and the protocol version")->callback([&context, &run] {
    run = [&context] { return validators(context); };
  });
  auto* readying = governance->add_subcommand("ready", "Which nodes have declared themselves ready");
  readying->add_option("institution", *text, "Of one institution: id (tmi…) or domain");
  readying->callback([&context, &run, text] { run = [&context, text] { return ready(context, *text); }; });
  governance->add_subcommand("evidence", "Validators that contradicted themselves")->callback([&context, &run] {
    run = [&context] { return evidence(context); };
  });
  governance->add_subcommand("parameters", "The ledger's limits")->callback([&context, &run] {
    run = [&context] { return parameters(context); };
  });
}

}  // namespace testamur::wallet
