// A vault: one age file under a passphrase that holds the secrets of a wallet or of one key purpose
// of an issuer. Stock `age -d` opens it. What stands inside is docs/formats/vault.md.
//
// One thread at a time. Two processes that save one vault at once do not corrupt it: the file is
// replaced whole, and save() refuses when the file on disk is no longer the one that was opened.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/hash.h"
#include "common/result.h"
#include "wallet/keystore/age.h"
#include "wallet/keystore/secret_bytes.h"

namespace testamur::wallet {

enum class VaultFailure : std::uint8_t {
  kMissing,          // no such file
  kExists,           // create() over an existing file
  kLeftPrevious,     // no such file, and its previous version beside it
  kUnreadable,       // the operating system refused
  kWrongPassphrase,  // exit code 4
  kCorrupt,          // damaged, cut short, or not a vault
  kChanged,          // somebody else saved it meanwhile
};
struct VaultError {
  VaultFailure kind;
  std::string message;
};

// Whether a person can type it again, whatever file it came from: UTF-8 and not empty. Asked of
// what a new vault is sealed under only: those of old open under whatever bytes they were made
// with.
Status check_new_passphrase(const SecretBytes& passphrase);
// Where a vault is gone and its previous version is not: the next save of another vault there would
// write over it. Asked by create() and open().
std::optional<VaultError> previous_alone(const std::string& path);
// Whether a byte-order mark stands before it, which is no part of it.
bool has_byte_order_mark(const SecretBytes& passphrase);

class Vault {
 public:
  struct Outcome;

  // Writes a new vault. Fails if the file exists, or a previous version of one that is gone. The
  // passphrase counts in the form NFC and without a byte-order mark before it, so that it is the
  // same from every keyboard, and stock `age -d` opens the vault with that form. Tests lower the
  // work factor.
  static Outcome create(std::string path, SecretBytes passphrase, ByteView contents,
                        int work_log2 = age::kVaultWorkLog2);
  // Tries the passphrase as it is given, then its forms NFC and NFD, then with a byte-order mark:
  // vaults of old were sealed under what some keyboard or editor made of it.
  static Outcome open(std::string path, SecretBytes passphrase);

  ByteView contents() const { return contents_.view(); }
  const std::string& path() const { return path_; }
  // Replaces the contents on disk, durably, and then here. A failure leaves both as they were. What
  // the file held before stays beside it (previous_version() of file.h), for the day on which a
  // program errs.
  std::optional<VaultError> save(ByteView contents);
  // The same where something was erased: no previous version stays, also after a crash in the
  // middle, which leaves the contents as they were or as they are to be.
  std::optional<VaultError> save_and_forget(ByteView contents);
  // No previous version stays: it would open under the old passphrase.
  std::optional<VaultError> change_passphrase(SecretBytes passphrase);

 private:
  Vault() = default;
  enum class Previous : std::uint8_t { kKept, kForgotten };
  std::optional<VaultError> write(ByteView contents, std::string_view passphrase,
                                  Previous previous);

  std::string path_;
  SecretBytes passphrase_;
  SecretBytes contents_;
  Hash256 file_digest_;
  int work_log2_ = age::kVaultWorkLog2;
};

struct [[nodiscard]] Vault::Outcome {
  std::optional<Vault> vault;
  std::optional<VaultError> failure;
  bool ok() const { return vault.has_value(); }
};

}  // namespace testamur::wallet
