// What a learner's vault and its backup hold, and its JSON form (docs/formats/wallet.md). Plain
// values; one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/keys.h"
#include "common/result.h"
#include "wallet/keystore/age.h"
#include "wallet/keystore/secret_bytes.h"

namespace testamur::wallet {

// A holder key: derived from the words (index set, secret empty) or made by the issuer (secret
// set).
struct HolderKeySource {
  SignatureAlgorithm algorithm = SignatureAlgorithm::kEcdsaP256;
  std::optional<std::uint32_t> derived_index;
  SecretBytes issuer_made_secret;
};

struct StoredCredential {
  std::string sd_jwt;  // with all disclosures, without key binding
  HolderKeySource holder_key;
  std::string issuer_name;  // as the claim file gave it: for display only
  std::string title;        // for display only
  std::uint64_t imported_at_ms = 0;
  Bytes receipt;     // opaque; empty when none was kept
  std::string name;  // that the learner gave it; empty: none
};

// A request sent to an issuer and not yet answered.
struct PendingRequest {
  SignatureAlgorithm algorithm = SignatureAlgorithm::kEcdsaP256;
  std::uint32_t index = 0;
  std::string issuer;   // text id
  std::string student;  // the reference given to the issuer
  std::uint64_t made_at_ms = 0;
};

// A presentation that was made: who got what, and until when it was meant.
struct Grant {
  std::string reference;  // of the credential
  std::string audience;
  std::vector<std::string> disclosed;  // claim names
  std::uint64_t made_at_ms = 0;
  std::uint64_t ends_at_ms = 0;  // 0: open
};

struct WalletContents {
  SecretBytes entropy;  // of the words
  std::uint32_t next_p256_index = 0;
  std::uint32_t next_secp256k1_index = 0;
  std::uint64_t created_at_ms = 0;
  std::uint64_t last_backup_ms = 0;  // 0: never
  std::vector<StoredCredential> credentials;
  std::vector<PendingRequest> requests;
  std::vector<Grant> grants;
};

// A new wallet with fresh words.
WalletContents make_wallet(std::uint64_t now_ms);
// A wallet from its words alone, without a backup: it finds its own keys again, but not what was
// kept beside them. Fresh keys begin at kRecoveredFirstIndex, so that no key that was used before
// is used for another credential.
inline constexpr std::uint32_t kRecoveredFirstIndex = 1024;
WalletContents recover_wallet(SecretBytes entropy, std::uint64_t now_ms);
// The same for contents that came from a backup: what was given out since it was made is not in it.
void pass_over_used_keys(WalletContents& wallet);
// The JSON form, which is read again before it is given out: what this program cannot read it does
// not write. Reading fails on a member or a format that this version does not know.
Result<SecretBytes> encode_wallet(const WalletContents& wallet);
Result<WalletContents> decode_wallet(ByteView json);

// The next unused derived key; counts it as used.
SecretKey next_holder_key(WalletContents& wallet, SignatureAlgorithm algorithm,
                          std::uint32_t& index_out);
// Looks among all keys that the wallet may have given out (every index below the next, and kKeyGap
// beyond). Nothing when `wanted` says yes to none.
inline constexpr std::uint32_t kKeyGap = 32;
struct FoundKey {
  SecretKey key;
  std::uint32_t index;
};
std::optional<FoundKey> find_holder_key(const WalletContents& wallet, SignatureAlgorithm algorithm,
                                        const std::function<bool(const SecretKey&)>& wanted);
// The secret key that a stored credential is bound to.
Result<SecretKey> holder_key_of(const WalletContents& wallet, const HolderKeySource& source);

// Derived from the words, so that they alone open a backup.
age::Identity backup_identity_of(const WalletContents& wallet);
// A backup: the same contents, sealed to the backup identity.
Result<Bytes> seal_backup(const WalletContents& wallet);
enum class BackupFailure : std::uint8_t {
  kNoBackup,    // no age file, or one that is sealed otherwise
  kOtherWords,  // a backup of another wallet
  kDamaged,     // altered, cut short, or of a format that is not known
};
struct [[nodiscard]] OpenedBackup {
  std::optional<WalletContents> contents;
  BackupFailure kind = BackupFailure::kNoBackup;  // where there are no contents
  std::string failure;
  bool ok() const { return contents.has_value(); }
};
// `seed` is that of the words.
OpenedBackup open_backup(ByteView file, ByteView seed);

// Whether `newer` is of the same words and holds every credential and every grant of `older`, and
// each of its open requests or the credential that answered it.
bool holds_no_more(const WalletContents& older, const WalletContents& newer);

// Whether another credential of the wallet is bound to the same derived key, as where two copies of
// one wallet were used: whoever sees both can link them.
bool shares_holder_key(const WalletContents& wallet, const StoredCredential& credential);

// Whether a credential was imported after the last backup.
bool backup_is_older_than_a_credential(const WalletContents& wallet);

}  // namespace testamur::wallet
