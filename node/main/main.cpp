// testamurd: the node of one institution.
#include <CLI/CLI.hpp>

#include "node/main/commands.h"
#include "node/main/decision_commands.h"

namespace testamur::node {
namespace {

void add_init(CLI::App& app, InitArguments& arguments, int& exit_code) {
  auto* command = app.add_subcommand("init", "Make a node's directory: configuration, keys, vote store, party file");
  command->add_option("--dir", arguments.directory, "Directory to make")->required();
  command->add_option("--name", arguments.name, "Legal name of the institution")->required();
  command->add_option("--language", arguments.language, "Language of the name (BCP 47)");
  command->add_option("--country", arguments.country, "ISO 3166-1 alpha-2")->required();
  command->add_option("--domain", arguments.domain, "Domain that its credentials name")->required();
  command->add_option("--ror", arguments.ror, "Research Organization Registry id");
  command->add_option("--eter", arguments.eter, "European Tertiary Education Register id");
  command->add_option("--lei", arguments.lei, "Legal Entity Identifier");
  command->add_option("--deqar", arguments.deqar, "DEQAR id");
  command->add_option("--peer-address", arguments.peer_address, "host:port that other nodes reach");
  command->add_option("--api-address", arguments.api_address, "host:port of the gRPC API");
  command->add_option("--metrics-address", arguments.metrics_address, "host:port of the metrics");
  command->add_option("--with-issuer-keys", arguments.issuer_keys,
                      "Where the institution's own key files go (default: issuer-keys in the directory)");
  command->add_flag("--observer", arguments.observer, "A node without a vote");
  command->add_flag("--accreditor", arguments.accreditor, "With --observer: a quality agency");
  command->callback([&] { exit_code = init(arguments); });
}

struct GenesisArguments {
  std::vector<std::string> parties, parameters, keys;
  std::uint64_t time_ms = 0;
  std::string file, out, directory;
};

void add_genesis(CLI::App& app, GenesisArguments& arguments, int& exit_code) {
  auto* genesis = app.add_subcommand("genesis", "Begin a ledger");
  genesis->require_subcommand(1);
  auto* assemble = genesis->add_subcommand("assemble", "Gather party files into a genesis file to be signed");
  assemble->add_option("--party", arguments.parties, "A party file; once for each institution")->required();
  assemble->add_option("--parameter", arguments.parameters, "NAME=NUMBER, where the standard is not wanted");
  assemble->add_option("--time-ms", arguments.time_ms, "Time of the genesis; now by default");
  assemble->add_option("--out", arguments.out, "Genesis file (TOML)")->required();
  assemble->callback(
      [&] { exit_code = genesis_assemble(arguments.parties, arguments.parameters, arguments.time_ms, arguments.out); });
  auto* sign = genesis->add_subcommand("sign", "Sign a genesis file as a founder");
  sign->add_option("--genesis", arguments.file, "Genesis file")->required();
  sign->add_option("--key", arguments.keys, "A root key file")->required();
  sign->callback([&] { exit_code = genesis_sign(arguments.file, arguments.keys); });
  auto* finish = genesis->add_subcommand("finish", "Make the record that nodes follow");
  finish->add_option("--genesis", arguments.file, "Genesis file, signed by all founders")->required();
  finish->add_option("--out", arguments.out, "Genesis record")->required();
  finish->callback([&] { exit_code = genesis_finish(arguments.file, arguments.out); });
  auto* join = genesis->add_subcommand("join", "Let a node follow a ledger: record and peers into its directory");
  join->add_option("--dir", arguments.directory, "Directory of the node")->required();
  join->add_option("--record", arguments.file, "Genesis record")->required();
  join->add_option("--party", arguments.parties, "Party files of the others, for their addresses");
  join->callback([&] { exit_code = genesis_join(arguments.directory, arguments.file, arguments.parties); });
  auto* show = genesis->add_subcommand("show", "What a genesis record says");
  show->add_option("record", arguments.file, "Genesis record")->required();
  show->callback([&] { exit_code = genesis_show(arguments.file); });
}

void add_decisions(CLI::App& app, std::string& config, DecisionArguments& arguments, int& exit_code) {
  auto* decisions = app.add_subcommand("decisions", "What this node decided, without personal data");
  decisions->require_subcommand(1);
  auto* command = decisions->add_subcommand("export", "Counted decisions of the running node as CSV");
  command->add_option("--config", config, "Configuration file");
  command->add_option("--issuer", arguments.issuer, "Only about this institution (tmi1...)");
  command->add_option("--scope", arguments.scope, "Only where the scope touches this ISCED-F code or name");
  command->add_option("--outcome", arguments.outcome, "accept, refuse or blocked");
  command->add_option("--from", arguments.from, "First day, YYYY-MM-DD (UTC)");
  command->add_option("--to", arguments.to, "The day after the last");
  command->add_option("--out", arguments.out, "File to write (default: standard output)");
  command->callback([&] { exit_code = export_decisions(config, arguments); });
}

}  // namespace
}  // namespace testamur::node

