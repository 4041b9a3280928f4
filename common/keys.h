// Keys and signatures: BIP-340 and ECDSA over secp256k1 (libsecp256k1), ECDSA over P-256 and
// Ed25519 (OpenSSL).
//
// Public keys: BIP-340 = 32-byte x coordinate; P-256 and secp256k1 = 33-byte compressed SEC1 point;
// Ed25519 = 32 bytes (RFC 8032). Signatures are always 64 bytes: BIP-340; ECDSA as r || s over
// SHA-256 of the message; Ed25519. Encodings are checked by our code before OpenSSL sees them, so
// that no OpenSSL version decides validity: r and s in range; Ed25519 with canonical S, canonical
// point, and a public key not of small order.
//
// Thread rule: everything here may be called from any thread; a SecretKey object belongs to one at
// a time.
#pragma once

#include <optional>
#include <string_view>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/result.h"

namespace testamur::inline common {

// The values are part of hashed and stored formats and never change.
enum class SignatureAlgorithm : std::uint8_t {
  kBip340 = 1,
  kEcdsaP256 = 2,
  kEcdsaSecp256k1 = 3,
  kEd25519 = 4
};
enum class KeyPurpose : std::uint8_t {
  kRoot = 1,
  kIssue = 2,
  kGovern = 3,
  kConsensus = 4,
  kTransport = 5,
  kCredential = 6,
  kCosign = 7,
};
std::string_view to_text(SignatureAlgorithm algorithm);
std::string_view to_text(KeyPurpose purpose);
std::optional<SignatureAlgorithm> algorithm_from(std::uint8_t value);
std::optional<KeyPurpose> purpose_from(std::uint8_t value);
// As to_text() writes them.
std::optional<SignatureAlgorithm> algorithm_named(std::string_view name);
std::optional<KeyPurpose> purpose_named(std::string_view name);
// Whether a key of this purpose may have this algorithm (root, issue, govern, consensus: BIP-340;
// transport, cosign: Ed25519; credential: P-256, secp256k1 or Ed25519).
bool allowed(KeyPurpose purpose, SignatureAlgorithm algorithm);
// Whether a theft of such a key can make void what it signed. Keys of consensus, transport and
// co-signing are rotated in the open and prove nothing about credentials.
bool may_be_compromised(KeyPurpose purpose);

using Signature = FixedBytes<64, struct SignatureTag>;

struct PublicKey {
  SignatureAlgorithm algorithm = SignatureAlgorithm::kBip340;
  Bytes bytes;
  auto operator<=>(const PublicKey&) const = default;
};

// Whether the key has the length of its algorithm and is a point on its curve (Ed25519: in
// canonical form and not of small order).
bool is_valid(const PublicKey& key);

// The coordinates x || y, 32 bytes each, of a P-256 or secp256k1 ECDSA key, as a JWK shows them.
// Nothing for a key of another algorithm or an invalid one.
std::optional<Bytes> point_coordinates(const PublicKey& key);

// Whether a signature whose s lies in the upper half of the group order passes. Only ECDSA knows
// the difference.
enum class EcdsaS : std::uint8_t { kAny, kLowOnly };

// Whether `signature` is the key's over `message`; false for an invalid key too. BIP-340 and
// Ed25519 sign the message itself (mostly a tagged hash of 32 bytes, but any length will do), ECDSA
// its SHA-256.
bool verify(const PublicKey& key, ByteView message, const Signature& signature,
            EcdsaS rule = EcdsaS::kLowOnly);
// The common case without a PublicKey object.
bool verify_bip340(ByteView public_key32, ByteView message, const Signature& signature);

// A secret key: move-only, wiped when it goes.
class SecretKey {
 public:
  static constexpr std::size_t kSize = 32;

  static SecretKey generate(SignatureAlgorithm algorithm);
  // Fails unless `secret` has 32 bytes and is a valid scalar of the algorithm's curve.
  static Result<SecretKey> from_bytes(SignatureAlgorithm algorithm, ByteView secret);

  SecretKey(SecretKey&& other) noexcept;
  SecretKey& operator=(SecretKey&& other) noexcept;
  SecretKey(const SecretKey&) = delete;
  SecretKey& operator=(const SecretKey&) = delete;
  ~SecretKey();

  SignatureAlgorithm algorithm() const { return public_key_.algorithm; }
  const PublicKey& public_key() const { return public_key_; }
  // The raw scalar or seed, for sealing it in a vault.
  ByteView secret_bytes() const { return secret_; }
  // A signature that verify() accepts: ECDSA with low s, and over secp256k1 (BIP-340 too) with
  // fresh auxiliary randomness. Precondition: the key was not moved from.
  Signature sign(ByteView message) const;

 private:
  SecretKey() = default;
  std::array<std::uint8_t, kSize> secret_{};
  PublicKey public_key_;
};

// The id of a key: the first 16 bytes of H_tag(key-id, purpose || algorithm || public key).
KeyId key_id(KeyPurpose purpose, const PublicKey& key);

// What the possession proof of a new key signs: H_tag(possession, chain id (zeros in genesis) ||
// institution id || purpose || algorithm || public key).
Hash256 possession_message(const ChainId& chain, const InstitutionId& institution,
                           KeyPurpose purpose, const PublicKey& key);

// Cryptographically secure random bytes. Aborts when the operating system has none.
void fill_random(std::span<std::uint8_t> out);
template <class Fixed>
Fixed random_fixed() {
  Fixed value;
  fill_random(value.bytes);
  return value;
}
// Overwrites memory in a way that no compiler removes.
void wipe(std::span<std::uint8_t> memory);
// Comparison whose time does not depend on where the two differ.
bool equal_in_constant_time(ByteView a, ByteView b);

}  // namespace testamur::inline common
