// Each command reads its input whole, does one thing, and prints what came of it and what comes
// next. What is wrong goes to standard error in one line, and the exit code says whether it was the
// call, the work, or the disk.
#include "node/main/commands.h"

#include <pthread.h>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "common/address.h"
#include "common/clock.h"
#include "files/key_file.h"
#include "files/paths.h"
#include "ledger/meaning/facts_meaning.h"
#include "node/api/descriptors.h"
#include "node/api/spare_memory.h"
#include "node/config/config.h"
#include "node/config/genesis_file.h"
#include "node/config/minute_text.h"
#include "node/main/complaint.h"
#include "node/main/config_notes.h"
#include "node/main/init.h"
#include "node/main/node.h"
#include "node/main/operator_file.h"
#include "node/main/preflight.h"
#include "node/main/process.h"
#include "node/main/readiness.h"
#include "node/main/recovery.h"
#include "node/main/restore.h"
#include "node/main/second_node.h"
#include "node/main/serve.h"
#include "node/rpc/admin_client.h"

namespace testamur::node {

namespace fs = std::filesystem;

namespace {

std::vector<fs::path> to_paths(const std::vector<std::string>& files) {
  return {files.begin(), files.end()};
}

// A height as an option names one; nothing where it was not given.
Result<std::optional<Height>> height_of(const std::string& option, const std::string& text) {
  if (text.empty()) return std::optional<Height>{};
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem == std::errc{} && end == text.data() + text.size())
    return std::optional<Height>(Height{number});
  return error(option + " is the number of a block, as 1200, not \"" + text + "\"");
}

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  return signals;
}

Result<std::unique_ptr<Log>> open_log(const NodeConfig& config) {
  Log::Options options;
  options.level = log_level_from(config.log_level).value_or(LogLevel::kInfo);
  options.format = config.log_format == "json" ? LogFormat::kJson : LogFormat::kLogfmt;
  options.file = config.log_file.string();
  return Log::open(options);
}

// A node that cannot say how it is serves nevertheless.
void tell(Log& log, std::string_view state) {
  const auto told = tell_service_manager(state);
  if (!told.ok()) log.warn("service_manager_not_told", {{"cause", told.message()}});
}

}  // namespace

// Signals are blocked before any thread starts, so that all inherit that.
int serve(const NodeConfig& config, const OnServing& on_serving) {
  auto signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  protect_process();
  SpareMemory::configure();
  raise_descriptor_limit();

  // Before anything is done, and before a log of the node's own says anything else.
  const SystemClock clock;
  const auto found = preflight(config, clock);
  if (!found.ok()) {
    for (const auto& problem : found.problems) complain(problem);
    return found.disk ? kFatalExit : kFailed;
  }
  for (const auto& note : found.notes) complain("note: " + note);
  auto log = open_log(config);
  if (!log.ok()) return complain(log.message());
  auto fatal = [&log](const std::string& cause) {
    (*log)->error("fatal", {{"cause", cause}});
    (*log)->flush();
    std::_Exit(kFatalExit);
  };
  int failed = kFailed;
  auto node = Node::start({config, clock, **log, fatal, [] { ::kill(::getpid(), SIGTERM); },
                           [&failed] { failed = kFatalExit; }});
  if (!node.ok()) {
    (*log)->error("start_failed", {{"cause", node.message()}});
    return failed;
  }
  // A node with a wrong clock is missed by its peers, or dates what stays for good.
  const auto clock_is_off = clock_note((*node)->chain().head()->header.time_ms, clock.now_ms());
  if (!clock_is_off.empty()) (*log)->warn("clock", {{"cause", clock_is_off}});
  // Its API answers from here on: what is ordered after the service may ask it.
  tell(**log, kServiceReady);

  if (on_serving) on_serving(**node, **log);
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) {
    auto reloaded = (*node)->reload_peers();
    if (!reloaded.ok()) (*log)->error("reload_failed", {{"cause", reloaded.message()}});
  }
  tell(**log, kServiceStopping);
  (*log)->info("stopping", {{"signal", signal}});
  (*node)->stop();
  return 0;
}

int run_node(const std::string& config_file) {
  auto config = load_config(config_file);
  if (!config.ok()) return complain(config.message());
  return serve(*config);
}

