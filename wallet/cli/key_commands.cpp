// key: an institution's keys on the ledger, and the vaults that hold their secrets.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "wallet/cli/commands.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/key_files.h"
#include "wallet/cli/key_vault.h"
#include "wallet/cli/look_around.h"
#include "wallet/cli/output.h"
#include "wallet/cli/render.h"
#include "wallet/cli/signing.h"
#include "wallet/cli/terminal.h"
#include "wallet/cli/void_forecast.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

struct KeyOptions {
  std::string purpose;  // or a key id
  std::string public_file;
  std::string key_file;
  std::string algorithm;
  std::string compromised_since;
  std::string out;
  std::string chain;
  std::string institution;
  DraftOptions draft;
};

constexpr const char* kPurposes = "root, issue, govern, consensus, transport, credential or cosign";

Result<KeyPurpose> purpose_in(const std::string& text) {
  const auto purpose = parse_key_purpose(text);
  if (!purpose) return error("\"" + text.substr(0, 40) + "\" is no purpose of a key: " + kPurposes);
  return *purpose;
}

// Those that a node uses without a person; the node makes them where it keeps them.
bool is_of_a_node(KeyPurpose purpose) { return purpose == KeyPurpose::kConsensus || purpose == KeyPurpose::kTransport; }

Result<SignatureAlgorithm> algorithm_in(const KeyOptions& options, KeyPurpose purpose) {
  if (options.algorithm.empty()) return usual_algorithm(purpose);
  const auto algorithm = parse_key_algorithm(options.algorithm);
  if (!algorithm || !allowed(purpose, *algorithm)) {
    return error("--algorithm: a " + std::string(to_text(purpose)) + " key cannot have \"" + options.algorithm + "\"" +
                 (purpose == KeyPurpose::kCredential ? " (es256, es256k or ed25519)" : ""));
  }
  return *algorithm;
}

// The key to register: somebody else's with its proof, a key file's, or a fresh one, which must be kept before it is
// sent.
struct NewKey {
  tx::KeyAddContent content;
  std::shared_ptr<SecretKey> to_keep;
};

Result<NewKey> from_public_file(const std::string& file, const IssuerProfile& profile, KeyPurpose purpose) {
  TM_TRY(auto read, read_public_key_file(file));
  if (read.chain != profile.chain) return error(file + " is for another ledger, " + to_text(read.chain));
  if (read.institution != profile.institution) {
    return error(file + " is for another institution, " + to_text(read.institution) + "; this home is of " +
                 to_text(profile.institution));
  }
  if (read.content.purpose != purpose) {
    return error(file + " holds a " + std::string(to_text(read.content.purpose)) + " key, not a " +
                 std::string(to_text(purpose)) + " key");
  }
  return NewKey{std::move(read.content), nullptr};
}

Result<NewKey> new_key(const KeyOptions& options, const IssuerProfile& profile, KeyPurpose purpose) {
  if (!options.public_file.empty() && !options.key_file.empty()) return error("give --public or --key-file, not both");
  if (!options.public_file.empty()) return from_public_file(options.public_file, profile, purpose);
  if (!options.key_file.empty()) {
    TM_TRY(const auto key, read_key_file(options.key_file, purpose));
    return NewKey{prove(profile.chain, profile.institution, purpose, key), nullptr};
  }
  if (is_of_a_node(purpose)) {
    return error("the node makes its " + std::string(to_text(purpose)) + " key itself (testamurd new-key " +
                 std::string(to_text(purpose)) + "): register it with --public FILE");
  }
  TM_TRY(const auto algorithm, algorithm_in(options, purpose));
  auto key = std::make_shared<SecretKey>(SecretKey::generate(algorithm));
  auto content = prove(profile.chain, profile.institution, purpose, *key);
  return NewKey{std::move(content), std::move(key)};
}

