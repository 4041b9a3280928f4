// What an import would send, against what the ledger says already.
#include "wallet/accreditation/plan.h"

#include "tests/support/catch.h"
#include "tests/support/shared.h"
#include "wallet/credential/csv.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

constexpr std::uint64_t kNow = 1'767'225'600'000;  // 2026-01-01

InstitutionId id_of(std::uint8_t number) {
  InstitutionId id;
  id.bytes.fill(number);
  return id;
}

KnownParty party(std::uint8_t number, const std::string& name, const std::string& deqar = "") {
  KnownParty known;
  known.id = id_of(number);
  known.facts.legal_names = {{"en", name}};
  known.facts.country = "CH";
  known.facts.domain = "u" + std::to_string(number) + ".example";
  known.facts.deqar = deqar;
  return known;
}

struct Import {
  KnownLedger known{
      {party(1, "Agency"), party(2, "Uni Two", "DEQARINST0002"), party(3, "Uni Three")}, {}, kNow};
  ImportRules rules{id_of(1), {}, {"AAQ"}};

  ImportPlan plan(const std::string& rows, const std::string& further_columns = "") const {
    auto reading = read_reports(
        "agency,activity,status,decision,valid_from,valid_to,institution[1].deqar_id,institution[1]"
        ".name_official,"
        "institution[1].country,institution[1].website_link,programme[1].name_primary,programme[1]."
        "qf_ehea_level,"
        "programme[1].field_study" +
        further_columns + "\n" + rows);
    INFO(reading.message());
    REQUIRE(reading.ok());
    return plan_import(*reading, known, rules);
  }
  // The accreditations of a plan, as if they had been sent.
  void commit(const ImportPlan& plan) {
    for (const auto& each : plan.accreditations) {
      const auto until_ms = each.content.valid_until_ms;
      known.accreditations.push_back({each.subject.value_or(id_of(9)), each.content.slot,
                                      until_ms == 0 ? trust::kOpenEnd : until_ms,
                                      each.content.scope, each.content.evidence_digest});
      known.accreditations.back().amount = each.content.amount;
      known.accreditations.back().statement = "tmx1said";
    }
  }
};

constexpr const char* kKnown =
    "AAQ,audit,1,1,2020-01-01,2026-12-31,DEQARINST0002,,,,Logic,1,0613\n";
constexpr const char* kByName = "AAQ,audit,1,2,2026-02-01,2027-12-31,,Uni Three,CH,,,,\n";
constexpr const char* kNew =
    "AAQ,audit,2,1,2020-01-01,,,Uni New,CH,https://www.new.example/en,,,\n";

TEST_CASE(
    "an institution is found by its register id or by name and country; one the ledger lacks is "
    "listed once") {
  Import import;
  const auto plan = import.plan(std::string(kKnown) + kByName + kNew +
                                "AAQ,audit,2,1,2021-01-01,,,Uni New,CH,,,,\n");

  CHECK(plan.refused.empty());
  REQUIRE(plan.parties.size() == 1);
  CHECK(plan.parties[0].row == 4);
  CHECK(plan.parties[0].facts.domain == "new.example");
  CHECK(plan.parties[0].facts.legal_names == tx::LocalizedTexts{{"und", "Uni New"}});

  REQUIRE(plan.accreditations.size() == 4);
  CHECK(plan.accreditations[0].content.subject == id_of(2));
  CHECK(plan.accreditations[1].content.subject == id_of(3));
  CHECK_FALSE(plan.accreditations[2].subject.has_value());
  CHECK(plan.accreditations[3].listed == 0);

  // Two slots of one new institution: the second row must not list it again.
  CHECK(plan.accreditations[2].content.slot == 0);
  CHECK(plan.accreditations[3].content.slot == 1);

  // Six years are ours, and are said to be.
  CHECK(plan.accreditations[2].ends_open);
  CHECK_FALSE(plan.accreditations[0].ends_open);
}

TEST_CASE("scope, period, amount, digest and what reaches back follow from the report") {
  Import import;
  const auto plan = import.plan(std::string(kKnown) + kByName);

  const auto& programme = plan.accreditations.at(0);
  CHECK(programme.programme == "Logic");
  CHECK(programme.retroactive);
  CHECK(programme.content.kind == tx::StatementKind::kAccredit);
  CHECK(programme.content.accreditation);
  CHECK(programme.content.scope.fields == trust::parse_field("0613").value());
  CHECK(programme.content.scope.levels == std::uint8_t{1U << 5});
  CHECK_FALSE(programme.content.scope.award_types.has_value());
  CHECK(programme.content.amount == 120);
  CHECK_FALSE(programme.content.evidence_digest.is_zero());
  CHECK_FALSE(tx::form_error(programme.content, import.rules.author).has_value());

  const auto& whole = plan.accreditations.at(1);
  CHECK(whole.content.amount == 60);  // with conditions
  CHECK(whole.content.scope == trust::Scope{});
  CHECK_FALSE(whole.retroactive);
}

TEST_CASE("importing the same rows again sends nothing, in whatever order they come") {
  Import import;
  const auto first = import.plan(std::string(kKnown) + kByName);
  import.commit(first);
  const auto second = import.plan(std::string(kByName) + kKnown + kKnown);
  CHECK(second.accreditations.empty());
  CHECK(second.already == 3);
  const auto changed =
      import.plan("AAQ,audit,1,1,2020-01-01,2027-12-31,DEQARINST0002,,,,Logic,1,0613\n");
  REQUIRE(changed.accreditations.size() == 1);
  CHECK(changed.accreditations[0].content.slot == 1);
}

