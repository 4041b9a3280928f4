// governance: what the validators decide together (docs/governance.md). Proposals are in
// governance_proposals.cpp.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "wallet/cli/commands/commands.h"
#include "wallet/cli/commands/proposals.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/terminal.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

std::string text_in(const Json& json, const char* name) { return json.value(name, std::string{}); }
std::uint64_t number_in(const Json& json, const char* name) {
  return json.value(name, std::uint64_t{0});
}
Json part_in(const Json& json, const char* name) { return json.value(name, Json::object()); }
std::string name_in(const Json& json, const char* name) {
  const Json part = part_in(json, name);
  const auto text = text_in(part, "name_now");
  return text.empty() ? text_in(part, "id_text") : text;
}

// ---- voting

struct VoteOptions {
  Given<std::string> proposal;
  Given<std::string> answer;
  DraftOptions draft;
};

struct FoundProposal {
  TransactionId id;
  Json view;
};
Attempt<FoundProposal> find_proposal(Client& client, const std::string& text) {
  const auto id = parse_transaction_id(text);
  if (!id.ok())
    return Failure{ExitCode::kUsage, id.message() + " (testamur governance list shows the ids)"};
  TM_TRY(const auto answer, asked(client.proposal(*id)));
  return FoundProposal{*id, part_in(answer, "proposal")};
}

Outcome vote(Context& context, const VoteOptions& options) {
  const bool yes = *options.answer == "yes";
  if (!yes && *options.answer != "no") {
    return Failure{ExitCode::kUsage, "vote yes or no, not \"" + *options.answer + "\""};
  }
  TM_TRY(auto session, open_issuer_session(context));
  TM_TRY(const auto found, find_proposal(session.client, options.proposal));
  TransactionRequest request;
  request.command = "governance vote";
  request.make = [&](const tx::Envelope& envelope) {
    return tx::build(envelope, tx::VoteContent{found.id, yes, false});
  };
  request.done = std::string("voted ") + (yes ? "yes" : "no");
  request.complete_description = [&](const tx::UnsignedTransaction&, const DescriptionContext&,
                                     Description& description) -> Attempt<void> {
    const Json proposal = part_in(found.view, "proposal");
    TM_TRY(const auto known,
           asked(fetch_description_context(
               session.client, BodyView{"", proposal, session.profile.institution, 0})));
    description.text += "\nWhat it is about: " + describe_proposal(proposal, known);
    description.text += "\nSo far: " + tally_text(found.view) + ".";
    description.warnings = proposal_warnings(proposal, known);
    return {};
  };
  return confirm_sign_send(session, std::move(request), options.draft);
}

Outcome veto(Context& context, const VoteOptions& options) {
  TM_TRY(auto session, open_issuer_session(context));
  TM_TRY(const auto found, find_proposal(session.client, options.proposal));
  const Json replacement = part_in(part_in(found.view, "proposal"), "root_replacement");
  if (text_in(replacement, "institution") != session.profile.institution.hex()) {
    return Failure{ExitCode::kUsage,
                   "only the replacement of one's own root can be vetoed; " + *options.proposal +
                       " is no proposal to replace the root of " + session.profile.name};
  }
  TransactionRequest request;
  request.command = "governance veto";
  request.purpose = KeyPurpose::kRoot;
  request.make = [&](const tx::Envelope& envelope) {
    return tx::build(envelope, tx::VoteContent{found.id, false, true});
  };
  request.done = "vetoed: the present root keys stay";
  return confirm_sign_send(session, std::move(request), options.draft);
}

// ---- reading

Outcome list(Context& context, bool open_only) {
  Client client = context.client();
  TM_TRY(const auto json, asked(client.proposals(open_only)));
  std::string text;
  for (const auto& view : json.value("proposals", Json::array())) text += proposal_line(view);
  if (text.empty()) text = open_only ? "no proposal is open\n" : "nothing was ever proposed\n";
  return Reply{json, text};
}

