// genesis: the ceremony by which institutions begin a ledger, or go on with one that lost its keys.
//
// One file from draft to record (docs/formats/genesis.md). Every step reads it, checks what it can,
// and replaces it whole.
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>

#include "files/key_file.h"
#include "ledger/genesis.h"
#include "ledger/protocol.h"
#include "wallet/accreditation/doubtful_names.h"
#include "wallet/accreditation/likeness.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/description/genesis_description.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/files/ceremony_files.h"
#include "wallet/cli/files/key_files.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/option.h"
#include "wallet/cli/terminal.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

using ledger::Genesis;
using ledger::GenesisFault;

constexpr std::size_t kMaxRecordBytes = 64u << 20;

struct GenesisOptions {
  Given<std::string> record;
  Given<std::string> settings;
  Given<std::vector<std::string>> files;  // parties, or copies of the record
  Given<std::vector<std::string>> keys;
  Given<bool> any_time;
};

Result<Genesis> read_record(const std::string& file) {
  TM_TRY(auto bytes, read_file(file, kMaxRecordBytes));
  auto genesis = ledger::decode_genesis_draft(bytes);
  if (!genesis.ok()) return error(file + ": " + genesis.message() + " [record_malformed]");
  return genesis;
}

// A record that was read from this file and grew replaces it; a new one never replaces another.
ExitCode write_record(Context& context, const std::string& file, const Genesis& genesis,
                      bool was_read = true) {
  return write_named_file(context, file, ledger::encode(genesis),
                          [was_read](ByteView) { return was_read; });
}

// A slip in the year, or a clock that is wrong: the ledger would begin then, and stay there.
constexpr std::uint64_t kFarMs = 7 * 86'400'000ULL;
constexpr char kAnyTimeAdvice[] = ". If it is meant, say --any-time [time_far]";

std::optional<std::string> far_time(std::uint64_t time_ms, std::uint64_t now_ms) {
  const bool ahead = time_ms > now_ms;
  const auto apart_ms = ahead ? time_ms - now_ms : now_ms - time_ms;
  if (apart_ms <= kFarMs) return std::nullopt;
  return "the genesis time, " + time_text(time_ms) + ", is " +
         std::to_string(apart_ms / 86'400'000ULL) + " days " + (ahead ? "ahead of" : "behind") +
         " this clock: the time of the first block, behind which no later one falls";
}

// Parties that people would take for one another, by the rule of `institution register`: on the
// ledger they stay.
std::vector<GenesisFault> find_alike(const Genesis& genesis) {
  std::vector<GenesisFault> faults;
  std::vector<KnownParty> known;
  for (const auto& party : genesis.content.parties) {
    if (const auto alike = find_lookalike(party.facts, known))
      faults.push_back({"lookalike", *alike});
    known.push_back({ledger::party_id(party), party.facts});
  }
  return faults;
}

// Names that hardly are one: asked about and no fault, for some institution may be called so.
std::vector<std::string> name_doubts(const Genesis& genesis) {
  std::vector<std::string> doubts;
  for (const auto& party : genesis.content.parties)
    for (auto& doubt : doubts_about_names(party.facts)) doubts.push_back(std::move(doubt));
  return doubts;
}

std::string name_doubts_text(const Genesis& genesis) {
  std::string text;
  for (const auto& doubt : name_doubts(genesis))
    text += toned(Tone::kBad, "look again") + ": " + doubt + " [name_doubtful]\n";
  return text;
}

// What is wrong with a record for those who begin a ledger with it. Nodes ask find_faults() alone:
// what a ledger that runs began with stays valid.
std::vector<GenesisFault> find_all_faults(const Genesis& genesis) {
  auto faults = find_alike(genesis);
  auto rules = ledger::find_faults(genesis);
  // Behind the content, before the signatures, as far as that can be told: the first is what
  // counts.
  rules.insert(rules.end(), std::make_move_iterator(faults.begin()),
               std::make_move_iterator(faults.end()));
  return rules;
}