// Its slots were used up for good: after 4,096 reports of one institution there was none left.
TEST_CASE("a slot is taken again once its accreditation is over, and never before") {
  constexpr std::uint64_t k2019 = 1'546'300'800'000;
  constexpr std::uint64_t k2020 = 1'577'836'800'000;
  const auto refused_or_slot = [](std::uint64_t over_ms, const std::string& rows) {
    Import import;
    import.known.slots_limit = 2;
    import.known.accreditations = {{id_of(2), 0, trust::kOpenEnd, {}, {}},
                                   {id_of(2), 1, k2019, {}, {}},
                                   {id_of(2), 1, over_ms, {}, {}}};
    return import.plan(rows);
  };
  const std::string from_2020 = kKnown;

  // Over when the report's own begins: the lowest such slot, and then not once more.
  const auto plan = refused_or_slot(k2020, from_2020);
  REQUIRE(plan.accreditations.size() == 1);
  CHECK(plan.accreditations[0].content.slot == 1);
  const auto two =
      refused_or_slot(k2020, from_2020 + "AAQ,audit,2,1,2021-01-01,,DEQARINST0002,,,,Art,1,0213\n");
  CHECK(two.accreditations.size() == 1);
  REQUIRE(two.refused.size() == 1);
  CHECK(two.refused[0].why.starts_with("all 2 accreditations"));

  // One that is over today, but was not yet when the report's begins: it would take its place then.
  CHECK(refused_or_slot(k2020 + 1, from_2020).accreditations.empty());

  // One that is in force today and will be over by then.
  const std::string from_2030 =
      "AAQ,audit,1,1,2030-01-01,2031-12-31,DEQARINST0002,,,,Logic,1,0613\n";
  CHECK(refused_or_slot(kNow + 1, from_2030).accreditations.empty());
  CHECK(refused_or_slot(kNow, from_2030).accreditations.size() == 1);

  // Another institution has slots of its own, and one that was never taken comes first.
  Import import;
  import.known.accreditations = {{id_of(2), 0, k2019, {}, {}}, {id_of(3), 1, k2019, {}, {}}};
  CHECK(import.plan(from_2020).accreditations.at(0).content.slot == 1);
}

TEST_CASE(
    "a report that stands by the digest of its cells, as ledgers of old have it, is not accredited "
    "again") {
  Import import;
  const auto plan = import.plan(kKnown);

  const auto reading = read_reports(
      "agency,activity,status,decision,valid_from,valid_to,institution[1].deqar_id,programme[1]."
      "name_primary,"
      "programme[1].qf_ehea_level,programme[1].field_study\n"
      "AAQ,audit,1,1,2020-01-01,2026-12-31,DEQARINST0002,Logic,1,0613\n");

  import.known.accreditations.push_back({id_of(2), 0, trust::kOpenEnd,
                                         plan.accreditations.at(0).content.scope,
                                         reading->reports.at(0).cells_digest});
  CHECK(import.plan(kKnown).accreditations.empty());
  CHECK(import.plan(kKnown).already == 1);
}

TEST_CASE("spellings of a country, a name or a number of the register mean one institution") {
  Import import;
  const auto plan = import.plan(
      "AAQ,audit,2,1,2024-01-15,,,Sampleton University,UK,https://www.sampleton.example/,,,\n"
      "AAQ,audit,2,1,2024-02-15,,,Sampleton University,GB,https://www.sampleton.example/,,,\n"
      "AAQ,audit,2,1,2024-03-15,,,SAMPLETON  UNIVERSITY,United "
      "Kingdom,https://www.sampleton.example/,,,\n"
      "AAQ,audit,2,1,2024-01-15,,,University of Testos,EL,https://testos.example,,,\n"
      "AAQ,audit,2,1,2024-02-15,,,University of Testos,GR,https://testos.example,,,\n"
      "AAQ,audit,2,1,2024-01-15,,9001,Newton College,FR,WWW.Newton.Example:443/home,,,\n"
      "AAQ,audit,2,1,2024-02-15,,deqarinst9001,Newton,FR,https://paris.newton.example,,,\n"
      "AAQ,audit,2,1,2024-03-15,, DEQARINST9001,,,eighth.example.,,,\n"
      "AAQ,audit,2,1,2024-04-15,,2,,,,,,\n");

  for (const auto& each : plan.refused)
    UNSCOPED_INFO(each.row << " " << each.column << ": " << each.why);
  CHECK(plan.refused.empty());
  REQUIRE(plan.parties.size() == 3);
  CHECK(plan.parties[0].facts.country == "GB");
  CHECK(plan.parties[1].facts.country == "GR");
  CHECK(plan.parties[2].facts.domain == "newton.example");
  CHECK(plan.parties[2].facts.deqar == "DEQARINST9001");

  CHECK(plan.accreditations.size() == 9);
  CHECK(plan.accreditations.back().subject == id_of(2));
}

TEST_CASE(
    "one report in other words is sent once, and a changed one is announced as a replacement") {
  Import import;
  const auto twice = import.plan(
      std::string(kKnown) +
      "AAQ, audit ,part of obligatory eqa system,positive,2020-01-01,2026-12-31,2,,,,Logic,"
      "first cycle,0613\n");
  CHECK(twice.accreditations.size() == 1);
  CHECK(twice.repeated == 1);
  CHECK(twice.already == 0);  // nothing is on the ledger

  const std::string header =
      "agency,local_identifier,activity,status,decision,valid_from,link,institution[1].deqar_id\n";
  const auto reading =
      read_reports(header + "AAQ,R-1,audit,1,2,2020-01-01,https://a.example/r,2\n" +
                   "AAQ,R-1,audit,1,1,2020-01-01,https://a.example/r,2\n");
  const auto plan = plan_import(*reading, import.known, import.rules);
  REQUIRE(plan.accreditations.size() == 2);
  CHECK(plan.accreditations[0].replaces.empty());
  CHECK(plan.accreditations[1].replaces == "row 2");
  import.known.accreditations.push_back(
      {id_of(2), 0, trust::kOpenEnd, {}, {}, "https://a.example/r", "tmx1old"});
  CHECK(plan_import(*reading, import.known, import.rules)
            .accreditations[0]
            .replaces.starts_with("tmx1old"));
}

