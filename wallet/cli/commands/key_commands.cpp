// key: an institution's keys on the ledger, and the vaults that hold their secrets.
#include <algorithm>
#include <memory>

#include "common/visible.h"
#include "files/key_file.h"
#include "ledger/tx/rules/rules.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/files/key_files.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/awards/void_forecast.h"
#include "wallet/cli/flow/key_vault.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/short_id.h"
#include "wallet/cli/terminal.h"
#include "wallet/credential/last_day.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

struct KeyOptions {
  Given<std::string> purpose;  // or a key id
  Given<std::string> public_file;
  Given<std::string> key_file;
  Given<std::string> algorithm;
  Given<std::string> compromised_since;
  Given<std::string> out;
  Given<std::string> chain;
  Given<std::string> institution;
  Given<bool> last;
  DraftOptions draft;
};

constexpr const char* kPurposes = "root, issue, govern, consensus, transport, credential or cosign";

Result<KeyPurpose> purpose_in(const std::string& text) {
  const auto purpose = purpose_named(text);
  if (!purpose) return error(in_quotes(text) + " is no purpose of a key: " + kPurposes);
  return *purpose;
}

// Those that a node uses without a person; the node makes them where it keeps them.
bool is_of_a_node(KeyPurpose purpose) {
  return purpose == KeyPurpose::kConsensus || purpose == KeyPurpose::kTransport;
}

Result<SignatureAlgorithm> algorithm_in(const KeyOptions& options, KeyPurpose purpose) {
  if (options.algorithm->empty()) return usual_algorithm(purpose);
  const auto algorithm = algorithm_named(*options.algorithm);
  if (!algorithm || !allowed(purpose, *algorithm)) {
    return error("--algorithm: a " + std::string(to_text(purpose)) + " key cannot have \"" +
                 *options.algorithm + "\"" +
                 (purpose == KeyPurpose::kCredential ? " (es256, es256k or ed25519)" : ""));
  }
  return *algorithm;
}

// The key to register: somebody else's with its proof, a key file's, or a fresh one, which must be
// kept before it is sent.
struct NewKey {
  tx::KeyAddContent content;
  std::shared_ptr<SecretKey> to_keep;
};

Result<NewKey> from_public_file(const std::string& file, const IssuerProfile& profile,
                                KeyPurpose purpose) {
  TM_TRY(auto read, read_public_key_file(file));

  if (read.chain != profile.chain)
    return error(file + " is for another ledger, " + to_text(read.chain));
  if (read.institution != profile.institution) {
    return error(file + " is for another institution, " + to_text(read.institution) +
                 "; this home is of " + to_text(profile.institution));
  }

  if (read.content.purpose != purpose) {
    return error(file + " holds a " + std::string(to_text(read.content.purpose)) + " key, not a " +
                 std::string(to_text(purpose)) + " key");
  }

  return NewKey{std::move(read.content), nullptr};
}

Result<NewKey> new_key(const KeyOptions& options, const IssuerProfile& profile,
                       KeyPurpose purpose) {
  if (!options.public_file->empty() && !options.key_file->empty())
    return error("give --public or --key-file, not both");
  if (!options.public_file->empty()) return from_public_file(options.public_file, profile, purpose);

  if (!options.key_file->empty()) {
    TM_TRY(const auto key, read_key_file(*options.key_file, purpose));
    return NewKey{prove(profile.chain, profile.institution, purpose, key), nullptr};
  }

  if (is_of_a_node(purpose)) {
    return error("the node makes its " + std::string(to_text(purpose)) +
                 " key itself (testamurd new-key " + std::string(to_text(purpose)) +
                 "): register it with --public FILE");
  }

  TM_TRY(const auto algorithm, algorithm_in(options, purpose));
  auto key = std::make_shared<SecretKey>(SecretKey::generate(algorithm));
  auto content = prove(profile.chain, profile.institution, purpose, *key);
  return NewKey{std::move(content), std::move(key)};
}

// What all key changes have in common: the roots sign, and a fresh key is kept before it is sent.
TransactionRequest key_request(Context& context, const IssuerProfile& profile,
                               const std::string& command, const NewKey* fresh) {
  TransactionRequest request;
  request.command = command;
  request.purpose = KeyPurpose::kRoot;
  if (fresh == nullptr) return request;
  request.description.facts["key"] = to_text(key_id(fresh->content.purpose, fresh->content.key));
  if (!fresh->to_keep) return request;
  request.keep = [&context, key = fresh->to_keep, purpose = fresh->content.purpose,
                  id = to_text(profile.institution)] {
    return store_key(context, purpose, std::move(*key), id);
  };
  return request;
}

