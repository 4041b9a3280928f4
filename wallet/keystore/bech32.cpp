// Bech32 by BIP 173. The text of a secret key passes through here: the buffers of symbols are
// wiped, and no message quotes what was typed.
#include "wallet/keystore/bech32.h"

#include <algorithm>
#include <array>
#include <optional>

#include "common/keys.h"

namespace testamur::wallet {
namespace {

constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kChecksumSymbols = 6;

std::uint32_t polymod_step(std::uint32_t checksum) {
  constexpr std::array<std::uint32_t, 5> kGenerator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                                       0x3d4233dd, 0x2a1462b3};
  const std::uint32_t top = checksum >> 25;
  checksum = (checksum & 0x1ffffff) << 5;
  for (std::size_t i = 0; i < kGenerator.size(); ++i) {
    if (((top >> i) & 1) != 0) checksum ^= kGenerator[i];
  }
  return checksum;
}

std::uint32_t checksum_of(std::string_view prefix, ByteView symbols) {
  std::uint32_t checksum = 1;
  for (const char c : prefix)
    checksum = polymod_step(checksum) ^ (static_cast<std::uint8_t>(c) >> 5);
  checksum = polymod_step(checksum);
  for (const char c : prefix)
    checksum = polymod_step(checksum) ^ (static_cast<std::uint8_t>(c) & 31);
  for (const std::uint8_t symbol : symbols) checksum = polymod_step(checksum) ^ symbol;
  return checksum;
}

// Regroups bits from `from` to `to` a symbol. Without padding, left-over bits must be zero and
// fewer than `from`.
std::optional<Bytes> regroup(ByteView symbols, unsigned from, unsigned to, bool pad) {
  // The whole size at once, with the checksum that may follow: a buffer that grows leaves its old
  // place unwiped.
  Bytes out;
  out.reserve(symbols.size() * from / to + 1 + kChecksumSymbols);
  std::uint32_t bits = 0;
  unsigned count = 0;

  for (const std::uint8_t symbol : symbols) {
    // At most twelve bits wait at a time: four and eight, or seven and five.
    bits = ((bits << from) | symbol) & 0xfff;
    count += from;
    while (count >= to) {
      count -= to;
      out.push_back(static_cast<std::uint8_t>((bits >> count) & ((1u << to) - 1)));
    }
  }

  const std::uint32_t rest = bits & ((1u << count) - 1);
  if (pad) {
    if (count > 0) out.push_back(static_cast<std::uint8_t>(rest << (to - count)));
    return out;
  }

  // BIP 173: five bits or more left over, or one that is set, would give the same bytes a second
  // spelling.
  if (count >= from || rest != 0) {
    wipe(out);
    return std::nullopt;
  }
  return out;
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

std::string encode_bech32(std::string_view prefix, ByteView data) {
  Bytes symbols = *regroup(data, 8, 5, true);
  symbols.resize(symbols.size() + kChecksumSymbols);
  const std::uint32_t checksum = checksum_of(prefix, symbols) ^ 1;
  for (std::size_t i = 0; i < kChecksumSymbols; ++i) {
    symbols[symbols.size() - kChecksumSymbols + i] =
        static_cast<std::uint8_t>((checksum >> (5 * (5 - i))) & 31);
  }
  std::string text;
  text.reserve(prefix.size() + 1 + symbols.size());
  text += prefix;
  text += '1';
  for (const std::uint8_t symbol : symbols) text += kAlphabet[symbol];
  wipe(symbols);
  return text;
}

Result<Bytes> decode_bech32(std::string_view prefix, std::string_view text) {
  // BIP 173 allows both cases, but no mixture.
  if (std::ranges::any_of(text, is_upper) && std::ranges::any_of(text, is_lower))
    return error("upper and lower case are mixed");

  if (text.size() < prefix.size() + 1 + kChecksumSymbols)
    return error("too short: it should begin with " + std::string(prefix) + "1");

  const auto lower = [](char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; };
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    if (lower(text[i]) != prefix[i])
      return error("it should begin with " + std::string(prefix) + "1");
  }
  if (text[prefix.size()] != '1') return error("it should begin with " + std::string(prefix) + "1");

  Bytes symbols;
  symbols.reserve(text.size());
  for (const char c : text.substr(prefix.size() + 1)) {
    const auto at = kAlphabet.find(lower(c));
    if (at == std::string_view::npos) {
      wipe(symbols);
      return error("a character that bech32 does not use");
    }
    symbols.push_back(static_cast<std::uint8_t>(at));
  }

  const bool right = checksum_of(prefix, symbols) == 1;
  symbols.resize(symbols.size() - kChecksumSymbols);
  auto data = regroup(symbols, 5, 8, false);

  wipe(symbols);

  // Wrong symbols make the padding wrong too, so that the checksum is the cause that is told.
  if (!right) {
    if (data) wipe(*data);
    return error("the checksum does not fit: a character is mistyped or missing");
  }
  if (!data) return error("the padding is not zero");
  return std::move(*data);
}

}  // namespace testamur::wallet