TEST_CASE("rows that cannot be sent are refused by name, and nothing of them is") {
  Import import;
  const auto refused = [&](const std::string& row, const std::string& column,
                           const std::string& why) {
    CAPTURE(row);
    const auto plan = import.plan(row);
    CHECK(plan.accreditations.empty());
    CHECK(plan.parties.empty());
    REQUIRE(plan.refused.size() == 1);
    CHECK(plan.refused[0].row == 2);
    CHECK(plan.refused[0].column == column);
    CHECK(plan.refused[0].why.find(why) != std::string::npos);
  };

  refused("EVA,audit,1,1,2020-01-01,,DEQARINST0002,,,,,,\n", "agency", "another agency");
  refused("AAQ,audit,1,3,2020-01-01,,DEQARINST0002,,,,,,\n", "decision", "negative");
  refused("AAQ,audit,1,4,2020-01-01,,DEQARINST0002,,,,,,\n", "decision", "not applicable");

  refused("AAQ,audit,1,1,2020-01-01,,DEQARINST0099,,,,,,\n", "institution[1].name_official",
          "does not know");
  refused("AAQ,audit,1,1,2020-01-01,,,Uni New,CH,,,,\n", "institution[1].website_link", "website");
  refused("AAQ,audit,1,1,2020-01-01,,,Uni New,Nowhere,https://new.example,,,\n",
          "institution[1].country", "\"Nowhere\" is no country of ISO 3166-1");
  refused("AAQ,audit,1,1,2020-01-01,,,Uni New,CH,https://user@new.example/,,,\n",
          "institution[1].website_link", "names a user");
  refused("AAQ,audit,1,1,2020-01-01,,,Uni New,CH,https://192.0.2.7/,,,\n",
          "institution[1].website_link", "an address in numbers");
  refused("AAQ,audit,1,1,2020-01-01,,,Uni New,CH,https://uni.github.io/,,,\n",
          "institution[1].website_link", "many share");
  refused("AAQ,audit,1,1,2020-01-01,,,Uni New,CH,https://www.k\u00F6ln.example/de,,,\n",
          "institution[1].website_link", "letters beyond ASCII");
  refused("AAQ,audit,1,1,2020-01-01,,,Agency,CH,,,,\n", "institution[1]", "accredits itself");
  refused("AAQ,audit,1,1,2020-01-01,,,Uni Second,CH,http://www.u2.example/,,,\n",
          "institution[1].website_link", "Uni Two");

  import.rules.author_parent = id_of(3);
  refused("AAQ,audit,1,1,2020-01-01,,,Uni Three,CH,,,,\n", "institution[1]", "its parent");
  import.known.parties.push_back(party(4, "Uni Two"));
  import.known.parties[1].facts.deqar = "";
  refused("AAQ,audit,1,1,2020-01-01,,,Uni Two,CH,,,,\n", "institution[1]", "any of 2");
}

bool has_notice(const ImportPlan& plan, const std::string& part) {
  for (const auto& notice : plan.notices) UNSCOPED_INFO(notice);
  return std::ranges::any_of(
      plan.notices, [&](const auto& notice) { return notice.find(part) != std::string::npos; });
}

TEST_CASE("what was ended is not counted as standing, and is not sent again in silence") {
  Import import;
  import.commit(import.plan(kKnown));
  CHECK(import.plan(kKnown).already == 1);
  CHECK(import.plan(kKnown).notices.empty());

  import.known.accreditations.back().ended = true;
  const auto plan = import.plan(kKnown);
  CHECK(plan.already == 0);
  CHECK(plan.ended == 1);
  CHECK(plan.accreditations.empty());
  CHECK(has_notice(plan, "row 2: was accredited by tmx1said, which was ended since"));

  // Granted again since: that one counts.
  import.known.accreditations.push_back(import.known.accreditations.back());
  import.known.accreditations.back().ended = false;
  CHECK(import.plan(kKnown).already == 1);
  std::swap(import.known.accreditations[0], import.known.accreditations[1]);
  CHECK(import.plan(kKnown).already == 1);
}

TEST_CASE("an amount that changes nothing of what stands is said") {
  Import import;
  import.commit(import.plan(kKnown));
  import.rules.amount = 80;
  CHECK(has_notice(import.plan(kKnown), "stands with amount 120, and not 80"));
}

// Both rows were read by themselves, and the positive one was sent.
TEST_CASE(
    "a report that the same file calls negative is not accredited, and what stands is named") {
  Import import;
  const auto row = [](const char* decision, const char* from) {
    return "AAQ,audit,1," + std::string(decision) + "," + from +
           ",2027-12-31,DEQARINST0002,,,,,,,https://aaq.example/7\n";
  };
  const auto plan = import.plan(row("1", "2020-01-01") + row("3", "2026-01-01"), ",link[1]");
  CHECK(plan.accreditations.empty());
  REQUIRE(plan.refused.size() == 2);
  CHECK(plan.refused[0].why.find("contradicts row 3") != std::string::npos);

  import.commit(import.plan(row("1", "2020-01-01"), ",link[1]"));
  import.known.accreditations.back().report_url = "https://aaq.example/7";
  const auto later = import.plan(row("3", "2026-01-01"), ",link[1]");
  REQUIRE(later.refused.size() == 1);
  CHECK(later.refused[0].why.find("--statement tmx1said") != std::string::npos);
}

