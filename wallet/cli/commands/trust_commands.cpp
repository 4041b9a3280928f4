// trust: what this institution says of others, and what follows from it.
#include <algorithm>
#include <memory>

#include "common/visible.h"
#include "trust/scope.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/commands/explain_command.h"
#include "wallet/cli/commands/statement_options.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/awards/award_register.h"
#include "wallet/cli/flow/local_view.h"
#include "wallet/cli/flow/own_files.h"
#include "wallet/cli/flow/standing_statements.h"
#include "wallet/cli/flow/statement_periods.h"
#include "wallet/cli/flow/statement_warnings.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/flow/viewpoint.h"
#include "wallet/cli/terminal.h"
#include "wallet/verify/verdict.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

struct TrustOptions : StatementOptions {
  Given<unsigned> slot{0};
  DraftOptions draft;
};
struct ExplainOptions {
  Given<std::string> issuer;
  Given<std::string> viewpoint;
  Given<std::string> achievement;
  Given<std::string> at;
  Given<std::vector<std::string>> fields;
  Given<std::vector<std::uint32_t>> levels;
  Given<std::vector<std::string>> award_types;
  Given<std::string> purpose;
  Given<std::string> policy_file;
  Given<std::string> graph_file;
  Given<std::vector<std::string>> assume;
  Given<std::string> svg;
  Given<std::string> dot;

  // A policy, a drawing or a "what if" is answered here and not by the node.
  bool is_own() const {
    return !policy_file->empty() || !svg->empty() || !dot->empty() || !assume->empty() ||
           !graph_file->empty();
  }
};

// The point as the options spell it, and the achievement's where one is named.
Attempt<trust::ScopePoint> asked_point(Client& client, const DecideQuery& query) {
  trust::ScopePoint point;

  if (query.achievement) {
    TM_TRY(const auto answer,
           asked(client.achievement(*query.achievement), to_text(*query.achievement)));
    if (!answer.point_known) {
      return Failure{ExitCode::kFailure,
                     "the node does not say what " + to_text(*query.achievement) + " is about"};
    }
    point = answer.point;
  }

  // What is given beside the achievement takes the place of its own value, not a place beside it.
  if (!query.fields.empty()) point.fields = {};
  for (const auto& code : query.fields) {
    TM_TRY(const auto field, trust::parse_own_field(code));
    point.fields = point.fields | field;
  }

  if (!query.levels.empty()) point.level = 0;
  for (const auto level : query.levels) {
    if (level == 0 || level > trust::kMaxLevel)
      return error("--level is 1 to 8, not " + std::to_string(level));
    point.level = std::max(point.level, static_cast<std::uint8_t>(level));
  }

  for (const auto& name : query.award_types) {
    TM_TRY(point.award_type, trust::parse_award_type(name));
  }

  if (!query.purpose.empty()) {
    TM_TRY(point.purpose, trust::parse_purpose(query.purpose));
  }

  return point;
}

Outcome explain_own(Context& context, Client& client, const ExplainOptions& options,
                    const DecideQuery& query, const OwnFiles& files) {
  OwnQuestion question;

  TM_TRY(question.point, asked_point(client, query));

  question.issuer = query.issuer;
  question.viewpoint = query.viewpoint;
  question.at_time_ms = query.at_time_ms;
  question.assume = options.assume;
  question.svg = options.svg;
  question.dot = options.dot;
  for (const auto& drawing : {question.svg, question.dot})
    if (!drawing.empty()) TM_TRY_STATUS(may_save_named_file(context, drawing));

  TM_TRY_STATUS(refuse_unread_options(context));

  if (!question.viewpoint && files.policy_file.empty()) {
    TM_TRY(const auto status, asked(client.status()));
    if (status.institution.is_named()) question.viewpoint = status.institution.id;
  }

  return explain_by_own_policy(context, client, question, files);
}