// What all key changes have in common: the roots sign.
ExitCode change(Context& context, Client& client, const IssuerProfile& profile, const KeyOptions& options,
                const std::string& command, const tx::Built& built, const NewKey* fresh, const VoidForecast* forecast,
                const std::string& done) {
  if (const auto* rejection = std::get_if<tx::Rejection>(&built)) {
    return fail(context, ExitCode::kUsage, tx::to_text(*rejection));
  }
  Order order;
  order.command = command;
  order.transaction = std::get<tx::UnsignedTransaction>(built);
  auto signer = signer_of(client, profile.institution, KeyPurpose::kRoot);
  if (auto* failure = std::get_if<CallError>(&signer)) return fail(context, *failure);
  order.signers = {std::get<DraftSigner>(signer)};
  const auto body = view_body(order.transaction.body);
  if (!body.ok()) return fail(context, ExitCode::kFailure, body.message());
  auto around = look_around(client, *body);
  if (auto* failure = std::get_if<CallError>(&around)) return fail(context, *failure);
  auto own = client.institution(profile.institution, false);
  if (auto* failure = std::get_if<CallError>(&own)) return fail(context, *failure);
  auto& known = std::get<Surroundings>(around);
  known.keys = purposes_of_keys(std::get<Json>(own).value("institution", Json::object()));
  order.words = plain_words(*body, known);
  if (forecast != nullptr) {
    order.words += "\n" + to_text(*forecast);
    order.facts["becomes_void"] = to_json(*forecast);
  }
  if (fresh != nullptr) order.facts["key"] = to_text(key_id(fresh->content.purpose, fresh->content.key));
  if (fresh != nullptr && fresh->to_keep) {
    order.keep = [&context, key = fresh->to_keep, purpose = fresh->content.purpose, id = to_text(profile.institution)] {
      return store_key(context, purpose, std::move(*key), id);
    };
  }
  return carry_out(context, client, profile.chain, std::move(order), options.draft, done);
}

ExitCode add(Context& context, const KeyOptions& options) {
  const auto purpose = purpose_in(options.purpose);
  if (!purpose.ok()) return fail(context, ExitCode::kUsage, purpose.message());
  Client client = context.client();
  auto profile = issuer_profile(context, client);
  if (!profile.ok()) return fail(context, ExitCode::kFailure, profile.message());
  auto key = new_key(options, *profile, *purpose);
  if (!key.ok()) return fail(context, ExitCode::kUsage, key.message());
  const auto prepared = prepare(context, client, *profile, options.draft);
  if (prepared.code != ExitCode::kOk) return prepared.code;
  const auto id = to_text(key_id(*purpose, key->content.key));
  return change(context, client, *profile, options, "key add", tx::build(prepared.envelope, key->content), &*key,
                nullptr, "the " + options.purpose + " key " + id + " is registered");
}

// The key on the ledger, if it is the institution's own and active.
struct OwnKey {
  ExitCode code = ExitCode::kOk;
  KeyId id;
  KeyPurpose purpose = KeyPurpose::kRoot;
};
OwnKey own_key(Context& context, Client& client, const IssuerProfile& profile, const std::string& text) {
  const auto id = parse_key_id(text);
  if (!id.ok()) {
    return {fail(context, ExitCode::kUsage, id.message() + " (testamur key list shows the ids)"), {}, {}};
  }
  auto answer = client.key(*id);
  if (auto* failure = std::get_if<CallError>(&answer)) return {fail(context, *failure), {}, {}};
  const Json key = std::get<Json>(answer).value("key", Json::object());
  if (key.value("institution_id", "") != profile.institution.hex()) {
    return {fail(context, ExitCode::kUsage, text + " is a key of another institution"), {}, {}};
  }
  if (key.value("state", "") != "active")
    return {fail(context, ExitCode::kUsage, text + " is retired already"), {}, {}};
  return {ExitCode::kOk, *id, parse_key_purpose(key.value("purpose", "")).value_or(KeyPurpose::kRoot)};
}

// A consensus key in the set changes only with the set.
constexpr const char* kConsensusWords =
    "a validator's consensus key changes only with the validator set. The steps: testamurd new-key consensus (at the "
    "node), "
    "testamur key add consensus --public FILE, testamurd ready (at the node), then a vote on: testamur governance "
    "propose "
    "validator-set replace INSTITUTION --ready TRANSACTION";

ExitCode rotate(Context& context, const KeyOptions& options) {
  Client client = context.client();
  auto profile = issuer_profile(context, client);
  if (!profile.ok()) return fail(context, ExitCode::kFailure, profile.message());
  const auto old = own_key(context, client, *profile, options.purpose);
  if (old.code != ExitCode::kOk) return old.code;
  if (old.purpose == KeyPurpose::kConsensus) return fail(context, ExitCode::kUsage, kConsensusWords);
  auto key = new_key(options, *profile, old.purpose);
  if (!key.ok()) return fail(context, ExitCode::kUsage, key.message());
  const auto prepared = prepare(context, client, *profile, options.draft);
  if (prepared.code != ExitCode::kOk) return prepared.code;
  const auto built = tx::build(prepared.envelope, tx::KeyRotateContent{old.id, key->content});
  return change(context, client, *profile, options, "key rotate", built, &*key, nullptr,
                to_text(old.id) + " is replaced by " + to_text(key_id(old.purpose, key->content.key)));
}

bool votes_with(Client& client, const KeyId& id) {
  auto answer = client.parameters();
  if (!std::holds_alternative<Json>(answer)) return false;
  for (const auto& seat : std::get<Json>(answer).value("validators", Json::array())) {
    auto bytes = from_hex(seat.value("public_key", ""));
    if (bytes && key_id(KeyPurpose::kConsensus, PublicKey{SignatureAlgorithm::kBip340, *bytes}) == id) return true;
  }
  return false;
}