TEST_CASE("a smaller amount within what stands is refused, and what waits is no ledger's") {
  Import import;
  import.commit(import.plan("AAQ,audit,1,1,2020-01-01,2027-12-31,DEQARINST0002,,,,,,\n"));
  const auto within =
      import.plan("AAQ,audit,1,2,2026-02-01,2027-01-31,DEQARINST0002,,,,Logic,1,0613\n");
  CHECK(within.accreditations.empty());
  REQUIRE(within.refused.size() == 1);
  CHECK(within.refused[0].why.find("does not count while tmx1said stands with 120") !=
        std::string::npos);
  // It holds longer, so that it will count.
  CHECK(import.plan("AAQ,audit,1,2,2026-02-01,2028-01-31,DEQARINST0002,,,,Logic,1,0613\n")
            .accreditations.size() == 1);

  import.known.accreditations.back().waits = true;
  const auto again = import.plan("AAQ,audit,1,1,2020-01-01,2027-12-31,DEQARINST0002,,,,,,\n");
  CHECK(again.already == 0);
  CHECK(again.waiting == 1);
}

// It was sent as a second statement, which took a slot and changed nothing.
TEST_CASE("a row that says what stands already by another report is left out, and that is said") {
  Import import;
  const auto row = [](const char* until, const char* more = ",,") {
    return std::string("AAQ,audit,1,1,2020-01-01,") + until + ",DEQARINST0002,,,," + more + "\n";
  };
  import.commit(import.plan(row("2027-12-31")));
  import.known.accreditations.back().digest = Hash256{};
  import.known.accreditations.back().statement = "tmx1first";
  for (const char* until : {"2027-12-31", "2027-06-30"}) {
    const auto plan = import.plan(row(until));
    CHECK(plan.accreditations.empty());
    CHECK(plan.already == 1);
    CHECK(plan.refused.empty());
    CHECK(has_notice(plan, "row 2: is left out: tmx1first, which stands, says the same"));
  }
  // Longer, of another scope, by another scheme, or beside what has ended: something new.
  CHECK(import.plan(row("2028-12-31")).accreditations.size() == 1);
  CHECK(import.plan(row("2027-12-31", "Logic,1,0613")).accreditations.size() == 1);
  import.known.accreditations.back().scheme = trust::Scheme::kEqavet;
  CHECK(import.plan(row("2027-12-31")).accreditations.size() == 1);
  import.known.accreditations.back().scheme.reset();
  import.known.accreditations.back().waits = true;
  CHECK(import.plan(row("2027-12-31")).waiting == 1);

  // Of programmes the ledger knows no names, and within a file both reports are there to be seen:
  // they are sent, and said to count once.
  const Import fresh;
  const auto twice = fresh.plan(row("2027-12-31") + row("2027-06-30"));
  CHECK(twice.accreditations.size() == 2);
  CHECK(has_notice(twice, "row 3: row 2 says the same for all of its days"));
  Import programmes;
  programmes.commit(programmes.plan(row("2027-12-31", "Logic,1,0613")));
  const auto other = programmes.plan(row("2027-06-30", "Proofs,1,0613"));
  CHECK(other.accreditations.size() == 1);
  CHECK(has_notice(other, "it counts once. Is it another programme?"));
}

TEST_CASE("what stands with less beside a new accreditation is named, with how to end it") {
  Import import;
  import.commit(import.plan("AAQ,audit,1,2,2024-01-01,2028-12-31,DEQARINST0002,,,,,,\n"));
  import.known.accreditations.back().statement = "tmx1small";
  const auto plan = import.plan("AAQ,audit,1,1,2025-01-01,2029-12-31,DEQARINST0002,,,,,,\n");
  CHECK(plan.accreditations.size() == 1);
  CHECK(has_notice(plan,
                   "row 2: tmx1small stands with 60 within it and goes on: the larger amount, "
                   "120, counts while both hold"));
  CHECK(has_notice(plan, "--statement tmx1small"));
  import.known.accreditations.back().over_ms = kNow;
  CHECK_FALSE(has_notice(import.plan("AAQ,audit,1,1,2025-01-01,2029-12-31,DEQARINST0002,,,,,,\n"),
                         "tmx1small"));
}

// Of three larger ones the first was named, and withdrawing that changed nothing.
TEST_CASE(
    "all that outweigh a row are named, also beside the later word of its own report, which is "
    "sent") {
  Import import;
  import.commit(import.plan("AAQ,audit,1,1,2020-01-01,2029-12-31,DEQARINST0002,,,,,,\n"));
  import.known.accreditations.back().statement = "tmx1a";
  import.known.accreditations.push_back(import.known.accreditations.back());
  import.known.accreditations.back().statement = "tmx1b";
  import.known.accreditations.back().amount = 100;
  const std::string row = "AAQ,audit,1,2,2026-01-01,2028-12-31,DEQARINST0002,,,,,,";
  const auto plan = import.plan(row + "\n");
  REQUIRE(plan.refused.size() == 1);
  const auto& why = plan.refused[0].why;
  INFO(why);
  CHECK(why.find("while tmx1a stands with 120 and tmx1b with 100 for all of it") !=
        std::string::npos);
  CHECK(why.find("--statement tmx1a --statement tmx1b") != std::string::npos);

  // A report that has changed counts as little beside its earlier word, and counts once that ends.
  import.known.accreditations.front().report_url = "https://a.example/r";
  const auto linked = row + ",https://a.example/r\n";
  const auto changed = import.plan(linked, ",link");
  CHECK(changed.refused.empty());
  REQUIRE(changed.accreditations.size() == 1);
  CHECK_FALSE(changed.accreditations[0].replaces.empty());
  REQUIRE_FALSE(changed.notices.empty());
  CHECK(changed.notices.back().find("does not count while tmx1a") != std::string::npos);
  CHECK(changed.notices.back().find("then grant") == std::string::npos);
}