Attempt<tx::StatementContent> make_statement(Context& context, Client& client,
                                             const TrustOptions& options, tx::StatementKind kind) {
  tx::StatementContent content;
  content.kind = kind;

  TM_TRY(content.subject, institution_named(client, "institution", options.subject));

  if (*options.slot > 0xffff)
    return error("--slot is 0 to 65535, not " + std::to_string(*options.slot));
  content.slot = static_cast<std::uint16_t>(*options.slot);

  if (kind == tx::StatementKind::kTrust) {
    // Full trust is the most that can be given away: somebody has to have said it, or to read it.
    if (context.yes && !options.amount->has_value())
      return error(
          "say how much with --amount 1 to 120: 120 is full trust, with 60 two such friends are "
          "needed. With --yes nobody is asked whether full trust is meant; nothing was done");
    TM_TRY(const auto amounts, parse_amounts(options));
    content.amount = amounts.amount;
    content.depth = amounts.depth;
  }

  // An end empties its slot and has neither scope nor last day.
  if (kind != tx::StatementKind::kEnd) {
    TM_TRY(content.scope, parse_scope(options));
    TM_TRY(content.valid_until_ms, parse_statement_until(options.until, context.now_ms()));
  }

  TM_TRY(content.valid_from_ms, parse_statement_from(options.from, context.now_ms()));
  TM_TRY(content.reason, parse_reason(options.reason));

  return content;
}

std::string sentence(const tx::StatementContent& content, const std::string& subject) {
  switch (content.kind) {
    case tx::StatementKind::kTrust:
      return "trusts " + subject + " for " + to_text(content.scope) + " with amount " +
             std::to_string(content.amount) + " and depth " + std::to_string(content.depth) +
             (content.depth == 0 ? " (its own awards only)" : "");
    case tx::StatementKind::kDistrust:
      return "distrusts " + subject + " for " + to_text(content.scope) + ": its awards are blocked";
    default: return "ends what it said of " + subject + " in this slot";
  }
}

// The ledger takes an end of what has ended, and keeps it for good; it says nothing to anybody.
Attempt<bool> has_ended_already(const StatementsAnswer& ever, const tx::StatementContent& content,
                                const std::string& author, const std::string& subject) {
  if (!recognition_periods(ever, content.slot, content.valid_from_ms).empty()) return false;
  if (was_recognized(ever, content.slot)) return true;
  return Failure{ExitCode::kUsage,
                 author + " never said anything of " + subject + " in slot " +
                     std::to_string(content.slot) +
                     ": there is nothing to withdraw, and nothing was sent. Another slot is named "
                     "by --slot",
                 "nothing_to_end"};
}

Outcome say(Context& context, const TrustOptions& options, tx::StatementKind kind) {
  TM_TRY(auto session, open_acting_session(context, "trust"));
  TM_TRY(const auto content, make_statement(context, session.client, options, kind));
  TM_TRY(const auto ever,
         asked(session.client.statements(session.profile.institution, content.subject, true)));

  if (kind == tx::StatementKind::kEnd) {
    const std::string& subject = options.subject;
    TM_TRY(const bool ended, has_ended_already(ever, content, session.profile.name, subject));
    if (ended) {
      const bool later = content.valid_from_ms > context.now_ms();
      return Reply{Json{{"already", true}, {"statement", ""}},
                   "what " + session.profile.name + " said of " + subject + " in slot " +
                       std::to_string(content.slot) + " has ended " +
                       (later ? "by " + date_text(content.valid_from_ms) + " " : "") +
                       "already; nothing was sent\n",
                   ExitCode::kOk, true};
    }
  }

  const auto now_ms = context.now_ms();
  TM_TRY_STATUS(
      refuse_said_already(context, said_already(content, standing_alike(ever, content, now_ms))));

  TransactionRequest request;
  request.command = "trust";
  TM_TRY(request.description.warnings, recognition_warnings(session.client, ever, content, now_ms));

  request.make = [&content](const tx::Envelope& envelope) { return tx::build(envelope, content); };
  request.done = session.profile.name + " " + sentence(content, options.subject) + " (slot " +
                 std::to_string(content.slot) + ", from " + date_text(content.valid_from_ms) +
                 ", last day: " + last_day_text(content.valid_until_ms) + ")";
  request.of_use_until_ms = content.valid_until_ms;
  request.of_use_text = "what it says ends";
  request.id_name = "statement";

  return confirm_sign_send(session, std::move(request), options.draft);
}