namespace {

// What stands in the files that others copy is looked at before they are written.
Status check_addresses(const InitArguments& arguments) {
  const std::pair<const char*, const std::string*> given[] = {
      {"--peer-address", &arguments.peer_address},
      {"--api-address", &arguments.api_address},
      {"--metrics-address", &arguments.metrics_address}};
  for (const auto& [name, address] : given) {
    if (address->empty()) continue;
    const auto parsed = parse_host_port(*address);
    if (!parsed.ok()) return error(std::string(name) + ": " + parsed.message());
  }

  // It goes into the others' configurations, where a wildcard would be tried for ever.
  if (!arguments.peer_address.empty()) {
    if (const auto problem = dialling_problem(arguments.peer_address)) {
      return error("--peer-address: " + *problem +
                   ". Where this node itself listens is peers.listen in its configuration");
    }
  }

  const auto given_or = [](const std::string& text, std::string_view key) {
    return text.empty() ? default_of(key) : text;
  };
  return check_ports_apart({{"--peer-address", given_or(arguments.peer_address, "peers.listen")},
                            {"--api-address", given_or(arguments.api_address, "api.listen")},
                            {"--metrics-address", arguments.metrics_address}});
}

InitOptions places_of(const InitArguments& arguments) {
  InitOptions options;
  options.directory = arguments.directory;
  options.config = arguments.config;
  options.peer_address = arguments.peer_address;
  options.api_address = arguments.api_address;
  options.metrics_address = arguments.metrics_address;
  return options;
}

int init_second(const InitArguments& arguments) {
  const auto institution = parse_institution_id(arguments.second_of);
  if (!institution.ok()) return complain("--second-node-of: " + institution.message(), kUsage);
  if (arguments.genesis.empty())
    return complain(
        "--second-node-of needs --genesis FILE: the record of the ledger that it follows", kUsage);

  const SecondNode wanted{places_of(arguments),
                          *institution,
                          arguments.genesis,
                          {arguments.parties.begin(), arguments.parties.end()}};
  const auto made = make_second_node(wanted);
  if (!made.ok()) return complain(made.message());
  for (const auto& note : made->notes) std::cerr << "note: " << note << "\n";
  std::cout << "configuration  " << config_path(wanted.init).string() << " (no vote)\n"
            << "transport key  " << testamur::to_text(made->key) << "\n"
            << "next  whoever holds the root keys: testamur key add transport --public "
            << made->public_file.string() << "\n"
            << "then  testamurd run --config " << config_path(wanted.init).string() << "\n";
  return 0;
}

// What a new institution must say, and a further node of one must not.
std::string missing_fact(const InitArguments& arguments) {
  if (arguments.name.empty()) return "--name";
  if (arguments.country.empty()) return "--country";
  return arguments.domain.empty() ? "--domain" : "";
}

}  // namespace

int init(const InitArguments& arguments) {
  if (const auto addresses = check_addresses(arguments); !addresses.ok()) {
    complain(addresses.message());
    return kUsage;
  }
  if (!arguments.second_of.empty()) return init_second(arguments);
  if (const auto missing = missing_fact(arguments); !missing.empty()) {
    return complain(missing +
                        " is required (or --second-node-of, for a further node of an "
                        "institution that is on a ledger)",
                    kUsage);
  }
  InitOptions options = places_of(arguments);

  options.facts.legal_names = {{arguments.language, arguments.name}};
  options.facts.country = arguments.country;
  options.facts.domain = arguments.domain;
  options.facts.ror = arguments.ror;
  options.facts.eter = arguments.eter;
  options.facts.lei = arguments.lei;
  options.facts.deqar = arguments.deqar;

  // A genesis is never corrected, so what could not stand in a registration is refused here.
  if (const auto problem = ledger::meaning_problem(options.facts)) {
    complain("the " + problem->field +
             " cannot stand in a genesis, where it stays: " + problem->why);
    return kUsage;
  }

  if (const auto broken = ledger::tx::form_error(options.facts)) {
    return complain("the facts: " + to_text(*broken) +
                        (options.facts.legal_names.front().language == "en"
                             ? std::string()
                             : ". --language is a BCP 47 tag, as en or de"),
                    kUsage);
  }

  if (arguments.accreditor && !arguments.observer) {
    complain("--accreditor goes with --observer: a quality agency has no vote");
    return kUsage;
  }

  options.observer = arguments.observer;
  options.accreditor = arguments.accreditor;
  options.issuer_keys = arguments.issuer_keys.empty()
                            ? fs::path(arguments.directory) / "issuer-keys"
                            : fs::path(arguments.issuer_keys);

  auto party = init_node(options);
  if (!party.ok()) return complain(party.message());

  // A ledger that runs names an institution by its registration.
  std::cout << "institution  " << to_text(ledger::party_id(*party))
            << (options.observer ? " (as a founder; a registration later gives another id)" : "")
            << "\n"
            << "configuration " << config_path(options).string() << "\n"
            << "party file    " << (options.directory / "party.toml").string()
            << " (public: goes to the genesis)\n"
            << "issuer keys   " << options.issuer_keys.string()
            << " (secret: seal them at once with `testamur issuer seal --keys`)\n";
  return 0;
}

