#include "wallet/cli/flow/open_wallet.h"

#include <cstdio>

#include "wallet/cli/files/output.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {

std::string wallet_file(const Context& context) { return context.path("wallet.age"); }

std::string unreadable_wallet(const std::string& file, const std::string& why) {
  return file + " opens, and what it holds is no wallet that this program reads: " + why +
         ". testamur --home NEW wallet restore gives the wallet back from its 24 words and a "
         "backup";
}

namespace {

VaultError with_advice(VaultError failure) {
  if (failure.kind == VaultFailure::kMissing)
    failure.message +=
        ": make one with testamur wallet init, or name the home that has one (--home)";
  if (failure.kind == VaultFailure::kWrongPassphrase)
    failure.message +=
        "; forgotten? testamur --home NEW wallet restore gives the wallet back from its 24 words "
        "and a backup";
  return failure;
}

// Before anybody is asked for a passphrase, and before a home is made by locking it.
std::optional<VaultError> no_wallet(const Context& context) {
  const std::string file = wallet_file(context);
  if (auto left = previous_alone(file)) return left;
  if (is_there(file)) return std::nullopt;
  if (is_folder(context.home))
    return with_advice({VaultFailure::kMissing, "there is no vault at " + file});
  if (is_there(context.home))
    return VaultError{VaultFailure::kMissing,
                      "--home " + context.home + " is a file, and a home is a folder"};
  return with_advice(
      {VaultFailure::kMissing, "there is no home " + context.home + ", and so no wallet in it"});
}

}  // namespace

OpenWallet OpenWallet::open(Context& context) {
  OpenWallet wallet;
  const std::string file = wallet_file(context);
  if (const auto none = no_wallet(context)) {
    wallet.code_ = fail(context, *none);
    return wallet;
  }

  auto passphrase = existing_passphrase(context, file);
  if (!passphrase.ok()) {
    wallet.code_ = fail(context, ExitCode::kPassphrase, passphrase.message());
    return wallet;
  }

  auto opened = Vault::open(file, std::move(passphrase).value());
  if (!opened.ok()) {
    wallet.code_ = fail(context, with_advice(*opened.failure));
    return wallet;
  }

  auto contents = decode_wallet(opened.vault->contents());
  if (!contents.ok()) {
    wallet.code_ = fail(context, ExitCode::kFailure, unreadable_wallet(file, contents.message()));
    return wallet;
  }

  wallet.contents_ = std::move(contents).value();
  wallet.vault_ = std::move(opened.vault);
  return wallet;
}

// The passphrase comes first: nobody waits for a lock while a person types.
OpenWallet OpenWallet::open_to_change(Context& context, const std::string& doing) {
  OpenWallet refused;
  if (const auto none = no_wallet(context)) {
    refused.code_ = fail(context, *none);
    return refused;
  }
  if (auto passphrase = existing_passphrase(context, wallet_file(context)); !passphrase.ok()) {
    refused.code_ = fail(context, ExitCode::kPassphrase, passphrase.message());
    return refused;
  }
  refused.code_ = lock_home(context, doing);
  return refused.code_ == ExitCode::kOk ? open(context) : std::move(refused);
}

ExitCode OpenWallet::save_and_forget(Context& context) {
  if (const auto unread = refuse_unread_options(context); !unread.ok())
    return report(context, unread.failure());
  const auto encoded = encode_wallet(contents_);
  if (!encoded.ok()) return fail(context, ExitCode::kFailure, encoded.message());
  if (auto failure = vault_->save_and_forget(encoded->view())) return fail(context, *failure);
  return ExitCode::kOk;
}

ExitCode OpenWallet::save(Context& context) {
  if (const auto unread = refuse_unread_options(context); !unread.ok())
    return report(context, unread.failure());
  const auto encoded = encode_wallet(contents_);
  if (!encoded.ok()) return fail(context, ExitCode::kFailure, encoded.message());
  if (auto failure = vault_->save(encoded->view())) return fail(context, *failure);
  return ExitCode::kOk;
}

std::string OpenWallet::reminder() const {
  if (!backup_is_older_than_a_credential(contents_)) return {};
  return "testamur: a credential is newer than the last backup; testamur wallet backup FILE makes "
         "one\n";
}

}  // namespace testamur::wallet
