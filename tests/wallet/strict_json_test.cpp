#include "wallet/keystore/strict_json.h"

#include <algorithm>

#include "tests/support/catch.h"
#include "tests/wallet/mutations.h"

namespace testamur::wallet {

TEST_CASE("a member that occurs twice is refused, wherever it stands") {
  CHECK(parse_strict_json(R"({"a":1,"b":{"a":2}})").ok());
  CHECK_FALSE(parse_strict_json(R"({"a":1,"a":1})").ok());
  CHECK_FALSE(parse_strict_json(R"({"a":1,"\u0061":1})").ok());
  CHECK_FALSE(parse_strict_json(R"([{"b":{"c":1,"d":[],"c":2}}])").ok());
  CHECK(parse_strict_json(R"({"a":1,"a":1})").message() ==
        "the JSON text is not acceptable: the member \"a\" occurs twice");
}

TEST_CASE("depth and size are bounded") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(parse_strict_json(nested(kMaxJsonDepth)).ok());
  CHECK_FALSE(parse_strict_json(nested(kMaxJsonDepth + 2)).ok());
  CHECK_FALSE(parse_strict_json(nested(1'000'000)).ok());
  CHECK_FALSE(parse_strict_json("\"0123456789\"", 11).ok());
}

TEST_CASE("what is no JSON is refused with its place") {
  CHECK(parse_strict_json(R"({"a":})").message() == "not JSON: syntax error at byte 6");
  CHECK_FALSE(parse_strict_json("").ok());
  CHECK_FALSE(parse_strict_json("{} {}").ok());
  CHECK_FALSE(parse_strict_json("\"\xc3\x28\"").ok());
  CHECK_FALSE(parse_strict_json("\"\\ud800\"").ok());
  CHECK_FALSE(parse_strict_json("NaN").ok());
}

TEST_CASE("an object is read whole: missing, mistyped and unknown members are named") {
  const auto json = parse_strict_json(R"({"n":7,"t":"x","b":"AQI","l":[1]})").value();
  ObjectReader good{json, "the thing"};
  CHECK(good.number("n") == 7);
  CHECK(good.text("t") == "x");
  CHECK(good.base64url("b") == Bytes{1, 2});
  CHECK(good.array("l").size() == 1);
  CHECK(good.finish().ok());

  ObjectReader missing{json, "the thing"};
  (void)missing.number("m");
  (void)missing.text("t");
  CHECK(missing.finish().message() == "the thing: the member \"m\" is missing");
  ObjectReader mistyped{json, "the thing"};
  (void)mistyped.text("n");
  CHECK_FALSE(mistyped.finish().ok());
  ObjectReader bounded{json, "the thing"};
  CHECK(bounded.number("n", 6) == 0);
  CHECK_FALSE(bounded.finish().ok());
  ObjectReader unknown{json, "the thing"};
  (void)unknown.number("n");
  CHECK_FALSE(unknown.finish().ok());
  const Json list = Json::array();
  ObjectReader no_object{list, "the thing"};
  CHECK(no_object.text("t").empty());
  CHECK(no_object.finish().message() == "the thing is not a JSON object");
}

TEST_CASE("a secret text is bounded and mistyped as any other") {
  const auto json = parse_strict_json(R"({"t":"abc","n":7})").value();
  ObjectReader good{json, "the thing"};
  CHECK(good.secret_text("t", 3).text() == "abc");
  for (const auto& [name, most] : {std::pair{"t", 2u}, std::pair{"n", 9u}, std::pair{"m", 9u}}) {
    ObjectReader bad{json, "the thing"};
    CHECK(bad.secret_text(name, most).empty());
    CHECK_FALSE(bad.ok());
  }
}

TEST_CASE("the strings of a value that held secrets are overwritten") {
  Json json{{"secret", "abcdef"}, {"list", {"x", {{"deep", "yz"}}}}};
  const auto text = dump_secret(json);
  CHECK(text.text() == R"({"list":["x",{"deep":"yz"}],"secret":"abcdef"})");
  CHECK(json["secret"].get<std::string>() == std::string(6, '\0'));
  CHECK(json["list"][1]["deep"].get<std::string>() == std::string(2, '\0'));
}

TEST_CASE("damaged JSON never crashes the parser") {
  const std::string text = R"({"a":[1,2.5e3,true,null,"\u00e4\n"],"b":{"c":{"d":[[[]]]}},"e":"ü"})";
  test::for_each_mutation(as_bytes(text), 3000,
                          [](ByteView damaged) { (void)parse_strict_json(as_text(damaged)); });
}

}  // namespace testamur::wallet
