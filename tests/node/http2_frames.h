// Frames of HTTP/2 by hand, as a caller would send them that does not keep to anything. Pure.
#pragma once

#include <string_view>

#include "common/bytes.h"

namespace testamur::test {

enum class FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6
};
inline constexpr std::uint8_t kEndStream = 1, kAck = 1, kEndHeaders = 4;

inline Bytes preface() { return to_bytes(as_bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")); }

inline Bytes http2_frame(FrameType type, std::uint8_t flags, std::uint32_t stream,
                         ByteView payload = {}) {
  const auto size = static_cast<std::uint32_t>(payload.size());

  Bytes out = {static_cast<std::uint8_t>(size >> 16),
               static_cast<std::uint8_t>(size >> 8),
               static_cast<std::uint8_t>(size),
               static_cast<std::uint8_t>(type),
               flags,
               static_cast<std::uint8_t>(stream >> 24),
               static_cast<std::uint8_t>(stream >> 16),
               static_cast<std::uint8_t>(stream >> 8),
               static_cast<std::uint8_t>(stream)};

  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

// The headers of a call, each literally (RFC 7541 section 6.2.2).
inline Bytes call_headers(std::string_view path) {
  Bytes out;

  const auto text = [&](std::string_view each) {
    out.push_back(static_cast<std::uint8_t>(each.size()));
    out.insert(out.end(), each.begin(), each.end());
  };

  const std::pair<std::string_view, std::string_view> headers[] = {
      {":method", "POST"},      {":scheme", "http"}, {":path", path},
      {":authority", "a-node"}, {"te", "trailers"},  {"content-type", "application/grpc"}};

  for (const auto& [name, value] : headers) {
    out.push_back(0x10);
    text(name);
    text(value);
  }
  return out;
}

inline void append(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

}  // namespace testamur::test
