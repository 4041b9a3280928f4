#include "common/ids.h"

#include "tests/support/catch.h"

namespace testamur {

TEST_CASE("bech32m accepts the valid strings of BIP-350 and rejects the invalid ones") {
  CHECK(decode_bech32m("a", "a1lqfn3a").ok());
  CHECK(decode_bech32m("abcdef", "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx").ok());
  CHECK_FALSE(decode_bech32m("abcdef", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw")
                  .ok());  // BIP-173, not BIP-350
  CHECK_FALSE(
      decode_bech32m("split", "split1checkupstagehandshakeupstreamerranterredcaperredlc445x").ok());
  CHECK_FALSE(decode_bech32m("a", "a1lqfn3q").ok());
  CHECK_FALSE(decode_bech32m("a", "A1LQFN3A").ok());
}

TEST_CASE("an id survives its text form, and one wrong character never gives another id") {
  InstitutionId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i)
    id.bytes[i] = static_cast<std::uint8_t>(i * 17 + 1);

  const std::string text = to_text(id);
  CHECK(text.starts_with("tmi1"));
  CHECK(parse_institution_id(text).value() == id);
  CHECK_FALSE(parse_key_id(text).ok());

  for (std::size_t at = 4; at < text.size(); ++at) {
    for (char c : std::string("qpzry9x8gf2tvdw0s3jn54khce6mua7l")) {
      std::string wrong = text;
      wrong[at] = c;
      if (wrong != text) CHECK_FALSE(parse_institution_id(wrong).ok());
    }
  }
}

TEST_CASE("a reference names chain, issuer and index, and nothing else parses") {
  ChainId chain;
  chain.bytes.fill(7);
  InstitutionId issuer;
  issuer.bytes.fill(9);

  const Reference reference = make_reference(chain, issuer, IssuerIndex{1048576});
  const std::string text = to_text(reference);
  CHECK(parse_reference(text).value() == reference);
  CHECK(reference.is_of_chain(chain));
  CHECK_FALSE(reference.is_of_chain(ChainId{}));

  CHECK_FALSE(parse_reference(text + "x").ok());
  CHECK_FALSE(parse_reference("urn:testamur:1:").ok());

  const std::string without_index = text.substr(0, text.rfind(':') + 1);
  CHECK_FALSE(parse_reference(without_index + "01").ok());
  CHECK_FALSE(parse_reference(without_index + "18446744073709551616").ok());
  CHECK_FALSE(parse_reference(without_index + "-1").ok());
}

TEST_CASE("an achievement id survives its text form") {
  InstitutionId issuer;
  issuer.bytes.fill(3);
  const AchievementId id{issuer, 12, 3};
  CHECK(parse_achievement_id(to_text(id)).value() == id);
  CHECK_FALSE(parse_achievement_id(to_text(issuer) + "/12").ok());
  CHECK_FALSE(parse_achievement_id(to_text(issuer) + "/12.70000").ok());
}

}  // namespace testamur
