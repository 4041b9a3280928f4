// Bech32 as in BIP-173 (not the later bech32m), the text form of age keys, without its 90-character
// limit. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/bytes.h"
#include "common/result.h"

namespace testamur::wallet {

// Lower case. `prefix` is 1..83 printable lower-case characters.
std::string encode_bech32(std::string_view prefix, ByteView data);
// The data; fails on another prefix, mixed case, a bad character or checksum, or padding that is
// not zero. `prefix` is compared in lower case; a text wholly in upper case is accepted.
Result<Bytes> decode_bech32(std::string_view prefix, std::string_view text);

}  // namespace testamur::wallet