Outcome add(Context& context, const KeyOptions& options) {
  TM_TRY_STATUS(hold_home(context, "key add"));
  TM_TRY(const auto purpose, purpose_in(options.purpose));
  TM_TRY(auto session, open_acting_session(context, "key"));
  TM_TRY(const auto key, new_key(options, session.profile, purpose));
  // Given again, it is done.
  const auto id = key_id(purpose, key.content.key);
  const auto there = session.client.key(id);
  const auto* known = std::get_if<OwnedKeyAnswer>(&there);
  if (known != nullptr && known->key.record.owner == session.profile.institution &&
      known->key.state == KeyState::kActive) {
    return Reply{Json{{"already", true}, {"key", to_text(id)}, {"transaction", ""}},
                 "the " + *options.purpose + " key " + to_text(id) +
                     " is registered already; nothing was sent\n",
                 ExitCode::kOk, true};
  }
  auto request = key_request(context, session.profile, "key add", &key);
  request.make = [&key](const tx::Envelope& envelope) { return tx::build(envelope, key.content); };
  request.done = "the " + *options.purpose + " key " + to_text(id) + " is registered";
  return confirm_sign_send(session, std::move(request), options.draft);
}

// The id as it was typed, or whole where its beginning was, of a key of this institution.
Attempt<std::string> key_named(Client& client, const InstitutionId& institution,
                               const std::string& typed) {
  if (!is_short_id(typed, "tmk")) return typed;
  TM_TRY(const auto answer, asked(client.institution(institution, false)));
  std::vector<std::string> ids;
  for (const auto& key : answer.keys) ids.push_back(to_text(key.record.id));
  return complete_id("key", typed, "tmk", ids, "testamur key list");
}

// What is asked of a key that is retired: nothing, or that it was stolen before.
enum class Retired : std::uint8_t { kRefused, kMayBeStolen };

// After a rotation it is mostly the key before that was stolen, and the good one that the purpose
// names.
Attempt<void> expect_no_older(const InstitutionAnswer& answer, KeyPurpose purpose) {
  std::string older;
  for (const auto& key : answer.keys) {
    if (key.record.purpose != purpose || key.state != KeyState::kRetired) continue;
    older += "\n  " + to_text(key.record.id) + ", retired " +
             moment_text(key.record.retired_at_ms.value_or(0));
  }
  if (older.empty()) return {};
  return Failure{ExitCode::kUsage,
                 "this institution has had other " + std::string(to_text(purpose)) +
                     " keys, and what is declared stolen cannot be taken back: give the id of the "
                     "one that is meant (testamur key list). Besides the one in use:" +
                     older + "\nNothing was sent"};
}

// The one key of this purpose that is in use, for who says "credential" and means it.
Attempt<std::string> key_of_purpose(IssuerSession& session, KeyPurpose purpose, Retired retired) {
  TM_TRY(const auto answer, asked(session.client.institution(session.profile.institution, false)));
  if (retired == Retired::kMayBeStolen && may_be_compromised(purpose))
    TM_TRY_STATUS(expect_no_older(answer, purpose));
  std::vector<std::string> ids;
  for (const auto& key : answer.keys) {
    if (key.record.purpose == purpose && key.state == KeyState::kActive)
      ids.push_back(to_text(key.record.id));
  }
  if (ids.size() == 1 && answer.keys_whole) return ids.front();
  return Failure{ExitCode::kUsage,
                 std::to_string(ids.size()) + " " + std::string(to_text(purpose)) +
                     " keys of this institution are in use: give the id of the one that is meant "
                     "(testamur key list). Nothing was sent"};
}

struct OwnKey {
  KeyId id;
  KeyPurpose purpose = KeyPurpose::kRoot;
  std::optional<std::uint64_t> retired_ms;
  std::uint64_t added_ms = 0;
};

using tx::rules::kLateTheftSince;  // decision 0306

Attempt<std::uint32_t> protocol_version(Client& client) {
  TM_TRY(const auto status, asked(client.status()));
  return status.protocol_version;
}