Outcome report(const Context& context, const Genesis& genesis,
               const std::vector<GenesisFault>& faults) {
  Json json = genesis_json(genesis, faults);
  // A ledger that runs began long ago; one that is still to begin, or begins later, is looked at.
  const auto far = far_time(genesis.content.time_ms, context.now_ms());
  const bool ahead = genesis.content.time_ms > context.now_ms();
  const bool told = far && !genesis.content.continues && (ahead || !faults.empty());
  json["warnings"] = Json::array();
  if (told) json["warnings"].push_back(Json{{"name", "time_far"}, {"what", *far}});
  for (const auto& doubt : name_doubts(genesis))
    json["warnings"].push_back(Json{{"name", "name_doubtful"}, {"what", doubt}});
  ExitCode code = ExitCode::kOk;
  if (!faults.empty())
    code = only_signatures_missing(faults) ? ExitCode::kFailure : ExitCode::kInvalid;
  json["exit_code"] = static_cast<int>(code);
  return Reply{std::move(json),
               genesis_text(genesis, faults) +
                   (told ? toned(Tone::kBad, "look again") + ": " + *far + " [time_far]\n" : "") +
                   name_doubts_text(genesis),
               code};
}

ExitCode refuse(const Context& context, const std::string& file, const GenesisFault& fault) {
  return fail(context, ExitCode::kInvalid, file + ": " + fault.what + " [" + fault.name + "]");
}

Outcome draft(Context& context, const GenesisOptions& options) {
  ledger::GenesisInput input;
  // No older rules have made a block of a new ledger, whether there are settings or not.
  input.protocol_version = ledger::kNewestProtocol;

  if (!options.settings->empty()) {
    auto read = read_genesis_settings(options.settings);
    if (!read.ok()) return fail(context, ExitCode::kUsage, read.message());
    input = std::move(read).value();
  }

  if (input.time_ms == 0) input.time_ms = context.now_ms();
  if (const auto far = far_time(input.time_ms, context.now_ms()); far && !*options.any_time)
    return fail(context, ExitCode::kUsage, *far + kAnyTimeAdvice);
  const auto genesis = ledger::draft_genesis(std::move(input));

  if (const ExitCode written = write_record(context, options.record, genesis, false);
      written != ExitCode::kOk)
    return written;

  return Reply{genesis_json(genesis, ledger::find_faults(genesis)),
               "an empty draft is in " + *options.record + "; testamur genesis add " +
                   *options.record + " PARTY.toml …\n"};
}

// What may be missing while parties are still to come.
bool may_come(const GenesisFault& fault) {
  return fault.name == "parties" || fault.name == "validators" || fault.name == "parent";
}

// Added twice, every rule about parties would complain of the same institution.
bool is_in(const Genesis& genesis, const PartyFile& input) {
  const auto id = ledger::party_id(input.party);
  return std::ranges::any_of(genesis.content.parties,
                             [&](const auto& party) { return ledger::party_id(party) == id; });
}

Result<Genesis> with_party(Genesis genesis, PartyFile input) {
  const auto id = ledger::party_id(input.party);
  if (input.validator) {
    const auto key =
        std::ranges::find(input.party.keys, KeyPurpose::kConsensus, &ledger::GenesisKey::purpose);
    if (key == input.party.keys.end())
      return error("a validator needs a consensus key [consensus_key]");
    genesis.content.validators.push_back({id, key_id(key->purpose, key->key)});
  }
  genesis.content.parties.push_back(std::move(input.party));
  return ledger::draft_genesis(std::move(genesis.content));
}

Result<Genesis> with_node_keys(Genesis genesis, NodeKeysFile input) {
  auto& content = genesis.content;

  if (!content.continues)
    return error("keys of a replaced node belong into a recovery, and this is none");
  if (input.chain != content.continues->chain()) {
    return error("the keys were made for " + to_text(input.chain) +
                 ", and the recovery continues " + to_text(content.continues->chain()));
  }

  for (auto& key : input.keys) {
    // The replaced node sits in the new set with its fresh key, in the place of the lost one.
    if (key.purpose == KeyPurpose::kConsensus) {
      std::erase_if(content.validators,
                    [&](const auto& seat) { return seat.institution == key.institution; });
      content.validators.push_back({key.institution, key_id(key.purpose, key.key)});
    }
    content.continues->keys.push_back(std::move(key));
  }

  return ledger::draft_genesis(std::move(content));
}

