// trust policy: what a policy file says, and its digest on the ledger.
#include <CLI/CLI.hpp>
#include <memory>

#include "wallet/cli/commands/commands.h"
#include "wallet/cli/files/policy_file.h"
#include "wallet/cli/flow/transaction_flow.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

struct PolicyOptions {
  Given<std::string> file;
  Given<std::string> url;
  DraftOptions draft;
};

Outcome show(const std::string& file) {
  TM_TRY(const auto reading, read_policy_file(file));
  const auto digest = trust::digest(reading.policy).hex();
  const auto words = trust::in_words(reading.policy);
  return Reply{Json{{"digest", digest}, {"words", words}},
               words + "policy digest " + digest + "\n"};
}

// Only the digest goes to the ledger: whoever is given the file can tell that it is the one in use,
// and since when.
Outcome publish(Context& context, const PolicyOptions& options) {
  TM_TRY(const auto reading, read_policy_file(options.file));
  TM_TRY(auto session, open_issuer_session(context));
  const tx::PolicyContent content{trust::digest(reading.policy), options.url};
  TransactionRequest request;
  request.command = "trust policy publish";
  request.make = [&content](const tx::Envelope& envelope) { return tx::build(envelope, content); };
  request.description.text = "\nThe policy:\n" + trust::in_words(reading.policy);
  request.description.facts["digest"] = content.digest.hex();
  request.done = session.profile.name + " decides by the policy " + content.digest.hex() +
                 "; testamur node status says whether the node follows it";
  return confirm_sign_send(session, std::move(request), options.draft);
}

}  // namespace

void add_policy_commands(CLI::App& trust, Context& context, Run& run) {
  auto* policy = trust.add_subcommand("policy", "By which rules this institution decides");
  policy->require_subcommand(1);
  auto options = std::make_shared<PolicyOptions>();
  auto* showing = policy->add_subcommand("show", "A policy file in words, and its digest");
  option(*showing, "file", options->file,
         "TOML with [policy]: a file of its own or a node's configuration")
      ->required();
  showing->callback([&run, options] { run = [options] { return show(options->file); }; });
  auto* publishing = policy->add_subcommand("publish", "Put the digest of a policy on the ledger");
  option(*publishing, "file", options->file, "TOML with [policy]")->required();
  option(*publishing, "--url", options->url, "Where the policy can be read");
  add_draft_options(*publishing, options->draft);
  publishing->callback([&context, &run, options] {
    run = [&context, options] { return publish(context, *options); };
  });
}

}  // namespace testamur::wallet
