// What is common to all commands: how they are configured, how they fail and print, and the vaults
// and the profile of their home. A cause that somebody else wrote never begins a line of ours, and
// what a file of the home says is read strictly or not at all.
#include "wallet/cli/context.h"

#include <algorithm>
#include <filesystem>

#include "common/address.h"
#include "common/clock.h"
#include "common/near_names.h"
#include "common/toml_text.h"
#include "common/visible.h"
#include "ledger/meaning/facts_meaning.h"
#include "wallet/accreditation/report.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/advice.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/follow_ledger.h"
#include "wallet/cli/option.h"
#include "wallet/cli/short_id.h"
#include "wallet/cli/terminal.h"
#include "wallet/client/ledger_trust.h"
#include "wallet/client/tls_roots.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxProfileBytes = 64 * 1024;
constexpr std::size_t kMaxConfigBytes = 64 * 1024;
constexpr std::uint64_t kCallMs = 10'000;

Result<IssuerProfile> read_profile(const std::string& file) {
  TM_TRY(auto text, read_file(file, kMaxProfileBytes));
  const auto json = parse_strict_json(as_text(text));
  if (!json.ok()) return error(file + ": " + json.message());

  ObjectReader reader(*json, file);
  const auto chain = parse_chain_id(reader.text("chain"));
  const auto institution = parse_institution_id(reader.text("institution"));
  IssuerProfile profile{{}, {}, reader.text("name"), reader.text("domain")};
  TM_TRY_STATUS(reader.finish());

  if (!chain.ok()) return error(file + ": chain: " + chain.message());
  if (!institution.ok()) return error(file + ": institution: " + institution.message());
  profile.chain = *chain;
  profile.institution = *institution;
  return profile;
}

// Without this file the system's roots would be believed in its place; what it holds is read once,
// so that what was checked is what is believed.
Result<std::string> read_tls_roots(const std::string& path, const std::string& where) {
  auto read = read_file(path, kMaxTlsRootsBytes);
  if (!read.ok()) return error(where + ": " + read.message());
  std::string pem(as_text(*read));
  if (const auto fit = check_tls_roots(pem); !fit.ok())
    return error(where + ": " + path + " is no file of certificates: " + fit.message());
  return pem;
}

Status read_endpoints(const toml::node& value, const std::string& where, Context& context) {
  const auto* list = value.as_array();
  if (list == nullptr)
    return error(where + " is not a list of texts: write endpoints = [\"HOST:PORT\"]");

  std::vector<std::string> endpoints;

  for (const auto& item : *list) {
    const auto* text = item.as_string();
    if (text == nullptr)
      return error(where + ": one of its values is not a text: write [\"HOST:PORT\"]");
    TM_TRY_STATUS(check_endpoint(text->get(), where));
    endpoints.push_back(text->get());
  }

  if (endpoints.empty()) return error(where + " is an empty list");

  // The command line comes first; the file is checked all the same.
  if (context.endpoints.empty()) context.endpoints = std::move(endpoints);

  return {};
}

Status read_root_file(const toml::node& value, const std::string& where, Context& context) {
  const auto* text = value.as_string();
  if (text == nullptr) return error(where + " is not a text: write the path of a PEM file");
  if (!context.tls_root.empty()) return {};
  TM_TRY(context.tls_roots, read_tls_roots(text->get(), where));
  context.tls_root = text->get();
  return {};
}

std::string error_text(const Failure& failure) {
  const auto advice = advice_for(failure.code);
  std::string text = failure.message;
  if (!failure.code.empty()) text += " [" + failure.code + "]";
  if (!advice.empty()) text += "\nwhat to do: " + std::string(advice);
  return text;
}

Json error_json(const Failure& failure) {
  Json json = failure.facts;
  json["error"] = failure.message;
  json["exit_code"] = static_cast<int>(failure.exit);
  if (failure.code.empty()) return json;
  json["code"] = failure.code;
  json["rule"] = failure.rule;
  json["field"] = failure.field;
  if (const auto advice = advice_for(failure.code); !advice.empty()) json["advice"] = advice;
  return json;
}

