// trust: what this institution says of others, and what follows from it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "trust/scope.h"
#include "wallet/cli/commands.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/explain_command.h"
#include "wallet/cli/key_vault.h"
#include "wallet/cli/local_view.h"
#include "wallet/cli/output.h"
#include "wallet/cli/render.h"
#include "wallet/cli/statement_options.h"
#include "wallet/cli/submit.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

struct TrustOptions : StatementOptions {
  unsigned slot = 0;
};
struct ExplainOptions {
  std::string issuer;
  std::string viewpoint;
  std::string achievement;
  std::string at;
  DecideQuery query;
  OwnQuestion own;

  // A policy, a drawing or a "what if" is answered here and not by the node.
  bool is_own() const {
    return !own.policy_file.empty() || !own.svg.empty() || !own.dot.empty() || !own.assume.empty() ||
           !own.graph_file.empty();
  }
};

// The point as the options spell it, and the achievement's where one is named.
Result<trust::ScopePoint> asked_point(Client& client, const ExplainOptions& options) {
  Json view = Json::object();
  if (options.query.achievement) {
    const auto& id = *options.query.achievement;
    auto answer = client.achievement(id.institution, id.number, id.version);
    if (auto* failure = std::get_if<CallError>(&answer)) return error(failure->message);
    const Json achievement = std::get<Json>(answer).value("achievement", Json::object());
    view = achievement.value("point", Json::object());
  }
  if (!options.query.fields.empty()) view["fields"] = options.query.fields;
  if (!options.query.levels.empty()) view["levels"] = options.query.levels;
  if (!options.query.award_types.empty()) view["award_types"] = options.query.award_types;
  TM_TRY(auto point, point_from(view));
  if (options.query.achievement) {
    point.achievement =
        trust::AchievementName{options.query.achievement->institution, options.query.achievement->number};
  }
  if (!options.query.purpose.empty()) {
    TM_TRY(point.purpose, trust::parse_purpose(options.query.purpose));
  }
  return point;
}

ExitCode explain_own(Context& context, Client& client, ExplainOptions& options) {
  auto point = asked_point(client, options);
  if (!point.ok()) return fail(context, ExitCode::kUsage, point.message());
  options.own.point = *point;
  options.own.issuer = options.query.issuer;
  options.own.viewpoint = options.query.viewpoint;
  options.own.at_time_ms = options.query.at_time_ms;
  if (!options.own.viewpoint && options.own.policy_file.empty()) {
    auto status = client.status();
    if (auto* failure = std::get_if<CallError>(&status)) return fail(context, *failure);
    const auto id = from_hex(std::get<Json>(status).value("institution", Json::object()).value("id", ""));
    if (id && id->size() == InstitutionId::kSize) options.own.viewpoint = InstitutionId::prefix_of(*id);
  }
  return explain_by_own_policy(context, client, options.own);
}

Result<tx::StatementContent> make_statement(Context& context, Client& client, const TrustOptions& options,
                                            tx::StatementKind kind) {
  tx::StatementContent content;
  content.kind = kind;
  TM_TRY(content.subject, id_of_institution(client, options.subject));
  TM_TRY_STATUS(check_amounts(options));
  if (options.slot > 0xffff) return error("--slot is 0 to 65535");
  content.slot = static_cast<std::uint16_t>(options.slot);
  if (kind == tx::StatementKind::kTrust) {
    content.amount = static_cast<std::uint8_t>(options.amount);
    content.depth = static_cast<std::uint8_t>(options.depth);
  }
  if (kind != tx::StatementKind::kEnd) {
    TM_TRY(content.scope, parse_scope(options));
  }
  TM_TRY(content.valid_from_ms, parse_date_or(options.from, context.now_ms()));
  TM_TRY(content.valid_until_ms, parse_last_day(options.until, context.now_ms(), "--until"));
  TM_TRY(content.reason, parse_reason(options.reason));
  return content;
}

std::string sentence(const tx::StatementContent& content, const TrustOptions& options) {
  switch (content.kind) {
    case tx::StatementKind::kTrust:
      return "trusts " + options.subject + " with amount " + std::to_string(content.amount) + " and depth " +
             std::to_string(content.depth) + (content.depth == 0 ? " (its own awards only)" : "");
    case tx::StatementKind::kDistrust: return "distrusts " + options.subject + ": its awards are blocked from here on";
    default: return "ends what it said of " + options.subject;
  }
}

ExitCode say(Context& context, const TrustOptions& options, tx::StatementKind kind) {
  Client client = context.client();
  auto profile = issuer_profile(context, client);
  if (!profile.ok()) return fail(context, ExitCode::kFailure, profile.message());
  auto content = make_statement(context, client, options, kind);
  if (!content.ok()) return fail(context, ExitCode::kUsage, content.message());
  const std::string what = profile->name + " " + sentence(*content, options) + " (slot " +
                           std::to_string(content->slot) + ", from " + date_text(content->valid_from_ms) +
                           ", last day: " + last_day_text(content->valid_until_ms) + ")";
  if (!context.yes && !confirm(what + ". Publish this on the ledger?")) {
    return fail(context, ExitCode::kCancelled, "nothing was sent (without a terminal, give --yes)");
  }
  auto opened = open_signing_keys(context, client, KeyPurpose::kGovern);
  if (!opened.keys) return opened.code;
  auto envelope = fresh_envelope(context, client, profile->chain, profile->institution);
  if (!envelope.ok()) return fail(context, ExitCode::kUnreachable, envelope.message());
  const auto done = sign_and_submit(context, client, tx::build(*envelope, *content), KeyPurpose::kGovern, opened.key(),
                                    Json{{"command", "trust"}, {"says", what}});
  if (done.code != ExitCode::kOk) return done.code;
  print(context, Json{{"statement", to_text(done.id)}, {"says", what}, {"outcome", done.outcome}},
        what + "\n  statement " + to_text(done.id) + " is on the ledger\n");
  return ExitCode::kOk;
}

