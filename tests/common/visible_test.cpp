// Text of others cannot paint, erase, reorder or hide.
#include "common/visible.h"

#include <nlohmann/json.hpp>

#include "common/text.h"
#include "tests/support/catch.h"

namespace testamur {

TEST_CASE("what a terminal obeys or an eye does not see is spelled out, and letters stay") {
  CHECK(visible("\x1b[32mgenuine\x1b[0m") == "\\u{1b}[32mgenuine\\u{1b}[0m");
  CHECK(visible("a\rb\bc\x7f") == "a\\u{d}b\\u{8}c\\u{7f}");
  CHECK(visible("\xc2\x9b") == "\\u{9b}");  // a C1 control: CSI in one code point
  CHECK(visible("\x9b"
                "31m") == "\\x{9b}31m");  // and as a bare byte
  CHECK(visible("abc\u202e\u2066") == "abc\\u{202e}\\u{2066}");
  CHECK(visible("pay\u200bpal\u00ad\ufeff") == "pay\\u{200b}pal\\u{ad}\\u{feff}");
  CHECK(visible("a\u200db") == "a\\u{200d}b");
  CHECK(visible("Zoë Ωμέγα 東京 \U0001F393") == "Zoë Ωμέγα 東京 \U0001F393");
  CHECK(visible("می\u200cخواهم") == "می\u200cخواهم");
}

TEST_CASE("a value within a line has no lines of its own") {
  CHECK(visible("one\ntwo") == "one\ntwo");
  CHECK(one_line("Oxford\ngenuine") == "Oxford\\u{a}genuine");
  CHECK(one_line("a\u2028b\u2029c") == "a\\u{2028}b\\u{2029}c");
}

TEST_CASE("JSON that was made visible says the same") {
  const nlohmann::json value{{"name", "\u202eOxford\u009b \U000E0041 Zoë"}};
  const auto shown = visible_json(value.dump(2));
  CHECK(shown.find("\u202e") == std::string::npos);
  CHECK(nlohmann::json::parse(shown) == value);
}

TEST_CASE("after that no code point of Unicode is left that the rule for texts refuses") {
  for (std::uint32_t point = 0; point < 0x110000; ++point) {
    if (point >= 0xd800 && point < 0xe000) continue;
    const auto shown = one_line("a" + to_utf8(point) + "b");
    const auto fault = find_fault(shown);
    const bool bad = fault && fault->kind != TextFault::Kind::kReplacement;
    if (bad) FAIL_CHECK("code point " << std::hex << point << " stays");
  }
}

// 70 blanks in a name made a line of the verdict's own at 80 columns.
TEST_CASE("a run of white space makes no line of its own") {
  CHECK(one_line("a   b") == "a   b");
  CHECK(one_line("a     b") == "a   \\u{20}\\u{20}b");
  CHECK(one_line("a\u00a0 \u3000\u2003b") == "a\u00a0 \u3000\\u{2003}b");
}

TEST_CASE("a name that could be taken for words of ours is in quotes, and only that") {
  for (const std::string name : {"University of Tartu", "Ana, Maria", "O'Neill", "Uni - Wien"})
    CHECK(apart(name) == name);
  CHECK(apart("Uni (proven under block 9)") == "\"Uni (proven under block 9)\"");
  CHECK(apart("x [signed by the issuer]") == "\"x [signed by the issuer]\"");
  CHECK(apart("a  b") == "\"a  b\"");
  CHECK(apart(" a") == "\" a\"");
  CHECK(apart("a\" (b") == "\"a\\u{22} (b\"");
}

}  // namespace testamur
