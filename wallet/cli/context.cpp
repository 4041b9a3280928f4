#include "wallet/cli/context.h"

#include <toml++/toml.h>
#include <filesystem>

#include "common/clock.h"
#include "wallet/cli/advice.h"
#include "wallet/cli/output.h"
#include "wallet/client/ledger_trust.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxProfileBytes = 64 * 1024;

Result<IssuerProfile> read_profile(const std::string& file) {
  TM_TRY(auto text, read_file(file, kMaxProfileBytes));
  TM_TRY(auto json, parse_strict_json(as_text(text)));
  ObjectReader reader(json, file);
  const std::string chain = reader.text("chain");
  const std::string institution = reader.text("institution");
  IssuerProfile profile{{}, {}, reader.text("name"), reader.text("domain")};
  TM_TRY_STATUS(reader.finish());
  TM_TRY(profile.chain, parse_chain_id(chain));
  TM_TRY(profile.institution, parse_institution_id(institution));
  return profile;
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

ExitCode code_of(CallFailure kind) {
  switch (kind) {
    case CallFailure::kUnreachable: return ExitCode::kUnreachable;
    case CallFailure::kOverloaded: return ExitCode::kUnreachable;
    case CallFailure::kNotFound: return ExitCode::kUnknown;
    case CallFailure::kInvalid: return ExitCode::kUsage;
    case CallFailure::kRejected:
    case CallFailure::kOther: return ExitCode::kFailure;
  }
  return ExitCode::kFailure;
}

}  // namespace

std::string Context::path(const std::string& relative) const {
  return (std::filesystem::path(home) / relative).string();
}