int check_config(const std::string& config_file) {
  auto config = load_config(config_file);
  if (!config.ok()) return complain(config.message());

  // As at a start: the check must see the limits under which the node would run.
  raise_descriptor_limit();
  const SystemClock clock;

  const auto found = preflight_all(*config, clock);
  if (!found.ok()) {
    for (const auto& problem : found.problems) complain(problem);
    return found.disk ? kFatalExit : kFailed;
  }

  if (found.running)
    std::cout << "a node runs on " << config->data_dir.string()
              << ": its ports and store were not looked at\n";

  for (const auto& note : found.notes) std::cout << "note: " << note << "\n";
  std::cout << config_file << " is complete and correct\n\nIts policy:\n"
            << trust::in_words(config->policy);
  std::cout << "policy digest " << trust::digest(config->policy).hex() << "\n";
  return 0;
}

int version() {
  std::cout << kSoftware << "\n";
  return 0;
}

int resume_voting(const std::string& config_file, bool sure, const std::string& sign_from) {
  if (!sure) {
    std::cerr << "testamurd: this ends the protection against a second copy of the consensus key. "
                 "If the other copy is "
                 "destroyed, say --i-destroyed-the-other-copy\n";
    return kUsage;
  }
  const auto from = height_of("--sign-from", sign_from);
  if (!from.ok()) return complain(from.message(), kUsage);
  auto config = load_config(config_file);
  if (!config.ok()) return complain(config.message());
  const auto done = admin_resume_voting(config->api.admin_socket.string(), *from);
  if (!done.ok()) return complain(done.message());
  std::cout << "this node votes again, from block " << done->value
            << " on; testamur node status shows it\n";
  return 0;
}

int new_key(const std::string& config_file, const std::string& purpose, const std::string& out) {
  if (purpose != "consensus" && purpose != "transport") {
    return complain("new-key makes consensus or transport, not \"" + purpose +
                        "\": the other keys are not the node's",
                    kUsage);
  }
  auto config = load_config(config_file);
  if (!config.ok()) return complain(config.message());

  // Before a key is made that would then have nowhere to go.
  const auto file = out.empty() ? "new-" + purpose + "-key.toml" : out;
  if (auto free = check_operator_file(*config, file); !free.ok()) return complain(free.message());

  auto key = admin_new_key(config->api.admin_socket.string(), purpose);
  if (!key.ok()) return complain(key.message());

  // Everything that the holder of the root keys needs, and nothing secret.
  const auto text = to_text(PublicKeyFile{key->chain, key->institution, purpose,
                                          std::string(to_text(key->algorithm)), key->public_key,
                                          key->possession});

  if (auto status = write_operator_file(*config, file, as_bytes(text)); !status.ok())
    return complain(status.message());

  std::cout << "key   " << key->id << (key->already_there ? " (made earlier, not in use yet)" : "")
            << "\n"
            << "file  " << file << " (public)\n"
            << "next  whoever holds the root keys: testamur key add " << purpose << " --public "
            << file << "\n";

  std::cout << (purpose == "consensus"
                    ? "then  at this node: testamurd ready, and a vote on the validator set\n"
                    : "then  restart this node: it takes the new key once the ledger knows it\n");
  return 0;
}

int ready(const std::string& config_file, bool dry_run) {
  auto config = load_config(config_file);
  if (!config.ok()) return complain(config.message());

  auto answer = admin_ready(config->api.admin_socket.string(), dry_run);
  if (!answer.ok()) return complain(answer.message());

  std::cout << "transaction " << answer->transaction << (dry_run ? " (not submitted)" : "") << "\n"
            << "key         " << answer->key << "\n"
            << "institution " << answer->institution << "\n"
            << "protocol    " << answer->protocol_version << "\n"
            << "checkpoint  " << answer->checkpoint_height << "\n"
            << "lapses      " << answer->lapses_after_ms / 86'400'000 << " days after it commits\n";

  if (answer->seated) {
    std::cout << "This key votes already: "
              << (dry_run ? "once it is submitted and committed"
                          : "when the transaction is committed")
              << ", the others see which protocol version its node knows.\n";
  } else {
    // A seat that is there with another key is replaced; the ledger says which of the two it is.
    std::cout << "next        a validator: testamur governance propose validator-set add "
              << answer->institution << " --ready " << answer->transaction
              << " (replace instead of add where the institution has a seat); this node begins to "
                 "vote by itself when the change takes effect\n";
  }
  return 0;
}

