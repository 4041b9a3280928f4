// The policy format below its TOML: presets, defaults, and each mistake by table and key.
#include "trust/policy_text.h"

#include "tests/support/catch.h"
#include "trust/presets.h"

namespace testamur::trust {
namespace {

InstitutionId id(std::uint8_t n) {
  InstitutionId made;
  made.bytes.fill(n);
  return made;
}
PolicyTable table(PolicyTableKind kind, std::vector<PolicyEntry> entries) {
  return {kind, std::move(entries)};
}
PolicyReading main_only(std::vector<PolicyEntry> entries) {
  return read_policy({table(PolicyTableKind::kPolicy, std::move(entries))});
}
std::string first_mistake(const PolicyReading& reading) {
  return reading.mistakes.empty()
             ? ""
             : reading.mistakes.front().key + ": " + reading.mistakes.front().what;
}
using Texts = std::vector<std::string>;
using Numbers = std::vector<std::int64_t>;

TEST_CASE("no entries at all are the preset friends") {
  CHECK(read_policy({}).policy == friends_policy());
  CHECK(main_only({}).mistakes.empty());
}

TEST_CASE("a preset counts first wherever it stands") {
  auto reading = main_only({{"threshold", std::int64_t{60}}, {"preset", std::string("strict")}});
  CHECK(first_mistake(reading).empty());
  auto expected = strict_policy();
  expected.threshold = 60;
  CHECK(reading.policy == expected);
}

TEST_CASE("every key of a policy arrives") {
  auto reading = main_only({{"threshold", std::int64_t{100}},
                            {"independent_paths", std::int64_t{2}},
                            {"path_floor", std::int64_t{30}},
                            {"ceilings", Numbers{-1, 80, 0}},
                            {"vetoers", Texts{to_text(id(9)), to_text(id(3))}},
                            {"veto_quorum", std::int64_t{2}},
                            {"governs", std::string("both")},
                            {"max_anchor_lag_days", std::int64_t{30}},
                            {"follow_successors_days", std::int64_t{10}},
                            {"separate_assessor", true},
                            {"viewpoint", to_text(id(5))}});
  CHECK(first_mistake(reading).empty());

  const auto& policy = reading.policy;
  CHECK(policy.threshold == 100);
  CHECK(policy.independent_paths == 2);
  CHECK(policy.path_floor == 30);
  CHECK(policy.ceilings == std::array<std::uint32_t, 3>{kNoCeiling, 80, 0});
  CHECK(policy.vetoers == std::vector<InstitutionId>{id(3), id(9)});
  CHECK(policy.veto_quorum == 2);
  CHECK(policy.governs == Governs::kBoth);
  CHECK(policy.max_anchor_lag_ms == 30ULL * 86'400'000);
  CHECK(policy.follow_successors_days == 10);
  CHECK(policy.separate_assessor);

  CHECK(reading.viewpoint == id(5));
}

TEST_CASE("an accreditation requirement of the file replaces the preset's") {
  auto reading =
      read_policy({table(PolicyTableKind::kPolicy, {{"preset", std::string("accredited")}}),
                   table(PolicyTableKind::kAccreditation, {{"levels", Numbers{7, 8}},
                                                           {"amount", std::int64_t{60}},
                                                           {"schemes", Texts{"esg"}}})});
  CHECK(first_mistake(reading).empty());
  REQUIRE(reading.policy.accreditation.size() == 1);
  const auto& requirement = reading.policy.accreditation.front();
  CHECK(requirement.when.levels == 0xc0);
  CHECK(requirement.amount == 60);
  CHECK(requirement.schemes == 1U << unsigned(Scheme::kEsg));
}

TEST_CASE("a local statement's id is the digest of its record under the file's salt") {
  const std::string salt(64, 'a');
  const std::vector<PolicyEntry> entries{{"subject", to_text(id(1))},
                                         {"depth", std::int64_t{1}},
                                         {"fields", Texts{"0613"}},
                                         {"from", std::string("2026-01-01")}};

  const auto reading = read_policy({table(PolicyTableKind::kPolicy, {{"salt", salt}}),
                                    table(PolicyTableKind::kStatement, entries)});
  CHECK(first_mistake(reading).empty());
  REQUIRE(reading.policy.local.size() == 1);

  const auto& statement = reading.policy.local.front();
  CHECK(statement.amount == 120);
  CHECK(statement.depth == 1);
  CHECK(statement.valid_from_ms == 1'767'225'600'000);
  CHECK(statement.id == local_statement_id(*Hash256::from(*from_hex(salt)), statement));

  const auto unsalted = read_policy({table(PolicyTableKind::kStatement, entries)});
  CHECK(unsalted.policy.local.front().id != statement.id);
}

// "Not in software" and "all else of them": the second erased the first, and the award was
// accepted.
TEST_CASE("a local statement takes the place of none by a slip") {
  const auto about = [](std::uint8_t subject, const std::string& kind, std::int64_t slot,
                        const std::string& from) {
    std::vector<PolicyEntry> entries{
        {"subject", to_text(id(subject))}, {"kind", kind}, {"slot", slot}};
    if (!from.empty()) entries.push_back({"from", from});
    return table(PolicyTableKind::kStatement, entries);
  };
  const auto wrong = [](const PolicyTable& first, const PolicyTable& second) {
    return first_mistake(read_policy({first, second}));
  };
  for (const std::string kind : {"trust", "distrust"}) {
    CHECK(
        wrong(about(1, "distrust", 0, ""), about(1, kind, 0, "")).starts_with("slot: is 0, as in"));
    CHECK(wrong(about(1, "trust", 3, ""), about(1, kind, 3, "")).starts_with("slot: is 3, as in"));
    CHECK(wrong(about(1, "trust", 0, "2026-01-01"), about(1, kind, 0, "2026-01-01"))
              .starts_with("slot: is 0, as in"));
    CHECK(wrong(about(1, "distrust", 0, ""), about(1, kind, 1, "")).empty());
    CHECK(wrong(about(1, "distrust", 0, ""), about(2, kind, 0, "")).empty());
    CHECK(wrong(about(1, "distrust", 0, ""), about(1, kind, 0, "2026-01-01")).empty());
  }
  CHECK(wrong(about(1, "trust", 0, ""), about(1, "end", 0, "")).empty());
}

TEST_CASE("each mistake names its key") {
  CHECK(first_mistake(main_only({{"threshhold", std::int64_t{1}}})) ==
        "threshhold: is not a known key");

  CHECK(first_mistake(main_only({{"threshold", std::string("x")}})) ==
        "threshold: must be a whole number");
  CHECK(first_mistake(main_only({{"threshold", std::int64_t{0}}})) ==
        "threshold: must lie between 1 and 1000000");
  CHECK(first_mistake(main_only({{"preset", std::string("lax")}})) ==
        "preset: must be strict, friends or accredited");
  CHECK(first_mistake(main_only({{"governs", std::string("never")}})) ==
        "governs: must be anchor, today or both");

  CHECK(first_mistake(main_only({{"ceilings", Numbers{1, 2}}})) ==
        "ceilings: must be three numbers: for chains of one, two and three statements");
  CHECK(first_mistake(main_only({{"ceilings", Numbers{1, 2, 3}}})) ==
        ": ceilings must not ascend with the length of the chain");

  CHECK(first_mistake(
            main_only({{"vetoers", Texts{to_text(id(1))}}, {"veto_quorum", std::int64_t{2}}})) ==
        "veto_quorum: is more than there are vetoers: they could never block");

  CHECK(first_mistake(main_only({{"salt", std::string("12")}})) ==
        "salt: must be 64 hexadecimal digits");
  CHECK(first_mistake(main_only({{"path_floor", std::int64_t{1}},
                                 {"path_floor", std::int64_t{2}}})) == "path_floor: stands twice");

  const auto statement = [](std::vector<PolicyEntry> entries) {
    return first_mistake(read_policy({table(PolicyTableKind::kStatement, std::move(entries))}));
  };

  CHECK(statement({}) == "subject: is missing: whom the statement is about");
  CHECK(statement({{"subject", to_text(id(1))}, {"kind", std::string("accredit")}}) ==
        "kind: must be trust, distrust or end");
  CHECK(statement({{"subject", to_text(id(1))}, {"from", std::string("2026-02-29")}}) ==
        "from: must be a day as \"2026-05-04\"");
  CHECK(statement({{"subject", to_text(id(1))}, {"levels", Numbers{9}}}) ==
        "levels: must hold 1 to 8");
  CHECK(statement({{"subject", to_text(id(1))}, {"fields", Texts{"0699"}}})
            .find("would stand for all of 06") != std::string::npos);
}

TEST_CASE("an emptied list of a scope is a mistake, for without the list the scope is everything") {
  const std::string subject = to_text(id(1));
  for (const char* key : {"fields", "award_types", "purposes"}) {
    CAPTURE(key);
    CHECK(first_mistake(read_policy(
              {table(PolicyTableKind::kStatement, {{"subject", subject}, {key, Texts{}}})})) ==
          std::string(key) + ": is empty: leave it out to mean all");
    CHECK(first_mistake(read_policy({table(PolicyTableKind::kAccreditation, {{key, Texts{}}})})) ==
          std::string(key) + ": is empty: leave it out to mean all");
  }
  CHECK(first_mistake(read_policy(
            {table(PolicyTableKind::kStatement, {{"subject", subject}, {"levels", Numbers{}}})})) ==
        "levels: is empty: leave it out to mean all");
  CHECK(first_mistake(
            read_policy({table(PolicyTableKind::kAccreditation, {{"schemes", Texts{}}})})) ==
        "schemes: is empty: leave it out to mean all");

  // Lists that add to nothing may be empty, as the file of a node has them.
  CHECK(first_mistake(main_only({{"vetoers", Texts{}}, {"ceilings", Numbers{}}})).empty());
}

TEST_CASE("a quorum of vetoers that could never be reached is a mistake, also without vetoers") {
  CHECK(first_mistake(main_only({{"veto_quorum", std::int64_t{2}}})) ==
        "veto_quorum: is more than there are vetoers: they could never block");
  CHECK(first_mistake(main_only({{"veto_quorum", std::int64_t{1}}})).empty());
}

}  // namespace
}  // namespace testamur::trust