int main(int argc, char** argv) {
  using namespace testamur::node;
  CLI::App app("testamurd: one institution's node of a ledger of awards");
  int exit_code = 2;
  std::string config = "testamurd.toml";
  bool dev = false;
  DevOptions dev_options;
  app.add_flag("--dev", dev, "A fresh ledger of one node with sample data; needs no configuration");
  app.add_option("--dir", dev_options.directory, "With --dev: keep the ledger here");
  app.add_option("--api", dev_options.api, "With --dev: address of the API");
  app.add_flag("!--no-sample-data", dev_options.sample_data, "With --dev: begin empty");
  app.require_subcommand(0, 1);

  auto* run = app.add_subcommand("run", "Run the node until SIGTERM");
  run->add_option("--config", config, "Configuration file");
  run->callback([&] { exit_code = run_node(config); });
  auto* check = app.add_subcommand("check-config", "Say what is wrong with a configuration, and where");
  check->add_option("--config", config, "Configuration file");
  check->callback([&] { exit_code = check_config(config); });
  app.add_subcommand("version", "Print the version")->callback([&] { exit_code = version(); });
  std::string copy;
  auto* copying = app.add_subcommand("backup", "Copy the store of the running node into a directory");
  copying->add_option("--config", config, "Configuration file");
  copying->add_option("--to", copy, "Directory; an earlier backup in it is completed")->required();
  copying->callback([&] { exit_code = backup(config, copy); });
  auto* restoring =
      app.add_subcommand("restore", "Put a backup in the place of lost data; the node begins in quarantine");
  restoring->add_option("--config", config, "Configuration file");
  restoring->add_option("--from", copy, "Directory of a backup")->required();
  restoring->callback([&] { exit_code = restore(config, copy); });
  std::string purpose, key_file;
  auto* making = app.add_subcommand("new-key", "Make a fresh key of the running node, to be registered");
  making->add_option("purpose", purpose, "consensus or transport")->required();
  making->add_option("--config", config, "Configuration file");
  making->add_option("--out", key_file, "The public file (default: new-PURPOSE-key.toml)");
  making->callback([&] { exit_code = new_key(config, purpose, key_file); });
  bool dry_run = false;
  auto* declaring = app.add_subcommand("ready", "Declare the running node ready to vote with its new consensus key");
  declaring->add_option("--config", config, "Configuration file");
  declaring->add_flag("--dry-run", dry_run, "Say with which key, submit nothing");
  declaring->callback([&] { exit_code = ready(config, dry_run); });
  bool sure = false;
  auto* resume = app.add_subcommand("resume-voting", "End quarantine by command (see docs/operating.md first)");
  resume->add_option("--config", config, "Configuration file");
  resume->add_flag("--i-destroyed-the-other-copy", sure, "No other copy of the consensus key exists any more");
  resume->callback([&] { exit_code = resume_voting(config, sure); });
  DecisionArguments decision_arguments;
  add_decisions(app, config, decision_arguments, exit_code);
  InitArguments init_arguments;
  add_init(app, init_arguments, exit_code);
  GenesisArguments genesis_arguments;
  add_genesis(app, genesis_arguments, exit_code);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    int code = app.exit(problem);
    return code == 0 ? 0 : 2;
  }
  if (dev) return run_dev(dev_options);
  if (app.get_subcommands().empty()) {
    std::cerr << app.help();
    return 2;
  }
  return exit_code;
}
