// An import with a real node: fifty reports, and what verdicts say then.
#include "wallet/cli/flow/accreditation_import.h"

#include "tests/support/catch.h"
#include "tests/wallet/trust_fixture.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;
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
    text += "AAQ,R" + std::to_string(i) + ",programme review,2,1,2020-01-01,2069-12-31," + who +
            ",Programme " + std::to_string(i) + ",1,0613\n";
  }
  return text;
}

struct Importing {
  SpeakingLedger ledger{3};
  ImportRules rules{ledger.id(kAgency), {}, {"AAQ"}};
  IssuerProfile profile{ledger.nodes.chain(), ledger.id(kAgency), "Agency", ""};

  ImportPlan plan(const std::string& text, const std::vector<tx::SharedTransaction>& pending = {}) {
    const auto reading = read_reports(text).value();
    auto known = fetch_known_ledger(ledger.client, ledger.id(kAgency), reading, pending);
    INFO(known.message());
    REQUIRE(known.ok());
    return plan_import(reading, *known, rules);
  }
  Outcome sent(ImportPlan plan) {
    auto outcome = send_import(ledger.context, ledger.client, profile,
                               ledger.nodes.at(kAgency).govern, std::move(plan));
    ledger.settle();
    return outcome;
  }
  ExitCode send(ImportPlan plan) { return sent(std::move(plan)).exit(); }
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
  query.policy = PolicyNumbers{0, 0, 0, 120};
  auto answer = import.ledger.client.decide(query);
  REQUIRE(std::holds_alternative<DecisionAnswer>(answer));
  CHECK(std::get<DecisionAnswer>(answer).accredited_amount == 120);
  query.fields = {"0511"};
  answer = import.ledger.client.decide(query);
  CHECK(std::get<DecisionAnswer>(answer).accredited_amount == 0);
  // What a verdict says of something anchored after the import.
  const auto achievement = import.ledger.nodes.publish(1, 0);
  import.ledger.nodes.commit(0, import.ledger.nodes.batch(1, achievement, 0, 1));
  import.ledger.settle();
  auto checked = import.ledger.client.check(node::RunningNodes::commitment(1, 0), {});
  REQUIRE(std::holds_alternative<CheckAnswer>(checked));
  const Json at_anchor = std::get<CheckAnswer>(checked).shown.json()["slots"][0]["decisions"][0];
  CHECK(at_anchor["point"] == "at_anchor");
  CHECK(at_anchor["accredited_amount"] == 120);

  auto listed = import.ledger.client.institution_by_domain("school3.example");
  REQUIRE(std::holds_alternative<InstitutionAnswer>(listed));
  CHECK(std::get<InstitutionAnswer>(listed).institution_class == tx::InstitutionClass::kListed);
}

// One row that the ledger refuses blocked all others, at each run anew.
TEST_CASE("what the ledger's rules refuse is a refused row, and the others go on") {
  Importing import;
  auto plan = import.plan(reports(4));
  REQUIRE(plan.parties.size() == 3);
  REQUIRE(plan.accreditations.size() == 4);

  // Between the plan and the sending somebody else took the domain.
  const auto other = import.ledger.client.institution(import.ledger.id(1), false);
  plan.parties[0].facts.domain = std::get<InstitutionAnswer>(other).facts.domain;
  const auto outcome = import.sent(plan);
  CHECK(outcome.exit() == ExitCode::kFailure);
  REQUIRE(outcome.reply() != nullptr);
  const auto& json = outcome.reply()->json;
  CHECK(json["listed"].size() == 2);
  CHECK(json["statements"].size() == 3);
  REQUIRE(json["plan"]["refused"].size() == 2);
  CHECK(json["plan"]["refused"][0]["why"].get<std::string>().find("belongs to") !=
        std::string::npos);
  CHECK(json["plan"]["refused"][1]["why"] == "School 1 could not be listed");
  INFO(outcome.reply()->text);
  CHECK(outcome.reply()->text.find(
            "2 institutions and 3 accreditations are on the ledger; 2 of 7") != std::string::npos);

  // The next run has that row alone to send.
  const auto again = import.plan(reports(4));
  CHECK(again.parties.size() == 1);
  CHECK(again.accreditations.size() == 1);
  CHECK(again.already == 3);
}

