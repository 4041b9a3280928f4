#include "wallet/cli/description/disclosure.h"

#include "tests/support/catch.h"
#include "tests/wallet/fixture.h"

namespace testamur::wallet {

TEST_CASE("what the registry shows to everybody is never called withheld") {
  const auto fixture = test::make_fixture();
  const auto view = read_credential(fixture.issued.sd_jwt).value();

  const auto plan = plan_disclosure(view, {ClaimId::kGrade});
  CHECK(plan.shown == std::vector{ClaimId::kGrade});

  for (const auto id : {ClaimId::kTitle, ClaimId::kEctsHundredths, ClaimId::kEqfLevel}) {
    if (!view.disclosed.contains(id)) continue;
    CHECK(std::ranges::find(plan.registry, id) != plan.registry.end());
    CHECK(std::ranges::find(plan.kept, id) == plan.kept.end());
  }
  CHECK(plan.shown.size() + plan.kept.size() + plan.registry.size() == view.disclosed.size());

  const auto text = to_text(plan, view, "ACME GmbH");
  CHECK(text.find("  withheld  title") == std::string::npos);
  CHECK(text.find("  public    title") != std::string::npos);
  CHECK(text.find("by which two verifiers can tell") != std::string::npos);
  CHECK(text.find("Müller") == std::string::npos);
}

TEST_CASE("the last day is said as it was typed, and not as the moment after it") {
  auto fixture = test::make_fixture();
  fixture.contents.head.expires_at_s = 1'893'456'000;  // 2030-01-01
  const auto issued = issue_credential(fixture.contents, fixture.chain, fixture.issuer_key);
  const auto view = read_credential(issued->sd_jwt).value();
  const auto text = to_text(plan_disclosure(view, {}), view, "ACME GmbH");
  CHECK(text.find("last day: 2029-12-31 (UTC, to the end of that day)\n") != std::string::npos);
  CHECK(text.find("2030-01-01") == std::string::npos);
}

TEST_CASE("what was asked for and is not there is said and left out") {
  const auto fixture = test::make_fixture();
  const auto view = read_credential(fixture.issued.sd_jwt).value();
  REQUIRE_FALSE(view.disclosed.contains(ClaimId::kBirthDate));
  const auto plan =
      plan_disclosure(view, {ClaimId::kBirthDate, ClaimId::kGrade, ClaimId::kBirthDate});
  CHECK(plan.lacking == std::vector{ClaimId::kBirthDate});
  CHECK(plan.shown == std::vector{ClaimId::kGrade});
  CHECK(to_json(plan)["lacking"] == Json({"birthdate"}));
}

TEST_CASE(
    "claims are named one by one or with commas, and a name that is none brings the list of "
    "names") {
  const auto claims = parse_claim_names({"title,family_name", "title", "grade"}, "--claims");
  REQUIRE(claims.ok());
  CHECK(*claims == std::vector{ClaimId::kTitle, ClaimId::kFamilyName, ClaimId::kGrade});

  CHECK(parse_claim_names({}, "--claims").value().empty());
  CHECK(parse_claim_names({"title, grade"}, "--claims").value().size() == 2);

  for (const char* wrong : {"note", "title,", "title grade", ""}) {
    CAPTURE(wrong);
    const auto failed = parse_claim_names({wrong}, "--claims");
    REQUIRE_FALSE(failed.ok());
    CHECK(failed.message().starts_with("--claims: no claim is called"));
    CHECK(failed.message().find("family_name, birthdate") != std::string::npos);
  }
}

}  // namespace testamur::wallet
