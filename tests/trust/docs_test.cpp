// The worked examples of docs/trust.md are what the engine says: each text stands in the page word
// for word.
#include "tests/support/catch.h"
#include "tests/support/shared.h"
#include "tests/trust/world.h"
#include "trust/explain.h"
#include "trust/presets.h"

namespace testamur::trust::test {
namespace {

const std::vector<std::string> kNames{"Karlstad", "Granada", "Graz", "Gdansk", "ANECA"};

std::string name_of(const InstitutionId& id) {
  for (const auto& name : kNames) {
    if (party_id(name) == id) return name;
  }
  return {};
}

World in_spring() {
  World w;
  w.time(1'767'225'600'000);  // 2026-01-01
  for (const auto& name : kNames) w.add(name, name == "ANECA");
  return w;
}

void check_page(const World& w, const Query& query) {
  const std::string text = to_text(explain(w.history, query, w.policy), name_of);
  std::string indented;
  std::string line;
  for (const char c : text) {
    line += c;
    if (c != '\n') continue;
    indented += "    " + line;
    line.clear();
  }
  const std::string page = testamur::test::read_file(testamur::test::source_file("docs/trust.md"));
  INFO(indented);
  CHECK(page.find(indented) != std::string::npos);
}

Query about_software(const World& w) {
  Query query = w.query("Karlstad", "Gdansk");
  query.point.fields = parse_field("0613").value();
  query.point.level = 7;
  query.point.award_type = AwardType::kMicrocredential;
  query.point.purpose = Purpose::kCredit;
  return query;
}

TEST_CASE("worked example 1: two friends of half the amount") {
  World w = in_spring();
  w.trust("Karlstad", "Granada", 60, 1);
  w.trust("Karlstad", "Graz", 60, 1);
  w.trust("Granada", "Gdansk");
  w.trust("Graz", "Gdansk");
  check_page(w, about_software(w));
}

TEST_CASE("worked example 2: one friend is not enough, and a field that it does not cover") {
  World w = in_spring();
  w.trust("Karlstad", "Granada", 120, 1);
  w.trust("Karlstad", "Graz", 60, 1);
  Statement narrow;
  narrow.amount = 120;
  narrow.scope.fields = parse_field("054").value();
  w.say("Granada", "Gdansk", narrow);
  check_page(w, about_software(w));
}

TEST_CASE("worked example 3: an accreditation that has lapsed") {
  World w = in_spring();
  w.policy = accredited_policy();

  w.trust("Karlstad", "Gdansk");
  w.trust("Karlstad", "ANECA", 120, 1);

  Statement given;
  given.kind = Kind::kAccredit;
  given.scheme = Scheme::kEsg;
  given.amount = 120;
  given.valid_from_ms = 1'577'836'800'000;   // 2020-01-01
  given.valid_until_ms = 1'772'323'200'000;  // 2026-03-01
  w.say("ANECA", "Gdansk", given);

  w.time(1'777'852'800'000).add("later");  // 2026-05-04
  check_page(w, about_software(w));
}

}  // namespace
}  // namespace testamur::trust::test