int backup(const std::string& config_file, const std::string& directory) {
  auto config = load_config(config_file);
  if (!config.ok()) return complain(config.message());
  if (auto fits = check_backup_folder(*config, whole_path(directory)); !fits.ok()) {
    complain(fits.message());
    return kUsage;
  }
  const auto made = admin_backup(config->api.admin_socket.string(), whole_path(directory).string());
  if (!made.ok()) return complain(made.message());
  if (!made->refused.empty()) return complain("--to " + made->refused, kUsage);
  std::cout << "the store at height " << made->height << " is in " << directory
            << "; keep the keys apart, and never restore them to a second node\n";
  return 0;
}

namespace {

// Whose backups a folder holds, as the newest one says: those of another institution bring the same
// ledger, and are perhaps not the ones that were meant. Empty: it does not say.
std::string backup_owner(const NodeConfig& config, const std::string& directory) {
  const auto newest = newest_backup(directory);
  if (!newest.ok() || !*newest || (*newest)->node.empty()) return "";
  const auto& owner = (*newest)->node;
  const bool is_own = config.institution && owner == testamur::to_text(*config.institution);
  return "of a node of " + owner + (is_own ? "" : ", which is not this node's institution");
}

}  // namespace

int restore(const std::string& config_file, const std::string& directory,
            const std::string& height) {
  const auto wanted = height_of("--height", height);
  if (!wanted.ok()) return complain(wanted.message(), kUsage);
  auto config = load_config(config_file);
  if (!config.ok()) return complain(config.message());
  const auto owner = backup_owner(*config, directory);
  if (!owner.empty()) std::cout << "the backups in " << directory << " are " << owner << std::endl;
  const auto done = restore_node(*config, directory, *wanted);
  if (!done.ok()) return complain(done.message(), failure_code(done.message()));

  const auto number = std::to_string(done->height.value);
  std::cout << "restored block " << number << " of " << minute_text(done->time_ms) << " into "
            << config->data_dir.string() << (owner.empty() ? "" : ", from a backup " + owner)
            << "\n";
  if (done->votes_alone && done->votes) {
    std::cout
        << "this node is the ledger's only validator: no other one can tell it a block after "
        << number
        << ". A second node, an observer or a later copy of the data may have what was recorded "
           "since: let such a node run beside this one, or restore its backup or the later "
           "copy, before this one signs again. Where nobody has it, it is lost for good, and "
           "whoever has seen it sees a ledger that contradicts itself: run, then testamurd "
           "resume-voting\n";
  } else if (done->votes) {
    std::cout << "a validator begins in quarantine and votes some views after the others have told "
                 "it where they are. Restore no other validator before the status of this one "
                 "calls it a validator again, no longer quarantined\n";
  }
  return 0;
}

namespace {

// A slip in the year of a draft stops the ledger until then: no clock reaches its first block.
Status check_begun(const std::string& genesis) {
  constexpr std::uint64_t kDayMs = 86'400'000, kAheadMs = 7 * kDayMs;
  TM_TRY(const auto record, load_genesis(genesis));
  const auto now_ms = SystemClock().now_ms();
  if (record.content.time_ms <= now_ms + kAheadMs) return {};
  return error(
      "the genesis time of " + genesis + " is " +
      std::to_string((record.content.time_ms - now_ms) / kDayMs) +
      " days ahead of this clock: nothing was changed. Set the clock, or, where the record "
      "is wrong, draft and sign it anew");
}

// The id that a registration gave; nothing where none was told.
Result<std::optional<InstitutionId>> registered_id(const std::string& text) {
  if (text.empty()) return std::optional<InstitutionId>{};
  TM_TRY(const auto id, parse_institution_id(text));
  return std::optional<InstitutionId>(id);
}

// Whom the node follows from now on, and what its operator has still to do.
void print_joined(const std::string& node, const NodeConfig& config, const ledger::Genesis& record,
                  bool is_registered) {
  std::cout << node << " follows " << to_text(record.chain);
  if (config.institution) std::cout << " as " << to_text(*config.institution);
  std::cout << "\n";

  if (is_running(config))
    std::cout << "a node runs on " << config.data_dir.string()
              << ": it reads [[peer]] again when it is told to (SIGHUP, or systemctl reload), and "
                 "everything else when it is restarted\n";

  if (config.institution && !is_founder(record, config.institution) && !is_registered)
    std::cout << "it did not found this ledger: when it is registered, run this again with the id "
                 "that the registration gave, --institution tmi1…\n";
}

}  // namespace

