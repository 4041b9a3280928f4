// trust policy: what a policy file says, and its digest on the ledger.
#include <CLI/CLI.hpp>
#include <memory>

#include "wallet/cli/commands.h"
#include "wallet/cli/policy_file.h"
#include "wallet/cli/submit.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

ExitCode show(Context& context, const std::string& file) {
  auto reading = read_policy_file(file);
  if (!reading.ok()) return fail(context, ExitCode::kUsage, reading.message());
  const auto digest = trust::digest(reading->policy).hex();
  const auto words = trust::in_words(reading->policy);
  print(context, Json{{"digest", digest}, {"words", words}}, words + "policy digest " + digest + "\n");
  return ExitCode::kOk;
}

// Only the digest goes to the ledger: whoever is given the file can tell that it is the one in use, and since when.
ExitCode publish(Context& context, const std::string& file, const std::string& url) {
  auto reading = read_policy_file(file);
  if (!reading.ok()) return fail(context, ExitCode::kUsage, reading.message());
  Client client = context.client();
  auto profile = issuer_profile(context, client);
  if (!profile.ok()) return fail(context, ExitCode::kFailure, profile.message());
  const tx::PolicyContent content{trust::digest(reading->policy), url};
  const std::string what = profile->name + " decides by the policy " + content.digest.hex();
  if (!context.yes && !confirm(trust::in_words(reading->policy) + what + ". Publish this digest on the ledger?")) {
    return fail(context, ExitCode::kCancelled, "nothing was sent (without a terminal, give --yes)");
  }
  auto opened = open_issuer_keys(context, KeyPurpose::kGovern);
  if (!opened.keys) return opened.code;
  auto envelope = fresh_envelope(context, client, profile->chain, profile->institution);
  if (!envelope.ok()) return fail(context, ExitCode::kUnreachable, envelope.message());
  const auto done =
      sign_and_submit(context, client, tx::build(*envelope, content), KeyPurpose::kGovern, opened.keys->keys.front(),
                      Json{{"command", "trust policy publish"}, {"says", what}});
  if (done.code != ExitCode::kOk) return done.code;
  print(
      context, Json{{"digest", content.digest.hex()}, {"transaction", to_text(done.id)}, {"outcome", done.outcome}},
      what + "\n  " + to_text(done.id) + " is on the ledger; testamur node status says whether the node follows it\n");
  return ExitCode::kOk;
}

}  // namespace

void add_policy_commands(CLI::App& trust, Context& context, Run& run) {
  auto* policy = trust.add_subcommand("policy", "By which rules this institution decides");
  policy->require_subcommand(1);
  auto file = std::make_shared<std::string>();
  auto url = std::make_shared<std::string>();
  auto* showing = policy->add_subcommand("show", "A policy file in words, and its digest");
  showing->add_option("file", *file, "TOML with [policy]: a file of its own or a node's configuration")->required();
  showing->callback([&context, &run, file] { run = [&context, file] { return show(context, *file); }; });
  auto* publishing = policy->add_subcommand("publish", "Put the digest of a policy on the ledger");
  publishing->add_option("file", *file, "TOML with [policy]")->required();
  publishing->add_option("--url", *url, "Where the policy can be read");
  publishing->callback(
      [&context, &run, file, url] { run = [&context, file, url] { return publish(context, *file, *url); }; });
}

}  // namespace testamur::wallet