// Whoever replaces a key in time may learn only later that somebody else had it.
Attempt<std::string> about_theft(IssuerSession& session, const OwnKey& key) {
  TM_TRY(const auto version, protocol_version(session.client));
  if (version >= kLateTheftSince) {
    return "what it signed stands. Where it was in other hands, say since when, also once it is "
           "retired: testamur key retire " +
           to_text(key.id) + " --compromised-since TIME";
  }
  return "of a key that is retired or replaced a theft can no longer be declared on this ledger. "
         "Where it may be in other hands: testamur key add " +
         std::string(to_text(key.purpose)) + ", then testamur key retire " + to_text(key.id) +
         " --compromised-since TIME";
}

// Of one that was declared stolen there is nothing more to declare.
std::string retired_already(const KeyAnswer& key) {
  const bool may_be_stolen =
      key.state == KeyState::kRetired && may_be_compromised(*key.record.purpose);
  const auto& since_ms = key.record.compromised_since_ms;
  return to_text(key.record.id) + " is retired already" +
         (since_ms ? ", as compromised since " + moment_text(*since_ms) +
                         ", which is said once and stays"
                   : "") +
         (may_be_stolen ? ". If it was in other hands before: testamur key retire " +
                              to_text(key.record.id) + " --compromised-since TIME"
                        : "");
}

Attempt<void> expect_late_theft(Client& client, const KeyId& key) {
  TM_TRY(const auto version, protocol_version(client));
  if (version >= kLateTheftSince) return {};
  return Failure{ExitCode::kUsage,
                 to_text(key) + " is retired already, and this ledger, of protocol version " +
                     std::to_string(version) +
                     ", takes no declaration of its theft any more (from " +
                     std::to_string(kLateTheftSince) +
                     " on it does: testamur governance propose activate). Revoke what it signed "
                     "for others (testamur issuer status revoke). Nothing was sent"};
}

// The key on the ledger, if it is the institution's own and active, or else as `retired` says.
Attempt<OwnKey> own_key(IssuerSession& session, const std::string& typed, Retired retired) {
  const auto purpose = purpose_named(typed);
  TM_TRY(const auto text, purpose ? key_of_purpose(session, *purpose, retired)
                                  : key_named(session.client, session.profile.institution, typed));
  const auto id = parse_key_id(text);

  if (!id.ok())
    return Failure{ExitCode::kUsage, id.message() + " (testamur key list shows the ids)"};

  TM_TRY(const auto answer, asked(session.client.key(*id)));

  const auto& key = answer.key;
  if (key.record.owner != session.profile.institution) {
    return Failure{ExitCode::kUsage, text + " is a key of another institution"};
  }

  // What the node leaves out is not taken for an active key of the usual purpose.
  if (key.state == KeyState::kUnknown || !key.record.purpose) {
    return Failure{ExitCode::kFailure,
                   "the node does not say what " + text + " is for and what became of it"};
  }

  const bool may_be_stolen =
      retired == Retired::kMayBeStolen && may_be_compromised(*key.record.purpose);
  if (key.state != KeyState::kActive && !(key.state == KeyState::kRetired && may_be_stolen))
    return Failure{ExitCode::kUsage, retired_already(key)};
  if (key.state == KeyState::kRetired) TM_TRY_STATUS(expect_late_theft(session.client, *id));

  return OwnKey{*id, *key.record.purpose, key.record.retired_at_ms,
                key.record.added_at_ms.value_or(0)};
}

// A consensus key in the set changes only with the set.
constexpr const char* kConsensusWords =
    "a validator's consensus key changes only with the validator set. The steps: testamurd new-key "
    "consensus (at the "
    "node), "
    "testamur key add consensus --public FILE, testamurd ready (at the node), then a vote on: "
    "testamur governance "
    "propose "
    "validator-set replace INSTITUTION --ready TRANSACTION";

Outcome rotate(Context& context, const KeyOptions& options) {
  TM_TRY_STATUS(hold_home(context, "key rotate"));
  TM_TRY(auto session, open_acting_session(context, "key"));
  TM_TRY(const auto old, own_key(session, options.purpose, Retired::kRefused));
  if (old.purpose == KeyPurpose::kConsensus) return Failure{ExitCode::kUsage, kConsensusWords};
  TM_TRY(const auto key, new_key(options, session.profile, old.purpose));
  auto request = key_request(context, session.profile, "key rotate", &key);
  request.make = [&](const tx::Envelope& envelope) {
    return tx::build(envelope, tx::KeyRotateContent{old.id, key.content});
  };
  request.done =
      to_text(old.id) + " is replaced by " + to_text(key_id(old.purpose, key.content.key));
  if (may_be_compromised(old.purpose)) {
    TM_TRY(auto warning, about_theft(session, old));
    request.description.warnings.push_back(std::move(warning));
  }
  return confirm_sign_send(session, std::move(request), options.draft);
}

