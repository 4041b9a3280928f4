// The learner's wallet, opened from its vault and saved back. A command that only reads takes no
// lock; one that saves opens with open_to_change(). One thread.
#pragma once

#include <optional>

#include "wallet/cli/context.h"
#include "wallet/keystore/wallet_contents.h"

namespace testamur::wallet {

class OpenWallet {
 public:
  // Opens wallet.age. On failure nothing is held, the cause was printed and `code` is set.
  static OpenWallet open(Context& context);
  // The same for a command that saves: no other program changes the home from before the vault is
  // read until the command has ended. `doing` is what another program is told that waits.
  static OpenWallet open_to_change(Context& context, const std::string& doing);

  explicit operator bool() const { return vault_.has_value(); }
  ExitCode code() const { return code_; }
  WalletContents& contents() { return contents_; }
  // Writes the contents back. A failure was printed. Precondition: opened to change.
  ExitCode save(Context& context);
  // The same where something was erased: the vault's previous version goes too.
  ExitCode save_and_forget(Context& context);
  // For people, where credentials are newer than the last backup; else empty.
  std::string reminder() const;

 private:
  std::optional<Vault> vault_;
  WalletContents contents_;
  ExitCode code_ = ExitCode::kOk;
};

std::string wallet_file(const Context& context);
// What is said of a vault that its passphrase opens and that cannot be read.
std::string unreadable_wallet(const std::string& file, const std::string& why);

}  // namespace testamur::wallet
