// check, registry and node: commands that only ask.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <span>
#include <tuple>

#include "wallet/cli/commands/commands.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/flow/follow_ledger.h"
#include "wallet/client/facts.h"
#include "wallet/client/proven_facts.h"
#include "wallet/verify/verify.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kBulkLimit = 4096;
constexpr std::size_t kMostSlots =
    16;  // of one commitment; no honest institution has more than a few
constexpr std::uint64_t kMaxStatusAgeMs = 600'000;

struct Checked {
  Json answers = Json::array();
  std::string text;
  ExitCode code = ExitCode::kOk;
};

Called<CheckAnswer> ask(Client& client, const std::string& text, const CheckOptions& options) {
  if (text.starts_with("urn:")) {
    auto reference = parse_reference(text);
    if (!reference.ok()) return CallError{CallFailure::kInvalid, reference.message(), {}, {}, {}};
    return client.check(*reference, options);
  }
  const auto bytes = from_hex(text);
  const auto hash = bytes ? Hash256::from(*bytes) : std::nullopt;
  if (!hash) {
    return CallError{
        CallFailure::kInvalid,
        "\"" + text.substr(0, 80) + "\" is neither 64 hexadecimal digits nor a reference",
        {},
        {},
        {}};
  }
  return client.check(*hash, options);
}

// One slot, proven where the node proves it; each has an issuer, and so a verdict, of its own. A
// failure was printed.
std::optional<ExitCode> check_slot(Context& context, Client& client, const LedgerTrust& trust,
                                   const CheckAnswer& answer, const SlotAnswer& slot,
                                   Json& verdicts, Checked& out) {
  const ChainId chain = trust.current() == nullptr ? ChainId{} : trust.current()->genesis.chain;
  auto facts = facts_of_slot(client, chain, answer, slot);
  if (auto lie = prove_slot(client, trust, facts)) return fail(context, *lie);
  const auto verdict = verify_hash(facts.slots->front().commitment, facts,
                                   {context.now_ms(), kMaxStatusAgeMs, {}, true});
  out.text += to_text(verdict);
  out.code = worse(out.code, static_cast<ExitCode>(verdict_code(verdict)));
  verdicts.push_back(as_json(verdict));
  return std::nullopt;
}

// A failure was printed.
std::optional<ExitCode> check_one(Context& context, Client& client, const LedgerTrust& trust,
                                  const std::string& text, const CheckOptions& options,
                                  Checked& out) {
  auto asked = ask(client, text, options);
  if (auto* failure = std::get_if<CallError>(&asked)) return fail(context, *failure);
  auto& answer = std::get<CheckAnswer>(asked);
  if (answer.checkpoint) {
    if (auto lie = trust.verify_checkpoint(*answer.checkpoint)) return fail(context, *lie);
  }

  Json& json = answer.shown;
  Json verdicts = Json::array();
  out.text += toned(Tone::kStrong, text) + "\n";
  if (json.contains("slot")) json["slots"] = Json::array({json["slot"]});
  if (answer.listing == Listing::kNotListed) {
    out.text += "  " + toned(Tone::kDoubt, "not listed") + " by the word of " + client.answering() +
                " (which proves nothing: it may be anchored without being listed)\n";
    out.code = worse(out.code, ExitCode::kUnknown);
  }
  if (answer.listing == Listing::kUnknown || answer.slots.size() > kMostSlots) {
    out.text +=
        "  cannot tell: " + client.answering() + " gives no answer that can be judged whole\n";
    out.code = worse(out.code, ExitCode::kUnreachable);
  }
  for (const auto& slot :
       std::span(answer.slots).first(std::min(answer.slots.size(), kMostSlots))) {
    if (auto failed = check_slot(context, client, trust, answer, slot, verdicts, out))
      return failed;
  }

  json["asked"] = text;
  json["answered_by"] = client.answering();
  json["verdicts"] = std::move(verdicts);
  out.answers.push_back(std::move(json));
  return std::nullopt;
}

struct TableFiles {
  std::string csv;
  std::string out;
};

