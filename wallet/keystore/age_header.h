// The text header of an age v1 file. Private to wallet/keystore. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/hash.h"
#include "wallet/keystore/age.h"

namespace testamur::wallet::age {

inline constexpr std::string_view kVersionLine = "age-encryption.org/v1\n";
inline constexpr std::string_view kArmourBegin = "-----BEGIN AGE ENCRYPTED FILE-----";
inline constexpr std::string_view kArmourEnd = "-----END AGE ENCRYPTED FILE-----";
inline constexpr std::size_t kMaxHeaderBytes = std::size_t{1} << 20;

struct Stanza {
  std::vector<std::string> arguments;  // the first is the type
  Bytes body;
};

struct Header {
  std::vector<Stanza> stanzas;
  ByteView authenticated;  // up to and including "---": what the MAC covers
  Hash256 mac;
  ByteView payload;
};

// Views into `file`. On failure `error` is set.
Header parse_header(ByteView file, std::optional<OpenError>& error);

std::string encode_stanza(const Stanza& stanza);
// Standard base64 without padding; decoding accepts the canonical form only.
std::string to_base64(ByteView bytes);
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace testamur::wallet::age