// Later lines of a cause are indented: none that somebody else wrote into it begins as one of ours.
void put_error(const std::string& message) {
  std::string text = "testamur: ";
  for (const char letter : message) {
    text += letter;
    if (letter == '\n') text += "  ";
  }
  put(Stream::kError, text + "\n");
}

// Said to people at once, and to programs once each in what is printed at the end.
void note(const Context& context, std::string notice) {
  if (!context.json) return put(Stream::kError, "testamur: " + notice + "\n");
  if (std::ranges::find(context.notices, notice) == context.notices.end())
    context.notices.push_back(std::move(notice));
}

Json with_notices(const Context& context, Json json) {
  if (context.notices.empty() || !json.is_object()) return json;
  Json& list = json["notices"];
  if (!list.is_array()) list = Json::array();
  for (const auto& notice : context.notices) list.push_back(notice);
  return json;
}

ExitCode print_failure(const Context& context, const Failure& failure) {
  if (context.json) {
    put_json(Stream::kOut, with_notices(context, error_json(failure)));
  } else {
    put_error(error_text(failure));
  }
  return failure.exit;
}

}  // namespace

Status check_endpoint(const std::string& text, const std::string& where) {
  const auto parsed = parse_host_port(text);
  const bool is_host = parsed.ok() && parsed->port != "0" &&
                       parsed->host.find_first_of("/@ \t") == std::string::npos;
  if (is_host) return {};
  return error(where + ": " + in_quotes(text) +
               " is no endpoint: write HOST:PORT, or [ADDRESS]:PORT for IPv6, without https://, "
               "with a port from 1 to 65535");
}

std::string Context::path(const std::string& relative) const {
  return (std::filesystem::path(home) / relative).string();
}

Client Context::client() const {
  ClientOptions options{endpoints, std::min(kCallMs, timeout_ms), tls_roots};
  const auto ledger = ledger_of_home(*this);
  if (ledger.ok()) {
    options.ledger = *ledger;
  } else {
    options.refusal = ledger.message();
  }
  // One that is mistyped was refused by read_config().
  if (const auto accepted = parse_chain_id(accept_recovery); accepted.ok())
    options.accepted = *accepted;
  // Said even with --quiet: whose policy decides is part of the answer.
  options.moved = [this](const std::string& silent, const std::string& answering) {
    note(*this, silent + " does not answer; " + answering +
                    " answers in its place, by the policy of its own institution");
  };
  options.clock_told = [this](const std::string& endpoint, std::uint64_t clock_ms) {
    if (clock_told) return;
    const auto apart = clocks_apart(endpoint, clock_ms, now_ms());
    clock_told = !apart.empty();
    if (clock_told) note(*this, apart);
  };
  return Client(std::move(options));
}

std::string clocks_apart(const std::string& endpoint, std::uint64_t node_ms, std::uint64_t own_ms) {
  // What a call and an unhurried NTP take; a proof of a holder is not taken from much further away.
  constexpr std::uint64_t kToleratedMs = 60'000;
  const bool is_ahead = own_ms > node_ms;
  const auto apart_ms = is_ahead ? own_ms - node_ms : node_ms - own_ms;
  if (apart_ms <= kToleratedMs) return {};
  constexpr std::uint64_t kMinuteMs = 60'000, kHourMs = 60 * kMinuteMs;
  const auto unit_ms = apart_ms < 2 * kHourMs ? kMinuteMs : kHourMs;
  // Rounded as a node rounds what it says of clocks: one answer may hold both.
  const auto rounded_ms = (apart_ms + unit_ms / 2) / unit_ms * unit_ms;
  return "this machine's clock is " + duration_text(rounded_ms) +
         (is_ahead ? " ahead of" : " behind") + " that of " + in_quotes(endpoint) +
         ": one of the two is wrong. Ages, last days and the proofs of holders are told by this "
         "machine's: set it (NTP)";
}