ExitCode check(Context& context, const std::vector<std::string>& hashes,
               const CheckOptions& options) {
  if (hashes.size() > kBulkLimit)
    return fail(context, ExitCode::kUsage, "at most 4096 hashes at once");
  Client client = context.client();
  LedgerTrust trust(context.path("ledgers"));
  if (auto problem = follow_ledger(context, client, trust)) return fail(context, *problem);
  Checked out;
  for (const auto& hash : hashes) {
    if (auto failed = check_one(context, client, trust, hash, options, out)) return *failed;
  }
  print(context, Json{{"answers", out.answers}, {"exit_code", static_cast<int>(out.code)}},
        out.text);
  return out.code;
}

ExitCode show(Context& context, Called<Json> answer,
              const std::function<std::string(const Json&)>& render) {
  if (auto* failure = std::get_if<CallError>(&answer)) return fail(context, *failure);
  const Json& json = std::get<Json>(answer);
  print(context, json, render(json) + toned(Tone::kQuiet, as_of_text(json)) + "\n");
  return ExitCode::kOk;
}

ExitCode show_achievement(Context& context, const std::string& text) {
  auto id = parse_achievement_id(text);
  if (!id.ok()) return fail(context, ExitCode::kUsage, id.message());
  return show(
      context, context.client().achievement(id->institution, id->number, id->version),
      [](const Json& json) { return achievement_text(json.value("achievement", Json::object())); });
}

ExitCode show_achievements(Context& context, const std::string& institution) {
  Client client = context.client();
  auto found = find_institution(client, institution, false);
  if (auto* failure = std::get_if<CallError>(&found)) return fail(context, *failure);
  const auto id = from_hex(std::get<Json>(found)["institution"]["name"].value("id", ""));
  return show(context, client.achievements(InstitutionId::prefix_of(*id)), [](const Json& json) {
    std::string text;
    for (const auto& achievement : json["achievements"]) text += achievement_line(achievement);
    return text;
  });
}

ExitCode show_key(Context& context, const std::string& text) {
  auto id = parse_key_id(text);
  if (!id.ok()) return fail(context, ExitCode::kUsage, id.message());
  return show(context, context.client().key(*id),
              [](const Json& json) { return json.dump(2) + "\n"; });
}

ExitCode show_statements(Context& context, const std::string& truster, const std::string& subject,
                         bool history) {
  if (truster.empty() && subject.empty()) {
    return fail(context, ExitCode::kUsage,
                "say whose statements, or about whom: --by INSTITUTION, --about INSTITUTION");
  }
  Client client = context.client();
  std::optional<InstitutionId> from;
  std::optional<InstitutionId> about;
  for (auto [name, text, target] :
       {std::tuple{"--by", &truster, &from}, std::tuple{"--about", &subject, &about}}) {
    if (text->empty()) continue;
    auto id = institution_named(client, name, *text);
    if (!id.ok()) return report(context, Outcome(id.failure()));
    *target = *id;
  }
  return show(context, client.statements(from, about, history), [](const Json& json) {
    std::string text;
    for (const auto& statement : json["statements"]) text += statement_line(statement);
    return text;
  });
}

ExitCode node_status(Context& context) {
  Client client = context.client();
  Json all = Json::array();
  std::string text;
  ExitCode code = client.endpoints().empty() ? ExitCode::kUsage : ExitCode::kOk;
  for (const auto& endpoint : client.endpoints()) {
    auto answer = client.status_of(endpoint);
    if (auto* failure = std::get_if<CallError>(&answer)) {
      code = ExitCode::kUnreachable;
      text += endpoint + "  " + toned(Tone::kBad, failure->message) + "\n";
      all.push_back(Json{{"endpoint", endpoint}, {"error", failure->message}});
      continue;
    }
    Json& json = std::get<Json>(answer);
    text += endpoint + "  " + status_text(json);
    json["endpoint"] = endpoint;
    all.push_back(std::move(json));
  }
  if (code == ExitCode::kUsage)
    return fail(context, code, "no endpoint is configured: give --endpoint HOST:PORT");
  print(context, Json{{"nodes", all}}, text);
  return code;
}

}  // namespace