// About the institution as a whole, which a scope of some fields never covers.
bool asks_in_general(const DecideQuery& query) {
  return query.fields.empty() && !query.achievement;
}

// Whoever asks at home, of the own institution's view, is told of no policy of others. Without a
// named viewpoint it is that of the node's institution.
bool is_own_view(const Context& context, Client& client,
                 const std::optional<Viewpoint>& viewpoint) {
  const auto own = stored_profile(context);
  if (!own.ok()) return false;
  if (viewpoint) return viewpoint->id == own->institution;
  const auto status = client.status();
  const auto* answer = std::get_if<StatusAnswer>(&status);
  return answer != nullptr && answer->institution.is_named() &&
         answer->institution.id == own->institution;
}

// As whose_policy() says it, but where the institution that decides is that of this home.
std::string whose_policy_here(const Context& context, Client& client, PolicyOf policy_of,
                              const std::optional<Viewpoint>& viewpoint) {
  const bool may_be_own = policy_of == PolicyOf::kViewpoint || policy_of == PolicyOf::kPublished;
  if (may_be_own && is_own_view(context, client, viewpoint))
    return policy_of == PolicyOf::kViewpoint ? "by your institution's own policy"
                                             : "by the policy that your institution publishes";
  return whose_policy(policy_of, viewpoint ? viewpoint->name : "",
                      viewpoint ? viewpoint->node_name : "");
}

Outcome explain(Context& context, const ExplainOptions& options) {
  TM_TRY(const auto files, read_own_files(context, options.policy_file, options.graph_file));

  Client client = context.client();
  DecideQuery query;
  TM_TRY(query.issuer, institution_named(client, "issuer", options.issuer));
  if (!options.viewpoint->empty()) {
    TM_TRY(query.viewpoint, institution_named(client, "--viewpoint", options.viewpoint));
  }
  if (!options.achievement->empty()) {
    TM_TRY(query.achievement, version_named("--achievement", options.achievement, query.issuer));
  }
  query.fields = options.fields;
  query.levels = options.levels;
  query.award_types = options.award_types;
  query.purpose = options.purpose;
  TM_TRY(query.at_time_ms, parse_day_asked(options.at, context.now_ms(), "--at"));
  if (options.is_own()) return explain_own(context, client, options, query, files);

  TM_TRY(const auto viewpoint, read_viewpoint(client, options.viewpoint));
  TM_TRY(const auto decision, asked(client.paths(query)));
  auto exit = ExitCode::kNotAccepted;
  if (decision.outcome == Acceptance::kAccept) exit = ExitCode::kOk;
  if (decision.outcome == Acceptance::kUnknown) exit = ExitCode::kUnknown;
  const auto policy_of =
      viewpoint ? viewpoint->policy_of(decision.policy_digest) : PolicyOf::kViewpoint;
  const std::string whose = whose_policy_here(context, client, policy_of, viewpoint);
  Json json = decision.shown.json();
  json["policy_of"] = to_text(policy_of);
  json["policy_text"] = whose;

  std::string first = asks_in_general(query) && decision.outcome != Acceptance::kAccept
                          ? "asked about no field of study: whoever is trusted for some fields "
                            "only is refused so. Name one with --field, or --achievement\n"
                          : "";
  // Nobody is said to accept by a policy that is not its own.
  if (policy_of == PolicyOf::kNodeNonePublished) first += "decided " + one_line(whose) + ":\n";
  if (policy_of == PolicyOf::kNodeOtherPublished) {
    json["outcome_by_the_nodes_policy"] = json["outcome"];
    json["outcome"] = "unknown";
    exit = ExitCode::kUnreachable;
    first += "it is not known whether " + one_line(viewpoint->name) +
             " accepts it: " + one_line(ask_its_own_node(*viewpoint)) + "\n" + "by the policy of " +
             one_line(viewpoint->node_name) + ":\n";
  }
  return Reply{std::move(json),
               first + decision_text(decision, "", true) + "decided " + one_line(whose) + "\n" +
                   toned(Tone::kQuiet, as_of_text(decision.as_of)) + "\n",
               exit};
}