// Its last day was moved to an earlier one, and the import said that nothing would change.
TEST_CASE("a report that says less than before is sent, with the command that makes it count") {
  Import import;
  const auto row = [](const char* until, const char* more = ",,") {
    return std::string("AAQ,audit,1,1,2020-01-01,") + until + ",DEQARINST0002,,,," + more +
           ",https://a.example/r\n";
  };
  const auto commit = [&](const std::string& rows) {
    import.commit(import.plan(rows, ",link"));
    import.known.accreditations.back().from_ms = 1'577'836'800'000;  // 2020-01-01
    import.known.accreditations.back().report_url = "https://a.example/r";
  };
  const auto why = [&](const std::string& rows) {
    const auto plan = import.plan(rows, ",link");
    CHECK(plan.already == 0);
    CHECK(plan.refused.empty());
    REQUIRE(plan.accreditations.size() == 1);
    CHECK(plan.accreditations[0].replaces.find("tmx1said") != std::string::npos);
    REQUIRE_FALSE(plan.notices.empty());
    UNSCOPED_INFO(plan.notices.back());
    return plan.notices.back();
  };
  const std::string withdraw =
      "testamur accreditation withdraw " + to_text(id_of(2)) + " --statement tmx1said --from ";
  commit(row("2031-12-31"));
  CHECK(why(row("2027-12-31")).find(withdraw + "2028-01-01") != std::string::npos);
  CHECK(why(row("2025-06-30")).find(withdraw + "2025-07-01") != std::string::npos);
  CHECK(why(row("2031-12-31", "Logic,1,0613")).find(withdraw + "2026-01-01") != std::string::npos);

  // What is said longer has an effect, and after the command that was named the row is right.
  CHECK(import.plan(row("2033-12-31"), ",link").accreditations.size() == 1);
  import.known.accreditations.back().ended = true;
  import.known.accreditations.back().over_ms = 1'830'297'600'000;  // 2028-01-01
  const auto after = import.plan(row("2027-12-31"), ",link");
  CHECK(after.refused.empty());
  CHECK(after.already == 1);
}

// The other one had the address by copy and paste, and was named first.
TEST_CASE("a negative row names what stands of its own institution, by name") {
  Import import;
  import.commit(import.plan("AAQ,audit,1,1,2020-01-01,2027-12-31,,Uni Three,CH,,,,\n"));
  import.known.accreditations.back().report_url = "https://a.example/r";
  import.known.accreditations.back().statement = "tmx1other";
  import.commit(import.plan("AAQ,audit,1,1,2020-01-01,2027-12-31,DEQARINST0002,,,,,,\n"));
  import.known.accreditations.back().report_url = "https://a.example/r";
  const auto plan = import.plan(
      "AAQ,audit,1,3,2026-01-01,2027-12-31,DEQARINST0002,,,,,,,https://a.example/r\n", ",link");
  REQUIRE(plan.refused.size() == 1);
  const auto& why = plan.refused[0].why;
  INFO(why);
  CHECK(why.find("by this address stands, of Uni Two") != std::string::npos);
  CHECK(why.find("--statement tmx1said") != std::string::npos);
  CHECK(why.find("tmx1other") == std::string::npos);
}

TEST_CASE("one address of two institutions by two reports is asked about before it is sent") {
  const Import import;
  const auto questions = [&](const char* first, const char* second) {
    return import
        .plan(std::string("AAQ,audit,1,1,2020-01-01,2027-12-31,DEQARINST0002,,,,,,,") + first +
                  ",https://a.example/r\nAAQ,audit,1,1,2020-01-01,2027-12-31,,Uni Three,CH,,,,," +
                  second + ",https://a.example/r/\n",
              ",report_id,link")
        .questions;
  };
  REQUIRE(questions("7", "8").size() == 1);
  CHECK(questions("7", "8")[0].find("is the address of the report") != std::string::npos);
  CHECK(questions("7", "7").empty());
}

// "Universit?t Graz" is an institution of the ledger for good.
TEST_CASE("a name that an export broke, or that is none, is asked about before it is listed") {
  const Import import;
  const auto asked = [&](const std::string& name) {
    const auto plan = import.plan("AAQ,audit,1,1,2022-01-01,2028-01-01,,\"" + name +
                                  "\",CH,https://other.example,,,\n");
    INFO(name);
    // What the ledger would not take is refused before.
    return !plan.questions.empty() || plan.parties.empty();
  };
  for (const std::string odd :
       {"Universit?t Graz", "Universit\xef\xbf\xbdt Graz", "Universit\xe2\x80\xa6t", "123",
        "2026/7", "xxx", "Test", "Summe", "Total: 12", "see row above", "siehe oben", "ditto"})
    CHECK(asked(odd));
  for (const std::string good : {"Universit\xc3\xa4t Graz", "Paris 8", "42 School",
                                 "University of Seoul", "Total University",
                                 "\xc2\xab"
                                 "Aleko\xc2\xbb Academy",
                                 "Seeland College"})
    CHECK_FALSE(asked(good));
}

// Withdrawn for fraud, and back by the next import, because one cell was another one.
TEST_CASE(
    "what was withdrawn does not come back in other words, and another report is asked about") {
  Import import;
  const auto row = [](const char* until, const char* link) {
    return std::string("AAQ,audit,1,1,2020-01-01,") + until + ",DEQARINST0002,,,,,,," + link + "\n";
  };
  import.commit(import.plan(row("2027-12-31", "https://aaq.example/7"), ",link"));
  import.known.accreditations.back().report_url = "https://aaq.example/7";
  import.known.accreditations.back().ended = true;
  const auto again = import.plan(row("2028-12-31", "https://aaq.example/7"), ",link");
  CHECK(again.accreditations.empty());
  REQUIRE(again.refused.size() == 1);
  CHECK(again.refused[0].why.find("by tmx1said, which was ended since") != std::string::npos);

  const auto other = import.plan(row("2028-12-31", "https://aaq.example/8"), ",link");
  CHECK(other.accreditations.size() == 1);
  CHECK(has_notice(other, "was ended by the agency: does this report come after that?"));
}

