// Key derivation: SLIP-10 over nist256p1, secp256k1 and ed25519, and the wallet's own paths
// (docs/formats/wallet.md). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "common/keys.h"
#include "common/result.h"
#include "wallet/keystore/age.h"
#include "wallet/keystore/secret_bytes.h"

namespace testamur::wallet {

inline constexpr std::uint32_t kHardened = 0x80000000u;

struct ExtendedKey {
  SecretBytes secret;      // 32 bytes
  SecretBytes chain_code;  // 32 bytes
};

// `path` holds child numbers with kHardened added where hardened. Algorithms: kEcdsaP256,
// kEcdsaSecp256k1, kEd25519 (hardened children only: anything else fails). `seed` has 16 to 64
// bytes.
Result<ExtendedKey> derive_slip10(SignatureAlgorithm algorithm, ByteView seed,
                                  std::span<const std::uint32_t> path);

// The algorithms of holder keys by their names, "es256" and "es256k"; nothing for another name.
std::optional<SignatureAlgorithm> holder_algorithm(std::string_view name);
// Holder key i: nist256p1 m/7369'/0'/i', secp256k1 m/7369'/1'/i'. Precondition: the algorithm is
// one of these two and index < 2^31.
Result<SecretKey> derive_holder_key(SignatureAlgorithm algorithm, ByteView seed,
                                    std::uint32_t index);
// HKDF-SHA256(seed, info testamur/backup/1): the X25519 identity that opens backups.
age::Identity derive_backup_identity(ByteView seed);
// HKDF-SHA256(holder secret key, info testamur/delivery/1): opens what an issuer seals to a wallet
// request. Known only to the holder of that key, and as fresh as the key.
age::Identity derive_delivery_identity(const SecretKey& holder_key);

}  // namespace testamur::wallet
