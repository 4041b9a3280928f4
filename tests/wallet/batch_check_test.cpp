// A batch is verified as any verifier would do it, before it is anchored: what an anchor would make
// lasting is found first.
#include "wallet/cli/flow/awards/batch_check.h"

#include <functional>

#include "tests/support/catch.h"
#include "tests/wallet/fixture.h"

namespace testamur::wallet {
namespace {

constexpr std::uint64_t kNow = 1'790'000'100'000;

struct Issuing {
  test::Fixture fixture = test::make_fixture();
  KeyId issue_key;
  RegistryFacts facts;
  BatchPlan plan;
  std::vector<ClassRow> rows;

  Issuing() {
    issue_key.bytes.fill(0x77);
    facts.chain = fixture.chain;
    facts.issuer =
        IssuerRecord{fixture.issuer, "U", "U", "AT", "uni-example.eu", InstitutionStanding::kGood};

    KeyRecord credential_key;
    credential_key.id = fixture.issuer_key_id;
    credential_key.owner = fixture.issuer;
    credential_key.purpose = KeyPurpose::kCredential;
    credential_key.key = fixture.issuer_key.public_key();
    credential_key.added_at_ms = kNow - 1;
    credential_key.fate_known = true;

    KeyRecord anchoring;
    anchoring.id = issue_key;
    anchoring.owner = fixture.issuer;
    anchoring.purpose = KeyPurpose::kIssue;
    anchoring.added_at_ms = 1;
    anchoring.fate_known = true;
    facts.keys = std::vector{credential_key, anchoring};

    AchievementRecord achievement;
    achievement.id = fixture.contents.head.achievement;
    achievement.titles = {{"en", "Applied Statistics"}};
    achievement.ects_hundredths = 300;
    achievement.eqf_level = 7;
    facts.achievement = achievement;

    plan.chain = fixture.chain;
    plan.issuer = fixture.issuer;
    plan.issuer_domain = "uni-example.eu";
    plan.issuer_name = "U";
    plan.credential_key = fixture.issuer_key_id;
    plan.achievement = achievement.id;
    plan.first_index = IssuerIndex{1000};
    plan.issued_at_s = kNow / 1000;
    plan.common = {{ClaimId::kTitle, std::string("Applied Statistics")},
                   {ClaimId::kEctsHundredths, std::uint64_t{300}}};

    for (const char* student : {"S1", "S2"}) {
      ClassRow row;
      row.student = student;
      row.claims[ClaimId::kFamilyName] = std::string("Ekman");
      rows.push_back(row);
    }
  }
  Attempt<void> check() {
    const auto batch = build_batch(plan, rows, {}, fixture.issuer_key);
    if (!batch.ok()) return Failure{ExitCode::kInvalid, batch.message()};  // found even earlier
    return verify_batch(*batch, facts, issue_key, kNow);
  }
};

std::string refusal(const std::function<void(Issuing&)>& change) {
  Issuing issuing;
  change(issuing);
  const auto checked = issuing.check();
  if (checked.ok()) return "";
  CHECK(checked.failure().exit == ExitCode::kInvalid);
  return checked.message();
}

}  // namespace

TEST_CASE("a batch that every verifier will accept passes before it is anchored") {
  CHECK(refusal([](Issuing&) {}).empty());
}

TEST_CASE("whatever a verifier would find later is found before a batch is sent") {
  CHECK(refusal([](Issuing& issuing) {
          issuing.rows[1].claims[ClaimId::kEctsHundredths] = std::uint64_t{3};
        }).find("learner \"S2\"") != std::string::npos);
  CHECK_FALSE(refusal([](Issuing& issuing) {
                issuing.rows[0].claims[ClaimId::kTitle] = std::string("Other");
              }).empty());
  CHECK_FALSE(refusal([](Issuing& issuing) {
                issuing.rows[0].claims[ClaimId::kEqfLevel] = std::uint64_t{6};
              }).empty());

  CHECK_FALSE(
      refusal([](Issuing& issuing) { issuing.plan.issuer_domain = "old-name.example"; }).empty());
  CHECK_FALSE(refusal([](Issuing& issuing) { issuing.facts.keys->pop_back(); }).empty());

  CHECK_FALSE(refusal([](Issuing& issuing) {
                issuing.facts.keys->front().added_at_ms = kNow + 1;
              }).empty());
  CHECK_FALSE(refusal([](Issuing& issuing) {
                issuing.facts.keys->front().compromised_since_ms = 1;
              }).empty());

  CHECK_FALSE(refusal([](Issuing& issuing) {
                issuing.facts.issuer->standing = InstitutionStanding::kSuspended;
              }).empty());
  CHECK_FALSE(refusal([](Issuing& issuing) {
                issuing.facts.issuer->standing = InstitutionStanding::kUnknown;
              }).empty());
  CHECK_FALSE(
      refusal([](Issuing& issuing) { issuing.facts.keys->front().fate_known = false; }).empty());

  CHECK_FALSE(refusal([](Issuing& issuing) { issuing.facts.achievement.reset(); }).empty());
  CHECK_FALSE(refusal([](Issuing& issuing) { issuing.facts.issuer.reset(); }).empty());
}

}  // namespace testamur::wallet
