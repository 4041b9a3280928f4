// The learner's wallet, opened from its vault and saved back.
#pragma once

#include <optional>

#include "wallet/cli/context.h"
#include "wallet/keystore/wallet_contents.h"

namespace testamur::wallet {

class OpenWallet {
 public:
  // Opens wallet.age. On failure nothing is held, the cause was printed and `code` is set.
  static OpenWallet open(Context& context);

  explicit operator bool() const { return vault_.has_value(); }
  ExitCode code() const { return code_; }
  WalletContents& contents() { return contents_; }
  // Writes the contents back. A failure was printed.
  ExitCode save(Context& context);
  // A reminder where credentials are newer than the last backup.
  void remind(const Context& context) const;

 private:
  std::optional<Vault> vault_;
  WalletContents contents_;
  ExitCode code_ = ExitCode::kOk;
};

std::string wallet_file(const Context& context);

}  // namespace testamur::wallet
