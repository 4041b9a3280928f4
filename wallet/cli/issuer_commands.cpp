// issuer: setting up an institution's home, and publishing what it awards. Batches and statuses have files of their
// own.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "wallet/cli/achievement_file.h"
#include "wallet/cli/commands.h"
#include "wallet/cli/key_files.h"
#include "wallet/cli/key_vault.h"
#include "wallet/cli/output.h"
#include "wallet/cli/render.h"
#include "wallet/cli/submit.h"
#include "wallet/client/outbox.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

constexpr KeyPurpose kVaultPurposes[] = {KeyPurpose::kRoot, KeyPurpose::kIssue, KeyPurpose::kGovern,
                                         KeyPurpose::kCredential};
// Chain and institution, found through the registered issue key.
Result<Json> find_profile(Client& client, const SecretKey& issue_key) {
  auto key = client.key(key_id(KeyPurpose::kIssue, issue_key.public_key()));
  if (auto* failure = std::get_if<CallError>(&key))
    return error("the ledger does not know this issue key: " + failure->message);
  auto status = client.status();
  if (auto* failure = std::get_if<CallError>(&status)) return error(failure->message);
  const Json& name = std::get<Json>(key).value("institution", Json::object());
  return Json{{"chain", std::get<Json>(status).value("chain_id_text", "")},
              {"institution", name.value("id_text", "")},
              {"name", name.value("name_now", "")},
              {"domain", name.value("domain", "")}};
}

ExitCode seal_keys(Context& context, std::vector<std::pair<KeyPurpose, SecretKey>> keys,
                   const std::string& institution) {
  auto passphrase = new_passphrase(context, "the issuer's vaults");
  if (!passphrase.ok()) return fail(context, ExitCode::kPassphrase, passphrase.message());
  for (auto& [purpose, key] : keys) {
    IssuerKeys contents = make_issuer_keys(purpose, key.algorithm(), institution);
    contents.keys.clear();
    contents.keys.push_back(std::move(key));
    const std::string file = context.path("issuer/" + std::string(to_text(purpose)) + ".age");
    auto made = Vault::create(file, passphrase->clone(), encode_issuer_keys(contents).view());
    if (!made.ok()) return fail(context, *made.failure);
  }
  return ExitCode::kOk;
}

ExitCode init(Context& context, const std::string& directory, bool keep) {
  std::vector<std::pair<KeyPurpose, SecretKey>> keys;
  for (auto purpose : kVaultPurposes) {
    auto key =
        read_key_file((std::filesystem::path(directory) / (std::string(to_text(purpose)) + ".key")).string(), purpose);
    if (!key.ok()) return fail(context, ExitCode::kUsage, key.message());
    keys.emplace_back(purpose, std::move(key).value());
  }
  Client client = context.client();
  auto profile = find_profile(client, keys[1].second);
  if (!profile.ok()) return fail(context, ExitCode::kUnreachable, profile.message());
  std::error_code failure;
  std::filesystem::create_directories(context.path("issuer"), failure);
  if (failure)
    return fail(context, ExitCode::kFailure, "cannot create " + context.path("issuer") + ": " + failure.message());
  const ExitCode sealed = seal_keys(context, std::move(keys), profile->value("institution", ""));
  if (sealed != ExitCode::kOk) return sealed;
  auto written = write_home_file(context, "issuer/issuer.json", as_bytes(profile->dump(2)));
  if (!written.ok()) return fail(context, ExitCode::kFailure, written.message());
  if (!keep) {
    for (auto purpose : kVaultPurposes) {
      erase_key_file((std::filesystem::path(directory) / (std::string(to_text(purpose)) + ".key")).string());
    }
  }
  print(context, *profile,
        profile->value("name", "") + " (" + profile->value("institution", "") + ") is set up in " + context.home +
            "\n  the keys are sealed, one vault a purpose" + (keep ? "" : "; the plain key files were erased") + "\n");
  return ExitCode::kOk;
}