// In two files the second was refused; in one both were sent, and only the larger one counts.
TEST_CASE("of two decisions on the same in one file none is lost without a word") {
  const Import import;
  const auto row = [](const char* decision, const char* from, const char* until) {
    return std::string("AAQ,audit,1,") + decision + "," + from + "," + until +
           ",DEQARINST0002,,,,,,\n";
  };
  const auto smaller =
      import.plan(row("1", "2022-01-01", "2028-01-01") + row("2", "2026-01-01", "2028-01-01"));
  CHECK(smaller.accreditations.size() == 1);
  REQUIRE(smaller.refused.size() == 1);
  CHECK(smaller.refused[0].why.find("does not count beside row 2 of this file") !=
        std::string::npos);

  const auto negative =
      import.plan(row("1", "2022-01-01", "2028-01-01") + row("3", "2026-01-01", "2028-01-01"));
  CHECK(negative.accreditations.empty());
  REQUIRE(negative.refused.size() == 2);
  CHECK(negative.refused[0].why.find("contradicts row 3") != std::string::npos);

  // Of one programme, which says nothing of the whole.
  CHECK(import
            .plan(row("1", "2022-01-01", "2028-01-01") +
                  "AAQ,audit,1,3,2026-01-01,2028-01-01,DEQARINST0002,,,,Logic,1,0613\n")
            .accreditations.size() == 1);
}

TEST_CASE("an activity of a programme that names none accredits nobody") {
  const Import import;
  for (const std::string activity :
       {"programme evaluation", "Study Program: MSc", "degree review"}) {
    const auto plan =
        import.plan("AAQ," + activity + ",1,1,2022-01-01,2028-01-01,DEQARINST0002,,,,,,\n");
    CHECK(plan.accreditations.empty());
    REQUIRE(plan.refused.size() == 1);
    CHECK(plan.refused[0].why.find("the whole institution would be accredited") !=
          std::string::npos);
  }
  CHECK(import
            .plan("AAQ,institutional and programme audit,1,1,2022-01-01,2028-01-01,"
                  "DEQARINST0002,,,,,,\n")
            .accreditations.size() == 1);
}

TEST_CASE("a website below that of a listed institution is asked about") {
  const Import import;
  const auto plan = import.plan(
      "AAQ,audit,1,1,2022-01-01,2028-01-01,,The Second University,CH,https://www2.u2.example,,,\n");
  CHECK(plan.parties.size() == 1);
  CHECK(has_notice(plan, "the website www2.u2.example lies below u2.example, that of Uni Two"));
  REQUIRE(plan.questions.size() == 1);
}

TEST_CASE("a name that differs from a listed one by a letter is asked about") {
  Import import;
  import.known.parties.push_back(party(4, "University of Geneva"));
  for (const std::string name : {"Univeristy of Geneva", "University of Genevva",
                                 "Universty of Geneva", "University of Genevo"}) {
    const auto plan = import.plan("AAQ,audit,1,1,2022-01-01,2028-01-01,," + name +
                                  ",CH,https://other.example,,,\n");
    CHECK(plan.parties.size() == 1);
    CHECK(has_notice(plan, "is by a letter that of University of Geneva"));
    REQUIRE(plan.questions.size() == 1);
    CHECK(has_notice(plan, plan.questions[0]));
  }
  const auto plan = import.plan(
      "AAQ,audit,1,1,2022-01-01,2028-01-01,,University of Genoa,CH,https://other.example,,,\n");
  CHECK_FALSE(has_notice(plan, "by a letter"));
  CHECK(plan.questions.empty());

  // Nobody is asked about what is refused anyway.
  CHECK(import.plan("AAQ,audit,1,1,2022-01-01,2028-01-01,,Universty of Geneva,CH,,,,\n")
            .questions.empty());
}

// 2924-01-01 to 2931-12-31 was sent without a word.
TEST_CASE(
    "a row whose days are more than 50 years from the ledger's today is refused by the year") {
  const Import import;
  const auto refused = [&](const std::string& from, const std::string& to) {
    const auto plan = import.plan("AAQ,audit,1,1," + from + "," + to + ",DEQARINST0002,,,,,,\n");
    CHECK(plan.accreditations.empty());
    REQUIRE(plan.refused.size() == 1);
    return plan.refused[0].column + ": " + plan.refused[0].why;
  };
  CHECK(refused("2924-01-01", "2931-12-31")
            .starts_with("valid_from: 2924 is 898 years from now: is the year right?"));
  CHECK(refused("2924-01-01", "").starts_with("valid_from: 2924 is 898 years from now"));
  CHECK(refused("1975-12-31", "2030-12-31").starts_with("valid_from: 1975 is 51 years ago"));
  CHECK(refused("2024-01-01", "2931-12-31").starts_with("valid_to: 2931 is 905 years from now"));
  CHECK(import.plan("AAQ,audit,1,1,1976-01-01,2076-12-31,DEQARINST0002,,,,,,\n")
            .accreditations.size() == 1);
}

// The later row was announced as a replacement of one that nobody sent.
TEST_CASE("a row that was refused is not replaced") {
  Import import;
  import.commit(import.plan("AAQ,audit,1,1,2020-01-01,2027-12-31,DEQARINST0002,,,,,,\n"));
  const auto plan = import.plan(
      "AAQ,audit,1,2,2026-02-01,2027-01-31,DEQARINST0002,,,,Logic,1,0613,R1\n"
      "AAQ,audit,1,1,2026-02-01,2028-01-31,DEQARINST0002,,,,Logic,1,0613,R1\n",
      ",report_id");
  CHECK(plan.refused.size() == 1);
  REQUIRE(plan.accreditations.size() == 1);
  CHECK(plan.accreditations[0].replaces.empty());
}

