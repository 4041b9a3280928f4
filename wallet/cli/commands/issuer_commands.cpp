// issuer: setting up an institution's home, and publishing what it awards. Batches and statuses
// have files of their own.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "wallet/cli/commands/commands.h"
#include "wallet/cli/files/achievement_file.h"
#include "wallet/cli/files/key_files.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/client/json_fields.h"
#include "wallet/client/outbox.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

constexpr KeyPurpose kVaultPurposes[] = {KeyPurpose::kRoot, KeyPurpose::kIssue, KeyPurpose::kGovern,
                                         KeyPurpose::kCredential};

// Chain and institution, found through the registered issue key.
Attempt<Json> find_profile(Client& client, const SecretKey& issue_key) {
  auto called = client.key(key_id(KeyPurpose::kIssue, issue_key.public_key()));
  if (const auto* failure = std::get_if<CallError>(&called);
      failure && failure->kind == CallFailure::kNotFound) {
    return Failure{ExitCode::kUnknown,
                   "the ledger does not know this issue key: " + failure->message};
  }
  TM_TRY(const auto key, asked(std::move(called)));
  TM_TRY(const auto status, asked(client.status()));
  const Json& name = part_of(key, "institution");
  return Json{{"chain", text_of(status, "chain_id_text")},
              {"institution", text_of(name, "id_text")},
              {"name", text_of(name, "name_now")},
              {"domain", text_of(name, "domain")}};
}

Attempt<void> seal_keys(Context& context, std::vector<std::pair<KeyPurpose, SecretKey>> keys,
                        const std::string& institution) {
  TM_TRY(const auto passphrase,
         or_exit(ExitCode::kPassphrase, new_passphrase(context, "the issuer's vaults")));
  for (auto& [purpose, key] : keys) {
    IssuerKeys contents = make_issuer_keys(purpose, key.algorithm(), institution);
    contents.keys.clear();
    contents.keys.push_back(std::move(key));
    const std::string file = context.path("issuer/" + std::string(to_text(purpose)) + ".age");
    const auto made = Vault::create(file, passphrase.clone(), encode_issuer_keys(contents).view());
    if (!made.ok()) return failure_of(*made.failure);
  }
  return {};
}

std::string key_file_in(const std::string& directory, KeyPurpose purpose) {
  return (std::filesystem::path(directory) / (std::string(to_text(purpose)) + ".key")).string();
}

struct InitOptions {
  Given<std::string> keys;
  Given<bool> keep;
};

Outcome init(Context& context, const InitOptions& options) {
  const std::string directory = options.keys;
  const bool keep = options.keep;
  std::vector<std::pair<KeyPurpose, SecretKey>> keys;
  for (auto purpose : kVaultPurposes) {
    TM_TRY(auto key, read_key_file(key_file_in(directory, purpose), purpose));
    keys.emplace_back(purpose, std::move(key));
  }
  Client client = context.client();
  TM_TRY(const auto profile, find_profile(client, keys[1].second));

  std::error_code failure;
  std::filesystem::create_directories(context.path("issuer"), failure);
  if (failure)
    return Failure{ExitCode::kFailure,
                   "cannot create " + context.path("issuer") + ": " + failure.message()};
  TM_TRY_STATUS(seal_keys(context, std::move(keys), text_of(profile, "institution")));
  TM_TRY_STATUS(or_exit(ExitCode::kFailure,
                        write_home_file(context, "issuer/issuer.json", as_bytes(profile.dump(2)))));

  // Only now are the keys safe elsewhere.
  if (!keep) {
    for (auto purpose : kVaultPurposes) erase_key_file(key_file_in(directory, purpose));
  }
  return Reply{profile, text_of(profile, "name") + " (" + text_of(profile, "institution") +
                            ") is set up in " + context.home +
                            "\n  the keys are sealed, one vault a purpose" +
                            (keep ? "" : "; the plain key files were erased") + "\n"};
}

struct AchievementOptions {
  Given<std::string> file;
  Given<std::string> achievement;
  DraftOptions draft;
};

