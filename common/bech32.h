// Bech32 (BIP-173) and bech32m (BIP-350), the texts of age's keys and of the ledger's ids, without
// their limit of 90 characters. A secret key may pass through here: what is kept on the way is
// wiped, and a fault never quotes what was typed. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "common/bytes.h"

namespace testamur::inline common {

// What a right checksum leaves, and all that the two differ in.
enum class Bech32 : std::uint32_t { kOriginal = 1, kModified = 0x2bc830a3 };

struct Bech32Fault {
  enum class Kind : std::uint8_t {
    kMixedCase,
    kPrefix,     // another one, none, or too short for a checksum
    kCharacter,  // one that bech32 does not have
    kChecksum,   // a character is mistyped or missing
    kPadding,    // bits that do not form whole bytes
  };
  Kind kind = Kind::kPrefix;
  std::size_t at = 0;  // of the character
};

// In lower case. `prefix` is 1..83 printable lower-case characters.
std::string encode_bech32(Bech32 form, std::string_view prefix, ByteView data);
// The data, or the first fault. A text wholly in upper case is the same as in lower case.
std::variant<Bytes, Bech32Fault> decode_bech32(Bech32 form, std::string_view prefix,
                                               std::string_view text);

}  // namespace testamur::inline common
