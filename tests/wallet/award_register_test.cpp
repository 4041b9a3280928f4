// The register of an office, read from its encrypted files as people look at it.
#include "wallet/cli/flow/awards/award_register.h"

#include <algorithm>
#include <filesystem>

#include "tests/support/catch.h"
#include "tests/wallet/fixture.h"
#include "tests/wallet/temporary_folder.h"
#include "wallet/credential/csv_line.h"
#include "wallet/credential/request.h"

namespace testamur::wallet {
namespace {

ClassRow learner(const std::string& student, const std::string& given, const std::string& family) {
  ClassRow row;
  row.student = student;
  if (!given.empty()) row.claims[ClaimId::kGivenName] = given;
  if (!family.empty()) row.claims[ClaimId::kFamilyName] = family;
  return row;
}

// A home with two batches of three and one learners; S2 asked with a wallet of her own.
struct Office {
  testamur::test::TemporaryFolder folder;
  test::Fixture fixture = test::make_fixture();
  age::Identity identity = age::Identity::generate();
  Context context;

  Office() {
    context.home = folder.path().string();
    const auto key = SecretKey::generate(SignatureAlgorithm::kEcdsaP256);
    const auto request = make_wallet_request(fixture.chain, fixture.issuer, "S2", key, 0).value();
    issue("spring", 100, 1'790'000'000,
          {learner("S1", "Ada", "Ekman"), learner("S2", "Bo", ""), learner("S3", "", "Qi")},
          {read_wallet_request(request, fixture.chain, fixture.issuer).value()});
    issue("autumn", 200, 1'780'000'000, {learner("S1", "Ada", "Ekman")}, {});
  }

  void issue(const std::string& name, std::uint64_t first, std::uint64_t at_s,
             const std::vector<ClassRow>& rows, const std::vector<WalletRequest>& requests) {
    const auto plan = test::batch_plan(fixture, first, at_s);

    auto batch = build_batch(plan, rows, requests, fixture.issuer_key).value();
    const auto path = batch_path(context, name);
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    REQUIRE(BatchFolder::create(path, std::move(batch), identity.recipient()).ok());
  }
  std::vector<RegisteredBatch> read(const std::string& only = "") {
    return std::move(read_batches(context, {&identity, 1}, only)).value();
  }
};

}  // namespace

TEST_CASE(
    "the register names every learner with delivery, date and index, the oldest batch first") {
  Office office;

  const auto batches = office.read();
  REQUIRE(batches.size() == 2);
  CHECK(batches[0].name == "autumn");

  const auto& spring = batches[1];
  CHECK(spring.title == "Applied Statistics");
  CHECK(spring.slots == kMinBatchSize);
  REQUIRE(spring.awards.size() == 3);
  CHECK(spring.awards[0].name == "Ada Ekman");
  CHECK(spring.awards[1].name == "Bo");
  CHECK(spring.awards[2].name == "Qi");
  CHECK(spring.awards[0].delivery == Delivery::kCode);
  CHECK(spring.awards[1].delivery == Delivery::kRequest);
  CHECK(spring.awards[0].award.indexes.front().value >= 100);
  CHECK(spring.awards[0].claim_file.ends_with("/spring/claims/S1.testamur.age"));

  CHECK(office.read("spring").size() == 1);
  const auto unknown = read_batches(office.context, {&office.identity, 1}, "sprng");
  REQUIRE_FALSE(unknown.ok());
  CHECK(unknown.failure().exit == ExitCode::kUsage);
  CHECK(unknown.message().find("autumn, spring") != std::string::npos);
}

TEST_CASE("what was never sent has no status, and without a node the rest is left open") {
  Office office;
  auto batches = office.read();
  CHECK(add_statuses(office.context, batches).asked);
  CHECK(batches[0].awards[0].status == "not_sent");
  batches[0].committed = true;
  const auto source = add_statuses(office.context, batches);
  CHECK_FALSE(source.asked);
  CHECK(batches[0].awards[0].status == "not_asked");
  CHECK(batches[1].awards[0].status == "not_sent");
}

TEST_CASE("awards are chosen by learner, achievement and status together") {
  Office office;
  const auto batches = office.read();
  const auto& award = batches[0].awards[0];
  CHECK(fits(award, {}));
  CHECK(fits(award, {"S1", AchievementId{office.fixture.issuer, 1, 0}, ""}));
  CHECK(fits(award, {"S1", AchievementId{office.fixture.issuer, 1, 2}, ""}));
  CHECK_FALSE(fits(award, {"S1", AchievementId{office.fixture.issuer, 1, 1}, ""}));
  CHECK_FALSE(fits(award, {"S1", AchievementId{office.fixture.issuer, 2, 0}, ""}));
  CHECK_FALSE(fits(award, {"S2", {}, ""}));
  CHECK_FALSE(fits(award, {"", {}, "revoked"}));
}

TEST_CASE("an achievement of the own institution needs its numbers only") {
  const auto own = test::make_fixture().issuer;
  CHECK(achievement_named("3.2", own).value() == AchievementId{own, 3, 2});
  CHECK(achievement_named("3", own).value() == AchievementId{own, 3, 0});
  CHECK(achievement_named(to_text(AchievementId{own, 3, 2}), own).value() ==
        AchievementId{own, 3, 2});
  for (const char* wrong : {"", "0", "3.", "3.0", ".2", "3.2.1", "3.65536", "three", "-1"}) {
    CAPTURE(wrong);
    CHECK_FALSE(achievement_named(wrong, own).ok());
  }
}

TEST_CASE("a row is written so that the reader of tables gives it back") {
  const std::vector<std::string> cells{"S1", "Ekman, \"Ada\"", "two\nlines", ""};
  const auto table = parse_csv("a,b,c,d\r\n" + csv_line(cells)).value();
  REQUIRE(table.rows.size() == 1);
  for (std::size_t i = 0; i < cells.size(); ++i) CHECK(table.rows[0][i].text == cells[i]);
}

}  // namespace testamur::wallet