std::uint64_t Context::now_ms() const { return SystemClock{}.now_ms(); }

Status read_config(Context& context) {
  for (const auto& endpoint : context.endpoints)
    TM_TRY_STATUS(check_endpoint(endpoint, "--endpoint"));
  if (!context.accept_recovery.empty()) {
    const auto accepted = parse_chain_id(context.accept_recovery);
    if (!accepted.ok()) return error("--accept-recovery: " + accepted.message());
  }
  if (!context.tls_root.empty()) {
    TM_TRY(context.tls_roots, read_tls_roots(context.tls_root, "--tls-root"));
  }
  const std::string file = context.path("config.toml");
  if (!is_there(file)) return {};
  TM_TRY(const auto text, read_file(file, kMaxConfigBytes));
  TM_TRY(const auto table, parse_toml(as_text(text), file));
  for (const auto& [key, value] : table) {
    const std::string name(key.str());
    const std::string where =
        file + ", line " + std::to_string(key.source().begin.line) + ": " + one_line(name);
    if (name == "endpoints") {
      TM_TRY_STATUS(read_endpoints(value, where, context));
    } else if (name == "tls_root") {
      TM_TRY_STATUS(read_root_file(value, where, context));
    } else {
      return error(where + " is no key of this file (known: endpoints, tls_root)");
    }
  }
  return {};
}

ExitCode fail(const Context& context, ExitCode code, const std::string& message) {
  return print_failure(context, Failure{code, message});
}

ExitCode fail(const Context& context, const CallError& failure) {
  return print_failure(context, failure_of(failure));
}

ExitCode fail(const Context& context, const VaultError& failure) {
  return print_failure(context, failure_of(failure));
}

Failure failure_of(const VaultError& vault) {
  return Failure{
      vault.kind == VaultFailure::kWrongPassphrase ? ExitCode::kPassphrase : ExitCode::kFailure,
      vault.message};
}

ExitCode report(const Context& context, const Outcome& outcome) {
  if (const auto* failure = outcome.failure()) return print_failure(context, *failure);
  if (const auto* answer = outcome.reply()) {
    print(context, answer->json, answer->text);
    if (!answer->notice.empty() && !context.quiet && !context.json)
      put(Stream::kError, answer->notice);
  }
  return outcome.exit();
}

Attempt<void> refuse_unread_options(const Context& context) {
  if (context.commands == nullptr) return {};
  std::string names;
  for (const auto& name : given_unread(*context.commands))
    names += (names.empty() ? "" : ", ") + name;
  if (names.empty()) return {};
  return Failure{ExitCode::kUsage, names +
                                       " would have no effect here, together with what else was "
                                       "given; nothing was done. Leave it out."};
}

Attempt<void> refuse_short_ids_unasked(const Context& context) {
  if (!context.yes) return {};
  for (const auto& word : context.typed) {
    const auto shortened = find_short_id(word);
    if (shortened.empty()) continue;
    return error("\"" + shortened +
                 "\" is the beginning of an id, and with --yes nobody reads whose: write the whole "
                 "id, or leave --yes out; nothing was done");
  }
  return {};
}

void print(const Context& context, const Json& value, const std::string& text) {
  if (context.json) return put_json(Stream::kOut, with_notices(context, value));
  put(Stream::kOut, text.empty() || text.back() != '\n' ? text + "\n" : text);
}

Result<SecretBytes> existing_passphrase(Context& context, const std::string& what) {
  if (!context.passphrase) {
    if (!context.passphrase_file.empty()) {
      TM_TRY(context.passphrase, read_secret_file(context.passphrase_file));
    } else if (context.passphrase_fd >= 0) {
      TM_TRY(context.passphrase, read_secret_descriptor(context.passphrase_fd));
    } else {
      TM_TRY(context.passphrase, ask_secret(passphrase_question("Passphrase of " + what + ": ")));
    }
  }
  return context.passphrase->clone();
}

