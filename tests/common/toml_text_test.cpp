// What stands in a file of settings never brings the parser down, and no text is taken for a key.
#include "common/toml_text.h"

#include "tests/support/catch.h"

namespace testamur {
namespace {

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

// The parser called itself for each part, and the program died of it (SIGSEGV).
TEST_CASE("a key of 40,000 parts is refused by its line, however it is written") {
  for (const std::string part : {"a.", "a . ", "\"=\".", "'{'.", "\"\\\"\"."}) {
    CAPTURE(part);
    const std::string key = repeated(part, 40'000) + "z";
    for (const auto& text :
         {"x = 1\n" + key + " = 1\n", "# …\n[" + key + "]\n", "\n[[" + key + "]]",
          "\nx = { " + key + " = 1 }\n", "\nx = { y = \"\"\"b\"\"\"\", " + key + " = 1 }\n"}) {
      CHECK(parse_toml(text, "f.toml").message() == "f.toml:2: a key has more than 128 parts");
    }
  }
}

TEST_CASE("brackets in brackets, and strings that nobody closes, are mistakes") {
  for (const std::string open : {"[", "{a=", "{a=[", "[{a="})
    CHECK_FALSE(parse_toml("x = " + repeated(open, 40'000), "f.toml").ok());
  for (const std::string text : {"x = \"a.b", "x = '", "x = \"\"\"a\n.b", "x = '''", "x = \"\\"})
    CHECK_FALSE(parse_toml(text, "f.toml").ok());
}

TEST_CASE("a text may have as many dots as it likes, and so may a remark") {
  const auto dots = repeated("A sentence. ", 5'000);
  for (const auto& text :
       {"x = \"" + dots + "\"\n", "x = '" + dots + "'\n", "x = \"\"\"\n" + dots + "\"\"\"\n",
        "# " + dots + "\nx = 1\n", "x = [" + repeated("1.5, ", 5'000) + "]\n",
        "x = \"\\\"" + dots + "\"\n"})
    CHECK(parse_toml(text, "f.toml").ok());
  CHECK(parse_toml("a.b.\"c.d\" = 1\n", "f.toml").ok());
  CHECK(parse_toml("a = \n", "f.toml").message().starts_with("f.toml:1: not TOML at column "));
}

TEST_CASE("a date without quotes is read as the text that it is, and nothing else is a date") {
  const auto table = *parse_toml(
      "a = 2026-11-30\nb = \"2026-11-30\"\nc = 2026-11-30T10:00:00Z\nd = 20261130\ne = 10:00:00\n",
      "f.toml");
  CHECK(toml_date_text(*table.get("a")) == "2026-11-30");
  for (const char* key : {"b", "c", "d", "e"}) CHECK_FALSE(toml_date_text(*table.get(key)));
}

}  // namespace testamur