Outcome show(Context& context, const std::string& text) {
  Client client = context.client();
  TM_TRY(const auto found, find_proposal(client, text));
  const Json proposal = part_in(found.view, "proposal");
  TM_TRY(const auto known,
         asked(fetch_description_context(client, BodyView{"", proposal, InstitutionId{}, 0})));
  const auto description_text = describe_proposal(proposal, known);
  std::string out = proposal_line(found.view) + description_text + "\n";
  for (const auto& each : found.view.value("votes", Json::array())) {
    out += "  " + date_time_in(part_in(each, "anchor")) + "  " + name_in(each, "validator") +
           " votes " +
           (each.value("approve", false) ? toned(Tone::kGood, "yes") : toned(Tone::kBad, "no")) +
           (each.value("counts", true) ? "" : " (no longer a validator: does not count)") + "\n";
  }
  Json json = found.view;
  json["says"] = description_text;
  return Reply{json, out};
}

std::string ready_line(const Json& ready) {
  return text_in(ready, "id_text") + "  " + name_in(ready, "institution") + ", key " +
         text_in(ready, "consensus_key_id_text") + ", software " +
         text_in(ready, "software_version") + ", protocol " +
         std::to_string(number_in(ready, "protocol_version")) +
         (ready.value("lapsed", false) ? ", lapsed " : ", until ") +
         moment_text(number_in(ready, "lapses_ms")) + "\n";
}

Outcome validators(Context& context) {
  Client client = context.client();
  TM_TRY(const auto json, asked(client.validators()));
  const Json seats = json.value("seats", Json::array());
  const auto n = seats.size();
  const Json protocol = part_in(json, "protocol");
  std::string text = "epoch " + std::to_string(number_in(json, "epoch")) + ": " +
                     std::to_string(n) + (n == 1 ? " validator; " : " validators; ") +
                     std::to_string(quorum_of(n)) + " sign a block, " +
                     std::to_string(tolerated_failures(n)) + " may fail, " +
                     std::to_string(votes_needed(n)) + " decide a vote\n";
  for (const auto& seat : seats) {
    text += "  " + name_in(seat, "institution") + " (" +
            text_in(part_in(seat, "institution"), "id_text") + "), key " +
            text_in(seat, "consensus_key_id_text") + "\n";
    if (seat.contains("ready")) text += "    ready " + ready_line(seat["ready"]);
  }
  text += "protocol version " + std::to_string(number_in(protocol, "in_force"));
  if (number_in(protocol, "activating") != 0) {
    text += "; version " + std::to_string(number_in(protocol, "activating")) + " from block " +
            std::to_string(number_in(protocol, "activation_height"));
  }
  return Reply{json, text + "\n"};
}

Outcome ready(Context& context, const std::string& institution) {
  Client client = context.client();
  std::optional<InstitutionId> only;
  if (!institution.empty()) {
    TM_TRY(only, institution_named(client, "institution", institution));
  }
  TM_TRY(const auto json, asked(client.ready(only)));
  std::string text;
  for (const auto& each : json.value("ready", Json::array())) text += ready_line(each);
  return Reply{json, text.empty() ? "no node has declared itself ready\n" : text};
}

Outcome evidence(Context& context) {
  Client client = context.client();
  TM_TRY(const auto json, asked(client.evidence()));
  std::string text;
  for (const auto& each : json.value("evidence", Json::array())) {
    const bool committed = each.contains("anchor");
    text += name_in(each, "validator") + ", epoch " + std::to_string(number_in(each, "epoch")) +
            ", view " + std::to_string(number_in(each, "view")) + ": " +
            text_in(each, "contradiction") + "\n  " +
            (committed ? "on the ledger since " + date_time_in(part_in(each, "anchor"))
                       : "seen by this node " + moment_text(number_in(each, "seen_ms")) +
                             ", not on the ledger yet") +
            "\n";
  }
  if (!text.empty())
    text +=
        "Nothing happens by itself: governance propose suspend, or validator-set remove or "
        "replace, is a vote.\n";
  return Reply{json, text.empty() ? "no validator was seen to contradict itself\n" : text};
}