TEST_CASE("what speaks against the number of a body is said, and another country refuses it") {
  Import import;
  const auto row = [](const std::string& name, const std::string& country,
                      const std::string& site) {
    return "AAQ,audit,1,1,2020-01-01,,DEQARINST0002," + name + "," + country + "," + site + ",,,\n";
  };
  const auto good = import.plan(row("Uni Two", "CH", "https://u2.example"));
  CHECK(good.accreditations.size() == 1);
  CHECK(good.notices.empty());

  // A new name, or a new website, happens: the number counts, and what speaks against it is said.
  const auto other = import.plan(row("Uni Elsewhere", "CH", "https://else.example"));
  CHECK(other.accreditations.size() == 1);
  CHECK(has_notice(other, "the name \"Uni Elsewhere\" and the website else.example: make sure"));

  const auto abroad = import.plan(row("Uni Two", "AT", "https://u2.example"));
  REQUIRE(abroad.refused.size() == 1);
  CHECK(abroad.refused[0].column == "institution[1].country");

  CHECK(has_notice(import.plan(row("Uni Elsewhere", "CH", "https://u2.example")),
                   "the report has the name \"Uni Elsewhere\": make sure"));
  CHECK(has_notice(import.plan(row("Uni Two", "CH", "https://else.example")),
                   "the report has the website else.example: make sure"));
}

// The rows of a table with these columns.
ImportPlan plan_of(const Import& import, const std::string& columns, const std::string& rows) {
  auto reading =
      read_reports("agency,activity,status,decision,valid_from," + columns + "\n" + rows);
  INFO(reading.message());
  REQUIRE(reading.ok());
  for (const auto& each : reading->mistakes)
    UNSCOPED_INFO(each.row << " " << each.column << ": " << each.why);
  CHECK(reading->mistakes.empty());
  return plan_import(*reading, import.known, import.rules);
}

void expect_refused(const ImportPlan& plan, const std::string& column, const std::string& why) {
  REQUIRE(plan.refused.size() == 1);
  INFO(plan.refused[0].why);
  CHECK(plan.refused[0].column == "institution[1]." + column);
  CHECK(plan.refused[0].why.find(why) != std::string::npos);
  CHECK(plan.parties.empty());
}

constexpr const char* kWho =
    "institution[1].deqar_id,institution[1].eter_id,institution[1].name_official,institution[1]."
    "country,institution[1].website_link";
std::string about(const std::string& who) { return "AAQ,audit,1,1,2020-01-01," + who + "\n"; }

// A digit typed wrong accredited another university, whatever the other columns said.
TEST_CASE("a number whose name, website or other number is another institution's is refused") {
  Import import;
  import.known.parties[1].facts.eter = "CH0002";
  import.known.parties[2].facts.eter = "CH0003";
  const auto refused = [&](const std::string& who, const std::string& column,
                           const std::string& why) {
    CAPTURE(who);
    const auto plan = plan_of(import, kWho, about(who));
    CHECK(plan.accreditations.empty());
    expect_refused(plan, column, why);
  };
  refused("DEQARINST0002,,Uni Three,CH,", "name_official", "the name that of Uni Three");
  refused("DEQARINST0002,,UNI  three,CH,https://u2.example", "name_official",
          "the number is that of Uni Two (CH, u2.example)");
  refused("DEQARINST0002,,Uni Two,CH,https://www.u3.example/en", "website_link",
          "the website that of Uni Three");
  refused("DEQARINST0002,CH0003,,,", "eter_id", "the deqar_id that of Uni Two");
  refused("DEQARINST0002,CH0009,Uni Two,CH,", "eter_id",
          "the ledger has CH0002 for Uni Two (CH), the report says CH0009");
  refused("DEQARINST0009,CH0002,Uni Two,CH,", "deqar_id",
          "the ledger has DEQARINST0002 for Uni Two (CH), the report says DEQARINST0009");

  // What is nobody else's only gives the notice.
  CHECK(plan_of(import, kWho, about("DEQARINST0002,CH0002,Uni Elsewhere,CH,https://else.example"))
            .accreditations.size() == 1);
}

// Said of the website before, and then listed a second time where the website differed too.
TEST_CASE("name and country of one institution with another number are refused at the number") {
  Import import;
  for (const char* site : {"", "https://u2.example", "https://second.example"}) {
    const auto plan =
        plan_of(import, kWho, about("DEQARINST0501,,Uni Two,CH," + std::string(site)));
    expect_refused(plan, "deqar_id",
                   "the ledger has DEQARINST0002 for Uni Two (CH), the report says DEQARINST0501");
  }

  // One that an earlier row lists is one as well.
  const auto twice = plan_of(import, kWho,
                             about("DEQARINST0600,,Uni New,CH,https://new.example") +
                                 about("DEQARINST0601,,UNI NEW,CH,https://newer.example"));
  CHECK(twice.parties.size() == 1);
  REQUIRE(twice.refused.size() == 1);
  CHECK(twice.refused[0].row == 3);
  CHECK(twice.refused[0].why.find("row 2 has DEQARINST0600 for Uni New (CH)") != std::string::npos);
}

TEST_CASE("a domain that an institution had once is nobody else's") {
  Import import;
  import.known.former_domains = {{"old.example", id_of(2)}};
  expect_refused(plan_of(import, kWho, about(",,Uni New,CH,https://www.old.example")),
                 "website_link", "a former domain of Uni Two");
  expect_refused(plan_of(import, kWho, about(",,Uni Three,CH,https://www.old.example")),
                 "website_link", "the website was that of");
  CHECK(plan_of(import, kWho, about("DEQARINST0002,,Uni Two,CH,https://old.example"))
            .accreditations.size() == 1);
}