void add_check_commands(CLI::App& app, Context& context, Run& run) {
  auto hashes = std::make_shared<std::vector<std::string>>();
  auto options = std::make_shared<CheckOptions>();
  auto* command = app.add_subcommand(
      "check", "Ask the ledger about commitments (64 hex digits) or references (urn:testamur:…)");
  auto table = std::make_shared<TableFiles>();
  auto* named = command->add_option("hash", *hashes, "Commitments or references");
  auto* csv = command->add_option("--csv", table->csv,
                                  "A table with a column hash, commitment or reference");
  auto* out = command->add_option("--out", table->out,
                                  "The same table, with what the ledger says beside each row");
  csv->excludes(named)->needs(out);
  out->needs(csv);
  command->add_option("--purpose", options->purpose, "credit, access, exemption, employment, …");
  command->callback([&context, &run, hashes, options, table] {
    run = [&context, hashes, options, table]() -> Outcome {
      if (!table->csv.empty()) return check_csv(context, table->csv, table->out, options->purpose);
      if (hashes->empty())
        return error("name hashes or references, or a table: --csv IN --out OUT");
      return check(context, *hashes, *options);
    };
  });
}

void add_registry_commands(CLI::App& app, Context& context, Run& run) {
  auto* registry = app.add_subcommand(
      "registry", "Institutions, achievements, keys and statements on the ledger");
  registry->require_subcommand(1);
  auto text = std::make_shared<std::string>();
  auto subject = std::make_shared<std::string>();
  auto history = std::make_shared<bool>(false);
  registry->add_subcommand("institutions", "All institutions")->callback([&context, &run] {
    run = [&context] {
      return show(context, context.client().institutions(), [](const Json& json) {
        std::string lines;
        for (const auto& institution : json["institutions"]) lines += institution_line(institution);
        return lines;
      });
    };
  });
  auto* institution = registry->add_subcommand("institution", "One institution with its keys");
  institution->add_option("institution", *text, "Id (tmi…) or domain")->required();
  institution->add_flag("--history", *history, "Earlier versions too");
  institution->callback([&context, &run, text, history] {
    run = [&context, text, history] {
      Client client = context.client();
      return show(context, find_institution(client, *text, *history), [](const Json& json) {
        return institution_text(json.value("institution", Json::object()));
      });
    };
  });
  auto* achievements = registry->add_subcommand("achievements", "What an institution awards");
  achievements->add_option("institution", *text, "Id (tmi…) or domain")->required();
  achievements->callback([&context, &run, text] {
    run = [&context, text] { return show_achievements(context, *text); };
  });
  auto* achievement = registry->add_subcommand("achievement", "One achievement in full");
  achievement->add_option("achievement", *text, "<institution>/<number>.<version>")->required();
  achievement->callback([&context, &run, text] {
    run = [&context, text] { return show_achievement(context, *text); };
  });
  auto* key = registry->add_subcommand("key", "One key and what became of it");
  key->add_option("key", *text, "Id (tmk…)")->required();
  key->callback(
      [&context, &run, text] { run = [&context, text] { return show_key(context, *text); }; });
  auto* statements = registry->add_subcommand("statements", "Recognitions and accreditations");
  statements->add_option("--by", *text, "Who says it: id (tmi…) or domain");
  statements->add_option("--about", *subject, "Of whom: id (tmi…) or domain");
  statements->add_flag("--history", *history, "Also what is no longer in force");
  statements->callback([&context, &run, text, subject, history] {
    run = [&context, text, subject, history] {
      return show_statements(context, *text, *subject, *history);
    };
  });
}

void add_node_commands(CLI::App& app, Context& context, Run& run) {
  auto* node = app.add_subcommand("node", "The nodes themselves");
  node->require_subcommand(1);
  node->add_subcommand("status", "How each endpoint is doing, who is missing and why nothing moves")
      ->callback([&context, &run] { run = [&context] { return node_status(context); }; });
}

}  // namespace testamur::wallet