ExitCode retire(Context& context, const KeyOptions& options) {
  Client client = context.client();
  auto profile = issuer_profile(context, client);
  if (!profile.ok()) return fail(context, ExitCode::kFailure, profile.message());
  const auto key = own_key(context, client, *profile, options.purpose);
  if (key.code != ExitCode::kOk) return key.code;
  if (key.purpose == KeyPurpose::kConsensus && votes_with(client, key.id)) {
    return fail(context, ExitCode::kUsage,
                std::string("it votes now: ") + kConsensusWords + " (or validator-set remove)");
  }
  tx::KeyRetireContent content{key.id, 0};
  std::optional<VoidForecast> forecast;
  if (!options.compromised_since.empty()) {
    if (is_of_a_node(key.purpose) || key.purpose == KeyPurpose::kCosign) {
      return fail(context, ExitCode::kUsage,
                  "--compromised-since does not apply to a " + std::string(to_text(key.purpose)) +
                      " key: nothing that it signed is void; retire it without");
    }
    const auto since = parse_time(options.compromised_since, context.now_ms());
    if (!since.ok()) return fail(context, ExitCode::kUsage, "--compromised-since: " + since.message());
    if (*since > context.now_ms())
      return fail(context, ExitCode::kUsage, "--compromised-since: give a time that has passed");
    content.compromised_since_ms = std::max<std::uint64_t>(*since, 1);
    auto found = forecast_void(client, profile->chain, key.id, content.compromised_since_ms);
    if (auto* failure = std::get_if<CallError>(&found)) return fail(context, *failure);
    forecast = std::get<VoidForecast>(found);
  }
  const auto prepared = prepare(context, client, *profile, options.draft);
  if (prepared.code != ExitCode::kOk) return prepared.code;
  return change(context, client, *profile, options, "key retire", tx::build(prepared.envelope, content), nullptr,
                forecast ? &*forecast : nullptr, to_text(key.id) + " is retired");
}

// For a holder of a key on a machine of its own: a fresh key in this home's vault, and a public file for whoever
// registers it.
ExitCode make(Context& context, const KeyOptions& options) {
  const auto purpose = purpose_in(options.purpose);
  if (!purpose.ok()) return fail(context, ExitCode::kUsage, purpose.message());
  if (is_of_a_node(*purpose))
    return fail(context, ExitCode::kUsage, "the node makes it itself: testamurd new-key " + options.purpose);
  const auto algorithm = algorithm_in(options, *purpose);
  if (!algorithm.ok()) return fail(context, ExitCode::kUsage, algorithm.message());
  auto profile = profile_here_or(context, options.chain, options.institution);
  if (!profile.ok()) return fail(context, ExitCode::kUsage, profile.message());
  if (const ExitCode writable = check_named_file(context, options.out); writable != ExitCode::kOk) return writable;
  auto key = SecretKey::generate(*algorithm);
  const auto content = prove(profile->chain, profile->institution, *purpose, key);
  const auto stored = store_key(context, *purpose, std::move(key), to_text(profile->institution));
  if (stored != ExitCode::kOk) return stored;
  const auto text = public_key_text({profile->chain, profile->institution, content});
  if (const ExitCode written = write_named_file(context, options.out, as_bytes(text)); written != ExitCode::kOk)
    return written;
  const auto id = to_text(key_id(*purpose, content.key));
  print(context, Json{{"key", id}, {"file", options.out}},
        "a " + options.purpose + " key " + id + " is in the vault " + vault_file(context, *purpose) + "\n  " +
            options.out + " is public: whoever holds the root keys runs testamur key add " + options.purpose +
            " --public " + options.out + "\n");
  return ExitCode::kOk;
}

std::string key_line(const Json& key) {
  const std::string state = key.value("state", "");
  const Json retired = key.value("retired", Json::object());
  std::string text = key.value("id_text", "") + "  " + key.value("purpose", "") + "  " + key.value("algorithm", "") +
                     "  " + toned(state == "active" ? Tone::kGood : Tone::kDoubt, state) + "  since " +
                     date_text(key.value("added", Json::object()).value("time_ms", std::uint64_t{0}));
  if (state != "active") text += ", retired " + date_text(retired.value("time_ms", std::uint64_t{0}));
  const auto since_ms = key.value("compromised_since_ms", std::uint64_t{0});
  if (since_ms != 0) text += "; void what it signed since " + moment_text(since_ms);
  return text + "\n";
}

