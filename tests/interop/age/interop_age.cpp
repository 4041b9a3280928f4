// Seals and opens age files for interop_age.py, which sets them against the age program. Every
// secret here is a test's.
//   interop_age identity OUT                     an identity file
//   interop_age seal-to RECIPIENT IN OUT
//   interop_age open-with IDENTITY_TEXT IN OUT
//   interop_age seal-passphrase PASSPHRASE WORK IN OUT
//   interop_age open-passphrase PASSPHRASE IN OUT
//   interop_age vault PASSPHRASE OUT             a vault with an empty wallet (production work
//   factor) interop_age backup OUT IDENTITY_OUT          a backup and the identity that the words
//   give
#include <cstdio>
#include <string>
#include <vector>

#include "wallet/keystore/age.h"
#include "wallet/keystore/file.h"
#include "wallet/keystore/vault.h"
#include "wallet/keystore/wallet_contents.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{16} << 20;

Status write(const std::string& path, ByteView bytes) {
  return write_file_atomically(path, bytes, Overwrite::kAllowed);
}

Bytes identity_file(const age::Identity& identity) {
  Bytes text = to_bytes(identity.text().view());
  text.push_back('\n');
  return text;
}

Status write_opened(const age::Opened& opened, const std::string& path) {
  if (!opened.ok()) return error(opened.failure->message);
  return write(path, opened.plaintext.view());
}

Status make_vault(const std::string& passphrase, const std::string& path) {
  const auto wallet = make_wallet(0);
  const auto made = Vault::create(path, SecretBytes::copy_of(std::string_view{passphrase}),
                                  encode_wallet(wallet).value().view());
  if (!made.ok()) return error(made.failure->message);
  return {};
}

Status make_backup(const std::string& path, const std::string& identity_path) {
  const auto wallet = make_wallet(0);
  TM_TRY(const auto backup, seal_backup(wallet));
  TM_TRY_STATUS(write(path, backup));
  return write(identity_path, identity_file(backup_identity_of(wallet)));
}

Status run(const std::vector<std::string>& words) {
  const std::string command = words.empty() ? "" : words[0];

  if (command == "identity" && words.size() == 2)
    return write(words[1], identity_file(age::Identity::generate()));
  if (command == "vault" && words.size() == 3) return make_vault(words[1], words[2]);
  if (command == "backup" && words.size() == 3) return make_backup(words[1], words[2]);

  if (command == "seal-to" && words.size() == 4) {
    TM_TRY(const auto recipient, age::parse_recipient(words[1]));
    TM_TRY(const auto input, read_file(words[2], kMaxBytes));
    TM_TRY(const auto sealed, age::seal({&recipient, 1}, input));
    return write(words[3], sealed);
  }

  if (command == "open-with" && words.size() == 4) {
    TM_TRY(const auto identity, age::Identity::from_text(words[1]));
    TM_TRY(const auto input, read_file(words[2], kMaxBytes));
    return write_opened(age::open(input, std::span{&identity, 1}), words[3]);
  }

  if (command == "seal-passphrase" && words.size() == 5) {
    TM_TRY(const auto input, read_file(words[3], kMaxBytes));
    TM_TRY(const auto sealed, age::seal(words[1], std::stoi(words[2]), input));
    return write(words[4], sealed);
  }

  if (command == "open-passphrase" && words.size() == 4) {
    TM_TRY(const auto input, read_file(words[2], kMaxBytes));
    return write_opened(age::open(input, words[1]), words[3]);
  }

  return error("unknown command \"" + command + "\"");
}

}  // namespace
}  // namespace testamur::wallet

int main(int argc, char** argv) {
  const auto status = testamur::wallet::run({argv + 1, argv + argc});
  if (status.ok()) return 0;
  std::fprintf(stderr, "interop_age: %s\n", status.message().c_str());
  return 1;
}
