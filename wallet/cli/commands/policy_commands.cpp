// trust policy: what a policy file says, and its digest on the ledger.
#include <memory>

#include "common/visible.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/commands/statement_options.h"
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

// What was published last, and what the own node decides by: a policy on the ledger is only true if
// the node follows it.
Attempt<std::vector<std::string>> policy_warnings(IssuerSession& session,
                                                  const tx::PolicyContent& content) {
  std::vector<std::string> warnings;
  const auto& own = session.profile.institution;
  TM_TRY(const auto party, asked(session.client.institution(own, false)));
  const auto digest = content.digest.hex();
  if (!party.policies.empty()) {
    const auto& last = party.policies.front();
    if (last.digest == digest && last.url == content.url)
      return Failure{ExitCode::kUsage,
                     "this policy is the published one already: nothing would change, and nothing "
                     "was sent"};
    if (!last.url.empty() && content.url.empty())
      warnings.push_back("the address of the policy that is published now, " + one_line(last.url) +
                         ", goes with it: give --url again if it can be read there");
  }

  TM_TRY(const auto status, asked(session.client.status()));
  if (status.institution.id != own) {
    warnings.push_back(
        "the node that was asked is not this institution's: whether its own node "
        "decides by this policy was not looked at");
  } else if (status.policy_digest != digest) {
    warnings.push_back(
        "this institution's node does not decide by it, but by " +
        (status.policy_digest.empty() ? "another one" : in_quotes(status.policy_digest)) +
        ": put it into its configuration and restart it");
  }
  return warnings;
}

// Only the digest goes to the ledger: whoever is given the file can tell that it is the one in use,
// and since when.
Outcome publish(Context& context, const PolicyOptions& options) {
  TM_TRY(const auto reading, read_policy_file(options.file));
  TM_TRY(auto session, open_acting_session(context, "trust policy publish"));
  TM_TRY(const auto url, parse_web_address("--url", options.url));
  const tx::PolicyContent content{trust::digest(reading.policy), url};
  TM_TRY(auto warnings, policy_warnings(session, content));
  TransactionRequest request;
  request.command = "trust policy publish";
  request.description.warnings = std::move(warnings);
  request.make = [&content](const tx::Envelope& envelope) { return tx::build(envelope, content); };
  request.description.text = "\nThe policy:\n" + trust::in_words(reading.policy);
  request.description.facts["digest"] = content.digest.hex();
  request.done = session.profile.name + " decides by the policy " + content.digest.hex() +
                 "; testamur node status says whether the node follows it";
  return confirm_sign_send(session, std::move(request), options.draft);
}

}  // namespace

void add_policy_commands(Command trust, Context& context, Run& run) {
  auto policy = trust.add_subcommand("policy", "By which rules this institution decides");
  policy.require_subcommand(1);
  auto options = std::make_shared<PolicyOptions>();
  auto showing = policy.add_subcommand("show", "A policy file in words, and its digest");
  option(showing, "file", options->file,
         "TOML with [policy]: a file of its own or a node's configuration")
      .required();
  showing.callback([&run, options] { run = [options] { return show(options->file); }; });
  auto publishing = policy.add_subcommand("publish", "Put the digest of a policy on the ledger");
  option(publishing, "file", options->file, "TOML with [policy]").required();
  option(publishing, "--url", options->url, "Where the policy can be read");
  add_draft_options(publishing, options->draft);
  publishing.callback([&context, &run, options] {
    run = [&context, options] { return publish(context, *options); };
  });
}

}  // namespace testamur::wallet
