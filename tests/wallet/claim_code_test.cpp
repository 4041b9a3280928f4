#include "wallet/keystore/claim_code.h"

#include "tests/support/catch.h"

namespace testamur::wallet {

TEST_CASE("a claim code is four groups of five symbols that are never mistaken") {
  const auto code = make_claim_code();
  REQUIRE(code.size() == 23);
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code.text()[i];
    if (i % 6 == 5) {
      CHECK(c == '-');
    } else {
      CHECK(std::string_view("0123456789ABCDEFGHJKMNPQRSTVWXYZ").find(c) != std::string_view::npos);
    }
  }
  CHECK(parse_claim_code(code.text()).value().text() == code.text());
  CHECK(make_claim_code().text() != code.text());
}

TEST_CASE("a claim code is read as people type it") {
  CHECK(parse_claim_code("7h2kq9zwx4m8n3p0ab6c").value().text() == "7H2KQ-9ZWX4-M8N3P-0AB6C");
  CHECK(parse_claim_code(" 7H2KQ 9ZWX4-M8N3P oab6C\n").value().text() == "7H2KQ-9ZWX4-M8N3P-0AB6C");
  CHECK(parse_claim_code("lI00000000000000000o").value().text() == "11000-00000-00000-00000");
  for (const std::string typed :
       {"\xef\xbb\xbf"
        "7H2KQ-9ZWX4-M8N3P-0AB6C",
        "7H2KQ\u20139ZWX4\u2013M8N3P\u20110AB6C", "\u201c7H2KQ 9ZWX4\u00a0M8N3P 0AB6C\u201d.",
        "'7H2KQ-9ZWX4-M8N3P-0AB6C'."})
    CHECK(parse_claim_code(typed).value().text() == "7H2KQ-9ZWX4-M8N3P-0AB6C");
  CHECK(parse_claim_code(std::string("7\0H\0", 4)).message().find("UTF-16") != std::string::npos);
}

TEST_CASE(
    "a claim code that is too short, too long or has a foreign letter is refused with its cause") {
  CHECK(parse_claim_code("7H2KQ-9ZWX4").message() ==
        "a claim code has 20 letters and digits; there are 10");
  CHECK(parse_claim_code("7H2KQ-9ZWX4-M8N3P-0AB6C7").message() ==
        "a claim code has 20 letters and digits; there are more");
  CHECK(parse_claim_code("7H2KU-9ZWX4-M8N3P-0AB6C").message() ==
        "letter 5 of the claim code is not one that codes use");
  CHECK_FALSE(parse_claim_code("").ok());
}

}  // namespace testamur::wallet