Client Context::client() const { return Client(ClientOptions{endpoints, 10'000, tls_root}); }

std::uint64_t Context::now_ms() const { return SystemClock{}.now_ms(); }

Status read_config(Context& context) {
  const std::string file = context.path("config.toml");
  if (!std::filesystem::exists(file)) return {};
  try {
    const toml::table table = toml::parse_file(file);
    for (const auto& [key, value] : table) {
      if (key.str() != "endpoints" && key.str() != "tls_root") {
        return error(file + ": unknown key \"" + std::string(key.str()) + "\" (known: endpoints, tls_root)");
      }
    }
    if (context.endpoints.empty()) {
      if (const auto* list = table["endpoints"].as_array()) {
        for (const auto& item : *list) context.endpoints.push_back(item.value_or(std::string{}));
      }
    }
    if (context.tls_root.empty()) context.tls_root = table["tls_root"].value_or(std::string{});
  } catch (const toml::parse_error& failure) {
    return error(file + ", line " + std::to_string(failure.source().begin.line) + ": " +
                 std::string(failure.description()));
  }
  return {};
}

ExitCode fail(const Context& context, ExitCode code, const std::string& message) {
  if (context.json) {
    put_json(Stream::kOut, Json{{"error", message}, {"exit_code", static_cast<int>(code)}});
  } else {
    put_error(message);
  }
  return code;
}

ExitCode fail(const Context& context, const CallError& failure) {
  const ExitCode code = code_of(failure.kind);
  const auto advice = advice_for(failure.code);
  if (context.json) {
    Json json = to_json(failure);
    json["exit_code"] = static_cast<int>(code);
    if (!advice.empty()) json["advice"] = advice;
    put_json(Stream::kOut, json);
    return code;
  }
  std::string text = failure.message;
  if (!failure.code.empty()) text += " [" + failure.code + "]";
  if (!advice.empty()) text += "\nwhat to do: " + std::string(advice);
  put_error(text);
  return code;
}

ExitCode fail(const Context& context, const VaultError& failure) {
  return fail(context, failure.kind == VaultFailure::kWrongPassphrase ? ExitCode::kPassphrase : ExitCode::kFailure,
              failure.message);
}

void print(const Context& context, const Json& value, const std::string& text) {
  if (context.json) return put_json(Stream::kOut, value);
  put(Stream::kOut, text.empty() || text.back() != '\n' ? text + "\n" : text);
}

Result<SecretBytes> existing_passphrase(Context& context, const std::string& what) {
  if (!context.passphrase) {
    if (!context.passphrase_file.empty()) {
      TM_TRY(context.passphrase, read_secret_file(context.passphrase_file));
    } else if (context.passphrase_fd >= 0) {
      TM_TRY(context.passphrase, read_secret_descriptor(context.passphrase_fd));
    } else {
      TM_TRY(context.passphrase, ask_secret("Passphrase of " + what + ": "));
    }
  }
  return context.passphrase->clone();
}

Result<SecretBytes> new_passphrase(Context& context, const std::string& what) {
  const bool from_person = context.passphrase_file.empty() && context.passphrase_fd < 0;
  if (!context.passphrase && from_person) {
    TM_TRY(context.passphrase, ask_new_secret("New passphrase for " + what + ": "));
  }
  TM_TRY(auto passphrase, existing_passphrase(context, what));
  if (passphrase.empty()) return error("the passphrase is empty");
  if (passphrase.text().starts_with("\xef\xbb\xbf") && !context.quiet)
    put(Stream::kError, "testamur: a byte-order mark stands before the passphrase; it is no part of it\n");
  return passphrase;
}

OpenedKeys open_issuer_keys(Context& context, KeyPurpose purpose) {
  const std::string file = context.path("issuer/" + std::string(to_text(purpose)) + ".age");
  if (!std::filesystem::exists(file)) {
    return {std::nullopt, fail(context, ExitCode::kFailure,
                               file + " does not exist: this home holds no " + std::string(to_text(purpose)) +
                                   " key (testamur issuer init)")};
  }
  auto passphrase = existing_passphrase(context, file);
  if (!passphrase.ok()) return {std::nullopt, fail(context, ExitCode::kPassphrase, passphrase.message())};
  auto opened = Vault::open(file, std::move(passphrase).value());
  if (!opened.ok()) return {std::nullopt, fail(context, *opened.failure)};
  auto keys = decode_issuer_keys(opened.vault->contents());
  if (!keys.ok()) return {std::nullopt, fail(context, ExitCode::kFailure, file + ": " + keys.message())};
  return {std::move(keys).value(), ExitCode::kOk};
}

Called<Json> find_institution(Client& client, const std::string& id_or_domain, bool with_history) {
  if (auto id = parse_institution_id(id_or_domain); id.ok()) return client.institution(*id, with_history);
  return client.institution_by_domain(id_or_domain, with_history);
}

std::optional<ChainId> home_ledger(const Context& context) {
  const std::string file = context.path("issuer/issuer.json");
  if (!std::filesystem::exists(file)) return std::nullopt;
  auto profile = read_profile(file);
  if (!profile.ok()) return std::nullopt;
  return profile->chain;
}

Result<IssuerProfile> stored_profile(const Context& context) {
  const std::string file = context.path("issuer/issuer.json");
  if (!std::filesystem::exists(file)) {
    return error(file + " does not exist: set this home up with testamur issuer init");
  }
  return read_profile(file);
}

Result<IssuerProfile> profile_here_or(const Context& context, const std::string& chain,
                                      const std::string& institution) {
  const std::string file = context.path("issuer/issuer.json");
  if (std::filesystem::exists(file)) {
    TM_TRY(auto profile, read_profile(file));
    const bool other = (!chain.empty() && chain != to_text(profile.chain)) ||
                       (!institution.empty() && institution != to_text(profile.institution));
    if (other) return error("this home belongs to " + to_text(profile.institution) + " on " + to_text(profile.chain));
    return profile;
  }
  if (chain.empty() || institution.empty()) {
    return error("this home does not know its institution: give --chain tmn… and --institution tmi…");
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

Result<IssuerProfile> issuer_profile(Context& context, Client& client) {
  TM_TRY(auto profile, stored_profile(context));
  // Where a recovery was accepted, the institution goes on in the ledger that took the old one up.
  LedgerTrust trust(context.path("ledgers"));
  if (auto problem = trust.load()) return error(problem->message);
  profile.chain = trust.successor(profile.chain);
  if (profile.name.empty()) {
    auto answer = client.institution(profile.institution, false);
    if (auto* failure = std::get_if<CallError>(&answer)) return error(failure->message);
    const Json& name = std::get<Json>(answer)["institution"]["name"];
    profile.name = name.value("name_now", "");
    profile.domain = name.value("domain", "");
  }
  return profile;
}

Result<std::string> named_or_own(Context& context, Client& client, const std::string& named) {
  if (!named.empty()) return named;
  auto profile = issuer_profile(context, client);
  if (!profile.ok()) return error(profile.message() + ", or name an institution");
  return to_text(profile->institution);
}

}  // namespace testamur::wallet
