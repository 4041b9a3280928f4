#include "wallet/cli/key_vault.h"

#include <filesystem>

namespace testamur::wallet {
namespace {

ExitCode create(Context& context, const std::string& file, KeyPurpose purpose, SecretKey key,
                const std::string& institution) {
  auto passphrase = new_passphrase(context, file);
  if (!passphrase.ok()) return fail(context, ExitCode::kPassphrase, passphrase.message());
  IssuerKeys contents = make_issuer_keys(purpose, key.algorithm(), institution);
  contents.keys.clear();
  contents.keys.push_back(std::move(key));
  std::error_code failure;
  std::filesystem::create_directories(std::filesystem::path(file).parent_path(), failure);
  if (failure)
    return fail(context, ExitCode::kFailure, "cannot create the folder of " + file + ": " + failure.message());
  const auto made = Vault::create(file, std::move(passphrase).value(), encode_issuer_keys(contents).view());
  return made.ok() ? ExitCode::kOk : fail(context, *made.failure);
}

}  // namespace

std::string vault_file(const Context& context, KeyPurpose purpose) {
  return context.path("issuer/" + std::string(to_text(purpose)) + ".age");
}

ExitCode store_key(Context& context, KeyPurpose purpose, SecretKey key, const std::string& institution) {
  const std::string file = vault_file(context, purpose);
  if (!std::filesystem::exists(file)) return create(context, file, purpose, std::move(key), institution);
  auto passphrase = existing_passphrase(context, file);
  if (!passphrase.ok()) return fail(context, ExitCode::kPassphrase, passphrase.message());
  auto opened = Vault::open(file, std::move(passphrase).value());
  if (!opened.ok()) return fail(context, *opened.failure);
  auto contents = decode_issuer_keys(opened.vault->contents());
  if (!contents.ok()) return fail(context, ExitCode::kFailure, file + ": " + contents.message());
  if (find_key(*contents, key_id(purpose, key.public_key())) != nullptr) return ExitCode::kOk;
  contents->keys.push_back(std::move(key));
  const SecretBytes encoded = encode_issuer_keys(*contents);
  if (auto failure = opened.vault->save(encoded.view())) return fail(context, *failure);
  return ExitCode::kOk;
}

SigningKeys open_signing_keys(Context& context, Client& client, KeyPurpose purpose) {
  auto opened = open_issuer_keys(context, purpose);
  if (!opened.keys) return {std::nullopt, opened.code};
  const auto& keys = opened.keys->keys;
  if (keys.size() == 1) return {std::move(opened.keys), ExitCode::kOk};
  for (std::size_t at = keys.size(); at-- > 0;) {
    auto answer = client.key(key_id(purpose, keys[at].public_key()));
    if (auto* failure = std::get_if<CallError>(&answer)) {
      if (failure->kind == CallFailure::kNotFound) continue;  // made here, not registered yet
      return {std::nullopt, fail(context, *failure)};
    }
    const Json key = std::get<Json>(answer).value("key", Json::object());
    if (key.value("state", "") == "active") return {std::move(opened.keys), ExitCode::kOk, at};
  }
  return {std::nullopt, fail(context, ExitCode::kFailure,
                             "none of this home's " + std::string(to_text(purpose)) +
                                 " keys is active on the ledger: testamur key list shows those that are")};
}

}  // namespace testamur::wallet
