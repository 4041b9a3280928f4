// The rule for texts over every code point of Unicode, against what utf8proc says of it: the table
// of ours is written by scripts/unicode_table from the Unicode Character Database, so that two
// sources must agree.
#include "common/text.h"

#include <utf8proc.h>

#include <map>

#include "tests/support/catch.h"

namespace testamur {
namespace {

using Kind = TextFault::Kind;

constexpr std::uint32_t kLast = 0x10FFFF;

bool is_surrogate(std::uint32_t point) { return point >= 0xD800 && point <= 0xDFFF; }
bool is_white(std::uint32_t point) {
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(point));
  return category == UTF8PROC_CATEGORY_ZS || point == 0x2800;
}

// The fault of a code point between two letters, by utf8proc alone; nothing where it may stand.
std::optional<Kind> expected(std::uint32_t point) {
  const auto at = static_cast<utf8proc_int32_t>(point);
  const auto* property = utf8proc_get_property(at);
  switch (property->category) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return Kind::kControl;
    case UTF8PROC_CATEGORY_CN: return Kind::kUnassigned;
    case UTF8PROC_CATEGORY_CO: return Kind::kPrivateUse;
    default: break;
  }

  const bool turns = point == 0x061C || point == 0x200E || point == 0x200F ||
                     (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
  if (turns) return Kind::kDirection;

  // The joiners are part of the spelling of Persian and of scripts of India.
  if (point == 0x200C || point == 0x200D) return std::nullopt;

  if (property->ignorable || (point >= 0xFFF9 && point <= 0xFFFB)) return Kind::kInvisible;
  if (point == 0xFFFD) return Kind::kReplacement;
  return std::nullopt;
}

std::optional<Kind> kind_of(const std::string& text) {
  const auto fault = find_fault(text);
  return fault ? std::optional(fault->kind) : std::nullopt;
}

}  // namespace

