// Text forms of byte strings, and the encoder and decoder. Two rules hold throughout: a value has
// one spelling in base64url, because its text is signed and compared; and a decoder that failed
// once fails for good, so that nothing read after the failure is taken for data.
#include "common/bytes.h"

#include <algorithm>

namespace testamur::inline common {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

int base64url_value(char c) {
  const auto at = kBase64Url.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

template <class Integer>
void append_big_endian(Bytes& out, Integer v) {
  for (int shift = static_cast<int>(sizeof v) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(v >> shift));
  }
}

std::uint64_t read_big_endian(ByteView part) {
  std::uint64_t v = 0;
  for (auto byte : part) v = v << 8 | byte;
  return v;
}

}  // namespace

bool equal(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

std::string to_hex(ByteView bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (auto byte : bytes) {
    text.push_back(kHexDigits[byte >> 4]);
    text.push_back(kHexDigits[byte & 15]);
  }
  return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return bytes;
}

std::string to_base64url(ByteView bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t buffer = 0;
  int bits = 0;
  for (auto byte : bytes) {
    buffer = buffer << 8 | byte;
    for (bits += 8; bits >= 6; bits -= 6) text.push_back(kBase64Url[buffer >> (bits - 6) & 63]);
  }
  if (bits > 0) text.push_back(kBase64Url[buffer << (6 - bits) & 63]);
  return text;
}

std::optional<Bytes> from_base64url(std::string_view text) {
  // One digit holds six bits: no number of bytes leaves a single digit over.
  if (text.size() % 4 == 1) return std::nullopt;

  Bytes bytes;
  bytes.reserve(text.size() * 3 / 4);

  std::uint32_t buffer = 0;
  int bits = 0;
  for (const char c : text) {
    const int value = base64url_value(c);
    if (value < 0) return std::nullopt;
    buffer = buffer << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::uint8_t>(buffer >> bits));
    }
  }

  // The unused bits are zero: with others the same bytes would have several spellings.
  if ((buffer & ((1U << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

Encoder& Encoder::u8(std::uint8_t v) {
  bytes_.push_back(v);
  return *this;
}
Encoder& Encoder::u16(std::uint16_t v) {
  append_big_endian(bytes_, v);
  return *this;
}
Encoder& Encoder::u32(std::uint32_t v) {
  append_big_endian(bytes_, v);
  return *this;
}
Encoder& Encoder::u64(std::uint64_t v) {
  append_big_endian(bytes_, v);
  return *this;
}
Encoder& Encoder::raw(ByteView bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  return *this;
}
Encoder& Encoder::sized(ByteView bytes) {
  return u32(static_cast<std::uint32_t>(bytes.size())).raw(bytes);
}

ByteView Decoder::raw(std::size_t size) {
  if (!ok_ || size > rest_.size()) {
    ok_ = false;
    return {};
  }
  auto part = rest_.first(size);
  rest_ = rest_.subspan(size);
  return part;
}
std::uint8_t Decoder::u8() { return static_cast<std::uint8_t>(read_big_endian(raw(1))); }
std::uint16_t Decoder::u16() { return static_cast<std::uint16_t>(read_big_endian(raw(2))); }
std::uint32_t Decoder::u32() { return static_cast<std::uint32_t>(read_big_endian(raw(4))); }
std::uint64_t Decoder::u64() { return read_big_endian(raw(8)); }
ByteView Decoder::sized(std::size_t max_size) {
  const std::size_t size = u32();
  if (size > max_size) ok_ = false;
  return raw(size);
}

}  // namespace testamur::inline common
