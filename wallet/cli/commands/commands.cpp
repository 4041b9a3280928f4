#include "wallet/cli/commands/commands.h"

#include <limits>

#include "common/option_slips.h"
#include "wallet/cli/command_tree.h"

namespace testamur::wallet {
namespace {

// A script may give those to every command that bear on how it is run. --force is about one thing,
// a file that the command writes, and is refused where it writes none.
void add_global_options(CommandTree& app, Context& context) {
  app.add_option("--home", context.home,
                 "Where wallet and keys are (default: $TESTAMUR_HOME, else ~/.testamur)");
  app.add_option("--endpoint", context.endpoints, "A node's host:port; may be given several times")
      ->allow_extra_args(false);
  app.add_option("--tls-root", context.tls_root,
                 "PEM file of the root that signed the nodes' API certificates");
  auto* file = app.add_option("--passphrase-file", context.passphrase_file,
                              "Read the passphrase from the first line of this file");
  auto* descriptor = app.add_option("--passphrase-fd", context.passphrase_fd,
                                    "Read the passphrase from this open descriptor");
  descriptor->excludes(file);
  expect_number(*descriptor, 0, std::numeric_limits<int>::max());
  constexpr std::uint64_t kDayMs = 86'400'000;
  expect_number(*app.add_option("--timeout", context.timeout_ms,
                                "How long to wait for a commit, in milliseconds, and at most for a "
                                "node's answer"),
                1, kDayMs);
  app.add_option(
      "--accept-recovery", context.accept_recovery,
      "Follow the ledger of this id (tmn1...), which goes on where the trusted one lost its keys");
  app.add_flag("--json", context.json, "Print one JSON value instead of text");
  app.add_flag("--yes", context.yes, "Do not ask for confirmation");
  app.add_flag("--quiet", context.quiet, "No progress, no notices");
  flag(app, "--force", context.force, "Replace a file that exists when the command writes one");
}

}  // namespace

void show_example(Command command, const std::string& line) {
  command.footer("Example:\n  " + line);
}

void add_all_commands(CommandTree& app, Context& context, Run& run) {
  app.require_subcommand(1);
  app.fallthrough();
  add_global_options(app, context);
  add_connect_command(app, context, run);
  add_wallet_commands(app, context, run);
  add_credential_commands(app, context, run);
  add_verifier_commands(app, context, run);
  add_issuer_commands(app, context, run);
  add_outbox_commands(app, context, run);
  add_trust_commands(app, context, run);
  add_key_commands(app, context, run);
  add_institution_commands(app, context, run);
  add_governance_commands(app, context, run);
  add_draft_commands(app, context, run);
  add_accreditation_commands(app, context, run);
  add_registry_commands(app, context, run);
  add_check_commands(app, context, run);
  add_node_commands(app, context, run);
  add_genesis_commands(app, context, run);
  add_ledger_commands(app, context, run);
  add_help_commands(app, run);
  refuse_slips(app, [&app](const CLI::Option& option, const std::string& value) {
    return app.was_joined(option, value);
  });
}

}  // namespace testamur::wallet
