// Decoding, the pinned table of refused code points, and what is taken from utf8proc. The table
// (text_table.inc) holds ranges in ascending order; everything that it does not name may stand
// anywhere in a text.
#include "common/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <utility>

#include "common/check.h"

namespace testamur::inline common {
namespace {

enum class Mark : std::uint8_t {
  kNone,
  kControl,
  kUnassigned,
  kPrivateUse,
  kDirection,
  kJoiner,
  kInvisible,
  kReplacement,
  kSpace
};
struct Span {
  std::uint32_t first;
  std::uint32_t last;
};
struct Marked {
  std::uint32_t first;
  std::uint32_t last;
  Mark mark;
};

#include "common/text_table.inc"

template <class Range>
const Range* find_range(std::span<const Range> ranges, std::uint32_t point) {
  const auto after = std::ranges::upper_bound(ranges, point, {}, &Range::first);
  if (after == ranges.begin()) return nullptr;
  const Range& candidate = *std::prev(after);
  return point <= candidate.last ? &candidate : nullptr;
}

Mark mark_of(std::uint32_t point) {
  const auto* found = find_range<Marked>(kMarked, point);
  return found == nullptr ? Mark::kNone : found->mark;
}

bool is_letter(std::uint32_t point) { return find_range<Span>(kLetters, point) != nullptr; }

TextFault::Kind fault_of(Mark mark) {
  using enum TextFault::Kind;
  switch (mark) {
    case Mark::kControl: return kControl;
    case Mark::kUnassigned: return kUnassigned;
    case Mark::kPrivateUse: return kPrivateUse;
    case Mark::kDirection: return kDirection;
    case Mark::kJoiner: return kJoiner;
    case Mark::kInvisible: return kInvisible;
    case Mark::kReplacement: return kReplacement;
    case Mark::kSpace:
    case Mark::kNone: break;
  }
  return kOuterSpace;
}

// A joiner stands between letters; a run of joiners is none.
bool is_joined(std::uint32_t before, std::string_view rest) {
  std::size_t at = 0;
  const auto after = rest.empty() ? std::nullopt : next_code_point(rest, at);
  return is_letter(before) && after && is_letter(*after);
}

// Some that people meet, by the name that Unicode gives them.
constexpr std::array kCommon = {
    std::pair<std::uint32_t, const char*>{0x09, "tab"},
    std::pair<std::uint32_t, const char*>{0x0A, "line feed"},
    std::pair<std::uint32_t, const char*>{0x0D, "carriage return"},
    std::pair<std::uint32_t, const char*>{0x20, "space"},
    std::pair<std::uint32_t, const char*>{0xA0, "no-break space"},
    std::pair<std::uint32_t, const char*>{0xAD, "soft hyphen"},
    std::pair<std::uint32_t, const char*>{0x200B, "zero width space"},
    std::pair<std::uint32_t, const char*>{0x200C, "zero width non-joiner"},
    std::pair<std::uint32_t, const char*>{0x200D, "zero width joiner"},
    std::pair<std::uint32_t, const char*>{0x200E, "left-to-right mark"},
    std::pair<std::uint32_t, const char*>{0x200F, "right-to-left mark"},
    std::pair<std::uint32_t, const char*>{0x202E, "right-to-left override"},
    std::pair<std::uint32_t, const char*>{0x2060, "word joiner"},
    std::pair<std::uint32_t, const char*>{0x3000, "ideographic space"},
    std::pair<std::uint32_t, const char*>{0xFEFF, "byte-order mark"},
    std::pair<std::uint32_t, const char*>{0xFFFD, "replacement character"},
};

const char* meaning_of(TextFault::Kind kind) {
  using enum TextFault::Kind;
  switch (kind) {
    case kNotUtf8: return "bytes that are not UTF-8";
    case kControl: return "a control character";
    case kUnassigned: return "a code point that Unicode 15.0 gives to no character";
    case kPrivateUse: return "a code point of private use, which means nothing elsewhere";
    case kDirection: return "a mark that turns the direction of text";
    case kJoiner: return "a joiner that is not between two letters";
    case kInvisible: return "a mark that cannot be seen";
    case kReplacement:
      return "what some program put in the place of a letter that it could not read";
    case kOuterSpace: return "white space at an end of the text";
  }
  return "";
}

std::string mapped(std::string_view text, int options) {
  utf8proc_uint8_t* out = nullptr;
  const auto size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                 static_cast<utf8proc_ssize_t>(text.size()), &out,
                                 static_cast<utf8proc_option_t>(options | UTF8PROC_STABLE));
  TM_CHECK(size >= 0, static_cast<long>(size), text.size());
  std::string result(reinterpret_cast<const char*>(out), static_cast<std::size_t>(size));
  std::free(out);
  return result;
}

// Small letters of Greek and Cyrillic that most typefaces draw as a Latin one.
constexpr std::array kLookAlikes = {
    std::pair<std::uint32_t, char>{0x03B1, 'a'}, std::pair<std::uint32_t, char>{0x03B5, 'e'},
    std::pair<std::uint32_t, char>{0x03B9, 'i'}, std::pair<std::uint32_t, char>{0x03BA, 'k'},
    std::pair<std::uint32_t, char>{0x03BD, 'v'}, std::pair<std::uint32_t, char>{0x03BF, 'o'},
    std::pair<std::uint32_t, char>{0x03C1, 'p'}, std::pair<std::uint32_t, char>{0x03C4, 't'},
    std::pair<std::uint32_t, char>{0x03C5, 'u'}, std::pair<std::uint32_t, char>{0x03C7, 'x'},
    std::pair<std::uint32_t, char>{0x0430, 'a'}, std::pair<std::uint32_t, char>{0x0432, 'b'},
    std::pair<std::uint32_t, char>{0x0435, 'e'}, std::pair<std::uint32_t, char>{0x043A, 'k'},
    std::pair<std::uint32_t, char>{0x043C, 'm'}, std::pair<std::uint32_t, char>{0x043D, 'h'},
    std::pair<std::uint32_t, char>{0x043E, 'o'}, std::pair<std::uint32_t, char>{0x0440, 'p'},
    std::pair<std::uint32_t, char>{0x0441, 'c'}, std::pair<std::uint32_t, char>{0x0442, 't'},
    std::pair<std::uint32_t, char>{0x0443, 'y'}, std::pair<std::uint32_t, char>{0x0445, 'x'},
    std::pair<std::uint32_t, char>{0x0455, 's'}, std::pair<std::uint32_t, char>{0x0456, 'i'},
    std::pair<std::uint32_t, char>{0x0458, 'j'}, std::pair<std::uint32_t, char>{0x0501, 'd'},
};

std::string without_marks(const std::string& folded) {
  std::string plain;
  for (std::size_t at = 0; at < folded.size();) {
    const std::uint32_t point = next_code_point(folded, at).value_or(0);
    if (mark_of(point) != Mark::kNone) continue;
    const auto* like =
        std::ranges::find(kLookAlikes, point, &std::pair<std::uint32_t, char>::first);
    plain += like == kLookAlikes.end() ? to_utf8(point) : std::string(1, like->second);
  }
  return plain;
}

// How many bytes a code point has whose first byte this is; 0: none begins with it. 0xC0 and 0xC1
// begin overlong forms only, and what begins above 0xF4 lies above U+10FFFF.
std::size_t size_by_first_byte(std::uint8_t first) {
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return 2;
  if (first < 0xf0) return 3;
  return first < 0xf5 ? 4 : 0;
}

// Whether UTF-8 writes the value at all, and in no fewer bytes than these (RFC 3629, section 3).
bool is_shortest_form(std::uint32_t value, std::size_t size) {
  const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  return !overlong && value <= 0x10ffff && !surrogate;
}

}  // namespace

