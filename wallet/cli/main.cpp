// testamur: the command line of learners, issuers and verifiers.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

#include "wallet/cli/commands.h"
#include "wallet/cli/output.h"

namespace testamur::wallet {
namespace {

constexpr const char* kVersion = "testamur 0.1.0";

std::string default_home() {
  if (const char* home = std::getenv("TESTAMUR_HOME"); home != nullptr && *home != '\0') return home;
  const char* user_home = std::getenv("HOME");
  return std::string(user_home == nullptr ? "." : user_home) + "/.testamur";
}

void add_global_options(CLI::App& app, Context& context) {
  app.add_option("--home", context.home, "Where wallet and keys are (default: $TESTAMUR_HOME, else ~/.testamur)");
  app.add_option("--endpoint", context.endpoints, "A node's host:port; may be given several times")
      ->allow_extra_args(false);
  app.add_option("--tls-root", context.tls_root, "PEM file of the root that signed the nodes' API certificates");
  app.add_option("--passphrase-file", context.passphrase_file, "Read the passphrase from the first line of this file");
  app.add_option("--passphrase-fd", context.passphrase_fd, "Read the passphrase from this open descriptor");
  app.add_option("--timeout", context.timeout_ms, "How long to wait for a commit, in milliseconds");
  app.add_option("--accept-recovery", context.accept_recovery,
                 "Follow the ledger of this id (tmn1...), which goes on where the trusted one lost its keys");
  app.add_flag("--json", context.json, "Print one JSON value instead of text");
  app.add_flag("--yes", context.yes, "Do not ask for confirmation");
  app.add_flag("--quiet", context.quiet, "No progress, no notices");
  app.add_flag("--force", context.force, "Replace a file that exists when the command writes one");
  app.set_version_flag("--version", kVersion);
}

int run(int argc, char** argv) {
  CLI::App app{"Testamur: credentials whose issuer your own institution accepts. Exit codes: docs/cli.md", "testamur"};
  app.require_subcommand(1);
  app.fallthrough();
  Context context;
  context.home = default_home();
  Run chosen;
  add_global_options(app, context);
  add_wallet_commands(app, context, chosen);
  add_credential_commands(app, context, chosen);
  add_issuer_commands(app, context, chosen);
  add_trust_commands(app, context, chosen);
  add_key_commands(app, context, chosen);
  add_institution_commands(app, context, chosen);
  add_governance_commands(app, context, chosen);
  add_draft_commands(app, context, chosen);
  add_accreditation_commands(app, context, chosen);
  add_registry_commands(app, context, chosen);
  add_check_commands(app, context, chosen);
  add_node_commands(app, context, chosen);
  add_genesis_commands(app, context, chosen);
  add_ledger_commands(app, context, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
  if (auto read = read_config(context); !read.ok())
    return static_cast<int>(fail(context, ExitCode::kUsage, read.message()));
  return static_cast<int>(chosen());
}

}  // namespace
}  // namespace testamur::wallet

int main(int argc, char** argv) {
  using namespace testamur::wallet;
  prepare_standard_streams();
  const int code = run(argc, argv);
  return static_cast<int>(after_output(static_cast<ExitCode>(code)));
}
