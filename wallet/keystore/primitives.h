// The OpenSSL primitives under age, BIP-39 and SLIP-10. Private to wallet/keystore. Any thread. A
// failure that only a broken OpenSSL can cause aborts.
#pragma once

#include <optional>
#include <string_view>

#include "common/bytes.h"
#include "common/hash.h"
#include "wallet/keystore/secret_bytes.h"

namespace testamur::wallet::primitives {

inline constexpr std::size_t kTagBytes = 16;  // of ChaCha20-Poly1305

Hash256 hmac_sha256(ByteView key, ByteView message);
SecretBytes hmac_sha512(ByteView key, ByteView message);
// RFC 5869.
SecretBytes hkdf_sha256(ByteView secret, ByteView salt, std::string_view info,
                        std::size_t size = 32);
SecretBytes pbkdf2_sha512(ByteView password, ByteView salt, int rounds, std::size_t size);
// RFC 7914 with r = 8, p = 1 and 32 bytes of output; nothing when the memory (1 KiB << log2) is not
// to be had.
std::optional<SecretBytes> scrypt(std::string_view passphrase, ByteView salt, int work_log2);

// RFC 7748. Nothing when the result is all zero (a point of small order).
std::optional<SecretBytes> x25519(ByteView scalar32, ByteView point32);
std::array<std::uint8_t, 32> x25519_public(ByteView scalar32);

// RFC 8439, no associated data; the 16-byte tag follows the ciphertext.
void chacha20_poly1305_seal(ByteView key32, ByteView nonce12, ByteView plaintext, Bytes& append_to);
// Writes ciphertext.size() - 16 bytes to `out`; false when the tag does not fit.
bool chacha20_poly1305_open(ByteView key32, ByteView nonce12, ByteView ciphertext,
                            std::uint8_t* out);

}  // namespace testamur::wallet::primitives