std::optional<std::uint32_t> next_code_point(std::string_view text, std::size_t& at) {
  if (at >= text.size()) return std::nullopt;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(at);
  const std::size_t size = size_by_first_byte(first);
  if (size == 0 || at + size > text.size()) return std::nullopt;

  std::uint32_t value = size == 1 ? first : first & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return std::nullopt;
    value = value << 6 | (byte(at + i) & 0x3fu);
  }

  if (!is_shortest_form(value, size)) return std::nullopt;
  at += size;
  return value;
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (!next_code_point(text, at)) return false;
  }
  return true;
}

std::string to_utf8(std::uint32_t code_point) {
  utf8proc_uint8_t bytes[4];
  const auto size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes);
  return std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

std::optional<TextFault> find_fault(std::string_view text) {
  std::uint32_t before = 0;
  std::size_t place = 1;
  for (std::size_t at = 0; at < text.size(); ++place) {
    const bool first = at == 0;
    const auto point = next_code_point(text, at);
    if (!point) return TextFault{TextFault::Kind::kNotUtf8, 0, place};

    const Mark mark = mark_of(*point);
    const bool outer = first || at == text.size();
    const bool allowed = mark == Mark::kNone || (mark == Mark::kSpace && !outer) ||
                         (mark == Mark::kJoiner && is_joined(before, text.substr(at)));
    if (!allowed) return TextFault{fault_of(mark), *point, place};
    before = *point;
  }
  return std::nullopt;
}

std::string to_text(const TextFault& fault) {
  if (fault.kind == TextFault::Kind::kNotUtf8) {
    return std::string(meaning_of(fault.kind)) + " at character " + std::to_string(fault.place);
  }
  char number[16];
  std::snprintf(number, sizeof number, "U+%04X", static_cast<unsigned>(fault.code_point));
  std::string text = number;
  const auto* common =
      std::ranges::find(kCommon, fault.code_point, &std::pair<std::uint32_t, const char*>::first);
  if (common != kCommon.end()) text += std::string(" (") + common->second + ")";
  return text + " at character " + std::to_string(fault.place) + ": " + meaning_of(fault.kind);
}

std::string nfc(std::string_view text) { return mapped(text, UTF8PROC_COMPOSE); }
std::string nfd(std::string_view text) { return mapped(text, UTF8PROC_DECOMPOSE); }
bool is_nfc(std::string_view text) { return nfc(text) == text; }

std::string skeleton(std::string_view text) {
  if (!is_utf8(text)) return std::string(text);
  constexpr int kFolded = UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
  // Twice, because taking marks away may bring letters together that compose.
  return without_marks(mapped(without_marks(mapped(text, kFolded)), kFolded));
}

std::string_view trimmed(std::string_view text) {
  std::size_t begin = text.size(), end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    const auto point = next_code_point(text, at);
    // Bytes that are not UTF-8 are no white space; the next of them is looked at by itself.
    if (!point) ++at;

    const Mark mark = point ? mark_of(*point) : Mark::kNone;

    // The table marks these as controls, not as white space.
    const bool white =
        mark == Mark::kSpace || (point && (*point == 0x2028 || *point == 0x2029 || *point == 0x85 ||
                                           (*point >= 0x09 && *point <= 0x0d)));
    if (white) continue;

    begin = std::min(begin, from);
    end = at;
  }
  return begin < end ? text.substr(begin, end - begin) : std::string_view{};
}

}  // namespace testamur::inline common
