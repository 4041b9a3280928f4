// ledger: which ledger this home trusts, and following it.
#include "wallet/cli/flow/follow_ledger.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "wallet/cli/commands/commands.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/option.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxRecordBytes = 64u << 20;

Json ledger_json(const TrustedLedger& ledger, bool current) {
  Json json{{"chain", to_text(ledger.genesis.chain)},
            {"current", current},
            {"epoch", ledger.client.epoch().value},
            {"validators", ledger.client.set().size()},
            {"set_changes", ledger.changes.size()}};
  if (ledger.newest) {
    json["newest_height"] = ledger.newest->header.height.value;
    json["newest_time_ms"] = ledger.newest->header.time_ms;
  }
  if (ledger.genesis.content.continues)
    json["continues"] = to_text(ledger.genesis.content.continues->chain());
  return json;
}

std::string ledger_text(const TrustedLedger& ledger) {
  std::string text = toned(Tone::kStrong, to_text(ledger.genesis.chain)) + "\n  epoch " +
                     std::to_string(ledger.client.epoch().value) + ", " +
                     std::to_string(ledger.client.set().size()) + " validators, " +
                     std::to_string(ledger.changes.size()) + " changes of the set followed\n";
  if (ledger.newest) {
    text += "  newest block seen final: " + std::to_string(ledger.newest->header.height.value) +
            " of " + time_text(ledger.newest->header.time_ms) + "\n";
  }
  if (ledger.genesis.content.continues) {
    text += "  continues " + to_text(ledger.genesis.content.continues->chain()) + "\n";
  }
  return text;
}

void show(const Context& context, const LedgerTrust& trust) {
  Json all = Json::array();
  std::string text;
  const auto* ledger = trust.current();
  for (bool current = true; ledger != nullptr; current = false) {
    all.push_back(ledger_json(*ledger, current));
    text += ledger_text(*ledger);
    const auto& continues = ledger->genesis.content.continues;
    ledger = continues ? trust.find(continues->chain()) : nullptr;
  }
  print(context, Json{{"ledgers", all}},
        all.empty() ? "no ledger is trusted yet: the first that a node shows will be, or testamur "
                      "ledger trust FILE\n"
                    : text);
}

ExitCode show_trusted(Context& context) {
  LedgerTrust trust(context.path("ledgers"));
  if (auto problem = trust.load()) return fail(context, *problem);
  show(context, trust);
  return ExitCode::kOk;
}

ExitCode trust_record(Context& context, const std::string& file) {
  auto bytes = read_file(file, kMaxRecordBytes);
  if (!bytes.ok()) return fail(context, ExitCode::kUsage, bytes.message());
  auto genesis = ledger::decode_genesis(*bytes);
  if (!genesis.ok()) return fail(context, ExitCode::kInvalid, file + ": " + genesis.message());
  auto accepted = accepted_recovery(context);
  if (!accepted.ok()) return fail(context, ExitCode::kUsage, accepted.message());
  LedgerTrust trust(context.path("ledgers"));
  auto problem = trust.load();
  if (!problem) problem = trust.trust(*genesis, *accepted);
  if (problem) return fail(context, *problem);
  show(context, trust);
  return ExitCode::kOk;
}

ExitCode follow(Context& context) {
  Client client = context.client();
  LedgerTrust trust(context.path("ledgers"));
  if (auto problem = follow_ledger(context, client, trust)) return fail(context, *problem);
  show(context, trust);
  return ExitCode::kOk;
}

}  // namespace

void add_ledger_commands(CLI::App& app, Context& context, Run& run) {
  auto* ledger = app.add_subcommand("ledger", "Which ledger this home trusts");
  ledger->require_subcommand(1);
  auto file = std::make_shared<Given<std::string>>();
  ledger->add_subcommand("show", "What is trusted, and how far it was followed")
      ->callback([&context, &run] { run = [&context] { return show_trusted(context); }; });
  ledger->add_subcommand("follow", "Follow the validator sets to the newest block")
      ->callback([&context, &run] { run = [&context] { return follow(context); }; });
  auto* trusting =
      ledger->add_subcommand("trust",
                             "Trust the ledger of a genesis record that you have from an "
                             "institution");
  option(*trusting, "file", *file, "Genesis record")->required();
  trusting->callback(
      [&context, &run, file] { run = [&context, file] { return trust_record(context, *file); }; });
}

}  // namespace testamur::wallet