Attempt<bool> votes_with(Client& client, const KeyId& id) {
  TM_TRY(const auto answer, asked(client.parameters()));
  if (!answer.validators_whole) {
    return Failure{ExitCode::kFailure,
                   "the node does not say which keys vote: ask another one with --endpoint"};
  }
  return std::ranges::any_of(answer.validators, [&](const ValidatorAnswer& seat) {
    return key_id(KeyPurpose::kConsensus, seat.key) == id;
  });
}

// Since when nothing that the key signed counts; 0 for an ordinary retirement.
Attempt<std::uint64_t> compromised_since(const Context& context, const KeyOptions& options,
                                         const OwnKey& key) {
  if (options.compromised_since->empty()) return std::uint64_t{0};

  if (!may_be_compromised(key.purpose)) {
    return Failure{ExitCode::kUsage, "--compromised-since does not apply to a " +
                                         std::string(to_text(key.purpose)) +
                                         " key: nothing that it signed is void; retire it without"};
  }

  const auto since = parse_time(options.compromised_since, context.now_ms());
  if (!since.ok()) return Failure{ExitCode::kUsage, "--compromised-since: " + since.message()};
  if (*since > context.now_ms()) {
    return Failure{ExitCode::kUsage, "--compromised-since: " + *options.compromised_since +
                                         " is to come; give a time that has passed"};
  }
  if (key.retired_ms && *since > *key.retired_ms) {
    return Failure{ExitCode::kUsage, "--compromised-since: " + *options.compromised_since +
                                         " is after the key's retirement (" +
                                         moment_text(*key.retired_ms) +
                                         "), since which it has signed nothing that counts"};
  }

  // Zero would say that it was not compromised.
  return std::max<std::uint64_t>(*since, 1);
}

// The ledger knows what an issue or govern key did; what a credential key signed, only those who
// hold the credentials.
Attempt<void> describe_void(IssuerSession& session, const OwnKey& key, std::uint64_t since_ms,
                            TransactionRequest& request) {
  auto& description = request.description;
  description.warnings.emplace_back(
      "since when is said once: an earlier time can never follow, a later one neither");
  if (key.purpose == KeyPurpose::kGovern) {
    description.warnings.emplace_back(
        "what the key withdrew, ended or distrusted since then is void too, and what stood before "
        "counts again: look at testamur registry statements --by, and at testamur trust explain "
        "afterwards, and say it anew (a withdrawal with --from today)");
  }
  if (since_ms < key.added_ms) {
    description.warnings.push_back("the key was registered on " + moment_text(key.added_ms) +
                                   ", later than that: all that it ever signed becomes void");
  }
  if (key.purpose == KeyPurpose::kCredential) {
    description.text =
        "\nEvery credential that this key signed and that was issued since then "
        "becomes void, for every verifier and for good. How many the ledger does not "
        "know: testamur issuer list shows what this institution issued.\n";
    description.facts["becomes_void"] = Json{{"credentials", nullptr}, {"of_key", true}};
    return {};
  }
  TM_TRY(const auto forecast,
         asked(forecast_void(session.client, session.profile.chain, key.id, since_ms)));
  description.text = "\n" + to_text(forecast);
  description.facts["becomes_void"] = to_json(forecast);
  return {};
}

// What an institution can do no more without a key of the purpose; empty where the ledger itself
// keeps the last one.
std::string stops_without(KeyPurpose purpose) {
  switch (purpose) {
    case KeyPurpose::kIssue: return "nothing can be issued and no status changed";
    case KeyPurpose::kCredential: return "no credential can be signed";
    case KeyPurpose::kGovern:
      return "nothing can be published, recognised, voted on or changed of the institution's facts";
    case KeyPurpose::kCosign: return "no achievement of another institution can be co-signed";
    case KeyPurpose::kTransport: return "no other node takes a connection of this one's";
    default: return {};
  }
}

