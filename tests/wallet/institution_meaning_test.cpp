// Countries, domains and names of institutions, by meaning.
#include "ledger/meaning/facts_meaning.h"

#include "tests/support/catch.h"
#include "tests/support/shared.h"
#include "wallet/accreditation/likeness.h"
#include "wallet/credential/csv.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

tx::InstitutionFacts facts(const std::string& name, const std::string& country,
                           const std::string& domain) {
  tx::InstitutionFacts made;
  made.legal_names = {{"en", name}};
  made.country = country;
  made.domain = domain;
  return made;
}

}  // namespace

TEST_CASE("countries are those of ISO 3166-1, and what is meant by other spellings is offered") {
  std::size_t assigned = 0;
  for (char a = 'A'; a <= 'Z'; ++a) {
    for (char b = 'A'; b <= 'Z'; ++b)
      assigned += ledger::is_assigned_country(std::string{a, b}) ? 1 : 0;
  }
  CHECK(assigned == 250);  // 249, and XK

  for (const char* none : {"UK", "EL", "EU", "XX", "ZZ", "AN", "SU", "YU", "", "A", "AUT", "at"})
    CHECK_FALSE(ledger::is_assigned_country(none));

  CHECK(ledger::meant_country("UK") == "GB");
  CHECK(ledger::meant_country("EL") == "GR");
  CHECK(ledger::meant_country("fr") == "FR");
  CHECK(ledger::meant_country("GBR") == "GB");
  CHECK(ledger::meant_country("United Kingdom") == "GB");
  CHECK_FALSE(ledger::meant_country("GB").has_value());
  CHECK_FALSE(ledger::meant_country("ZZ").has_value());

  CHECK(ledger::meaning_problem(facts("Listed Inst", "EL", "listed.example"))->why ==
        "EL: ISO 3166-1 says GR");
  CHECK(ledger::meaning_problem(facts("Inst", "EU", "listed.example"))->why.find("no country") !=
        std::string::npos);
}

TEST_CASE("a domain is one by which the public reaches one institution") {
  for (const char* good : {"univie.ac.at", "uni.lu", "ful.ac.be", "new-name.example", "ox.ac.uk",
                           "mit.edu", "x.test", "uni-example.eu", "www.lt", "gmx.uni.example",
                           "xn--kln-muster-ecb.example", "a.github.example"}) {
    INFO(ledger::domain_problem(good).value_or(""));
    CHECK_FALSE(ledger::domain_problem(good).has_value());
  }

  const std::pair<const char*, const char*> kBad[] = {
      {"192.0.2.7", "address in numbers"},
      {"[2001:db8::1]", "address in numbers"},
      {"2001:db8::1", "address in numbers"},
      {"localhost", "no domain name"},
      {"node.local", "closed network"},
      {"uni.internal", "closed network"},
      {"uni.localhost", "closed network"},
      {"abc.onion", "closed network"},
      {"ac.at", "suffix under which many"},
      {"edu.pl", "suffix under which many"},
      {"co.uk", "suffix under which many"},
      {"uni.github.io", "many share"},
      {"wordpress.com", "many share"},
      {"fifth.example/law", "has a path"},
      {"user@seventh.example", "names a user"},
      {"https://a.example", "address of the web"},
      {"a.example:443", "has a port"},
      {"eighth.example.", "ends with a dot"},
      {"K\u00F6ln.example", "beyond ASCII"},
      {"Uni.Example", "capital letters"},
      {"a.example\u200B", "U+200B"},
      {"www.vu.lt", "write vu.lt"},
      {"gmail.com", "many share"},
      {"gmx.de", "many share"},
      {"yahoo.co.uk", "many share"},
      {"proton.me", "many share"},
      {"", "no domain name"},
      {"a..example", "no domain name"},
      {" a.example", "U+0020"},
  };

  for (const auto& [domain, cause] : kBad) {
    const auto problem = ledger::domain_problem(domain);
    INFO(domain);
    REQUIRE(problem.has_value());
    INFO(*problem);
    CHECK(problem->find(cause) != std::string::npos);
  }
}