// Everything that the node lists, for deciding without it.
Outcome save_graph(Context& context, const std::string& out) {
  TM_TRY_STATUS(may_save_named_file(context, out));
  Client client = context.client();
  // Whether a node of this ledger answers at all has exit codes of its own.
  TM_TRY_STATUS(asked(client.status()));
  TM_TRY(const auto graph, or_exit(ExitCode::kUnreachable, collect_graph(client)));
  TM_TRY_STATUS(save_named_file(context, out, as_bytes(graph)));
  return Reply{Json{{"file", out}, {"size_bytes", graph.size()}},
               "wrote " + out + ": who says what of whom, by the word of the node and unproven\n"};
}

void add_statement_options(Command command, const std::shared_ptr<TrustOptions>& options,
                           bool scoped) {
  add_subject_options(command, *options);
  option(command, "--slot", options->slot,
         "Which of the statements about this institution (default 0)");
  if (scoped) add_scope_options(command, *options);
  add_draft_options(command, options->draft);
}

}  // namespace

void add_trust_commands(Command app, Context& context, Run& run) {
  auto trust =
      app.add_subcommand("trust", "Whom this institution trusts, and what follows from it");
  trust.require_subcommand(1);
  auto options = std::make_shared<TrustOptions>();
  const auto add = [&](const char* name, const char* about, tx::StatementKind kind) {
    auto command = trust.add_subcommand(name, about);
    add_statement_options(command, options, kind != tx::StatementKind::kEnd);
    command.callback([&context, &run, options, kind] {
      run = [&context, options, kind] { return say(context, *options, kind); };
    });
    return command;
  };
  auto grant = add("grant", "Accept what an institution awards (and, by depth, whom it introduces)",
                   tx::StatementKind::kTrust);
  option(grant, "--amount", options->amount,
         "1 to 120: 120 (the default) is full trust, 60 needs two such friends");
  option(grant, "--depth", options->depth,
         "0: its own awards only; 1: also those it speaks for; 2: also their friends' (default 1)");
  add("distrust", "Block what an institution awards", tx::StatementKind::kDistrust);
  add("withdraw", "End an earlier grant or distrust", tx::StatementKind::kEnd);

  add_policy_commands(trust, context, run);
  auto out = std::make_shared<Given<std::string>>();
  auto saving = trust.add_subcommand(
      "graph", "Save all institutions, recognitions and achievements in one file");
  option(saving, "--out", *out, "File to write").required();
  saving.callback(
      [&context, &run, out] { run = [&context, out] { return save_graph(context, *out); }; });

  auto query = std::make_shared<ExplainOptions>();
  auto command = trust.add_subcommand(
      "explain", "Why an issuer is accepted or not, through whom, and what would change it");
  option(command, "issuer", query->issuer, "Id (tmi…) or domain").required();
  option(command, "--viewpoint", query->viewpoint, "Whose view (default: the node's institution)");
  option(command, "--achievement", query->achievement,
         "Take field, level and type from this achievement");
  option(command, "--field", query->fields, "ISCED-F detailed code");
  expect_number(option(command, "--level", query->levels, "EQF level, 1 to 8"), 1,
                trust::kMaxLevel);
  option(command, "--award-type", query->award_types, "microcredential, bachelor, …");
  option(command, "--purpose", query->purpose, "credit, access, exemption, employment, profession");
  option(command, "--at", query->at,
         "At the end of which day, YYYY-MM-DD (UTC); today means now, and is the default");
  option(command, "--policy", query->policy_file,
         "Decide here by this policy (docs/formats/policy.md)");
  option(command, "--graph", query->graph_file,
         "… from the recognitions in this file (trust graph --out)");
  option(command, "--assume", query->assume,
         "What if: TRUSTER:SUBJECT:AMOUNT:DEPTH; \"me\" is the viewpoint")
      .allow_extra_args(false);
  option(command, "--svg", query->svg, "Write a drawing to this file");
  option(command, "--dot", query->dot, "Write a graph for Graphviz to this file");
  command.callback(
      [&context, &run, query] { run = [&context, query] { return explain(context, *query); }; });
}

}  // namespace testamur::wallet
