// Whom a change of status hits: exactly those who were named, each once, or nobody.
#include "wallet/cli/flow/awards/award_targets.h"

#include <algorithm>

#include "tests/support/catch.h"
#include "wallet/cli/flow/awards/award_changes.h"
#include "wallet/cli/flow/awards/awards_left_alone.h"
#include "wallet/cli/flow/awards/class_and_register.h"
#include "wallet/credential/class_list.h"

namespace testamur::wallet {
namespace {

InstitutionId issuer() {
  InstitutionId id;
  id.bytes.fill(0x15);
  return id;
}

AwardRecord award(const std::string& student, const std::string& batch, std::uint64_t index) {
  AwardRecord record;
  record.student = student;
  record.batch = batch;
  record.achievement = AchievementId{issuer(), 1, 1};
  record.indexes = {IssuerIndex{index}};
  record.date = "2026-06-30";
  return record;
}

const std::vector<std::string> kBatches{"autumn", "spring"};
std::vector<AwardRecord> known() {
  return {award("S1", "spring", 1), award("S2", "spring", 2), award("S1", "autumn", 17),
          award("0012345", "spring", 3), award("12345", "spring", 4)};
}

TargetName student(const std::string& text, std::optional<std::string> batch = {}) {
  return {text, {}, std::move(batch), "here"};
}
TargetName at_index(std::uint64_t index) { return {{}, IssuerIndex{index}, {}, "here"}; }

std::string refusal(const TargetName& name, bool all = false) {
  const auto selection = select_awards(known(), kBatches, {name}, all);
  return selection.ok() ? "" : selection.message();
}

}  // namespace

TEST_CASE(
    "a learner of one award is that award; of several, all are listed and it is ambiguous unless "
    "somebody says which") {
  const auto one = select_awards(known(), kBatches, {student("S2")}, false);
  REQUIRE(one.ok());
  CHECK(one->awards == std::vector{award("S2", "spring", 2)});
  CHECK(one->ambiguous.empty());

  const auto two = select_awards(known(), kBatches, {student("S1")}, false);
  REQUIRE(two.ok());
  CHECK(two->awards.size() == 2);
  REQUIRE(two->ambiguous.size() == 1);
  CHECK(two->ambiguous.front().find("batch autumn") != std::string::npos);
  CHECK(two->ambiguous.front().find("batch spring") != std::string::npos);

  CHECK(select_awards(known(), kBatches, {student("S1", "spring")}, false)->ambiguous.empty());
  CHECK(select_awards(known(), kBatches, {student("S1", "spring")}, false)->awards.size() == 1);
  CHECK(select_awards(known(), kBatches, {student("S1")}, true)->ambiguous.empty());
  CHECK(select_awards(known(), kBatches, {at_index(17)}, false)->awards ==
        std::vector{award("S1", "autumn", 17)});
}

TEST_CASE("what stands beside a reference must agree with it") {
  auto name = at_index(2);
  name.student = "S1";
  CHECK(refusal(name) == "here: index 2 is an award of learner \"S2\", not of \"S1\"");

  name = at_index(2);
  name.batch = "autumn";
  CHECK(refusal(name) == "here: index 2 stands in batch spring, not in autumn");
  name.batch = "spring";
  name.student = "S2";
  CHECK(refusal(name).empty());

  name = at_index(900);
  CHECK(refusal(name).empty());  // by its number alone an award of elsewhere can be meant
  name.student = "S1";
  CHECK(refusal(name).find("no register of this home has index 900") != std::string::npos);
}

TEST_CASE(
    "a batch that is not there, a learner whom nobody knows and a whole batch by accident are "
    "refused") {
  CHECK(refusal(student("S1", "nosuch")) ==
        "here: this home has no batch \"nosuch\" (there are: \"autumn\", \"spring\")");

  auto name = at_index(2);
  name.batch = "nosuch";
  CHECK(refusal(name).find("no batch \"nosuch\"") != std::string::npos);

  CHECK(refusal(student("S9")) == "here: no register of this home has a learner \"S9\"");
  CHECK(refusal(student("s1")) ==
        "here: no register of this home has a learner \"s1\"; there is \"S1\": is that who is "
        "meant?");

  const TargetName whole{{}, {}, "spring", "--batch"};
  CHECK(refusal(whole).find("--all") != std::string::npos);
  CHECK(select_awards(known(), kBatches, {whole}, true)->awards.size() == 4);
}

// `suspend --student S2 --index 1` hit both learners, and `--student S1 --index 1` was ambiguous.
TEST_CASE("an index beside a learner is one award of that learner, or nobody is hit") {
  const auto selected = [](const TypedTargets& typed) -> Result<AwardSelection> {
    TM_TRY(const auto names, targets_of(typed, {}));
    return select_awards(known(), kBatches, names, false);
  };
  const auto at = [](std::uint64_t index) {
    return std::pair("--index " + std::to_string(index), IssuerIndex{index});
  };

  CHECK(selected({{"S2"}, {at(1)}, {}}).message() ==
        "--index 1: index 1 is an award of learner \"S1\", not of \"S2\"");

  const auto own = selected({{"S1"}, {at(17)}, {}});
  REQUIRE(own.ok());
  CHECK(own->awards == std::vector{award("S1", "autumn", 17)});
  CHECK(own->ambiguous.empty());
  CHECK(selected({{"S1"}, {at(1), at(17)}, {}})->awards.size() == 2);

  CHECK_FALSE(selected({{"S1", "S2"}, {at(1)}, {}}).ok());
  CHECK(selected({{"S2", "12345"}, {}, {}})->awards.size() == 2);
  CHECK(selected({{"S1"}, {at(17)}, "spring"}).message().find("autumn") != std::string::npos);
  CHECK_FALSE(selected({}).ok());
}

// `revoke --index N --yes` revoked a place that only fills up a small class.
TEST_CASE(
    "an index that no register has is named for what it may be, and one that a learner has is "
    "not") {
  const std::vector<BatchIndexes> batches{{"spring", 1, 16}, {"autumn", 17, 40}};
  const auto at = [&](std::uint64_t index) {
    const auto selection = select_awards(known(), kBatches, {at_index(index)}, false);
    REQUIRE(selection.ok());
    return unregistered(selection->awards, batches);
  };

  REQUIRE(at(16).size() == 1);
  CHECK(at(16).front().find("index 16 is no award of batch spring") == 0);
  CHECK(at(1).empty());  // a learner's

  // Autumn is not filled up.
  REQUIRE(at(20).size() == 1);
  CHECK(at(20).front() == "index 20 is that of a learner who was erased from batch autumn");
  REQUIRE(at(900).size() == 1);
  CHECK(at(900).front().find("index 900 is in no register and no batch of this home") == 0);
}

TEST_CASE("who gets a new award in the place of an old one does not hold it already") {
  const auto old = award("S1", "spring", 1);
  const AchievementId next{issuer(), 1, 2};
  CHECK(awards_beside(known(), {"S1"}, next, std::nullopt).size() == 2);
  CHECK(awards_beside(known(), {"S1"}, next, old) == std::vector{award("S1", "autumn", 17)});
  CHECK(awards_beside(known(), {"S2"}, AchievementId{issuer(), 2, 1}, std::nullopt).empty());
}

TEST_CASE("nobody is hit twice, and everybody who is hit was named") {
  const auto names = std::vector{student("S2"), at_index(2), student("S2"), student("12345")};
  const auto selection = select_awards(known(), kBatches, names, false);
  REQUIRE(selection.ok());
  REQUIRE(selection->awards.size() == 2);
  for (const auto& each : selection->awards)
    CHECK((each.student == "S2" || each.student == "12345"));
  REQUIRE(selection->close.size() == 1);
  CHECK(selection->close.front().find("\"0012345\"") != std::string::npos);
}

TEST_CASE("references look alike without zeros, case, form of letters and marks that do not show") {
  const auto alike = [](const std::string& a, const std::string& b) {
    return reference_key(a) == reference_key(b);
  };

  CHECK(alike("0012345", "12345"));
  CHECK(alike("S-7", "s7"));
  CHECK(alike("Q1", "Q1\u200b"));
  CHECK(alike("\u00c5sa1", "A\u030asa1"));  // composed and decomposed
  CHECK(alike("\uff33\uff11", "S1"));       // full width
  CHECK(alike("S 1", "S1"));

  // Zeros at the end are another number, and not a spelling of the same one.
  CHECK_FALSE(alike("S1", "S10"));
  CHECK_FALSE(alike("S100", "S1"));
  CHECK_FALSE(alike("10", "1"));

  CHECK(lookalikes({"S1", "S2", "S1"}).empty());
  CHECK(lookalikes({"0012345", "12345", "S1"}).size() == 1);
}

TEST_CASE("what is superseded and has no later award in its place is named") {
  const auto old = award("S1", "spring", 3);
  CHECK(without_successor({old}, {old}).find("S1") != std::string::npos);
  CHECK(without_successor({old, award("S1", "autumn", 9)}, {old}).empty());
  // Neither an earlier one, nor another learner's, nor another course, nor one that was never sent.
  auto unsent = award("S1", "autumn", 9);
  unsent.committed = false;
  auto other = award("S1", "autumn", 9);
  other.achievement.number = 2;
  for (const auto& no_successor :
       {award("S1", "winter", 1), award("S2", "autumn", 9), unsent, other})
    CHECK_FALSE(without_successor({old, no_successor}, {old}).empty());
  // A new version is the same course.
  auto next = award("S1", "autumn", 9);
  next.achievement.version = 2;
  CHECK(without_successor({old, next}, {old}).empty());
  CHECK(without_successor({}, {old, award("S2", "spring", 4)}).find("2 of them") !=
        std::string::npos);
  // Who is in no register is nobody's successor.
  CHECK_FALSE(without_successor({award("", "", 9)}, {award("", "", 3)}).empty());
}

TEST_CASE("a list of awards says ten of them by name and how many more") {
  std::vector<AwardRecord> many;
  for (std::uint64_t i = 0; i < 25; ++i)
    many.push_back(award("S" + std::to_string(i), "spring", i));
  const auto text = awards_text(many);
  CHECK(std::ranges::count(text, '\n') == 11);
  CHECK(text.ends_with("  and 15 more\n"));
  CHECK(award_text(many[3]) ==
        "S3, " + to_text(many[3].achievement) + ", of 2026-06-30, batch spring (index 3)");
}

// The day of issue was shown as the date of an award that states none.
TEST_CASE("an award without a date is not said to be of the day on which it was issued") {
  auto undated = award("S1", "spring", 3);
  undated.date.clear();
  undated.issued = "2026-07-02";
  CHECK(award_text(undated) ==
        "S1, " + to_text(undated.achievement) +
            ", no date of award (issued 2026-07-02), batch spring (index 3)");
  CHECK(to_json(undated)["date"] == "");
  CHECK(to_json(undated)["issued"] == "2026-07-02");
  auto dated = award("S1", "spring", 3);
  dated.issued = "2026-07-02";
  CHECK(award_day(dated) == "2026-06-30");
}

// 0012 of one list and 12 of the next were called two learners, and both were issued.
TEST_CASE("a learner of one name under nearly the same reference holds the award already") {
  const auto row = [](const std::string& student, const std::string& given) {
    ClassRow learner;
    learner.student = student;
    learner.claims[ClaimId::kGivenName] = given;
    learner.claims[ClaimId::kFamilyName] = std::string("Bell");
    return learner;
  };
  auto held = award("0012", "spring", 1);
  held.name = "Ann Bell";
  CHECK(by_near_reference({held}, {row("12", "Ann")}) == std::vector{held});
  CHECK(by_near_reference({held}, {row("12", "ANN")}).size() == 1);
  CHECK(by_near_reference({held}, {row("12", "Bo")}).empty());
  CHECK(by_near_reference({held}, {row("13", "Ann")}).empty());
  CHECK(by_near_reference({held}, {row("0012", "Ann")}).empty());

  // What is said of the learner is said once.
  CHECK(near_references({held}, {row("12", "Ann")}, {held}).empty());
  CHECK(near_references({held}, {row("12", "Bo")}, {}).size() == 1);
}

TEST_CASE("an award beside a replaced one is named with the command that changes it") {
  const auto old = award("S1", "spring", 1);
  const auto fresh = award("S1", "autumn", 17);
  const auto sentences = awards_left_alone({old, fresh}, {old}, {old}, {}, "revoke");
  REQUIRE(sentences.size() == 1);
  CHECK(sentences[0].ends_with("testamur issuer status revoke --student S1 --batch autumn"));
}

TEST_CASE("what a correction does not state any more is counted") {
  const std::vector<AwardChange> changes{{"grade", "grade", "1.3", std::nullopt},
                                         {"award_date", "date of award", "2026-06-30", {}},
                                         {"family_name", "family name", "Ekman", "Ekmann"},
                                         {"title", "title", std::nullopt, "T"}};
  CHECK(about_dropped(changes).find("does not state 2 things") != std::string::npos);
  CHECK(about_dropped(changes).find("(grade, date of award)") != std::string::npos);
  CHECK(about_dropped({changes[2], changes[3]}).empty());
}

}  // namespace testamur::wallet