Outcome add(Context& context, const GenesisOptions& options) {
  auto genesis = read_record(options.record);
  if (!genesis.ok()) return fail(context, ExitCode::kUsage, genesis.message());
  if (!genesis->signatures.empty()) {
    return fail(
        context, ExitCode::kUsage,
        *options.record +
            " is signed already: what is added changes the chain id and voids the signatures. "
            "Begin with an unsigned copy [already_signed]");
  }
  const Genesis before = *genesis;
  for (const auto& file : *options.files) {
    auto input = read_ceremony_file(file);
    if (!input.ok()) return fail(context, ExitCode::kUsage, input.message());
    if (input->party && is_in(*genesis, *input->party)) {
      const bool was_there = is_in(before, *input->party);
      return fail(context, ExitCode::kUsage,
                  file + (was_there ? ": this institution is in " + *options.record +
                                          " already; to change what it says begin the draft anew "
                                          "[party_twice]"
                                    : ": this institution was named twice in this command: name "
                                      "each party once; nothing was added [party_twice]"));
    }
    auto next = input->party ? with_party(*genesis, std::move(*input->party))
                             : with_node_keys(*genesis, std::move(*input->node_keys));
    if (!next.ok()) return fail(context, ExitCode::kInvalid, file + ": " + next.message());
    std::string wrong;
    auto content_faults = ledger::find_content_faults(next->content);
    for (auto& alike : find_alike(*next)) content_faults.push_back(std::move(alike));
    for (const auto& fault : content_faults) {
      if (!may_come(fault))
        wrong += (wrong.empty() ? "" : "; ") + fault.what + " [" + fault.name + "]";
    }
    if (!wrong.empty()) return fail(context, ExitCode::kInvalid, file + ": " + wrong);
    genesis = std::move(next);
  }
  if (const ExitCode written = write_record(context, options.record, *genesis);
      written != ExitCode::kOk)
    return written;
  return Reply{genesis_json(*genesis, ledger::find_faults(*genesis)),
               std::to_string(genesis->content.parties.size()) + " parties, " +
                   std::to_string(genesis->content.validators.size()) +
                   " validators; chain id now " + to_text(genesis->chain) + "\n" +
                   name_doubts_text(*genesis)};
}

// Root keys from files or folders of `testamurd init`, or from this home's vault where none is
// named.
Attempt<std::vector<SecretKey>> root_keys(Context& context, const std::vector<std::string>& files) {
  std::vector<SecretKey> keys;

  for (const auto& file : files) {
    const bool folder = std::filesystem::is_directory(file);
    const auto path = folder ? (std::filesystem::path(file) / "root.key").string() : file;
    TM_TRY(auto key, or_exit(ExitCode::kUsage, read_key_file(path, KeyPurpose::kRoot)));
    keys.push_back(std::move(key));
  }

  if (!files.empty()) return keys;
  auto opened = open_issuer_keys(context, KeyPurpose::kRoot);
  if (!opened.ok())
    return Failure{
        opened.failure().exit == ExitCode::kPassphrase ? ExitCode::kPassphrase : ExitCode::kUsage,
        opened.message() + "; or name the root keys with --keys"};

  for (auto& key : opened->keys) keys.push_back(std::move(key));
  return keys;
}

// Refuses a record that nobody should sign; kOk where nothing is against it.
ExitCode check_for_signing(const Context& context, const GenesisOptions& options,
                           const Genesis& genesis) {
  if (const auto faults = ledger::find_content_faults(genesis.content); !faults.empty())
    return refuse(context, options.record, faults.front());
  if (const auto alike = find_alike(genesis); !alike.empty())
    return refuse(context, options.record, alike.front());

  // A recovery has the time of a block that is final.
  if (const auto far = far_time(genesis.content.time_ms, context.now_ms());
      far && !genesis.content.continues && !*options.any_time)
    return fail(context, ExitCode::kUsage, *options.record + ": " + *far + kAnyTimeAdvice);
  return ExitCode::kOk;
}

