// The commands by noun. Each function adds its noun's subcommands to the parser and makes `run`
// what the chosen one does.
#pragma once

#include <functional>

#include "wallet/cli/context.h"
#include "wallet/cli/option.h"

namespace testamur::wallet {

using Run = std::function<Outcome()>;

struct DraftOptions;
// --draft and --send-by (wallet/cli/flow/transaction_flow.h).
void add_draft_options(Command command, DraftOptions& options);

// What a person may type, shown below the options of --help and in the manual.
void show_example(Command command, const std::string& line);

// All commands and the global options.
void add_all_commands(CommandTree& app, Context& context, Run& run);

void add_wallet_commands(Command app, Context& context, Run& run);
void add_passphrase_command(Command wallet, Context& context, Run& run);
void add_credential_commands(Command app, Context& context, Run& run);
// verify and credential verify, credential receipt.
void add_verify_commands(Command app, Command credential, Context& context, Run& run);
void add_verifier_commands(Command app, Context& context, Run& run);
void add_issuer_commands(Command app, Context& context, Run& run);
void add_outbox_commands(Command app, Context& context, Run& run);
void add_batch_commands(Command issuer, Context& context, Run& run);
void add_correction_commands(Command issuer, Context& context, Run& run);
void add_register_commands(Command issuer, Context& context, Run& run);
void add_batch_register_commands(Command batch, Context& context, Run& run);
void add_class_template_command(Command batch, Context& context, Run& run);
void add_status_commands(Command issuer, Context& context, Run& run);
void add_institution_commands(Command app, Context& context, Run& run);
void add_governance_commands(Command app, Context& context, Run& run);
void add_draft_commands(Command app, Context& context, Run& run);
void add_key_commands(Command app, Context& context, Run& run);
void add_trust_commands(Command app, Context& context, Run& run);
void add_accreditation_commands(Command app, Context& context, Run& run);
void add_accreditation_list(Command accreditation, Context& context, Run& run);
void add_policy_commands(Command trust, Context& context, Run& run);
void add_registry_commands(Command app, Context& context, Run& run);
void add_check_commands(Command app, Context& context, Run& run);
// check --csv: a table in the place of hashes.
Outcome check_csv(Context& context, const std::string& csv, const std::string& out,
                  const std::string& purpose, const std::string& viewpoint);
void add_genesis_commands(Command app, Context& context, Run& run);
void add_connect_command(Command app, Context& context, Run& run);
void add_ledger_commands(Command app, Context& context, Run& run);
void add_node_commands(Command app, Context& context, Run& run);
void add_help_commands(CommandTree& app, Run& run);

}  // namespace testamur::wallet
