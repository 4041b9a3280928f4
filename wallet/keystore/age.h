// Files in the age v1 format (C2SP age specification), on OpenSSL: X25519 recipients and scrypt
// passphrases, so that the stock `age` program opens what we seal and we open what it seals. Files
// are held in memory, up to kMaxFileBytes.
//
// Reading is strict: canonical base64, no unknown header version, scrypt only as the sole stanza,
// no trailing data, a bounded work factor. Unknown stanzas are skipped, as the specification asks.
// Thread-safe: no state.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"
#include "wallet/keystore/secret_bytes.h"

namespace testamur::wallet::age {

inline constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMaxPlaintextBytes = kMaxFileBytes - (std::size_t{2} << 20);
inline constexpr int kVaultWorkLog2 = 18;        // 256 MiB of memory, about a second
inline constexpr int kClaimFileWorkLog2 = 12;    // a claim code has 100 random bits
inline constexpr std::size_t kMostStanzas = 64;  // to keys: more are not tried when opening
inline constexpr int kMaxWorkLog2 = 20;          // 1 GiB: nothing above is tried when opening

// An X25519 public key; text form age1… .
struct Recipient {
  std::array<std::uint8_t, 32> point{};
  auto operator<=>(const Recipient&) const = default;
};
std::string to_text(const Recipient& recipient);
// Lower case only, as the age specification writes recipients.
Result<Recipient> parse_recipient(std::string_view text);

// An X25519 secret key; text form AGE-SECRET-KEY-1… . Move-only, wiped.
class Identity {
 public:
  static Identity generate();
  // `scalar` has 32 bytes; X25519 clamps it.
  static Identity from_bytes(ByteView scalar);
  // Upper case only, as the age specification writes identities.
  static Result<Identity> from_text(std::string_view text);

  const Recipient& recipient() const { return recipient_; }
  ByteView secret_bytes() const { return scalar_.view(); }
  // Upper case, without a line end.
  SecretBytes text() const;

 private:
  Identity() = default;
  SecretBytes scalar_;
  Recipient recipient_;
};

// Precondition: at least one recipient. Fails on a recipient of small order and on more than
// kMaxPlaintextBytes.
Result<Bytes> seal(std::span<const Recipient> recipients, ByteView plaintext);
// Precondition: 1 <= work_log2 <= kMaxWorkLog2. scrypt with N = 2^work_log2, r = 8, p = 1. Fails as
// above, and where the memory is not to be had.
Result<Bytes> seal(std::string_view passphrase, int work_log2, ByteView plaintext);

enum class OpenFailure : std::uint8_t {
  kNotAge,        // does not begin like an age v1 file
  kMalformed,     // breaks the format: damaged, or made by something else
  kTooExpensive,  // asks for more scrypt work than kMaxWorkLog2
  kTooLarge,      // longer than kMaxFileBytes
  kWrongKind,     // a passphrase was given for a file sealed to keys, or the reverse
  kWrongKey,      // no identity fits, or the passphrase is wrong (or the stanza that it opens is
                  // damaged)
  kCorrupt,       // the right key, but header or contents were altered or cut short
};
struct OpenError {
  OpenFailure kind;
  std::string message;
};
struct [[nodiscard]] Opened {
  SecretBytes plaintext;
  std::optional<OpenError> failure;
  bool ok() const { return !failure.has_value(); }
};
// Tries every identity on every X25519 stanza.
Opened open(ByteView file, std::span<const Identity> identities);
Opened open(ByteView file, std::string_view passphrase);

// The scrypt work factor (log2) that a passphrase file asks for; 0 for anything else.
int work_factor_of(ByteView file);

// The file, or what stands in it in armour: base64 between two lines that say so, as `age -a`
// writes and as people mail it. Line ends of any kind and what a mail program put before and behind
// are passed over; nothing of it is believed before open(). Fails where armour begins and is cut
// short or damaged.
Result<Bytes> take_off_armour(Bytes file);

enum class FileKind : std::uint8_t { kPassphrase, kRecipients };
// What is needed to open the file; fails like open() when the header breaks the format.
Result<FileKind> inspect(ByteView file);

}  // namespace testamur::wallet::age