// Signs with each key, in the place of what that key signed before. Returns in whose name that is:
// of several keys they may be several. Fails on the key of a stranger, with some signatures made.
Result<std::vector<std::string>> sign_with(Genesis& genesis, const std::vector<SecretKey>& keys) {
  const auto message = ledger::founder_message(genesis.chain);
  const auto founders = ledger::signatories(genesis);
  std::vector<std::string> names;

  for (const auto& key : keys) {
    const auto id = key_id(KeyPurpose::kRoot, key.public_key());
    const auto is_root = [&](const auto& root) { return root.first == id; };
    const auto founder = std::ranges::find_if(
        founders, [&](const auto& each) { return std::ranges::any_of(each.roots, is_root); });
    if (founder == founders.end())
      return error(to_text(id) + " is no root key of a founder [founder_stranger]");

    if (std::ranges::find(names, founder->name) == names.end()) names.push_back(founder->name);
    std::erase_if(genesis.signatures,
                  [&](const auto& signature) { return signature.root_key == id; });
    genesis.signatures.push_back({id, key.sign(message.view())});
  }

  std::ranges::sort(genesis.signatures, {}, &ledger::FounderSignature::root_key);
  return names;
}

// Whether each of these keys has a signature in the record, and all that are there verify: to sign
// anew would change nothing but bytes.
bool is_signed_by(const Genesis& genesis, const std::vector<SecretKey>& keys,
                  const std::vector<GenesisFault>& faults) {
  if (keys.empty() ||
      std::ranges::find(faults, "founder_signature", &GenesisFault::name) != faults.end())
    return false;
  return std::ranges::all_of(keys, [&genesis](const SecretKey& key) {
    const auto id = key_id(KeyPurpose::kRoot, key.public_key());
    return std::ranges::find(genesis.signatures, id, &ledger::FounderSignature::root_key) !=
           genesis.signatures.end();
  });
}

// In the name of whom a record is signed already, for people.
std::string already_text(Genesis genesis, const std::vector<SecretKey>& keys,
                         const std::string& record) {
  const auto names = sign_with(genesis, keys);
  std::string in_name_of;
  if (names.ok()) {
    for (const auto& name : *names) in_name_of += (in_name_of.empty() ? "" : " and ") + name;
  }
  return record + " is signed already in the name of " + in_name_of + "; nothing was changed\n";
}

std::string signed_text(const Genesis& genesis, const std::vector<GenesisFault>& faults,
                        const std::vector<std::string>& names) {
  std::string left, in_name_of;
  for (const auto& name : names) in_name_of += (in_name_of.empty() ? "" : " and ") + name;
  for (const auto& fault : faults) left += "  " + fault.what + "\n";
  return "signed in the name of " + in_name_of + ": " + to_text(genesis.chain) +
         "; compare this id with the other founders over another channel\n" +
         (left.empty() ? "all have signed: nodes and wallets take this file\n"
                       : "still missing:\n" + left);
}

Outcome sign(Context& context, const GenesisOptions& options) {
  auto genesis = read_record(options.record);
  if (!genesis.ok()) return fail(context, ExitCode::kUsage, genesis.message());
  if (const ExitCode checked = check_for_signing(context, options, *genesis);
      checked != ExitCode::kOk)
    return checked;

  TM_TRY(auto keys, root_keys(context, options.keys));
  const auto before = ledger::find_faults(*genesis);
  if (is_signed_by(*genesis, keys, before))
    return Reply{genesis_json(*genesis, before), already_text(*genesis, keys, options.record),
                 ExitCode::kOk, true};
  const std::string description_text =
      genesis_text(*genesis, ledger::find_faults(*genesis)) + name_doubts_text(*genesis);
  if (!context.yes && !confirm(description_text + "Sign this?")) {
    return fail(context, ExitCode::kCancelled, nothing_was("signed"));
  }

  const auto names = sign_with(*genesis, keys);
  if (!names.ok())
    return fail(context, ExitCode::kInvalid, *options.record + ": " + names.message());
  if (const ExitCode written = write_record(context, options.record, *genesis);
      written != ExitCode::kOk)
    return written;

  const auto faults = ledger::find_faults(*genesis);
  return Reply{genesis_json(*genesis, faults), signed_text(*genesis, faults, *names)};
}

