#include "wallet/cli/flow/key_vault.h"

#include <filesystem>

#include "wallet/cli/description/render.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
std::string vault_file(const Context& context, KeyPurpose purpose) {
  return context.path("issuer/" + std::string(to_text(purpose)) + ".age");
}

Attempt<void> create_key_vault(Context& context, KeyPurpose purpose, SecretKey key,
                               const std::string& institution, const SecretBytes& passphrase) {
  const std::string file = vault_file(context, purpose);
  std::error_code failure;
  std::filesystem::create_directories(std::filesystem::path(file).parent_path(), failure);
  if (failure)
    return Failure{ExitCode::kFailure,
                   "cannot create the folder of " + file + ": " + failure.message()};

  IssuerKeys contents = make_issuer_keys(purpose, key.algorithm(), institution);
  contents.keys.clear();
  contents.keys.push_back(std::move(key));
  TM_TRY(const auto encoded, or_exit(ExitCode::kFailure, encode_issuer_keys(contents)));
  const auto made = Vault::create(file, passphrase.clone(), encoded.view());
  if (!made.ok()) return failure_of(*made.failure);
  return {};
}

Attempt<void> store_key(Context& context, KeyPurpose purpose, SecretKey key,
                        const std::string& institution) {
  const std::string file = vault_file(context, purpose);
  if (!is_there(file)) {
    TM_TRY(const auto fresh, or_exit(ExitCode::kPassphrase, new_passphrase(context, file)));
    return create_key_vault(context, purpose, std::move(key), institution, fresh);
  }
  TM_TRY(auto passphrase, or_exit(ExitCode::kPassphrase, existing_passphrase(context, file)));
  auto opened = Vault::open(file, std::move(passphrase));
  if (!opened.ok()) return failure_of(*opened.failure);
  auto contents = decode_issuer_keys(opened.vault->contents());
  if (!contents.ok()) return Failure{ExitCode::kFailure, file + ": " + contents.message()};

  if (find_key(*contents, key_id(purpose, key.public_key())) != nullptr) return {};
  contents->keys.push_back(std::move(key));
  TM_TRY(const auto encoded, or_exit(ExitCode::kFailure, encode_issuer_keys(*contents)));
  if (auto failure = opened.vault->save(encoded.view())) return failure_of(*failure);
  return {};
}

namespace {
bool is_retired(const KeyAnswer& key) {
  return key.state == KeyState::kRetired || key.state == KeyState::kCompromised;
}
}  // namespace

std::optional<KeyAnswer> retired_key_in(Client& client, const KeyId& id) {
  auto answer = client.key(id);
  auto* said = std::get_if<OwnedKeyAnswer>(&answer);
  if (said == nullptr || !is_retired(said->key)) return std::nullopt;
  return std::move(said->key);
}

std::string retired_key_text(KeyPurpose purpose, const KeyAnswer& key) {
  const auto since = key.record.retired_at_ms;
  return "the " + std::string(to_text(purpose)) + " key " + to_text(key.record.id) +
         ", which the ledger retired" + (since ? " on " + date_text(*since) : "");
}

std::string about_replaced_keys(Client& client, const IssuerKeys& keys, KeyPurpose purpose) {
  for (std::size_t at = keys.keys.size(); at-- > 0;) {
    const auto answer = client.key(key_id(purpose, keys.keys[at].public_key()));
    if (const auto* failure = std::get_if<CallError>(&answer)) {
      if (failure->kind == CallFailure::kNotFound) continue;  // made here, not registered yet
      return {};
    }
    const auto& key = std::get<OwnedKeyAnswer>(answer).key;
    if (!is_retired(key)) return {};
    return "this home signs with " + retired_key_text(purpose, key) +
           ". Use the home in which that was done, or register a fresh key here: testamur key "
           "add " +
           std::string(to_text(purpose));
  }
  return {};
}

Attempt<SigningKeys> open_signing_keys(Context& context, Client& client, KeyPurpose purpose) {
  TM_TRY(auto opened, open_issuer_keys(context, purpose));

  const auto& keys = opened.keys;
  if (keys.size() == 1) {
    const auto replaced = about_replaced_keys(client, opened, purpose);
    if (!replaced.empty()) return Failure{ExitCode::kFailure, replaced + ". Nothing was signed"};
    return SigningKeys{std::move(opened), 0};
  }

  // The newest comes first: after a rotation the ledger calls only that one active (decision 0951).
  for (std::size_t at = keys.size(); at-- > 0;) {
    auto answer = client.key(key_id(purpose, keys[at].public_key()));
    if (auto* failure = std::get_if<CallError>(&answer)) {
      if (failure->kind == CallFailure::kNotFound) continue;  // made here, not registered yet
      return failure_of(*failure);
    }

    if (std::get<OwnedKeyAnswer>(answer).key.state == KeyState::kActive)
      return SigningKeys{std::move(opened), at};
  }

  const auto replaced = about_replaced_keys(client, opened, purpose);
  if (!replaced.empty()) return Failure{ExitCode::kFailure, replaced + ". Nothing was signed"};
  return Failure{ExitCode::kFailure,
                 "none of this home's " + std::string(to_text(purpose)) +
                     " keys is active on the ledger: testamur key list shows those that are"};
}

}  // namespace testamur::wallet
