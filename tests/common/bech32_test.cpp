#include "common/bech32.h"

#include <optional>

#include "tests/support/catch.h"

namespace testamur {
namespace {

using Kind = Bech32Fault::Kind;

// Nothing where it decodes.
std::optional<Kind> fault(Bech32 form, std::string_view prefix, std::string_view text) {
  const auto decoded = decode_bech32(form, prefix, text);
  const auto* found = std::get_if<Bech32Fault>(&decoded);
  return found == nullptr ? std::nullopt : std::optional(found->kind);
}

constexpr std::string_view kLong =
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio";

}  // namespace

TEST_CASE("bech32 accepts the valid strings of BIP-173 and names what is wrong with others") {
  const auto original = [](std::string_view prefix, std::string_view text) {
    return fault(Bech32::kOriginal, prefix, text);
  };
  CHECK_FALSE(original("a", "A12UEL5L"));
  CHECK_FALSE(original(kLong, std::string(kLong) + "1tt5tgs"));
  CHECK_FALSE(original("abcdef", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"));
  CHECK(original("a", "a1lqfn3a") == Kind::kChecksum);  // bech32m
  CHECK(original("a", "A12UEL5l") == Kind::kMixedCase);
  CHECK(original("de", "de1lg7wt\xff") == Kind::kCharacter);
  CHECK(original("a", "a12uel5") == Kind::kPrefix);
  CHECK(original("b", "a12uel5l") == Kind::kPrefix);
}

TEST_CASE("bech32m accepts the valid strings of BIP-350, and none of BIP-173") {
  const auto modified = [](std::string_view prefix, std::string_view text) {
    return fault(Bech32::kModified, prefix, text);
  };
  CHECK_FALSE(modified("a", "A1LQFN3A"));
  CHECK_FALSE(modified("abcdef", "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx"));
  CHECK(modified("abcdef", "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw") == Kind::kChecksum);
}

TEST_CASE("data of every length survives both forms, and padding has one spelling") {
  for (const auto form : {Bech32::kOriginal, Bech32::kModified}) {
    for (std::size_t size = 0; size <= 40; ++size) {
      Bytes data(size);
      for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<std::uint8_t>(251 * i + size);
      const auto decoded = decode_bech32(form, "test", encode_bech32(form, "test", data));
      REQUIRE(std::holds_alternative<Bytes>(decoded));
      CHECK(std::get<Bytes>(decoded) == data);
    }
  }
  // One byte whose two bits of padding are set, and a symbol that is no byte, under right
  // checksums.
  CHECK(fault(Bech32::kOriginal, "a", "a1llttal5m") == Kind::kPadding);
  CHECK(fault(Bech32::kOriginal, "a", "a1lmyple6") == Kind::kPadding);
}

}  // namespace testamur