TEST_CASE(
    "what would be refused of every row ends an import, and says what the command does next") {
  Importing import;
  import.profile.institution = import.ledger.id(1);  // no agency
  const auto plan = import.plan(reports(2));
  const auto outcome = send_import(import.ledger.context, import.ledger.client, import.profile,
                                   import.ledger.nodes.at(1).govern, plan);
  REQUIRE(outcome.failure() != nullptr);
  const auto& message = outcome.failure()->message;
  INFO(message);
  CHECK(
      message.find("Of 3 that were to be sent, 0 are on the ledger; when that is mended, the same "
                   "command sends the rest") != std::string::npos);

  import.ledger.nodes.stop(0);
  const auto silent = send_import(import.ledger.context, import.ledger.client, import.profile,
                                  import.ledger.nodes.at(1).govern, plan);
  CHECK(silent.exit() == ExitCode::kUnreachable);
}

// "Do not give the command again" and "the same command sends the rest" stood in one sentence.
TEST_CASE("what has no answer yet is not to be given again, and only what is left is") {
  node::RunningNodes nodes(2, {}, 1, 1);
  nodes.stop(1);  // no quorum: what is sent waits
  node::TemporaryDirectory home;
  const std::string endpoint = "127.0.0.1:" + std::to_string(nodes.at(0).node->api_port());
  Context context;
  context.home = home.path().string();
  context.endpoints = {endpoint};
  context.json = context.yes = context.quiet = true;
  context.timeout_ms = 100;
  Client client{ClientOptions{{endpoint}, 10'000, ""}};

  const auto agency = nodes.at(kAgency).id;
  const IssuerProfile profile{nodes.chain(), agency, "Agency", ""};
  const auto reading = read_reports(reports(2)).value();
  const auto known = fetch_known_ledger(client, agency, reading, {});
  REQUIRE(known.ok());
  auto plan = plan_import(reading, *known, {agency, {}, {"AAQ"}});
  REQUIRE(plan.parties.size() + plan.accreditations.size() == 3);

  const auto why = [&](const ImportPlan& of) {
    const auto outcome = send_import(context, client, profile, nodes.at(kAgency).govern, of);
    CHECK(outcome.exit() == ExitCode::kUnreachable);
    REQUIRE(outcome.failure() != nullptr);
    INFO(outcome.failure()->message);
    CHECK(outcome.failure()->message.find("do not give the command again") != std::string::npos);
    return outcome.failure()->message;
  };
  CHECK(
      why(plan).ends_with("Of 3 that were to be sent, 0 are on the ledger; once this one has "
                          "ended, the same command sends the other 2"));
  plan.accreditations.clear();
  CHECK(
      why(plan).ends_with("Of 1 that were to be sent, 0 are on the ledger; nothing else is left "
                          "to send"));
}

TEST_CASE("what an import signed and waits is not signed again, and keeps its slot") {
  Importing import;
  auto listing = import.plan(reports(1));
  listing.accreditations.clear();
  REQUIRE(import.send(listing) == ExitCode::kOk);

  const auto plan = import.plan(reports(1));
  REQUIRE(plan.accreditations.size() == 1);
  const auto& waiting = plan.accreditations.front();
  const auto built = std::get<tx::UnsignedTransaction>(
      tx::build(import.ledger.nodes.envelope(kAgency), waiting.content));
  const auto decoded = tx::decode(
      import.ledger.nodes.chain(),
      tx::attach_signed(built, KeyPurpose::kGovern, import.ledger.nodes.at(kAgency).govern));
  const std::vector<tx::SharedTransaction> pending{std::get<tx::SharedTransaction>(decoded)};

  const auto again = import.plan(reports(1), pending);
  CHECK(again.accreditations.empty());
  CHECK(again.already == 0);
  CHECK(again.waiting == 1);
  for (const auto& other : import.plan(reports(20), pending).accreditations)
    CHECK((other.subject != waiting.subject || other.content.slot != waiting.content.slot));
}

TEST_CASE("a website that was an institution's domain once is refused in the dry run") {
  Importing import;
  auto& ledger = import.ledger;
  auto facts = std::get<InstitutionAnswer>(ledger.client.institution(ledger.id(1), false)).facts;
  const auto former = facts.domain;
  facts.domain = "renamed.example";
  ledger.commit(1, KeyPurpose::kRoot,
                tx::build(ledger.nodes.envelope(1), tx::InstitutionUpdateContent{facts}));
  ledger.settle();

  const auto plan = import.plan(
      "agency,activity,status,decision,valid_from,institution[1].name_official,institution[1]."
      "country,institution[1].website_link\nAAQ,audit,2,1,2020-01-01,Another School,CH,https://" +
      former + "\n");
  CHECK(plan.parties.empty());
  REQUIRE(plan.refused.size() == 1);
  INFO(plan.refused[0].why);
  CHECK(plan.refused[0].column == "institution[1].website_link");
  CHECK(plan.refused[0].why.find("is a former domain of") != std::string::npos);
}

}  // namespace
}  // namespace testamur::wallet
