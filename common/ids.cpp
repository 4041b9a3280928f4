// Bech32m (BIP-350) and the texts of ids. Invariants: what to_text writes, the parser of the same
// type reads back; no other type's parser does, because each has a prefix of its own; and a text
// from outside is cut to 80 characters before a message repeats it.
#include "common/ids.h"
#include "common/visible.h"

#include <algorithm>
#include <charconv>

namespace testamur::inline common {
namespace {

constexpr std::string_view kCharset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::uint32_t kBech32mConstant = 0x2bc830a3;
constexpr std::size_t kChecksumSize = 6;
constexpr std::size_t kMaxTextSize = 200;
constexpr std::string_view kUrnPrefix = "urn:testamur:1:";

// The effect of the five bits that leave the checksum with each value (BIP-173).
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

std::uint32_t polymod(ByteView values) {
  std::uint32_t checksum = 1;
  for (auto value : values)
    checksum = (checksum & 0x1ffffff) << 5 ^ value ^ kLeaving[checksum >> 25];
  return checksum;
}

// With room for `more` values behind it.
Bytes expand_prefix(std::string_view prefix, std::size_t more) {
  Bytes values;
  values.reserve(2 * prefix.size() + 1 + more);
  for (char c : prefix) values.push_back(static_cast<std::uint8_t>(c) >> 5);
  values.push_back(0);
  for (char c : prefix) values.push_back(static_cast<std::uint8_t>(c) & 31);
  return values;
}

Bytes to_base32(ByteView data) {
  Bytes values;
  values.reserve((8 * data.size() + 4) / 5);
  std::uint32_t buffer = 0;
  int bits = 0;
  for (auto byte : data) {
    buffer = buffer << 8 | byte;
    for (bits += 8; bits >= 5; bits -= 5) values.push_back(buffer >> (bits - 5) & 31);
  }
  if (bits > 0) values.push_back(buffer << (5 - bits) & 31);
  return values;
}

std::optional<Bytes> from_base32(ByteView values) {
  Bytes data;
  std::uint32_t buffer = 0;
  int bits = 0;

  for (auto value : values) {
    buffer = buffer << 5 | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      data.push_back(static_cast<std::uint8_t>(buffer >> bits));
    }
  }

  // BIP-173: what remains is shorter than a digit and zero, so that data have one spelling.
  if (bits >= 5 || (buffer & ((1U << bits) - 1)) != 0) return std::nullopt;
  return data;
}

template <class Id>
Result<Id> parse_id(std::string_view prefix, std::string_view what, std::string_view text) {
  TM_TRY(auto data, decode_bech32m(prefix, text));
  auto id = Id::from(data);
  if (!id)
    return error(std::string(what) + " has " + std::to_string(data.size()) + " bytes, not " +
                 std::to_string(Id::kSize));
  return *id;
}

// A decimal number without sign or leading zeros.
template <class Integer>
std::optional<Integer> parse_decimal(std::string_view text) {
  Integer value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return value;
}

}  // namespace

std::string encode_bech32m(std::string_view prefix, ByteView data) {
  const Bytes values = to_base32(data);
  Bytes checked = expand_prefix(prefix, values.size() + kChecksumSize);
  checked.insert(checked.end(), values.begin(), values.end());
  checked.resize(checked.size() + kChecksumSize);
  const std::uint32_t checksum = polymod(checked) ^ kBech32mConstant;
  std::string text;
  text.reserve(prefix.size() + 1 + values.size() + kChecksumSize);
  text.append(prefix).push_back('1');
  for (auto value : values) text.push_back(kCharset[value]);
  for (std::size_t i = 0; i < kChecksumSize; ++i)
    text.push_back(kCharset[checksum >> (5 * (kChecksumSize - 1 - i)) & 31]);
  return text;
}