TEST_CASE(
    "the domains of ten thousand real universities are taken, but for those of shared hosts") {
  const auto path = testamur::test::shared_file("data/universities.csv");
  if (!path) return;
  const auto table = parse_csv(testamur::test::read_file(*path)).value();
  std::size_t column = table.header.size(), refused = 0;
  for (std::size_t i = 0; i < table.header.size(); ++i) {
    if (table.header[i].text.find("domain") != std::string::npos) column = i;
  }
  REQUIRE(column < table.header.size());
  for (const auto& row : table.rows) refused += ledger::domain_problem(row[column].text) ? 1 : 0;
  CHECK(table.rows.size() > 9'000);
  CHECK(refused < table.rows.size() / 200);
}

TEST_CASE("an identifier of a register has its form and its check digits") {
  const std::vector<std::pair<std::string, std::string>> good = {
      {"ror", "05gq02987"},       {"ror", "03yrm5c26"}, {"lei", "529900T8BM49AURSDO55"},
      {"eter", "AT0001"},         {"eter", "IT0209.2"}, {"deqar", "DEQARINST0034"},
      {"deqar", "DEQARINST12345"}};
  for (const auto& [field, text] : good) {
    INFO(field + " " + text);
    CHECK_FALSE(ledger::identifier_problem(field, text).has_value());
  }

  const std::vector<std::pair<std::string, std::string>> bad = {{"ror", "05gq02986"},
                                                                {"ror", "05gq02978"},
                                                                {"ror", "nonsense"},
                                                                {"ror", "05gq0298"},
                                                                {"ror", "01aaaaaaa"},
                                                                {"lei", "529900T8BM49AURSDO56"},
                                                                {"lei", "529900T8BM49AURSD055"},
                                                                {"lei", "529900t8bm49aursdo55"},
                                                                {"lei", "7"},
                                                                {"eter", "AUSTRIA1"},
                                                                {"eter", "at0001"},
                                                                {"deqar", "34"},
                                                                {"deqar", "DEQARINST"}};
  for (const auto& [field, text] : bad) {
    INFO(field + " " + text);
    const auto problem = ledger::identifier_problem(field, text);
    REQUIRE(problem.has_value());
    CHECK(problem->find(text) != std::string::npos);
  }

  auto typed = facts("University of Vienna", "AT", "univie.ac.at");
  typed.lei = "nonsense";
  REQUIRE(ledger::meaning_problem(typed).has_value());
  CHECK(ledger::meaning_problem(typed)->field == "lei");
}

// One number in two spellings became two institutions, for good.
TEST_CASE("a number of a register is taken in its one spelling, which is offered for the others") {
  struct Case {
    const char *field, *typed, *meant;
  };
  const Case others[] = {{"deqar", "DEQARINST00500", "DEQARINST0500"},
                         {"deqar", "deqarinst0500", "DEQARINST0500"},
                         {"deqar", "500", "DEQARINST0500"},
                         {"eter", "at0001", "AT0001"},
                         {"eter", "IT0209.02", "IT0209.2"},
                         {"ror", "05GQ02987", "05gq02987"},
                         {"ror", "https://ror.org/05gq02987", "05gq02987"},
                         {"lei", "529900t8bm49aursdo55", "529900T8BM49AURSDO55"},
                         {"lei", "5299 00T8 BM49 AURS DO55", "529900T8BM49AURSDO55"}};
  for (const auto& [field, typed, meant] : others) {
    INFO(typed);
    CHECK(ledger::canonical_identifier(field, typed) == meant);
    CHECK(ledger::canonical_identifier(field, meant) == meant);
    CHECK_FALSE(ledger::identifier_problem(field, meant).has_value());
    const auto problem = ledger::identifier_problem(field, typed);
    REQUIRE(problem.has_value());
    CHECK(problem->find("another spelling of " + std::string(meant)) != std::string::npos);
  }

  // Check digits 99 would be another spelling of 02, by which the division ends alike.
  CHECK_FALSE(ledger::identifier_problem("lei", "529900T8BM49AU005302").has_value());
  CHECK(ledger::identifier_problem("lei", "529900T8BM49AU005399").has_value());
}

TEST_CASE("what people write who have no name is no name of an institution") {
  for (const char* name :
       {"n/a", "N.A.", "none", "Unknown", "tbd", "test", "-", "\u2026", "???", "not available"}) {
    INFO(name);
    const auto problem = ledger::meaning_problem(facts(name, "AT", "a.example"));
    REQUIRE(problem.has_value());
    CHECK(problem->field == "legal_names");
    CHECK(problem->why.find("no name of an institution") != std::string::npos);
  }
  for (const char* name : {"42", "Test 1", "\u6771\u4EAC\u5927\u5B66", "\u00C9cole", "Nona"}) {
    INFO(name);
    CHECK_FALSE(ledger::meaning_problem(facts(name, "AT", "a.example")).has_value());
  }
}

// A country or a number that stands can never be changed: to judge it again would keep its owner
// from ever saying anything new.
TEST_CASE("what the ledger says of an institution already is not judged again") {
  auto standing = facts("n/a", "EL", "www.old.example");
  standing.deqar = "DEQARINST00500";
  CHECK(ledger::meaning_problem(standing).has_value());
  CHECK_FALSE(ledger::meaning_problem(standing, standing).has_value());

  auto changed = standing;
  changed.domain = "www.new.example";
  CHECK(ledger::meaning_problem(changed, standing)->field == "domain");
  changed.domain = "new.example";
  CHECK_FALSE(ledger::meaning_problem(changed, standing).has_value());
}

TEST_CASE("a name on its way to the ledger holds no mark that cannot be seen") {
  const auto problem =
      ledger::meaning_problem(facts("University of Vienna\u200B", "FR", "zwsp.example"));
  REQUIRE(problem.has_value());
  CHECK(problem->field == "legal_names");
  CHECK(problem->why.find("U+200B (zero width space) at character 21") != std::string::npos);
}

TEST_CASE(
    "a second entry of an institution is recognized by domain and by a name that only looks "
    "different") {
  const std::vector<KnownParty> known{
      {InstitutionId{}, facts("University of Vienna", "AT", "univie.ac.at")}};

  for (const char* name :
       {"University of Vienna", "UNIVERSITY OF VIENNA", "University  of\u00A0Vienna",
        "Universit\u0443 of Vienna", "University of V\u0456enna", "\uFF35niversity of Vienna"}) {
    INFO(name);
    CHECK(find_lookalike(facts(name, "AT", "other.example"), known).has_value());
  }

  CHECK(find_lookalike(facts("Elsewhere", "AT", "univie.ac.at"), known)
            ->starts_with("the domain univie.ac.at is that of"));

  CHECK_FALSE(
      find_lookalike(facts("University of Vienna", "FR", "vienna.example"), known).has_value());
  CHECK_FALSE(find_lookalike(facts("Vienna University", "AT", "other.example"), known).has_value());
}

TEST_CASE("one number in two spellings is one institution, and so is one domain with www") {
  auto old = facts("University of Vienna", "AT", "www.univie.ac.at");
  old.deqar = "DEQARINST00500";
  const std::vector<KnownParty> known{{InstitutionId{}, old}};
  auto typed = facts("Elsewhere", "AT", "other.example");
  typed.deqar = "DEQARINST0500";
  CHECK(find_lookalike(typed, known)->starts_with("the deqar DEQARINST0500 is that of"));
  CHECK(find_lookalike(facts("Elsewhere", "AT", "univie.ac.at"), known).has_value());
}

TEST_CASE("a name in another country is no second entry, and is said") {
  const std::vector<KnownParty> known{{InstitutionId{}, facts("Trinity College", "IE", "tcd.ie")}};
  const auto abroad = facts("TRINITY  College", "GB", "trin.cam.example");
  CHECK_FALSE(find_lookalike(abroad, known).has_value());
  const auto said = find_namesakes(abroad, known);
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("Trinity College (IE, tcd.ie)") != std::string::npos);
  CHECK(find_namesakes(facts("Trinity College", "IE", "b.example"), known).empty());
  CHECK(find_namesakes(facts("Queens' College", "GB", "b.example"), known).empty());
}

TEST_CASE("a name with a slip in it, and a domain below a listed one, are asked about by name") {
  const std::vector<KnownParty> known{
      {InstitutionId{}, facts("University of Geneva", "CH", "unige.example")}};
  const auto asked = [&](const char* name, const char* country, const char* domain) {
    const auto near = find_near(facts(name, country, domain), known);
    return near.empty() ? std::string{} : near.front();
  };
  CHECK(asked("Univeristy of Geneva", "CH", "other.example")
            .find("its name is by a letter that of University of Geneva") == 0);
  CHECK(asked("Another School", "CH", "www2.unige.example")
            .find("its domain lies below unige.example") == 0);
  CHECK(asked("Univeristy of Geneva", "FR", "other.example").empty());
  CHECK(asked("University of Genoa", "CH", "notunige.example").empty());
}

}  // namespace testamur::wallet