ExitCode publish(Context& context, const std::string& file) {
  auto content = read_achievement_file(file);
  if (!content.ok()) return fail(context, ExitCode::kUsage, content.message());
  Client client = context.client();
  auto profile = issuer_profile(context, client);
  if (!profile.ok()) return fail(context, ExitCode::kFailure, profile.message());
  auto opened = open_signing_keys(context, client, KeyPurpose::kGovern);
  if (!opened.keys) return opened.code;
  auto envelope = fresh_envelope(context, client, profile->chain, profile->institution);
  if (!envelope.ok()) return fail(context, ExitCode::kUnreachable, envelope.message());
  const std::string id = to_text(AchievementId{profile->institution, content->number, content->version});
  const auto done = sign_and_submit(context, client, tx::build(*envelope, *content), KeyPurpose::kGovern, opened.key(),
                                    Json{{"command", "issuer achievement publish"}, {"achievement", id}});
  if (done.code != ExitCode::kOk) return done.code;
  print(context, Json{{"achievement", id}, {"transaction", to_text(done.id)}, {"outcome", done.outcome}},
        "published " + std::string(tx::best_text(content->titles)) + "\n  achievement " + id + "\n");
  return ExitCode::kOk;
}

ExitCode retire(Context& context, const std::string& text) {
  auto id = parse_achievement_id(text);
  if (!id.ok()) return fail(context, ExitCode::kUsage, id.message());
  Client client = context.client();
  auto profile = issuer_profile(context, client);
  if (!profile.ok()) return fail(context, ExitCode::kFailure, profile.message());
  auto opened = open_signing_keys(context, client, KeyPurpose::kGovern);
  if (!opened.keys) return opened.code;
  auto envelope = fresh_envelope(context, client, profile->chain, profile->institution);
  if (!envelope.ok()) return fail(context, ExitCode::kUnreachable, envelope.message());
  const auto built = tx::build(*envelope, tx::AchievementRetireContent{id->number, id->version});
  const auto done = sign_and_submit(context, client, built, KeyPurpose::kGovern, opened.key(),
                                    Json{{"command", "issuer achievement retire"}, {"achievement", text}});
  if (done.code != ExitCode::kOk) return done.code;
  print(context, Json{{"achievement", text}, {"transaction", to_text(done.id)}},
        "retired " + text + "; what was issued stands\n");
  return ExitCode::kOk;
}

ExitCode resume_outbox(Context& context) {
  const Outbox outbox(context.path("outbox"));
  auto entries = outbox.list();
  if (!entries.ok()) return fail(context, ExitCode::kFailure, entries.message());
  Client client = context.client();
  Json ended = Json::array();
  ExitCode code = ExitCode::kOk;
  for (const auto& entry : *entries) {
    const auto done = submit_signed(context, client, entry.id, entry.carried, entry.note);
    code = worse(code, done.code);
    if (done.code == ExitCode::kOk) ended.push_back(to_text(entry.id));
  }
  print(context, Json{{"committed", ended}},
        std::to_string(ended.size()) + " of " + std::to_string(entries->size()) +
            " transactions in the outbox are committed\n");
  return code;
}

}  // namespace

void add_issuer_commands(CLI::App& app, Context& context, Run& run) {
  auto* issuer = app.add_subcommand("issuer", "Set up an institution, publish achievements, issue, change statuses");
  issuer->require_subcommand(1);
  auto text = std::make_shared<std::string>();
  auto keep = std::make_shared<bool>(false);
  auto* first = issuer->add_subcommand("init", "Seal the key files of `testamurd init` in vaults, one a purpose");
  first->add_option("--keys", *text, "Directory with root.key, issue.key, govern.key and credential.key")->required();
  first->add_flag("--keep", *keep, "Do not erase the plain key files");
  first->callback(
      [&context, &run, text, keep] { run = [&context, text, keep] { return init(context, *text, *keep); }; });

  auto* achievement = issuer->add_subcommand("achievement", "What this institution awards");
  achievement->require_subcommand(1);
  auto* publishing =
      achievement->add_subcommand("publish", "Publish an achievement (or its next version) from a TOML file");
  publishing->add_option("file", *text, "The achievement")->required();
  publishing->callback([&context, &run, text] { run = [&context, text] { return publish(context, *text); }; });
  auto* retiring = achievement->add_subcommand("retire", "No further issue under this version");
  retiring->add_option("achievement", *text, "<institution>/<number>.<version>")->required();
  retiring->callback([&context, &run, text] { run = [&context, text] { return retire(context, *text); }; });

  add_batch_commands(*issuer, context, run);
  add_status_commands(*issuer, context, run);

  auto* outbox = app.add_subcommand("outbox", "Signed transactions that have not ended");
  outbox->require_subcommand(1);
  outbox->add_subcommand("resume", "Send the same bytes again until they have ended")->callback([&context, &run] {
    run = [&context] { return resume_outbox(context); };
  });
}

}  // namespace testamur::wallet