Outcome publish(Context& context, const AchievementOptions& options) {
  TM_TRY(const auto content, read_achievement_file(options.file));
  TM_TRY(auto session, open_issuer_session(context));
  const std::string id =
      to_text(AchievementId{session.profile.institution, content.number, content.version});
  TransactionRequest request;
  request.command = "issuer achievement publish";
  request.make = [&content](const tx::Envelope& envelope) { return tx::build(envelope, content); };
  request.description.facts["achievement"] = id;
  request.done =
      "published " + std::string(tx::best_text(content.titles)) + "\n  achievement " + id;
  return confirm_sign_send(session, std::move(request), options.draft);
}

Outcome retire(Context& context, const AchievementOptions& options) {
  const std::string text = options.achievement;
  TM_TRY(const auto id, parse_achievement_id(text));
  TM_TRY(auto session, open_issuer_session(context));
  if (id.institution != session.profile.institution) {
    return Failure{ExitCode::kUsage,
                   text + " is an achievement of another institution; this home is of " +
                       to_text(session.profile.institution)};
  }
  if (auto known = asked(session.client.achievement(id.institution, id.number, id.version), text);
      !known.ok())
    return known.failure();
  TransactionRequest request;
  request.command = "issuer achievement retire";
  request.make = [&id](const tx::Envelope& envelope) {
    return tx::build(envelope, tx::AchievementRetireContent{id.number, id.version});
  };
  request.description.facts["achievement"] = text;
  request.done = "retired " + text + "; what was issued stands";
  return confirm_sign_send(session, std::move(request), options.draft);
}

Outcome resume_outbox(Context& context) {
  const Outbox outbox(context.path("outbox"));
  TM_TRY(const auto entries, or_exit(ExitCode::kFailure, outbox.list()));
  Client client = context.client();
  Json ended = Json::array();
  ExitCode code = ExitCode::kOk;
  std::string text;
  for (const auto& entry : entries) {
    const auto sent = submit_signed(context, client, entry.id, entry.carried, entry.note);
    if (sent.ok()) {
      ended.push_back(to_text(entry.id));
      continue;
    }
    code = worse(code, sent.failure().exit);
    text += to_text(entry.id) + ": " + sent.message() + "\n";
  }
  return Reply{Json{{"committed", ended}, {"exit_code", static_cast<int>(code)}},
               text + std::to_string(ended.size()) + " of " + std::to_string(entries.size()) +
                   " transactions in the outbox are committed\n",
               code};
}

}  // namespace

void add_issuer_commands(CLI::App& app, Context& context, Run& run) {
  auto* issuer = app.add_subcommand(
      "issuer", "Set up an institution, publish achievements, issue, change statuses");
  issuer->require_subcommand(1);
  auto setting = std::make_shared<InitOptions>();
  auto* first = issuer->add_subcommand(
      "init", "Seal the key files of `testamurd init` in vaults, one a purpose");
  option(*first, "--keys", setting->keys,
         "Directory with root.key, issue.key, govern.key and credential.key")
      ->required();
  flag(*first, "--keep", setting->keep, "Do not erase the plain key files");
  first->callback(
      [&context, &run, setting] { run = [&context, setting] { return init(context, *setting); }; });

  auto* achievement = issuer->add_subcommand("achievement", "What this institution awards");
  achievement->require_subcommand(1);
  auto options = std::make_shared<AchievementOptions>();
  auto* publishing = achievement->add_subcommand(
      "publish", "Publish an achievement (or its next version) from a TOML file");
  option(*publishing, "file", options->file, "The achievement")->required();
  add_draft_options(*publishing, options->draft);
  publishing->callback([&context, &run, options] {
    run = [&context, options] { return publish(context, *options); };
  });
  auto* retiring = achievement->add_subcommand("retire", "No further issue under this version");
  option(*retiring, "achievement", options->achievement, "<institution>/<number>.<version>")
      ->required();
  add_draft_options(*retiring, options->draft);
  retiring->callback([&context, &run, options] {
    run = [&context, options] { return retire(context, *options); };
  });

  add_batch_commands(*issuer, context, run);
  add_status_commands(*issuer, context, run);

  auto* outbox = app.add_subcommand("outbox", "Signed transactions that have not ended");
  outbox->require_subcommand(1);
  outbox->add_subcommand("resume", "Send the same bytes again until they have ended")
      ->callback([&context, &run] { run = [&context] { return resume_outbox(context); }; });
}

}  // namespace testamur::wallet