TEST_CASE(
    "every code point of Unicode stands between letters or is refused, as its properties say") {
  REQUIRE(std::string(utf8proc_unicode_version()) >= "15");
  const bool same_version = std::string(utf8proc_unicode_version()).starts_with("15.0");
  std::map<Kind, std::size_t> refused;
  for (std::uint32_t point = 0; point <= kLast; ++point) {
    if (is_surrogate(point)) continue;
    const auto found = kind_of("a" + to_utf8(point) + "b");
    // A newer library knows characters that are unassigned by the pinned table.
    if (!same_version && found == Kind::kUnassigned) continue;
    INFO("code point " << point);
    REQUIRE(found == expected(point));
    if (found) ++refused[*found];
  }
  if (same_version) CHECK(refused[Kind::kUnassigned] == 825'345);  // with the 66 noncharacters
  CHECK(refused[Kind::kPrivateUse] == 137'468);
  CHECK(refused[Kind::kDirection] == 12);
  CHECK(refused[Kind::kReplacement] == 1);
}

TEST_CASE("white space of any kind may stand within a text and not at its ends") {
  std::size_t kinds = 0;
  for (std::uint32_t point = 0; point <= kLast; ++point) {
    if (is_surrogate(point) || !is_white(point)) continue;
    ++kinds;

    const std::string space = to_utf8(point);
    INFO("code point " << point);
    CHECK_FALSE(find_fault("a" + space + "b"));
    CHECK(kind_of("a" + space) == Kind::kOuterSpace);
    CHECK(kind_of(space + "a") == Kind::kOuterSpace);
    CHECK(kind_of(space) == Kind::kOuterSpace);
    CHECK(trimmed(space + "a" + space) == "a");
  }

  CHECK(kinds == 18);
}

TEST_CASE("the joiners stay between letters and are refused everywhere else") {
  const std::string zwnj = to_utf8(0x200C), zwj = to_utf8(0x200D);
  for (const auto& joiner : {zwnj, zwj}) {
    CHECK_FALSE(find_fault("\u0645\u06CC" + joiner + "\u062E\u0648\u0627\u0647\u0645"));  // Persian
    CHECK_FALSE(find_fault("\u0915\u094D" + joiner + "\u0937"));  // after a virama, Hindi
    CHECK(kind_of("Ada" + joiner) == Kind::kJoiner);
    CHECK(kind_of(joiner + "Ada") == Kind::kJoiner);
    CHECK(kind_of("Ada" + joiner + " Ekman") == Kind::kJoiner);
    CHECK(kind_of("Ada" + joiner + joiner + "b") == Kind::kJoiner);
    CHECK(kind_of("1" + joiner + "2") == Kind::kJoiner);
  }
}

TEST_CASE("a fault is told by number and place") {
  CHECK(to_text(*find_fault("University of Vienna\u200B")) ==
        "U+200B (zero width space) at character 21: a mark that cannot be seen");
  CHECK(to_text(*find_fault("Ada\u00A0")) ==
        "U+00A0 (no-break space) at character 4: white space at an end of the text");
  CHECK(to_text(*find_fault("Zo\uFFFD"))
            .starts_with("U+FFFD (replacement character) at character 3: "));
  CHECK(to_text(*find_fault("Z\u00F6\u00AD")).starts_with("U+00AD (soft hyphen) at character 3: "));
  CHECK(to_text(*find_fault("a\U000E0041z")).starts_with("U+E0041 at character 2: "));
  CHECK(to_text(*find_fault("ab\xff")) == "bytes that are not UTF-8 at character 3");
  CHECK_FALSE(find_fault(""));
  CHECK_FALSE(find_fault(
      "Zo\u00EB de la Cr\u00FAz\u2013M\u00FCller, \u5F20\u4F1F, \u0391\u03B8\u03AE\u03BD\u03B1"));
}

TEST_CASE("UTF-8 is what RFC 3629 allows") {
  for (const char* bad : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe0\x80\x80",
                          "\xf0\x80\x80\x80", "\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82"}) {
    CHECK_FALSE(is_utf8(bad));
    CHECK(kind_of(bad) == Kind::kNotUtf8);
  }

  CHECK(is_utf8("\xf4\x8f\xbf\xbf"));

  for (std::uint32_t point = 0; point <= kLast; ++point) {
    if (is_surrogate(point)) continue;
    std::size_t at = 0;
    const auto text = to_utf8(point);
    REQUIRE(next_code_point(text, at) == point);
    REQUIRE(at == text.size());
  }
}

TEST_CASE("the same letters in another form are one text in NFC") {
  CHECK(nfc("Pru\u0308fung") == "Pr\u00FCfung");
  CHECK(nfd("Pr\u00FCfung") == "Pru\u0308fung");
  CHECK(is_nfc("Pr\u00FCfung"));
  CHECK_FALSE(is_nfc("Pru\u0308fung"));
  CHECK_FALSE(is_nfc("\u212B"));  // the sign of the angstrom is a letter with a ring
}

TEST_CASE("texts that differ by case, spaces, form or invisible marks have one skeleton") {
  const auto one = skeleton("University of Vienna");
  for (const char* other :
       {"university of vienna", "UNIVERSITY  OF\u00A0VIENNA", "University of Vienna\u200B",
        "University of V\u00ADienna", "\uFF35niversity of Vienna", "Universit\u0443 of Vienna",
        "\u2800University of Vienna", "University of Vi\u0435nna"}) {
    INFO(other);
    CHECK(skeleton(other) == one);
  }
  CHECK(skeleton("Pru\u0308fung") == skeleton("PR\u00DCFUNG"));
  CHECK(skeleton("Stra\u00DFe") == skeleton("STRASSE"));
  CHECK(skeleton("University of Viena") != one);
  CHECK(skeleton("Universit\u00E4t Wien") != skeleton("Universitat Wien"));
}

}  // namespace testamur
