// What a text may hold, decided in one place for ledger, credential and wallet
// (docs/formats/text.md).
//
// Refused are marks that a reader cannot see or that change what he reads: control and line
// separators, marks of direction, code points that are ignored when displayed, unassigned and
// private ones, U+FFFD, and white space of any kind at the ends. The two joiners U+200C and U+200D
// stay between letters, where Persian, Indic and other scripts need them. The table is pinned to
// Unicode 15.0 and is ours (text_table.inc), because it decides what a valid transaction is; the
// forms of normalization come from utf8proc and decide nothing on the ledger. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace testamur::inline common {

// Well-formed by RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF.
bool is_utf8(std::string_view text);
// The code point that begins at `at`, which is then advanced; nothing for bytes that are not UTF-8.
std::optional<std::uint32_t> next_code_point(std::string_view text, std::size_t& at);
std::string to_utf8(std::uint32_t code_point);

struct TextFault {
  enum class Kind : std::uint8_t {
    kNotUtf8,
    kControl,      // and line or paragraph separators
    kUnassigned,   // by Unicode 15.0
    kPrivateUse,   // everybody's own meaning
    kDirection,    // turns the order of what is displayed
    kJoiner,       // U+200C or U+200D that is not between letters
    kInvisible,    // ignored when displayed
    kReplacement,  // U+FFFD: some program lost a letter before
    kOuterSpace,   // at the beginning or the end
  };
  Kind kind = Kind::kNotUtf8;
  std::uint32_t code_point = 0;  // zero for kNotUtf8
  std::size_t place = 1;         // which character, counted from 1
};
// The first fault, in the order of the text. An empty text has none.
std::optional<TextFault> find_fault(std::string_view text);
// "U+200B (zero width space) at character 21, which cannot be seen".
std::string to_text(const TextFault& fault);

// Normalization forms of Unicode. Precondition: is_utf8(text).
std::string nfc(std::string_view text);
std::string nfd(std::string_view text);
bool is_nfc(std::string_view text);

// Two texts that differ only by case, white space, form of letters or invisible marks have one
// skeleton, and so have those that differ by Cyrillic or Greek letters which look like Latin ones.
// For warnings and for names of institutions; not for identity. Bytes that are not UTF-8 are their
// own skeleton.
std::string skeleton(std::string_view text);
// White space of any kind taken off both ends.
std::string_view trimmed(std::string_view text);

}  // namespace testamur::inline common