ExitCode list(Context& context, const std::string& institution) {
  Client client = context.client();
  const auto who = named_or_own(context, client, institution);
  if (!who.ok()) return fail(context, ExitCode::kFailure, who.message());
  auto answer = find_institution(client, *who, false);
  if (auto* failure = std::get_if<CallError>(&answer)) return fail(context, *failure);
  const Json view = std::get<Json>(answer).value("institution", Json::object());
  std::string text = institution_line(view) + "  " + std::to_string(view.value("root_threshold", 0U)) +
                     " of its root keys sign for it\n";
  for (const auto& key : view.value("keys", Json::array())) text += "  " + key_line(key);
  print(context,
        Json{{"keys", view.value("keys", Json::array())}, {"root_threshold", view.value("root_threshold", 0U)}}, text);
  return ExitCode::kOk;
}

ExitCode show(Context& context, const std::string& text) {
  const auto id = parse_key_id(text);
  if (!id.ok()) return fail(context, ExitCode::kUsage, id.message());
  Client client = context.client();
  auto answer = client.key(*id);
  if (auto* failure = std::get_if<CallError>(&answer)) return fail(context, *failure);
  const Json& json = std::get<Json>(answer);
  const Json name = json.value("institution", Json::object());
  print(context, json,
        key_line(json.value("key", Json::object())) + "  of " + name.value("name_now", "") + " (" +
            name.value("id_text", "") + ")\n");
  return ExitCode::kOk;
}

void add_new_key_options(CLI::App& command, const std::shared_ptr<KeyOptions>& options) {
  command.add_option("--public", options->public_file,
                     "A public key file of whoever holds the key (key make, testamurd new-key)");
  command.add_option("--key-file", options->key_file, "A plain key file of `testamurd init`");
  command.add_option("--algorithm", options->algorithm,
                     "Of a fresh credential key: es256 (default), es256k or ed25519");
}

}  // namespace

void add_draft_options(CLI::App& command, DraftOptions& options) {
  command.add_option("--draft", options.file,
                     "Send nothing: write a draft for others to sign (testamur sign, testamur send)");
  command.add_option("--send-by", options.send_by,
                     "Until when the draft is to be sent: YYYY-MM-DDTHH:MM (UTC) or +2d (default: an hour)");
}

void add_key_commands(CLI::App& app, Context& context, Run& run) {
  auto* key = app.add_subcommand("key", "An institution's keys: register, replace and retire them");
  key->require_subcommand(1);
  auto options = std::make_shared<KeyOptions>();
  const auto command = [&](const char* name, const char* about, ExitCode (*action)(Context&, const KeyOptions&)) {
    auto* made = key->add_subcommand(name, about);
    made->callback(
        [&context, &run, options, action] { run = [&context, options, action] { return action(context, *options); }; });
    return made;
  };
  auto* adding = command("add", "Register a fresh key; the root keys sign", add);
  adding->add_option("purpose", options->purpose, kPurposes)->required();
  add_new_key_options(*adding, options);
  add_draft_options(*adding, options->draft);
  auto* rotating = command("rotate", "Replace a key by a fresh one of the same purpose", rotate);
  rotating->add_option("key", options->purpose, "The key that is replaced (tmk…)")->required();
  add_new_key_options(*rotating, options);
  add_draft_options(*rotating, options->draft);
  auto* retiring = command("retire", "A key signs nothing more", retire);
  retiring->add_option("key", options->purpose, "The key (tmk…)")->required();
  retiring->add_option("--compromised-since", options->compromised_since,
                       "What it signed at or after this time counts as void: YYYY-MM-DD or YYYY-MM-DDTHH:MM (UTC)");
  add_draft_options(*retiring, options->draft);
  auto* making = command(
      "make", "A fresh key in this home's vault, to be registered by somebody else; no network is needed", make);
  making->add_option("purpose", options->purpose, "root, issue, govern, credential or cosign")->required();
  making->add_option("--out", options->out, "The public file")->required();
  making->add_option("--chain", options->chain, "The ledger (tmn…), where this home does not know it");
  making->add_option("--institution", options->institution, "The institution (tmi…), where this home does not know it");
  making->add_option("--algorithm", options->algorithm, "Of a credential key: es256 (default), es256k or ed25519");

  auto text = std::make_shared<std::string>();
  auto* listing = key->add_subcommand("list", "The keys of an institution and what became of them");
  listing->add_option("institution", *text, "Id (tmi…) or domain (default: this home's)");
  listing->callback([&context, &run, text] { run = [&context, text] { return list(context, *text); }; });
  auto* showing = key->add_subcommand("show", "One key");
  showing->add_option("key", *text, "Id (tmk…)")->required();
  showing->callback([&context, &run, text] { run = [&context, text] { return show(context, *text); }; });
}

}  // namespace testamur::wallet
