#include "common/visible.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "common/text.h"

namespace testamur::inline common {
namespace {

std::string hexadecimal(const char* form, unsigned value) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), form, value);
  return text.data();
}

// Joiners shape the letters of some scripts; beside ASCII they only hide.
bool is_plain(std::uint32_t point, bool after_ascii) {
  if (point < 0x80) return point >= 0x20 && point != 0x7f;
  if (point == 0x200c || point == 0x200d) return !after_ascii;
  const auto fault = find_fault(to_utf8(point));
  return !fault || fault->kind == TextFault::Kind::kOuterSpace ||
         fault->kind == TextFault::Kind::kReplacement;
}

std::string in_json(std::uint32_t point) {
  if (point < 0x10000) return hexadecimal("\\u%04x", point);
  return hexadecimal("\\u%04x", 0xd800 + ((point - 0x10000) >> 10)) +
         hexadecimal("\\u%04x", 0xdc00 + ((point - 0x10000) & 0x3ff));
}

// The separators of Unicode (category Zs), and the tab.
bool is_space(std::uint32_t point) {
  return point == ' ' || point == '\t' || point == 0xa0 || point == 0x1680 ||
         (point >= 0x2000 && point <= 0x200a) || point == 0x202f || point == 0x205f ||
         point == 0x3000;
}

// How many characters of white space stand together at most.
std::size_t longest_space(std::string_view text) {
  std::size_t longest = 0, run = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto point = next_code_point(text, at);
    if (!point) ++at;
    run = point && is_space(*point) ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

template <class Spell>
std::string spelled(std::string_view text, bool keep_lines, const Spell& spell) {
  std::string out;
  out.reserve(text.size());

  // A joiner at the beginning has no letter before it and is spelled out like one beside ASCII.
  bool after_ascii = true;
  constexpr std::size_t kMostSpace = 3;
  std::size_t spaces = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = at;
    const auto point = next_code_point(text, at);

    if (!point) {
      out += hexadecimal("\\x{%02x}", static_cast<unsigned char>(text[begin]));
      at = begin + 1;
      after_ascii = true;
      continue;
    }

    spaces = is_space(*point) ? spaces + 1 : 0;
    const bool is_wide = !keep_lines && spaces > kMostSpace;
    if ((*point == '\n' && keep_lines) || (is_plain(*point, after_ascii) && !is_wide)) {
      out += text.substr(begin, at - begin);
    } else {
      out += spell(*point);
    }

    after_ascii = *point < 0x80;
  }
  return out;
}

std::string braced(std::uint32_t point) { return hexadecimal("\\u{%x}", point); }

}  // namespace

std::string visible(std::string_view text) { return spelled(text, true, braced); }
std::string one_line(std::string_view text) { return spelled(text, false, braced); }
std::string apart(std::string_view text) {
  const bool is_plain_text = text.find_first_of("()[]\"") == std::string_view::npos &&
                             longest_space(text) < 2 && trimmed(text) == text;
  if (is_plain_text) return one_line(text);
  std::string out = "\"";
  for (const char c : one_line(text)) out += c == '"' ? std::string("\\u{22}") : std::string(1, c);
  return out + "\"";
}
std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMost = 80, kBegin = 56, kEnd = 20;
  if (text.size() <= kMost) return "\"" + one_line(text) + "\"";

  const auto is_within = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  std::size_t first = kBegin;
  while (first > kBegin - 4 && is_within(first)) --first;
  std::size_t last = text.size() - kEnd;
  while (last < text.size() - kEnd + 4 && is_within(last)) ++last;
  return "\"" + one_line(text.substr(0, first)) + "\u2026" + one_line(text.substr(last)) + "\"";
}
std::string visible_json(std::string_view json) { return spelled(json, true, in_json); }

}  // namespace testamur::inline common
