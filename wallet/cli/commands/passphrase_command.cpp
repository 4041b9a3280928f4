// wallet passphrase: another passphrase for the learner's vault. Keys, words and backups stay as
// they are.
#include <memory>

#include "wallet/cli/commands/commands.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/open_wallet.h"
#include "wallet/cli/option.h"

namespace testamur::wallet {
namespace {

struct PassphraseOptions {
  Given<std::string> fresh_file;
};

Attempt<SecretBytes> fresh_passphrase(const PassphraseOptions& options) {
  const std::string file = options.fresh_file;
  TM_TRY(auto fresh,
         or_exit(ExitCode::kPassphrase,
                 file.empty() ? ask_new_secret({"New passphrase for the wallet: ",
                                                "the new passphrase", "--new-passphrase-file"})
                              : read_secret_file(file)));
  if (const auto fit = check_new_passphrase(fresh); !fit.ok()) {
    return Failure{ExitCode::kPassphrase, (file.empty() ? std::string{} : file + ": ") +
                                              fit.message() + "; the old one stays"};
  }
  return fresh;
}

Outcome change(Context& context, const PassphraseOptions& options) {
  const std::string file = wallet_file(context);

  // The present one is asked before the lock: nobody waits while a person types.
  TM_TRY(auto old, or_exit(ExitCode::kPassphrase, existing_passphrase(context, file)));
  TM_TRY_STATUS(hold_home(context, "wallet passphrase"));
  auto opened = Vault::open(file, std::move(old));
  if (!opened.ok()) return failure_of(*opened.failure);
  if (const auto read = decode_wallet(opened.vault->contents()); !read.ok())
    return Failure{ExitCode::kFailure, unreadable_wallet(file, read.message())};
  TM_TRY(auto fresh, fresh_passphrase(options));
  TM_TRY_STATUS(refuse_unread_options(context));
  if (const auto failed = opened.vault->change_passphrase(std::move(fresh)))
    return failure_of(*failed);
  return Reply{Json{{"wallet", file}},
               "changed the passphrase of " + file +
                   "\n  copies and backups that lie elsewhere keep what they had\n"};
}

}  // namespace

void add_passphrase_command(Command wallet, Context& context, Run& run) {
  auto options = std::make_shared<PassphraseOptions>();
  auto changing = wallet.add_subcommand("passphrase",
                                        "Another passphrase for the vault; needs the present one");
  option(changing, "--new-passphrase-file", options->fresh_file,
         "Read the new one from the first line of this file (default: asked twice)");
  changing.callback([&context, &run, options] {
    run = [&context, options] { return change(context, *options); };
  });
}

}  // namespace testamur::wallet
