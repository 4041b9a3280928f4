#include "wallet/credential/claims.h"

#include <set>

#include "tests/support/catch.h"

namespace testamur::wallet {
namespace {

bool accepts(ClaimId id, std::string_view typed) { return parse_claim(kind_of(id), typed).ok(); }

}  // namespace

TEST_CASE("claim names are unique and found by name") {
  std::set<std::string_view> names;
  for (const auto& kind : claim_kinds()) {
    CHECK(names.insert(kind.name).second);
    CHECK(find_claim_kind(kind.name)->id == kind.id);
  }
  CHECK(find_claim_kind("password") == nullptr);
}

TEST_CASE("a date is one of the calendar") {
  for (const char* good : {"2026-07-31", "2024-02-29", "2000-02-29", "1950-12-01"})
    CHECK(accepts(ClaimId::kBirthDate, good));
  for (const char* bad : {"2026-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-07-32",
                          "2026-07-00", "26-07-31", "2026/07/31", "2026-7-31", "31.07.2026",
                          "2026-07-31T00:00", "", "1799-01-01", "2026-+7-31"}) {
    CAPTURE(bad);
    CHECK_FALSE(accepts(ClaimId::kBirthDate, bad));
  }
}

TEST_CASE("a number is whole, in canonical digits and in its bounds") {
  CHECK(std::get<std::uint64_t>(parse_claim(kind_of(ClaimId::kEctsHundredths), "750").value()) ==
        750);
  CHECK(accepts(ClaimId::kEqfLevel, "8"));
  for (const char* bad :
       {"0", "9", "7.5", "-1", "+7", " 7", "7 ", "", "0x7", "18446744073709551616"}) {
    CAPTURE(bad);
    CHECK_FALSE(accepts(ClaimId::kEqfLevel, bad));
  }
}

TEST_CASE("a text is UTF-8 without controls, direction marks and outer spaces") {
  CHECK(accepts(ClaimId::kFamilyName, "Ærøskøbing-日本 ’ 🎓"));
  for (const std::string& bad :
       {std::string(""), std::string(" a"), std::string("a "), std::string("a\nb"),
        std::string("a\tb"), std::string("a\x7f"), std::string("\xff"), std::string("\xc0\x80"),
        std::string("\xed\xa0\x80"), std::string("\xf4\x90\x80\x80"),
        std::string("\xe2\x80\xae"
                    "abc"),
        std::string("\xc2\x85"), std::string("a\0b", 3), std::string("\xe2\x82"),
        std::string(257, 'a')}) {
    CAPTURE(bad);
    CHECK_FALSE(accepts(ClaimId::kFamilyName, bad));
  }
}

TEST_CASE("a value of another type than its claim's is refused") {
  CHECK_FALSE(check_claim(kind_of(ClaimId::kEqfLevel), ClaimValue{std::string("7")}).ok());
  CHECK_FALSE(check_claim(kind_of(ClaimId::kTitle), ClaimValue{std::uint64_t{7}}).ok());
}

TEST_CASE("ECTS hundredths are shown as credits") {
  const auto shown = [](std::uint64_t value) {
    return to_display(kind_of(ClaimId::kEctsHundredths), ClaimValue{value});
  };
  CHECK(shown(500) == "5");
  CHECK(shown(750) == "7.5");
  CHECK(shown(705) == "7.05");
  CHECK(shown(25) == "0.25");
  CHECK(to_display(kind_of(ClaimId::kEqfLevel), ClaimValue{std::uint64_t{7}}) == "7");
}

}  // namespace testamur::wallet