int join(const std::string& directory, const std::string& config_file, const std::string& genesis,
         const std::vector<std::string>& parties, const std::string& institution) {
  if (directory.empty() == config_file.empty()) {
    complain("join needs the directory of the node (--dir) or its configuration (--config)");
    return kUsage;
  }
  const auto node =
      config_file.empty() ? fs::path(directory) / "testamurd.toml" : fs::path(config_file);
  const auto registered = registered_id(institution);
  if (!registered.ok()) return complain("--institution: " + registered.message(), kUsage);

  if (const auto early = check_begun(genesis); !early.ok()) return complain(early.message());
  std::vector<std::string> notes;
  auto status = join_ledger(node, genesis, to_paths(parties), *registered, &notes);
  if (!status.ok()) return complain(status.message());
  for (const auto& note : notes) complain("note: " + note);

  auto record = load_genesis(genesis);
  auto config = load_config(node);
  if (!record.ok() || !config.ok()) return complain("what was written cannot be read again");
  print_joined(config_file.empty() ? directory : config_file, *config, *record,
               registered->has_value());
  return 0;
}

int genesis_recover(const RecoveryArguments& arguments) {
  auto config = load_config(arguments.config);
  if (!config.ok()) return complain(config.message());

  const auto height = height_of("--height", arguments.height);
  if (!height.ok()) return complain(height.message(), kUsage);
  RecoveryDraftOptions options{arguments.from, *height, {}, SystemClock().now_ms()};
  for (const auto& text : arguments.keep) {
    auto id = parse_institution_id(text);
    if (!id.ok()) return complain("--keep " + text + ": " + id.message(), kUsage);
    options.keep.push_back(*id);
  }

  // Never over a file that is there: it may be a draft that others have signed.
  if (auto free = check_operator_file(*config, arguments.file); !free.ok())
    return complain(free.message());

  auto draft = draft_recovery(*config, options);
  if (!draft.ok()) return complain(draft.message());

  if (auto status = write_operator_file(*config, arguments.file, ledger::encode(*draft));
      !status.ok())
    return complain(status.message());

  const auto& continues = *draft->content.continues;
  std::cout << "continues     " << to_text(continues.chain()) << " after block "
            << continues.last.header.height.value << "\n"
            << "chain         " << to_text(draft->chain) << " (changes while keys are added)\n"
            << "validators    " << draft->content.validators.size() << " of the old "
            << continues.set().size() << "\n"
            << "must sign     " << ledger::signatories_needed(*draft)
            << " institutions with their root keys\n"
            << "next          testamur genesis add|check|sign " << arguments.file << "\n";
  return 0;
}

int recover(const std::string& config_file, const std::string& genesis, const std::string& backup,
            const std::string& height_text) {
  const auto wanted = height_of("--height", height_text);
  if (!wanted.ok()) return complain(wanted.message(), kUsage);
  auto config = load_config(config_file);
  if (!config.ok()) return complain(config.message());
  auto height = recover_node(*config, genesis, backup, *wanted);
  if (!height.ok()) return complain(height.message(), failure_code(height.message()));
  std::cout << "this node follows the recovered ledger from block " << height->value
            << " on; the old vote store and record lie beside the new ones\n";
  return 0;
}

int replace_node(const InitArguments& arguments, const std::string& chain_text,
                 const std::string& institution_text) {
  auto chain = parse_chain_id(chain_text);
  if (!chain.ok()) return complain("--chain: " + chain.message(), kUsage);
  auto institution = parse_institution_id(institution_text);
  if (!institution.ok()) return complain("--institution: " + institution.message(), kUsage);

  if (const auto addresses = check_addresses(arguments); !addresses.ok()) {
    complain(addresses.message());
    return kUsage;
  }
  const InitOptions options = places_of(arguments);

  auto made = make_replacement(options, *chain, *institution);
  if (!made.ok()) return complain(made.message());

  std::cout << "configuration " << config_path(options).string() << "\n"
            << "key file      " << (options.directory / "node-keys.toml").string()
            << " (public: goes into the recovery with `testamur genesis add`)\n";
  return 0;
}

}  // namespace testamur::node
