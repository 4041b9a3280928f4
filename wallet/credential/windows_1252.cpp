#include "wallet/credential/windows_1252.h"

#include <algorithm>
#include <array>

#include "common/text.h"

namespace testamur::wallet {
namespace {

// Of the bytes 0x80 to 0x9F; zero for those that are no character.
constexpr std::array<std::uint16_t, 32> kHigh = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

}  // namespace

std::optional<std::string> from_windows_1252(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    std::uint32_t point = byte;
    if (byte >= 0x80 && byte < 0xa0) {
      point = kHigh[byte - 0x80u];
      if (point == 0) return std::nullopt;
    }
    if (point < 0x80) {
      out += c;
    } else {
      out += to_utf8(point);
    }
  }
  return out;
}

std::optional<std::string> to_windows_1252(std::string_view utf8) {
  std::string out;
  for (std::size_t at = 0; at < utf8.size();) {
    const auto point = next_code_point(utf8, at);
    if (!point) return std::nullopt;

    // Programs show a byte that is no character as the control of the same number, and Latin-1 has
    // those alone.
    if (*point <= 0xff) {
      out += static_cast<char>(*point);
      continue;
    }
    const auto found = std::ranges::find(kHigh, *point);
    if (found == kHigh.end()) return std::nullopt;
    out += static_cast<char>(0x80 + (found - kHigh.begin()));
  }
  return out;
}

}  // namespace testamur::wallet
