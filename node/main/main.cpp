// testamurd: the node of one institution.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <optional>

#include "common/option_slips.h"
#include "common/standard_streams.h"
#include "common/usage_text.h"
#include "node/main/commands.h"
#include "node/main/complaint.h"
#include "node/main/decision_commands.h"
#include "node/main/node.h"

namespace testamur::node {
namespace {

void add_config_place(CLI::App& command, InitArguments& arguments) {
  command.add_option("--config", arguments.config,
                     "Where the configuration goes (default: testamurd.toml in the directory)");
}

void add_init(CLI::App& app, InitArguments& arguments, int& exit_code) {
  auto* command = app.add_subcommand(
      "init", "Make a node's directory: configuration, keys, vote store, party file");
  command->add_option("--dir", arguments.directory, "Directory to make")->required();
  add_config_place(*command, arguments);
  // What is said of a new institution, which a further node of one does not repeat.
  std::vector<CLI::Option*> facts{
      command->add_option("--name", arguments.name, "Legal name of the institution"),
      command->add_option("--language", arguments.language, "Language of the name (BCP 47)"),
      command->add_option("--country", arguments.country, "ISO 3166-1 alpha-2"),
      command->add_option("--domain", arguments.domain, "Domain that its credentials name"),
      command->add_option("--ror", arguments.ror, "Research Organization Registry id"),
      command->add_option("--eter", arguments.eter, "European Tertiary Education Register id"),
      command->add_option("--lei", arguments.lei, "Legal Entity Identifier"),
      command->add_option("--deqar", arguments.deqar, "DEQAR id")};
  command->add_option("--peer-address", arguments.peer_address, "host:port that other nodes reach");
  command->add_option("--api-address", arguments.api_address, "host:port of the gRPC API");
  command->add_option("--metrics-address", arguments.metrics_address, "host:port of the metrics");
  facts.push_back(command->add_option(
      "--with-issuer-keys", arguments.issuer_keys,
      "Where the institution's own key files go (default: issuer-keys in the directory)"));
  facts.push_back(command->add_flag("--observer", arguments.observer, "A node without a vote"));
  facts.push_back(
      command->add_flag("--accreditor", arguments.accreditor, "With --observer: a quality agency"));
  auto* second = command->add_option(
      "--second-node-of", arguments.second_of,
      "Instead of an institution's facts: a further node of this one (tmi1...), without a vote");
  for (auto* fact : facts) second->excludes(fact);
  command->add_option("--genesis", arguments.genesis, "With it: the record of the ledger")
      ->needs(second);
  command->add_option("--party", arguments.parties, "… and party files of the others")
      ->needs(second);
  command->callback([&] { exit_code = init(arguments); });
}

struct LedgerArguments {
  std::vector<std::string> parties;
  std::string directory, joining, genesis, chain, institution;
  std::string config = "testamurd.toml", from, height;
  RecoveryArguments recovery;
  InitArguments replacement;
};

void add_ledger(CLI::App& app, LedgerArguments& arguments, int& exit_code) {
  auto* joining =
      app.add_subcommand("join", "Let a node follow a ledger: record and peers into its directory");
  joining->add_option("--dir", arguments.directory, "Directory of the node");
  joining->add_option("--config", arguments.joining,
                      "Its configuration, where that is not testamurd.toml in the directory");
  joining->add_option("--genesis", arguments.genesis, "Genesis record (`testamur genesis`)")
      ->required();
  joining->add_option("--party", arguments.parties,
                      "Party files of the others, for their addresses");
  joining->add_option("--institution", arguments.institution,
                      "The id that its registration gave (default: that of a founder)");
  joining->callback([&] {
    exit_code = join(arguments.directory, arguments.joining, arguments.genesis, arguments.parties,
                     arguments.institution);
  });

  auto* genesis =
      app.add_subcommand("genesis", "Genesis records (the ceremony itself: `testamur genesis`)");
  genesis->require_subcommand(1);
  auto* drafting = genesis->add_subcommand(
      "recover", "Draft the record by which a ledger goes on without lost keys");
  drafting->add_option("--config", arguments.recovery.config,
                       "Configuration of a surviving, stopped node");
  drafting->add_option("--from", arguments.recovery.from,
                       "A backup instead of the node's own store");
  drafting->add_option("--height", arguments.recovery.height,
                       "With --from: the height of the backup (default: the highest)");
  drafting->add_option("--keep", arguments.recovery.keep,
                       "Institution (tmi1...) whose node survives; once for each");
  drafting->add_option("file", arguments.recovery.file, "Record to write")->required();
  drafting->callback([&] { exit_code = genesis_recover(arguments.recovery); });

  auto* recovering =
      app.add_subcommand("recover", "Let this node go on with the ledger of a signed recovery");
  recovering->add_option("--config", arguments.config, "Configuration of the stopped node");
  recovering->add_option("--genesis", arguments.genesis, "The signed record")->required();
  recovering->add_option("--from", arguments.from, "A backup, where the node's own store is gone");
  recovering->add_option("--height", arguments.height,
                         "With --from: the height of the backup (default: the highest)");
  recovering->callback([&] {
    exit_code = recover(arguments.config, arguments.genesis, arguments.from, arguments.height);
  });

  auto* replacing =
      app.add_subcommand("replace", "A new node for an institution that lost its own");
  replacing->add_option("--dir", arguments.replacement.directory, "Directory to make")->required();
  add_config_place(*replacing, arguments.replacement);
  replacing->add_option("--institution", arguments.institution, "The institution (tmi1...)")
      ->required();
  replacing->add_option("--chain", arguments.chain, "The ledger that lost its keys (tmn1...)")
      ->required();
  replacing->add_option("--peer-address", arguments.replacement.peer_address,
                        "host:port that other nodes reach");
  replacing->add_option("--api-address", arguments.replacement.api_address,
                        "host:port of the gRPC API");
  replacing->add_option("--metrics-address", arguments.replacement.metrics_address,
                        "host:port of the metrics");
  replacing->callback([&] {
    exit_code = replace_node(arguments.replacement, arguments.chain, arguments.institution);
  });
}

struct BackupArguments {
  std::string folder, height, sign_from;
  bool sure = false;
};

// Copies, and the way back from one.
void add_backup(CLI::App& app, std::string& config, BackupArguments& arguments, int& exit_code) {
  auto* copying =
      app.add_subcommand("backup", "Copy the store of the running node into a directory");
  copying->add_option("--config", config, "Configuration file");
  copying->add_option("--to", arguments.folder, "Directory; an earlier backup in it is completed")
      ->required();
  copying->callback([&] { exit_code = backup(config, arguments.folder); });

  auto* restoring = app.add_subcommand(
      "restore", "Put a backup in the place of lost data; the node begins in quarantine");
  restoring->add_option("--config", config, "Configuration file");
  restoring->add_option("--from", arguments.folder, "Directory of a backup")->required();
  restoring->add_option("--height", arguments.height,
                        "The backup at this height (default: the highest, which must be complete)");
  restoring->callback([&] { exit_code = restore(config, arguments.folder, arguments.height); });

  auto* resume = app.add_subcommand("resume-voting",
                                    "End quarantine by command (see docs/operating.md first)");
  resume->add_option("--config", config, "Configuration file");
  resume->add_flag("--i-destroyed-the-other-copy", arguments.sure,
                   "No other copy of the consensus key exists any more");
  resume->add_option("--sign-from", arguments.sign_from,
                     "On a ledger of one: the block with which signing begins anew");
  resume->callback([&] { exit_code = resume_voting(config, arguments.sure, arguments.sign_from); });
}

void add_decisions(CLI::App& app, std::string& config, DecisionArguments& arguments,
                   int& exit_code) {
  auto* decisions =
      app.add_subcommand("decisions", "What this node decided, without personal data");
  decisions->require_subcommand(1);
  auto* command =
      decisions->add_subcommand("export", "Counted decisions of the running node as CSV");
  command->add_option("--config", config, "Configuration file");
  command->add_option("--issuer", arguments.issuer, "Only about this institution (tmi1...)");
  command->add_option("--scope", arguments.scope,
                      "Only where the scope touches this ISCED-F code or name");
  command->add_option("--outcome", arguments.outcome, "accept, refuse or blocked");
  command->add_option("--from", arguments.from, "First day, YYYY-MM-DD (UTC)");
  command->add_option("--to", arguments.to, "The day after the last");
  command->add_option("--out", arguments.out, "File to write (default: standard output)");
  command->callback([&] { exit_code = export_decisions(config, arguments); });
}

void add_dev(CLI::App& app, bool& dev, DevOptions& options) {
  auto* developing = app.add_flag(
      "--dev", dev, "A fresh ledger of one node with sample data; needs no configuration");
  app.add_option("--dir", options.directory, "With --dev: keep the ledger here (default: nowhere)")
      ->needs(developing);
  app.add_option("--api", options.api,
                 "With --dev: address of the API (default: 127.0.0.1:7601, or any free port)")
      ->needs(developing);
  app.add_flag("!--no-sample-data", options.sample_data,
               "With --dev and a fresh ledger: begin empty")
      ->needs(developing);
}

// What a command takes, as `testamur help` says it of that program's.
int show_help(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  for (const auto& word : words) {
    const auto below = usage::commands_of(at);
    const auto found = std::ranges::find(below, word, &CLI::App::get_name);
    if (found == below.end())
      return complain(in_quotes(word) + " is no command of " + usage::path_of(at) +
                          did_you_mean(usage::near_words(app, at, word)),
                      kUsage);
    at = *found;
  }
  // help() would speak of the command that was parsed, which is this one.
  const auto name = at->get_parent() == nullptr ? "" : usage::path_of(at->get_parent()) + " ";
  std::cout << at->get_formatter()->make_help(at, name + at->get_name(),
                                              CLI::AppFormatMode::Normal);
  return 0;
}

void add_help(CLI::App& app, std::vector<std::string>& words, int& exit_code) {
  auto* helping = app.add_subcommand("help", "What a command does and takes, as in: help init");
  helping->add_option("command", words, "The command (default: all of them)");
  helping->callback([&] { exit_code = show_help(app, words); });
}

// Does what was asked for; the exit code when that could not be read, or was help.
std::optional<int> parse(CLI::App& app, const bool& dev, int argc, char** argv) {
  refuse_slips(app);
  // Before any command does something: it would be done to another node than the one that was
  // meant.
  app.parse_complete_callback([&app, &dev] {
    if (!dev || app.get_subcommands().empty()) return;
    throw CLI::ValidationError(
        "--dev",
        "makes and runs a ledger for trying, and goes with no command: leave out --dev, or " +
            app.get_subcommands().front()->get_name());
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& problem) {
    return complain(usage_text(app, problem), kUsage);
  }
  return std::nullopt;
}

int run_command(int argc, char** argv) {
  CLI::App app("testamurd: one institution's node of a ledger of awards", "testamurd");
  int exit_code = 2;
  std::string config = "testamurd.toml";
  bool dev = false;
  DevOptions dev_options;
  add_dev(app, dev, dev_options);
  app.set_version_flag("--version", std::string(kSoftware), "Print the version");
  app.require_subcommand(0, 1);

  auto* run = app.add_subcommand("run", "Run the node until SIGTERM");
  run->add_option("--config", config, "Configuration file");
  run->callback([&] { exit_code = run_node(config); });
  auto* check =
      app.add_subcommand("check-config", "Say what is wrong with a configuration, and where");
  check->add_option("--config", config, "Configuration file");
  check->callback([&] { exit_code = check_config(config); });
  app.add_subcommand("version", "Print the version")->callback([&] { exit_code = version(); });
  std::vector<std::string> asked;
  add_help(app, asked, exit_code);
  BackupArguments backup_arguments;
  add_backup(app, config, backup_arguments, exit_code);
  std::string purpose, key_file;
  auto* making =
      app.add_subcommand("new-key", "Make a fresh key of the running node, to be registered");
  making->add_option("purpose", purpose, "consensus or transport")->required();
  making->add_option("--config", config, "Configuration file");
  making->add_option("--out", key_file, "The public file (default: new-PURPOSE-key.toml)");
  making->callback([&] { exit_code = new_key(config, purpose, key_file); });
  bool dry_run = false;
  auto* declaring = app.add_subcommand(
      "ready", "Declare the running node ready to vote with its new consensus key");
  declaring->add_option("--config", config, "Configuration file");
  declaring->add_flag("--dry-run", dry_run, "Say with which key, submit nothing");
  declaring->callback([&] { exit_code = ready(config, dry_run); });
  DecisionArguments decision_arguments;
  add_decisions(app, config, decision_arguments, exit_code);
  InitArguments init_arguments;
  add_init(app, init_arguments, exit_code);
  LedgerArguments ledger_arguments;
  add_ledger(app, ledger_arguments, exit_code);

  if (const auto ended = parse(app, dev, argc, argv)) return *ended;
  if (dev) return run_dev(dev_options);
  if (app.get_subcommands().empty()) {
    std::cerr << app.help();
    return 2;
  }
  return exit_code;
}

// `code`, or kFailed where that was 0 and standard output did not take all that was printed.
int after_output(int code) {
  const auto failure = standard_output_failure();
  if (!failure) return code;
  const int told = complain("the result cannot be printed: " + *failure);
  return code == 0 ? told : code;
}

}  // namespace
}  // namespace testamur::node

int main(int argc, char** argv) {
  testamur::prepare_standard_streams();
  return testamur::node::after_output(testamur::node::run_command(argc, argv));
}