// What the institution loses by the retirement, where no other key does the same; empty: nothing.
// Where nobody reads it, somebody must have said so: the option is read where it has an effect.
Attempt<std::string> loss_by_last(IssuerSession& session, const OwnKey& key,
                                  const KeyOptions& options) {
  const std::string stops = stops_without(key.purpose);
  if (stops.empty() || key.retired_ms) return std::string{};
  TM_TRY(const auto answer, asked(session.client.institution(session.profile.institution, false)));
  const bool has_another = std::ranges::any_of(answer.keys, [&](const KeyAnswer& each) {
    return each.record.id != key.id && each.record.purpose == key.purpose &&
           each.state == KeyState::kActive;
  });
  if (has_another) return std::string{};

  const std::string purpose(to_text(key.purpose));
  std::string loss = "it is the only active " + purpose + " key: until another one is registered " +
                     stops + ". Add one before: testamur key add " + purpose;
  const bool meant = *options.last;
  const auto& context = session.context;
  if (meant || (!context.yes && input_is_terminal())) return loss;
  // Who declares a theft does not replace the key, which would say nothing of it.
  return Failure{
      ExitCode::kUsage,
      loss + (options.compromised_since->empty() ? ", or replace it by testamur key rotate" : "") +
          ". If it is to go all the same, say "
          "--last; nothing was sent"};
}

Outcome retire(Context& context, const KeyOptions& options) {
  TM_TRY(auto session, open_acting_session(context, "key"));

  const bool is_theft = !options.compromised_since->empty();
  TM_TRY(const auto key,
         own_key(session, options.purpose, is_theft ? Retired::kMayBeStolen : Retired::kRefused));

  if (key.purpose == KeyPurpose::kConsensus) {
    TM_TRY(const bool votes, votes_with(session.client, key.id));
    if (votes) {
      return Failure{ExitCode::kUsage, std::string("it votes now: ") + kConsensusWords +
                                           " (or validator-set remove)"};
    }
  }

  tx::KeyRetireContent content{key.id, 0};
  TM_TRY(content.compromised_since_ms, compromised_since(context, options, key));
  TM_TRY(auto loss, loss_by_last(session, key, options));
  auto request = key_request(context, session.profile, "key retire", nullptr);
  if (!loss.empty()) request.description.warnings.push_back(std::move(loss));

  // What becomes void is said before the question: it cannot be taken back.
  if (content.compromised_since_ms == 0) {
    if (may_be_compromised(key.purpose)) {
      TM_TRY(auto warning, about_theft(session, key));
      request.description.warnings.push_back(std::move(warning));
    }
  } else {
    TM_TRY_STATUS(describe_void(session, key, content.compromised_since_ms, request));
  }

  request.make = [&content](const tx::Envelope& envelope) { return tx::build(envelope, content); };
  request.done = to_text(key.id) + (key.retired_ms ? " is declared stolen" : " is retired");

  return confirm_sign_send(session, std::move(request), options.draft);
}

// For a holder of a key on a machine of its own: a fresh key in this home's vault, and a public
// file for whoever registers it.
Outcome make(Context& context, const KeyOptions& options) {
  TM_TRY_STATUS(hold_home(context, "key make"));
  TM_TRY(const auto purpose, purpose_in(options.purpose));
  if (is_of_a_node(purpose)) {
    return Failure{ExitCode::kUsage,
                   "the node makes it itself: testamurd new-key " + *options.purpose};
  }
  TM_TRY(const auto algorithm, algorithm_in(options, purpose));
  const std::string out = options.out;
  TM_TRY_STATUS(may_save_named_file(context, out));
  TM_TRY(const auto profile, profile_here_or(context, options.chain, options.institution));
  TM_TRY_STATUS(refuse_unread_options(context));

  auto key = SecretKey::generate(algorithm);
  const auto content = prove(profile.chain, profile.institution, purpose, key);
  TM_TRY_STATUS(store_key(context, purpose, std::move(key), to_text(profile.institution)));
  const auto text = public_key_text({profile.chain, profile.institution, content});
  TM_TRY_STATUS(save_named_file(context, out, as_bytes(text)));
  const auto id = to_text(key_id(purpose, content.key));
  return Reply{Json{{"key", id}, {"file", out}},
               "a " + *options.purpose + " key " + id + " is in the vault " +
                   vault_file(context, purpose) + "\n  " + out +
                   " is public: whoever holds the root keys runs testamur key add " +
                   *options.purpose + " --public " + out + "\n"};
}