ExitCode explain(Context& context, ExplainOptions options) {
  Client client = context.client();
  auto issuer = id_of_institution(client, options.issuer);
  if (!issuer.ok()) return fail(context, ExitCode::kUnknown, issuer.message());
  options.query.issuer = *issuer;
  if (!options.viewpoint.empty()) {
    auto viewpoint = id_of_institution(client, options.viewpoint);
    if (!viewpoint.ok()) return fail(context, ExitCode::kUnknown, viewpoint.message());
    options.query.viewpoint = *viewpoint;
  }
  if (!options.achievement.empty()) {
    auto achievement = parse_achievement_id(options.achievement);
    if (!achievement.ok()) return fail(context, ExitCode::kUsage, achievement.message());
    options.query.achievement = *achievement;
  }
  auto at = parse_date_or(options.at, 0);
  if (!at.ok()) return fail(context, ExitCode::kUsage, at.message());
  options.query.at_time_ms = *at;
  if (options.is_own()) return explain_own(context, client, options);
  auto answer = client.paths(options.query);
  if (auto* failure = std::get_if<CallError>(&answer)) return fail(context, *failure);
  const Json& json = std::get<Json>(answer);
  const Json decision = json.value("decision", Json::object());
  print(context, json, decision_text(decision, "", true) + toned(Tone::kQuiet, as_of_text(json)) + "\n");
  return decision.value("outcome", "") == "accept" ? ExitCode::kOk : ExitCode::kNotAccepted;
}

// Everything that the node lists, for deciding without it.
ExitCode save_graph(Context& context, const std::string& out) {
  Client client = context.client();
  auto graph = collect_graph(client);
  if (!graph.ok()) return fail(context, ExitCode::kUnreachable, graph.message());
  if (const ExitCode written = write_named_file(context, out, as_bytes(*graph)); written != ExitCode::kOk)
    return written;
  print(context, Json{{"file", out}, {"size_bytes", graph->size()}},
        "wrote " + out + ": who says what of whom, by the word of the node and unproven\n");
  return ExitCode::kOk;
}

void add_statement_options(CLI::App& command, const std::shared_ptr<TrustOptions>& options, bool scoped) {
  add_subject_options(command, *options);
  command.add_option("--slot", options->slot, "Which of the statements about this institution (default 0)");
  if (scoped) add_scope_options(command, *options);
}

}  // namespace

void add_trust_commands(CLI::App& app, Context& context, Run& run) {
  auto* trust = app.add_subcommand("trust", "Whom this institution trusts, and what follows from it");
  trust->require_subcommand(1);
  auto options = std::make_shared<TrustOptions>();
  const auto add = [&](const char* name, const char* about, tx::StatementKind kind) {
    auto* command = trust->add_subcommand(name, about);
    add_statement_options(*command, options, kind != tx::StatementKind::kEnd);
    command->callback(
        [&context, &run, options, kind] { run = [&context, options, kind] { return say(context, *options, kind); }; });
    return command;
  };
  auto* grant =
      add("grant", "Accept what an institution awards (and, by depth, whom it introduces)", tx::StatementKind::kTrust);
  grant->add_option("--amount", options->amount, "0 to 120; 120 is full trust, 60 needs two such friends");
  grant->add_option("--depth", options->depth,
                    "0: its own awards only; 1: also those it speaks for; 2: also their friends'");
  add("distrust", "Block what an institution awards", tx::StatementKind::kDistrust);
  add("withdraw", "End an earlier grant or distrust", tx::StatementKind::kEnd);

  add_policy_commands(*trust, context, run);
  auto out = std::make_shared<std::string>();
  auto* saving = trust->add_subcommand("graph", "Save all institutions, recognitions and achievements in one file");
  saving->add_option("--out", *out, "File to write")->required();
  saving->callback([&context, &run, out] { run = [&context, out] { return save_graph(context, *out); }; });

  auto query = std::make_shared<ExplainOptions>();
  auto* command =
      trust->add_subcommand("explain", "Why an issuer is accepted or not, through whom, and what would change it");
  command->add_option("issuer", query->issuer, "Id (tmi…) or domain")->required();
  command->add_option("--viewpoint", query->viewpoint, "Whose view (default: the node's institution)");
  command->add_option("--achievement", query->achievement, "Take field, level and type from this achievement");
  command->add_option("--field", query->query.fields, "ISCED-F detailed code");
  command->add_option("--level", query->query.levels, "EQF level");
  command->add_option("--award-type", query->query.award_types, "microcredential, bachelor, …");
  command->add_option("--purpose", query->query.purpose, "credit, access, exemption, employment, profession");
  command->add_option("--at", query->at, "On which day, YYYY-MM-DD (default: today)");
  command->add_option("--policy", query->own.policy_file, "Decide here by this policy (docs/formats/policy.md)");
  command->add_option("--graph", query->own.graph_file, "… from the recognitions in this file (trust graph --out)");
  command->add_option("--assume", query->own.assume, "What if: TRUSTER:SUBJECT:AMOUNT:DEPTH; \"me\" is the viewpoint")
      ->allow_extra_args(false);
  command->add_option("--svg", query->own.svg, "Write a drawing to this file");
  command->add_option("--dot", query->own.dot, "Write a graph for Graphviz to this file");
  command->callback([&context, &run, query] { run = [&context, query] { return explain(context, *query); }; });
}

}  // namespace testamur::wallet