Result<Bytes> decode_bech32m(std::string_view prefix, std::string_view text) {
  const std::string shown{text.substr(0, 80)};
  if (text.size() > kMaxTextSize) return error("an id is at most 200 characters long");

  if (!text.starts_with(prefix) || text.size() < prefix.size() + 1 + kChecksumSize ||
      text[prefix.size()] != '1') {
    return error("\"" + shown + "\" is not an id that begins with " + std::string(prefix) + "1");
  }

  Bytes values;
  for (char c : text.substr(prefix.size() + 1)) {
    const auto at = kCharset.find(c);
    if (at == std::string_view::npos)
      return error("\"" + shown + "\" has a character that no id has: '" + std::string(1, c) + "'");
    values.push_back(static_cast<std::uint8_t>(at));
  }

  Bytes checked = expand_prefix(prefix, values.size());
  checked.insert(checked.end(), values.begin(), values.end());
  if (polymod(checked) != kBech32mConstant)
    return error("\"" + shown + "\" is mistyped: its checksum does not match");

  auto data = from_base32(ByteView(values).first(values.size() - kChecksumSize));
  if (!data) return error("\"" + shown + "\" has bits that do not form whole bytes");
  return *data;
}

std::string to_text(const ChainId& id) { return encode_bech32m("tmn", id.view()); }
std::string to_text(const InstitutionId& id) { return encode_bech32m("tmi", id.view()); }
std::string to_text(const KeyId& id) { return encode_bech32m("tmk", id.view()); }
std::string to_text(const TransactionId& id) { return encode_bech32m("tmx", id.view()); }
std::string to_text(const AchievementId& id) {
  return to_text(id.institution) + "/" + std::to_string(id.number) + "." +
         std::to_string(id.version);
}

Result<ChainId> parse_chain_id(std::string_view text) {
  return parse_id<ChainId>("tmn", "a chain id", text);
}
Result<InstitutionId> parse_institution_id(std::string_view text) {
  return parse_id<InstitutionId>("tmi", "an institution id", text);
}
Result<KeyId> parse_key_id(std::string_view text) {
  return parse_id<KeyId>("tmk", "a key id", text);
}
Result<TransactionId> parse_transaction_id(std::string_view text) {
  return parse_id<TransactionId>("tmx", "a transaction id", text);
}

Result<AchievementId> parse_achievement_id(std::string_view text) {
  const auto slash = text.find('/');
  const auto dot = text.find('.', slash == std::string_view::npos ? 0 : slash);
  if (slash == std::string_view::npos || dot == std::string_view::npos) {
    return error("an achievement is written <institution>/<number>.<version>");
  }
  TM_TRY(auto institution, parse_institution_id(text.substr(0, slash)));
  auto number = parse_decimal<std::uint32_t>(text.substr(slash + 1, dot - slash - 1));
  auto version = parse_decimal<std::uint16_t>(text.substr(dot + 1));
  if (!number || !version)
    return error("the number or version of " + in_quotes(text) + " is not a number");
  return AchievementId{institution, *number, *version};
}

bool Reference::is_of_chain(const ChainId& chain) const {
  return std::ranges::equal(chain_prefix, chain.view().first(10));
}

Reference make_reference(const ChainId& chain, const InstitutionId& issuer, IssuerIndex index) {
  Reference reference{{}, issuer, index};
  std::ranges::copy(chain.view().first(10), reference.chain_prefix.begin());
  return reference;
}

std::string to_text(const Reference& reference) {
  return std::string(kUrnPrefix) + encode_bech32m("tmn", reference.chain_prefix) + ":" +
         to_text(reference.issuer) + ":" + std::to_string(reference.index.value);
}

Result<Reference> parse_reference(std::string_view text) {
  const auto malformed = error("a reference is written urn:testamur:1:<chain>:<issuer>:<index>");
  if (!text.starts_with(kUrnPrefix)) return malformed;
  text.remove_prefix(kUrnPrefix.size());

  const auto first = text.find(':');
  const auto second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos) return malformed;

  TM_TRY(auto chain, decode_bech32m("tmn", text.substr(0, first)));
  if (chain.size() != 10)
    return error("the chain of a reference is the first 10 bytes of the chain id");

  TM_TRY(auto issuer, parse_institution_id(text.substr(first + 1, second - first - 1)));
  auto index = parse_decimal<std::uint64_t>(text.substr(second + 1));
  if (!index) return error("the index of a reference is a decimal number without leading zeros");

  Reference reference{{}, issuer, IssuerIndex{*index}};
  std::ranges::copy(chain, reference.chain_prefix.begin());
  return reference;
}

}  // namespace testamur::inline common