Outcome list(Context& context, const std::string& institution) {
  Client client = context.client();
  TM_TRY(const auto who, named_or_own(context, client, institution));
  TM_TRY(const auto answer, asked(find_institution(client, who, false)));
  std::string text =
      institution_line(answer) + "  " +
      (answer.root_threshold == 0 ? "an unknown number" : std::to_string(answer.root_threshold)) +
      " of its root keys sign for it\n";
  for (const auto& key : answer.keys) text += "  " + key_line(key);
  if (!answer.keys_whole) text += "  and perhaps further keys: the answer does not show all\n";
  return Reply{Json{{"keys", answer.shown.json()["institution"]["keys"]},
                    {"root_threshold", answer.root_threshold}},
               text};
}

Outcome show(Context& context, const std::string& typed) {
  Client client = context.client();
  std::string text = typed;
  if (is_short_id(typed, "tmk")) {
    // Only the keys of an institution can be gone through.
    TM_TRY(const auto profile, stored_profile(context));
    TM_TRY(text, key_named(client, profile.institution, typed));
  }
  TM_TRY(const auto id, parse_key_id(text));
  TM_TRY(const auto answer, asked(client.key(id)));
  return Reply{answer.shown.json(), key_text(answer)};
}

void add_new_key_options(Command command, const std::shared_ptr<KeyOptions>& options) {
  option(command, "--public", options->public_file,
         "A public key file of whoever holds the key (key make, testamurd new-key)");
  option(command, "--key-file", options->key_file, "A plain key file of `testamurd init`");
  option(command, "--algorithm", options->algorithm,
         "Of a fresh credential key: es256 (default), es256k or ed25519");
}

}  // namespace

void add_draft_options(Command command, DraftOptions& options) {
  option(command, "--draft", options.file,
         "Send nothing: write a draft for others to sign (testamur sign, testamur send)");
  option(command, "--send-by", options.send_by,
         "Until when the draft is to be sent: YYYY-MM-DDTHH:MM (UTC) or +2d (default: an hour)");
}

void add_key_commands(Command app, Context& context, Run& run) {
  auto key = app.add_subcommand("key", "An institution's keys: register, replace and retire them");
  key.require_subcommand(1);
  auto options = std::make_shared<KeyOptions>();
  const auto command = [&](const char* name, const char* about,
                           Outcome (*action)(Context&, const KeyOptions&)) {
    auto made = key.add_subcommand(name, about);
    made.callback([&context, &run, options, action] {
      run = [&context, options, action] { return action(context, *options); };
    });
    return made;
  };
  auto adding = command("add", "Register a fresh key; the root keys sign", add);
  option(adding, "purpose", options->purpose, kPurposes).required();
  add_new_key_options(adding, options);
  add_draft_options(adding, options->draft);
  auto rotating = command("rotate", "Replace a key by a fresh one of the same purpose", rotate);
  option(rotating, "key", options->purpose, "The key that is replaced (tmk…)").required();
  add_new_key_options(rotating, options);
  add_draft_options(rotating, options->draft);
  auto retiring = command("retire", "A key signs nothing more", retire);
  option(retiring, "key", options->purpose, "The key (tmk…)").required();
  option(
      retiring, "--compromised-since", options->compromised_since,
      "What it signed at or after this time counts as void: YYYY-MM-DD or YYYY-MM-DDTHH:MM (UTC)");
  flag(retiring, "--last", options->last,
       "Though it is the only active key of its purpose, and what it is for stops");
  add_draft_options(retiring, options->draft);
  auto making = command(
      "make",
      "A fresh key in this home's vault, to be registered by somebody else; no network is needed",
      make);
  option(making, "purpose", options->purpose, "root, issue, govern, credential or cosign")
      .required();
  option(making, "--out", options->out, "The public file").required();
  option(making, "--chain", options->chain, "The ledger (tmn…), where this home does not know it");
  option(making, "--institution", options->institution,
         "The institution (tmi…), where this home does not know it");
  option(making, "--algorithm", options->algorithm,
         "Of a credential key: es256 (default), es256k or ed25519");

  auto text = std::make_shared<Given<std::string>>();
  auto listing = key.add_subcommand("list", "The keys of an institution and what became of them");
  option(listing, "institution", *text, "Id (tmi…) or domain (default: this home's)");
  listing.callback(
      [&context, &run, text] { run = [&context, text] { return list(context, *text); }; });
  auto showing = key.add_subcommand("show", "One key");
  option(showing, "key", *text, "Id (tmk…)").required();
  showing.callback(
      [&context, &run, text] { run = [&context, text] { return show(context, *text); }; });
}

}  // namespace testamur::wallet