Result<SecretBytes> new_passphrase(Context& context, const std::string& what) {
  const bool is_first = !context.passphrase;
  const bool from_person = context.passphrase_file.empty() && context.passphrase_fd < 0;
  if (!context.passphrase && from_person) {
    TM_TRY(context.passphrase,
           ask_new_secret(passphrase_question("New passphrase for " + what + ": ")));
  }
  TM_TRY(auto passphrase, existing_passphrase(context, what));
  if (const auto fit = check_new_passphrase(passphrase); !fit.ok())
    return error(
        (context.passphrase_file.empty() ? std::string{} : context.passphrase_file + ": ") +
        fit.message());
  // The same rule as at a terminal, whatever the passphrase comes from.
  if (passphrase.size() < kMinNewSecretBytes)
    return error(
        (context.passphrase_file.empty() ? std::string{} : context.passphrase_file + ": ") +
        "a passphrase has at least 8 characters");
  if (is_first && has_byte_order_mark(passphrase) && !context.quiet)
    put(Stream::kError,
        "testamur: a byte-order mark stands before the passphrase; it is no part of it\n");
  return passphrase;
}

Attempt<IssuerKeys> open_issuer_keys(Context& context, KeyPurpose purpose) {
  const std::string file = context.path("issuer/" + std::string(to_text(purpose)) + ".age");
  if (const auto left = previous_alone(file)) return failure_of(*left);
  if (!is_there(file)) {
    return Failure{ExitCode::kFailure, file + " does not exist: this home holds no " +
                                           std::string(to_text(purpose)) +
                                           " key (testamur issuer init)"};
  }
  TM_TRY(auto passphrase, or_exit(ExitCode::kPassphrase, existing_passphrase(context, file)));
  auto opened = Vault::open(file, std::move(passphrase));
  if (!opened.ok()) return failure_of(*opened.failure);
  auto keys = decode_issuer_keys(opened.vault->contents());
  if (!keys.ok()) return Failure{ExitCode::kFailure, file + ": " + keys.message()};
  return std::move(keys).value();
}

namespace {

// The institution of the registry whose id begins so.
Attempt<InstitutionId> institution_beginning(Client& client, const std::string& what,
                                             const std::string& typed) {
  TM_TRY(const auto answer, asked(client.institutions()));
  std::vector<std::string> ids;
  for (const auto& each : answer.institutions) ids.push_back(to_text(each.name.id));
  TM_TRY(const auto id, complete_id(what, typed, "tmi", ids));
  return parse_institution_id(id).value();
}

// Whoever copies an address from a browser means the institution of its domain.
Called<InstitutionAnswer> named_by_domain(Client& client, const std::string& typed,
                                          bool with_history) {
  auto called = client.institution_by_domain(typed, with_history);
  auto* failure = std::get_if<CallError>(&called);
  if (failure == nullptr) return called;
  const bool is_unknown =
      failure->kind == CallFailure::kNotFound || failure->kind == CallFailure::kInvalid;
  const auto domain = domain_of_website(typed);
  const bool is_address = typed.find("://") != std::string::npos ||
                          typed.find('/') != std::string::npos || typed.starts_with("www.");
  if (is_unknown && is_address && domain != typed && !ledger::domain_problem(domain))
    failure->message += did_you_mean({domain});
  return called;
}

}  // namespace

Called<InstitutionAnswer> find_institution(Client& client, const std::string& id_or_domain,
                                           bool with_history) {
  if (is_short_id(id_or_domain, "tmi")) {
    const auto id = institution_beginning(client, "institution", id_or_domain);
    if (id.ok()) return client.institution(*id, with_history);
    const auto& failure = id.failure();
    auto kind = CallFailure::kOther;
    if (failure.exit == ExitCode::kUsage) kind = CallFailure::kInvalid;
    if (failure.exit == ExitCode::kUnknown) kind = CallFailure::kNotFound;
    if (failure.exit == ExitCode::kUnreachable) kind = CallFailure::kUnreachable;
    return CallError{kind, failure.message, failure.code, failure.rule, failure.field};
  }
  if (auto id = parse_institution_id(id_or_domain); id.ok())
    return client.institution(*id, with_history);
  return named_by_domain(client, id_or_domain, with_history);
}