Outcome merge(Context& context, const GenesisOptions& options) {
  auto genesis = read_record(options.record);
  if (!genesis.ok()) return fail(context, ExitCode::kUsage, genesis.message());

  for (const auto& file : *options.files) {
    auto copy = read_record(file);
    if (!copy.ok()) return fail(context, ExitCode::kUsage, copy.message());

    // Signatures are over the chain id: those of another record would count for nothing here.
    if (copy->chain != genesis->chain) {
      return fail(context, ExitCode::kInvalid,
                  file + " is the record of " + to_text(copy->chain) + ", and " + *options.record +
                      " is that of " + to_text(genesis->chain) +
                      ": somebody signed another record [record_differs]");
    }

    for (const auto& signature : copy->signatures) {
      const auto same = [&](const auto& other) { return other.root_key == signature.root_key; };
      if (std::ranges::none_of(genesis->signatures, same)) genesis->signatures.push_back(signature);
    }
  }

  // The record's signatures ascend by root key (founder_order).
  std::ranges::sort(genesis->signatures, {}, &ledger::FounderSignature::root_key);

  if (const ExitCode written = write_record(context, options.record, *genesis);
      written != ExitCode::kOk)
    return written;

  return report(context, *genesis, find_all_faults(*genesis));
}

Outcome check(Context& context, const GenesisOptions& options) {
  auto genesis = read_record(options.record);
  if (!genesis.ok()) return fail(context, ExitCode::kUsage, genesis.message());
  return report(context, *genesis, find_all_faults(*genesis));
}

}  // namespace

void add_genesis_commands(Command app, Context& context, Run& run) {
  auto genesis = app.add_subcommand(
      "genesis", "Begin a ledger together, or go on with one that lost its keys");
  genesis.require_subcommand(1);
  auto options = std::make_shared<GenesisOptions>();
  const auto choose = [&context, &run,
                       options](Outcome (*command)(Context&, const GenesisOptions&)) {
    return [&context, &run, options, command] {
      run = [&context, options, command] { return command(context, *options); };
    };
  };
  auto drafting = genesis.add_subcommand("draft", "An empty record from settings (TOML)");
  option(drafting, "settings", options->settings,
         "time, protocol_version, [parameters]; all may be absent");
  option(drafting, "--out", options->record, "The record to begin").required();
  const auto any_time = [&options](Command command) {
    flag(command, "--any-time", options->any_time,
         "Take a genesis time that is more than 7 days from this clock");
  };
  any_time(drafting);
  drafting.callback(choose(draft));
  auto adding =
      genesis.add_subcommand("add", "Parties into a draft; keys of replaced nodes into a recovery");
  option(adding, "record", options->record, "The record").required();
  option(adding, "files", options->files,
         "party.toml of `testamurd init`, node-keys.toml of `testamurd replace`")
      .required();
  adding.callback(choose(add));
  auto signing =
      genesis.add_subcommand("sign", "Sign the chain id with an institution's root keys");
  option(signing, "record", options->record, "The record").required();
  option(signing, "--keys", options->keys,
         "Root key files, or folders with root.key (default: this home's vault)");
  any_time(signing);
  signing.callback(choose(sign));
  auto merging = genesis.add_subcommand("merge", "Gather the signatures of several copies");
  option(merging, "record", options->record, "The record to complete").required();
  option(merging, "copies", options->files, "Signed copies of it").required();
  merging.callback(choose(merge));
  auto checking = genesis.add_subcommand(
      "check", "What a record says, who has signed, and what is wrong with it");
  option(checking, "record", options->record, "The record").required();
  checking.callback(choose(check));
}

}  // namespace testamur::wallet
