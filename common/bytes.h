// Byte strings, hexadecimal text, fixed-width big-endian encoding and strong value types.
//
// Everything here is a value or a pure function and may be used from any thread. All integers that
// Testamur hashes, signs or stores are big-endian and of fixed width; Encoder and Decoder are the
// only way in which the project writes and reads them.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace testamur::inline common {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(ByteView view) { return {view.begin(), view.end()}; }
bool equal(ByteView a, ByteView b);

// Lower-case hexadecimal. from_hex accepts either case and returns nothing for anything else.
std::string to_hex(ByteView bytes);
std::optional<Bytes> from_hex(std::string_view text);

// Unpadded base64url (RFC 4648 section 5). Decoding is strict: no padding, no line breaks, unused
// bits zero.
std::string to_base64url(ByteView bytes);
std::optional<Bytes> from_base64url(std::string_view text);

// A byte string of exactly N bytes whose meaning is given by Tag, so that a transaction id cannot
// be passed where a block id is meant.
template <std::size_t N, class Tag>
struct FixedBytes {
  static constexpr std::size_t kSize = N;
  std::array<std::uint8_t, N> bytes{};

  auto operator<=>(const FixedBytes&) const = default;
  ByteView view() const { return bytes; }
  bool is_zero() const {
    for (auto byte : bytes) {
      if (byte != 0) return false;
    }
    return true;
  }
  std::string hex() const { return to_hex(bytes); }
  // The value whose bytes are `raw`; nothing unless `raw` has exactly N bytes.
  static std::optional<FixedBytes> from(ByteView raw) {
    if (raw.size() != N) return std::nullopt;
    FixedBytes value;
    std::memcpy(value.bytes.data(), raw.data(), N);
    return value;
  }
  // The first N bytes of a longer value (ids that are prefixes of hashes).
  static FixedBytes prefix_of(ByteView raw) {
    FixedBytes value;
    std::memcpy(value.bytes.data(), raw.data(), raw.size() < N ? raw.size() : N);
    return value;
  }
};

// A u64 whose meaning is given by Tag: a height cannot be passed where a view is meant.
template <class Tag>
struct StrongU64 {
  std::uint64_t value = 0;

  constexpr StrongU64() = default;
  constexpr explicit StrongU64(std::uint64_t v) : value(v) {}
  auto operator<=>(const StrongU64&) const = default;
  constexpr StrongU64 next() const { return StrongU64{value + 1}; }
  constexpr StrongU64 operator+(std::uint64_t n) const { return StrongU64{value + n}; }
  constexpr StrongU64 operator-(std::uint64_t n) const { return StrongU64{value - n}; }
};

// Appends fixed-width big-endian integers and raw bytes.
class Encoder {
 public:
  Encoder& u8(std::uint8_t v);
  Encoder& u16(std::uint16_t v);
  Encoder& u32(std::uint32_t v);
  Encoder& u64(std::uint64_t v);
  Encoder& raw(ByteView bytes);
  template <std::size_t N, class Tag>
  Encoder& fixed(const FixedBytes<N, Tag>& v) {
    return raw(v.view());
  }
  template <class Tag>
  Encoder& u64(StrongU64<Tag> v) {
    return u64(v.value);
  }
  // A u32 length followed by the bytes, of which there are less than 4 GiB.
  Encoder& sized(ByteView bytes);

  const Bytes& bytes() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

// Reads what Encoder wrote. A read past the end makes the decoder fail for good and returns zero,
// so that a caller may read a whole record and ask once. `finished()` = no failure and nothing
// left.
class Decoder {
 public:
  explicit Decoder(ByteView input) : rest_(input) {}
  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  ByteView raw(std::size_t size);
  // A u32 length and as many bytes; fails when the length exceeds `max_size`.
  ByteView sized(std::size_t max_size);
  template <class Fixed>
  Fixed fixed() {
    Fixed value;
    auto part = raw(Fixed::kSize);
    if (ok_) std::memcpy(value.bytes.data(), part.data(), Fixed::kSize);
    return value;
  }
  void fail() { ok_ = false; }
  bool ok() const { return ok_; }
  bool finished() const { return ok_ && rest_.empty(); }
  std::size_t remaining() const { return rest_.size(); }

 private:
  ByteView rest_;
  bool ok_ = true;
};

}  // namespace testamur::inline common

template <std::size_t N, class Tag>
struct std::hash<testamur::FixedBytes<N, Tag>> {
  std::size_t operator()(const testamur::FixedBytes<N, Tag>& v) const noexcept {
    std::size_t h = 0;
    std::memcpy(&h, v.bytes.data(), sizeof h < N ? sizeof h : N);
    return h;
  }
};
template <class Tag>
struct std::hash<testamur::StrongU64<Tag>> {
  std::size_t operator()(testamur::StrongU64<Tag> v) const noexcept {
    return std::hash<std::uint64_t>{}(v.value);
  }
};