TEST_CASE("a name that stands in another country is listed, and the other one is named") {
  Import import;
  const auto plan = plan_of(import, kWho, about(",,Uni Two,FR,https://new.example"));
  CHECK(plan.parties.size() == 1);
  CHECK(has_notice(plan, "the name \"Uni Two\" is that of Uni Two (CH, u2.example"));
}

TEST_CASE("a programme that leaves field or level open is said to") {
  Import import;
  const auto plan = import.plan(
      "AAQ,audit,1,1,2020-01-01,,DEQARINST0002,,,,Bakery,2,\n"
      "AAQ,audit,1,1,2020-01-01,,DEQARINST0002,,,,Logic,,0613\n"
      "AAQ,audit,1,1,2020-01-01,,DEQARINST0002,,,,Art,1,0213\n");
  CHECK(plan.accreditations.size() == 3);
  REQUIRE(plan.notices.size() == 2);
  CHECK(has_notice(
      plan, "row 2: programme \"Bakery\" names no field: it counts for every field of EQF 7"));
  CHECK(has_notice(
      plan, "row 3: programme \"Logic\" names no level: it counts for every level of field"));
}

constexpr const char* kLinked = "report_id,link,institution[1].deqar_id";

TEST_CASE("one report is one in other case, spaces and spelling of its address") {
  Import import;
  const auto first =
      plan_of(import, kLinked, "AAQ,Full audit,1,1,2020-01-01,R1,https://a.example/r/1,2\n");
  REQUIRE(first.accreditations.size() == 1);
  CHECK(first.accreditations[0].content.report_url == "https://a.example/r/1");
  import.commit(first);
  for (const char* row : {"AAQ,Full audit,1,1,2020-01-01,r1,https://A.Example/r/1,2\n",
                          "AAQ,full  AUDIT,1,1,2020-01-01,R1,http://a.example/r/1/,2\n",
                          "AAQ,Full audit,1,1,2020-01-01,R1,https://a.example:443/r/1,2\n"}) {
    INFO(row);
    const auto plan = plan_of(import, kLinked, row);
    CHECK(plan.accreditations.empty());
    CHECK(plan.already == 1);
  }
}

TEST_CASE("what stands by the second form of the digest is not accredited again") {
  Import import;
  const std::string row = "AAQ,Full audit,1,1,2020-01-01,R1,http://a.example/r/1/,2\n";
  const auto reading = read_reports("agency,activity,status,decision,valid_from," +
                                    std::string(kLinked) + "\n" + row);
  import.known.accreditations.push_back(
      {id_of(2), 0, trust::kOpenEnd, {}, reading->reports.at(0).second_digest});
  CHECK(plan_of(import, kLinked, row).accreditations.empty());
  CHECK(plan_of(import, kLinked, row).already == 1);
}

TEST_CASE("a changed report replaces its earlier word, in the file, on the ledger or both") {
  Import import;
  const std::string one = "AAQ,audit,1,1,2020-01-01,R1,,2\n";
  import.commit(plan_of(import, kLinked, one));
  const auto plan = plan_of(import, kLinked, one + "AAQ,audit,1,2,2020-01-01,r1,,2\n");
  CHECK(plan.already == 1);
  REQUIRE(plan.accreditations.size() == 1);
  CHECK(plan.accreditations[0].replaces == "row 2, which stands as tmx1said");

  import.known.accreditations.back().report_url = "http://A.example/r/";
  const auto linked = plan_of(import, kLinked, "AAQ,audit,1,2,2020-01-01,,https://a.example/r,2\n");
  CHECK(linked.accreditations.at(0).replaces.starts_with("tmx1said"));
}

TEST_CASE("ten thousand real universities are listed, or refused where two share a domain") {
  const auto path = testamur::test::shared_file("data/universities.csv");
  if (!path) return;
  const auto table = parse_csv(testamur::test::read_file(*path)).value();
  std::string rows;

  for (const auto& row : table.rows) {
    rows += "AAQ,audit,2,1,2020-01-01,,,\"";
    for (const char c : row[0].text) rows += c == '"' ? std::string("\"\"") : std::string(1, c);
    rows += "\"," + row[1].text + ",https://www." + row[2].text + ",,,\n";
  }

  const Import import;
  const auto plan = import.plan(rows);
  CHECK(plan.rows == table.rows.size());
  CHECK(plan.parties.size() > 10'000);
  CHECK(plan.accreditations.size() + plan.already + plan.repeated + plan.refused.size() ==
        plan.rows);
  for (const auto& each : plan.refused) CHECK_FALSE(each.why.empty());
}

TEST_CASE("a short programme accredits no degree") {
  Import import;

  auto reading = read_reports(
      "agency,activity,status,decision,valid_from,institution[1].deqar_id,programme[1].name_"
      "primary,"
      "programme[1].qf_ehea_level,programme[1].degree_outcome,programme[1].workload_ects,"
      "programme[1].assessment_certification\nAAQ,audit,2,1,2020-01-01,DEQARINST0002,CAD,1,no,5,"
      "2\n");
  REQUIRE(reading.ok());
  const auto plan = plan_import(*reading, import.known, import.rules);
  REQUIRE(plan.accreditations.size() == 1);

  trust::ScopePoint point;
  point.level = 6;
  point.award_type = trust::AwardType::kMicrocredential;
  CHECK(trust::covers(plan.accreditations[0].content.scope, point));
  point.award_type = trust::AwardType::kBachelor;
  CHECK_FALSE(trust::covers(plan.accreditations[0].content.scope, point));

  CHECK(plan.accreditations[0].ects_hundredths == 500);
}

}  // namespace
}  // namespace testamur::wallet