Outcome parameters(Context& context) {
  Client client = context.client();
  TM_TRY(const auto json, asked(client.parameters()));
  std::string text;
  for (const auto& row : json.value("parameters", Json::array())) {
    const auto name = text_in(row, "name");
    const auto value = number_in(row, "value");
    text += name + " = " + std::to_string(value) +
            (name.ends_with("_ms") ? "  (" + duration_text(value) + ")" : "") + "\n";
  }
  return Reply{json, text};
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
  for (const char* action :
       {"admission", "validator_set", "parameters", "protocol", "root_replacement", "suspension",
        "succession_merge", "succession_split", "succession_rename", "succession_custody"}) {
    if (proposal.contains(action)) what = action;
  }
  std::string text = toned(Tone::kStrong, text_in(view, "id_text")) + "  " + what + ", by " +
                     name_in(view, "proposer") + ", " + date_time_in(part_in(view, "proposed")) +
                     "\n  ";
  if (state == "voting") {
    text += "voting until " + moment_text(number_in(proposal, "voting_ends_ms")) + ": " +
            tally_text(view);
  } else if (state == "passed") {
    text += "passed; takes effect with the first block" +
            (effective_ms == 0 ? std::string(" that may")
                               : " at or after " + moment_text(effective_ms));
  } else if (state == "done") {
    text += "in effect since block " + std::to_string(number_in(view, "ended_height")) + ", " +
            moment_text(number_in(view, "ended_ms"));
  } else if (state == "void") {
    text +=
        "void: on its day the ledger did not allow it any more (" + text_in(view, "reason") + ")";
  } else {
    text += state == "vetoed" ? "vetoed by the root that it would have replaced"
                              : "lapsed: the voting ended without enough yes votes";
  }
  return text + "\n";
}

void add_governance_commands(CLI::App& app, Context& context, Run& run) {
  auto* governance =
      app.add_subcommand("governance", "What the validators decide together: propose, vote, look");
  governance->require_subcommand(1);
  add_proposal_commands(*governance, context, run);
  auto options = std::make_shared<VoteOptions>();
  auto* voting = governance->add_subcommand(
      "vote", "Vote on a proposal, as a validator; the last vote counts");
  option(*voting, "proposal", options->proposal, "Id (tmx…)")->required();
  option(*voting, "answer", options->answer, "yes or no")->required();
  add_draft_options(*voting, options->draft);
  voting->callback(
      [&context, &run, options] { run = [&context, options] { return vote(context, *options); }; });
  auto* vetoing = governance->add_subcommand(
      "veto", "Keep this institution's root keys: stop a root-replacement");
  option(*vetoing, "proposal", options->proposal, "Id (tmx…)")->required();
  add_draft_options(*vetoing, options->draft);
  vetoing->callback(
      [&context, &run, options] { run = [&context, options] { return veto(context, *options); }; });

  auto text = std::make_shared<Given<std::string>>();
  auto open_only = std::make_shared<Given<bool>>();
  auto* listing = governance->add_subcommand("list", "Proposals, newest first");
  flag(*listing, "--open", *open_only, "Only those that are voted on or wait for their day");
  listing->callback([&context, &run, open_only] {
    run = [&context, open_only] { return list(context, *open_only); };
  });
  auto* showing = governance->add_subcommand("show", "One proposal in words, with its votes");
  option(*showing, "proposal", *text, "Id (tmx…)")->required();
  showing->callback(
      [&context, &run, text] { run = [&context, text] { return show(context, *text); }; });
  governance->add_subcommand("validators", "The set, its keys and the protocol version")
      ->callback([&context, &run] { run = [&context] { return validators(context); }; });
  auto* readying =
      governance->add_subcommand("ready", "Which nodes have declared themselves ready");
  option(*readying, "institution", *text, "Of one institution: id (tmi…) or domain");
  readying->callback(
      [&context, &run, text] { run = [&context, text] { return ready(context, *text); }; });
  governance->add_subcommand("evidence", "Validators that contradicted themselves")
      ->callback([&context, &run] { run = [&context] { return evidence(context); }; });
  governance->add_subcommand("parameters", "The ledger's limits")->callback([&context, &run] {
    run = [&context] { return parameters(context); };
  });
}

}  // namespace testamur::wallet
