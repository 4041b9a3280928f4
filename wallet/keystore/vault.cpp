#include "wallet/keystore/vault.h"

#include <filesystem>

#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

VaultFailure failure_kind(age::OpenFailure failure) {
  switch (failure) {
    case age::OpenFailure::kWrongKey: return VaultFailure::kWrongPassphrase;
    case age::OpenFailure::kTooExpensive: return VaultFailure::kUnreadable;
    case age::OpenFailure::kNotAge:
    case age::OpenFailure::kMalformed:
    case age::OpenFailure::kTooLarge:
    case age::OpenFailure::kWrongKind:
    case age::OpenFailure::kCorrupt: break;
  }
  return VaultFailure::kCorrupt;
}

VaultError describe(const std::string& path, const age::OpenError& cause) {
  const VaultFailure kind = failure_kind(cause.kind);
  if (kind == VaultFailure::kWrongPassphrase) return {kind, "wrong passphrase for " + path};
  if (kind == VaultFailure::kCorrupt)
    return {kind, path + " is damaged or no vault: " + cause.message + "; restore it from a backup"};
  return {kind, path + " cannot be opened: " + cause.message};
}

}  // namespace

Vault::Outcome Vault::create(std::string path, SecretBytes passphrase, ByteView contents, int work_log2) {
  if (std::filesystem::exists(std::filesystem::symlink_status(path))) {
    return {std::nullopt, VaultError{VaultFailure::kExists, path + " exists already and is not overwritten"}};
  }
  const auto sealed = age::seal(passphrase.text(), work_log2, contents);
  if (!sealed.ok()) return {std::nullopt, VaultError{VaultFailure::kUnreadable, sealed.message()}};
  const auto written = write_file_atomically(path, *sealed, Overwrite::kRefused);
  if (!written.ok()) return {std::nullopt, VaultError{VaultFailure::kUnreadable, written.message()}};
  Vault vault;
  vault.path_ = std::move(path);
  vault.passphrase_ = std::move(passphrase);
  vault.contents_ = SecretBytes::copy_of(contents);
  vault.file_digest_ = sha256(*sealed);
  vault.work_log2_ = work_log2;
  return {std::move(vault), std::nullopt};
}

Vault::Outcome Vault::open(std::string path, SecretBytes passphrase) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    return {std::nullopt, VaultError{VaultFailure::kMissing, "there is no vault at " + path}};
  const auto file = read_file(path, age::kMaxFileBytes);
  if (!file.ok()) return {std::nullopt, VaultError{VaultFailure::kUnreadable, file.message()}};
  auto opened = age::open(*file, passphrase.text());
  if (!opened.ok()) return {std::nullopt, describe(path, *opened.failure)};
  Vault vault;
  vault.path_ = std::move(path);
  vault.passphrase_ = std::move(passphrase);
  vault.contents_ = std::move(opened.plaintext);
  vault.file_digest_ = sha256(*file);
  vault.work_log2_ = age::work_factor_of(*file);
  return {std::move(vault), std::nullopt};
}

std::optional<VaultError> Vault::save(ByteView contents) { return write(contents, passphrase_.text()); }

std::optional<VaultError> Vault::change_passphrase(SecretBytes passphrase) {
  auto failure = write(contents_.view(), passphrase.text());
  if (!failure) passphrase_ = std::move(passphrase);
  return failure;
}

std::optional<VaultError> Vault::write(ByteView contents, std::string_view passphrase) {
  const auto on_disk = read_file(path_, age::kMaxFileBytes);
  if (!on_disk.ok()) return VaultError{VaultFailure::kUnreadable, on_disk.message()};
  if (sha256(*on_disk) != file_digest_) {
    return VaultError{VaultFailure::kChanged,
                      path_ + " was saved by another program since it was opened; nothing was changed, try again"};
  }
  const auto sealed = age::seal(passphrase, work_log2_, contents);
  if (!sealed.ok()) return VaultError{VaultFailure::kUnreadable, sealed.message()};
  const auto written = write_file_atomically(path_, *sealed, Overwrite::kAllowed);
  if (!written.ok()) return VaultError{VaultFailure::kUnreadable, written.message()};
  contents_ = SecretBytes::copy_of(contents);
  file_digest_ = sha256(*sealed);
  return std::nullopt;
}

}  // namespace testamur::wallet