Attempt<InstitutionId> institution_named(Client& client, const std::string& what,
                                         const std::string& id_or_domain) {
  if (is_short_id(id_or_domain, "tmi")) return institution_beginning(client, what, id_or_domain);
  if (id_or_domain.starts_with("tmi1")) {
    auto id = parse_institution_id(id_or_domain);
    if (!id.ok()) return Failure{ExitCode::kUsage, what + ": " + id.message()};
    return *id;
  }
  TM_TRY(const auto answer,
         asked(named_by_domain(client, id_or_domain, false), what + " \"" + id_or_domain + "\""));
  return answer.name.id;
}

Result<std::optional<ChainId>> home_ledger(const Context& context) {
  const std::string file = context.path("issuer/issuer.json");
  if (!is_there(file)) return std::optional<ChainId>{};
  TM_TRY(const auto profile, read_profile(file));
  return std::optional(profile.chain);
}

Result<std::optional<ChainId>> ledger_of_home(const Context& context) {
  TM_TRY(auto trusted, ledger_trusted_in(context.path("ledgers")));
  if (trusted) return trusted;
  return home_ledger(context);
}

Result<IssuerProfile> stored_profile(const Context& context) {
  const std::string file = context.path("issuer/issuer.json");
  if (!is_there(file)) {
    return error(file + " does not exist: set this home up with testamur issuer init");
  }
  return read_profile(file);
}

Result<IssuerProfile> profile_here_or(const Context& context, const std::string& chain,
                                      const std::string& institution) {
  const std::string file = context.path("issuer/issuer.json");
  if (is_there(file)) {
    TM_TRY(auto profile, read_profile(file));
    const bool other = (!chain.empty() && chain != to_text(profile.chain)) ||

                       (!institution.empty() && institution != to_text(profile.institution));
    if (other)
      return error("this home belongs to " + to_text(profile.institution) + " on " +
                   to_text(profile.chain));
    return profile;
  }

  if (chain.empty() || institution.empty()) {
    return error(
        "this home does not know its institution: give --chain tmn… and --institution tmi…");
  }

  IssuerProfile profile;
  TM_TRY(profile.chain, parse_chain_id(chain));
  TM_TRY(profile.institution, parse_institution_id(institution));

  std::error_code failure;
  std::filesystem::create_directories(context.path("issuer"), failure);
  if (failure) return error("cannot create " + context.path("issuer") + ": " + failure.message());

  const Json json{{"chain", chain}, {"institution", institution}, {"name", ""}, {"domain", ""}};
  TM_TRY_STATUS(write_home_file(context, "issuer/issuer.json", as_bytes(json.dump(2))));

  return profile;
}

Attempt<IssuerProfile> issuer_profile(Context& context, Client& client) {
  TM_TRY(auto profile, or_exit(ExitCode::kFailure, stored_profile(context)));

  // Where a recovery was accepted, the institution goes on in the ledger that took the old one up.
  LedgerTrust trust(context.path("ledgers"));
  if (const auto problem = trust.load()) return failure_of(*problem);
  profile.chain = trust.successor(profile.chain);

  if (profile.name.empty()) {
    TM_TRY(const auto answer, asked(client.institution(profile.institution, false)));
    profile.name = answer.name.name_now;
    profile.domain = answer.name.domain;
  }
  return profile;
}

Attempt<std::string> named_or_own(Context& context, Client& client, const std::string& named) {
  if (!named.empty()) return named;
  auto profile = issuer_profile(context, client);
  if (profile.ok()) return to_text(profile->institution);
  Failure failure = profile.failure();
  failure.message += ", or name an institution";
  return failure;
}

}  // namespace testamur::wallet
