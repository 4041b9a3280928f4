// An import with a real node: fifty reports, and what verdicts say then.
#include "wallet/cli/flow/accreditation_import.h"

#include "tests/support/catch.h"
#include "tests/wallet/trust_fixture.h"

namespace testamur::wallet {
namespace {

using test::SpeakingLedger;

constexpr std::size_t kAgency = 2;

std::string reports(std::size_t count) {
  std::string text =
      "agency,local_identifier,activity,status,decision,valid_from,valid_to,institution[1].name_"
      "official,"
      "institution[1].country,institution[1].website_link,programme[1].name_primary,programme[1]."
      "qf_ehea_level,"
      "programme[1].field_study\n";
  for (std::size_t i = 0; i < count; ++i) {
    // The first is about a university of the ledger, the others about ten that it lacks.
    const std::string who = i == 0 ? "University 1,AT,"
                                   : "School " + std::to_string(i % 10) + ",CH,school" +
                                         std::to_string(i % 10) + ".example";
    text += "AAQ,R" + std::to_string(i) + ",programme review,2,1,2020-01-01,2099-12-31," + who +
            ",Programme " + std::to_string(i) + ",1,0613\n";
  }
  return text;
}

struct Importing {
  SpeakingLedger ledger{3};
  ImportRules rules{ledger.id(kAgency), {}, {"AAQ"}};
  IssuerProfile profile{ledger.nodes.chain(), ledger.id(kAgency), "Agency", ""};

  ImportPlan plan(const std::string& text) {
    auto known = fetch_known_ledger(ledger.client, ledger.id(kAgency));
    INFO(known.message());
    REQUIRE(known.ok());
    return plan_import(read_reports(text).value(), *known, rules);
  }
  ExitCode send(ImportPlan plan) {
    const auto code = send_import(ledger.context, ledger.client, profile,
                                  ledger.nodes.at(kAgency).govern, std::move(plan))
                          .exit();
    ledger.settle();
    return code;
  }
};

TEST_CASE(
    "fifty reports are imported once, list who is missing, and count as accreditation from then "
    "on") {
  Importing import;
  import.ledger.trust(0, kAgency, 120, 1);
  import.ledger.settle();
  const auto plan = import.plan(reports(50));
  CHECK(plan.refused.empty());
  CHECK(plan.parties.size() == 10);
  REQUIRE(plan.accreditations.size() == 50);
  for (const auto& each : plan.accreditations) CHECK(each.retroactive);
  CHECK(import.send(plan) == ExitCode::kOk);

  const auto again = import.plan(reports(50));
  CHECK(again.parties.empty());
  CHECK(again.accreditations.empty());
  CHECK(again.already == 50);
  CHECK(import.plan(reports(51)).accreditations.size() == 1);

  DecideQuery query;
  query.issuer = import.ledger.id(1);
  query.fields = {"0613"};
  query.levels = {6};
  query.policy = Json{{"required_accreditation", 120}};
  auto answer = import.ledger.client.decide(query);
  REQUIRE(std::holds_alternative<Json>(answer));
  CHECK(std::get<Json>(answer)["decision"]["accredited_amount"] == 120);
  query.fields = {"0511"};
  answer = import.ledger.client.decide(query);
  CHECK(std::get<Json>(answer)["decision"]["accredited_amount"] == 0);
  // What a verdict says of something anchored after the import.
  const auto achievement = import.ledger.nodes.publish(1, 0);
  import.ledger.nodes.commit(0, import.ledger.nodes.batch(1, achievement, 0, 1));
  import.ledger.settle();
  auto checked = import.ledger.client.check(node::RunningNodes::commitment(1, 0), {});
  REQUIRE(std::holds_alternative<CheckAnswer>(checked));
  const Json at_anchor = std::get<CheckAnswer>(checked).shown["slots"][0]["decisions"][0];
  CHECK(at_anchor["point"] == "at_anchor");
  CHECK(at_anchor["accredited_amount"] == 120);

  auto listed = import.ledger.client.institution_by_domain("school3.example");
  REQUIRE(std::holds_alternative<Json>(listed));
  CHECK(std::get<Json>(listed)["institution"]["institution_class"] == "listed");
}

}  // namespace
}  // namespace testamur::wallet
