// P-256 ECDSA and Ed25519 through OpenSSL, with the encoding checks that OpenSSL leaves to its
// version. Private to common/: use common/keys.h. Any thread.
#pragma once

#include <optional>

#include "common/keys.h"

namespace testamur::inline common::openssl_keys {

bool p256_is_valid(ByteView compressed33);
std::optional<Bytes> p256_public_key(ByteView secret32);
std::optional<Bytes> p256_coordinates(ByteView compressed33);  // x || y
bool p256_verify(ByteView compressed33, ByteView message, ByteView signature64, bool low_s_only);
Signature p256_sign(ByteView secret32, ByteView message);

bool ed25519_is_valid(ByteView public_key32);
std::optional<Bytes> ed25519_public_key(ByteView seed32);
bool ed25519_verify(ByteView public_key32, ByteView message, ByteView signature64);
Signature ed25519_sign(ByteView seed32, ByteView message);

}  // namespace testamur::inline common::openssl_keys
