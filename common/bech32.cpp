#include "common/bech32.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/keys.h"

namespace testamur::inline common {
namespace {

using Kind = Bech32Fault::Kind;

constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kChecksumSymbols = 6;

// The effect of the five bits that leave the checksum with each symbol (BIP-173).
constexpr std::array<std::uint32_t, 32> kLeaving = [] {
  constexpr std::array<std::uint32_t, 5> kGenerator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                    0x2a1462b3};
  std::array<std::uint32_t, 32> all{};
  for (std::size_t top = 0; top < all.size(); ++top) {
    for (std::size_t i = 0; i < kGenerator.size(); ++i) {
      if ((top >> i & 1) != 0) all[top] ^= kGenerator[i];
    }
  }
  return all;
}();

std::uint32_t step(std::uint32_t checksum, std::uint32_t symbol) {
  return (checksum & 0x1ffffff) << 5 ^ symbol ^ kLeaving[checksum >> 25];
}

std::uint32_t checksum_of(std::string_view prefix, ByteView symbols) {
  std::uint32_t checksum = 1;
  for (const char c : prefix) checksum = step(checksum, static_cast<std::uint8_t>(c) >> 5);
  checksum = step(checksum, 0);
  for (const char c : prefix) checksum = step(checksum, static_cast<std::uint8_t>(c) & 31);
  for (const std::uint8_t symbol : symbols) checksum = step(checksum, symbol);
  return checksum;
}

// With room for the checksum: a buffer that grows leaves its old place unwiped.
Bytes symbols_of(ByteView data) {
  Bytes symbols;
  symbols.reserve((8 * data.size() + 4) / 5 + kChecksumSymbols);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t byte : data) {
    bits = (bits << 8 | byte) & 0xfff;  // at most twelve bits wait at a time
    for (count += 8; count >= 5; count -= 5) symbols.push_back(bits >> (count - 5) & 31);
  }
  if (count > 0) symbols.push_back(bits << (5 - count) & 31);
  return symbols;
}

std::optional<Bytes> bytes_of(ByteView symbols) {
  Bytes data;
  data.reserve(symbols.size() * 5 / 8);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const std::uint8_t symbol : symbols) {
    bits = (bits << 5 | symbol) & 0xfff;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    data.push_back(static_cast<std::uint8_t>(bits >> count));
  }

  // BIP-173: a whole symbol left over, or a bit that is set, would give the same bytes a second
  // spelling.
  if (count >= 5 || (bits & ((1U << count) - 1)) != 0) {
    wipe(data);
    return std::nullopt;
  }
  return data;
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

bool has_prefix(std::string_view prefix, std::string_view text) {
  return text.size() >= prefix.size() + 1 + kChecksumSymbols && text[prefix.size()] == '1' &&
         std::ranges::equal(prefix, text.substr(0, prefix.size()), {}, {}, to_lower);
}

}  // namespace

std::string encode_bech32(Bech32 form, std::string_view prefix, ByteView data) {
  Bytes symbols = symbols_of(data);
  const auto length = symbols.size();
  symbols.resize(length + kChecksumSymbols);
  const std::uint32_t checksum = checksum_of(prefix, symbols) ^ static_cast<std::uint32_t>(form);
  for (std::size_t i = 0; i < kChecksumSymbols; ++i)
    symbols[length + i] = checksum >> (5 * (kChecksumSymbols - 1 - i)) & 31;

  std::string text;
  text.reserve(prefix.size() + 1 + symbols.size());
  text.append(prefix).push_back('1');
  for (const std::uint8_t symbol : symbols) text.push_back(kAlphabet[symbol]);
  wipe(symbols);
  return text;
}

std::variant<Bytes, Bech32Fault> decode_bech32(Bech32 form, std::string_view prefix,
                                               std::string_view text) {
  if (std::ranges::any_of(text, is_upper) && std::ranges::any_of(text, is_lower))
    return Bech32Fault{Kind::kMixedCase};
  if (!has_prefix(prefix, text)) return Bech32Fault{Kind::kPrefix};

  Bytes symbols;
  symbols.reserve(text.size());
  for (std::size_t at = prefix.size() + 1; at < text.size(); ++at) {
    const auto symbol = kAlphabet.find(to_lower(text[at]));
    if (symbol == std::string_view::npos) {
      wipe(symbols);
      return Bech32Fault{Kind::kCharacter, at};
    }
    symbols.push_back(static_cast<std::uint8_t>(symbol));
  }

  // Wrong symbols make the padding wrong too, so that the checksum is the cause that is told.
  std::optional<Bytes> data;
  const bool is_right = checksum_of(prefix, symbols) == static_cast<std::uint32_t>(form);
  if (is_right) data = bytes_of(ByteView(symbols).first(symbols.size() - kChecksumSymbols));
  wipe(symbols);
  if (!is_right) return Bech32Fault{Kind::kChecksum};
  if (!data) return Bech32Fault{Kind::kPadding};
  return std::move(*data);
}

}  // namespace testamur::inline common
