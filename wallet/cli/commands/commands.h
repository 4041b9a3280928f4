// The commands by noun. Each function adds its noun's subcommands to the parser and makes `run`
// what the chosen one does.
#pragma once

#include <functional>

#include "wallet/cli/context.h"

namespace CLI {
class App;
}

namespace testamur::wallet {

using Run = std::function<Outcome()>;

struct DraftOptions;
// --draft and --send-by (wallet/cli/flow/transaction_flow.h).
void add_draft_options(CLI::App& command, DraftOptions& options);

// What a person may type, shown below the options of --help and in the manual.
void show_example(CLI::App& command, const std::string& line);

// All commands and the global options.
void add_all_commands(CommandTree& app, Context& context, Run& run);

void add_wallet_commands(CLI::App& app, Context& context, Run& run);
void add_passphrase_command(CLI::App& wallet, Context& context, Run& run);
void add_credential_commands(CLI::App& app, Context& context, Run& run);
// verify and credential verify, credential receipt.
void add_verify_commands(CLI::App& app, CLI::App& credential, Context& context, Run& run);
void add_verifier_commands(CLI::App& app, Context& context, Run& run);
void add_issuer_commands(CLI::App& app, Context& context, Run& run);
void add_outbox_commands(CLI::App& app, Context& context, Run& run);
void add_batch_commands(CLI::App& issuer, Context& context, Run& run);
void add_correction_commands(CLI::App& issuer, Context& context, Run& run);
void add_register_commands(CLI::App& issuer, Context& context, Run& run);
void add_batch_register_commands(CLI::App& batch, Context& context, Run& run);
void add_class_template_command(CLI::App& batch, Context& context, Run& run);
void add_status_commands(CLI::App& issuer, Context& context, Run& run);
void add_institution_commands(CLI::App& app, Context& context, Run& run);
void add_governance_commands(CLI::App& app, Context& context, Run& run);
void add_draft_commands(CLI::App& app, Context& context, Run& run);
void add_key_commands(CLI::App& app, Context& context, Run& run);
void add_trust_commands(CLI::App& app, Context& context, Run& run);
void add_accreditation_commands(CLI::App& app, Context& context, Run& run);
void add_accreditation_list(CLI::App& accreditation, Context& context, Run& run);
void add_policy_commands(CLI::App& trust, Context& context, Run& run);
void add_registry_commands(CLI::App& app, Context& context, Run& run);
void add_check_commands(CLI::App& app, Context& context, Run& run);
// check --csv: a table in the place of hashes.
Outcome check_csv(Context& context, const std::string& csv, const std::string& out,
                  const std::string& purpose, const std::string& viewpoint);
void add_genesis_commands(CLI::App& app, Context& context, Run& run);
void add_connect_command(CLI::App& app, Context& context, Run& run);
void add_ledger_commands(CLI::App& app, Context& context, Run& run);
void add_node_commands(CLI::App& app, Context& context, Run& run);
void add_help_commands(CommandTree& app, Run& run);

}  // namespace testamur::wallet
