// Languages of what is published, by meaning.
#include "ledger/meaning/language_meaning.h"

#include "ledger/meaning/facts_meaning.h"
#include "ledger/tx/form_check.h"
#include "tests/support/catch.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

std::string problem_of(std::string_view tag) { return ledger::language_problem(tag).value_or(""); }

}  // namespace

TEST_CASE("a language of two letters is one of ISO 639-1") {
  std::size_t assigned = 0;
  for (char a = 'a'; a <= 'z'; ++a) {
    for (char b = 'a'; b <= 'z'; ++b) assigned += problem_of(std::string{a, b}).empty() ? 1 : 0;
  }
  CHECK(assigned == 183);

  for (const char* none : {"xx", "en-ZZ", "bh", "sh", "eu-EU", "de-UK"}) {
    INFO(none);
    CHECK_FALSE(problem_of(none).empty());
  }
  CHECK(problem_of("cz").find("the language is \"cs\"") != std::string::npos);
  CHECK(problem_of("gr").find("\"el\"") != std::string::npos);
}

TEST_CASE("a language that has two letters is not written with three") {
  CHECK(problem_of("eng").find("is written \"en\"") != std::string::npos);
  CHECK(problem_of("ger").find("\"de\"") != std::string::npos);
  CHECK(problem_of("deu").find("\"de\"") != std::string::npos);
  CHECK(problem_of("fra-CH").find("\"fr\"") != std::string::npos);

  for (const char* no_language : {"mul", "zxx", "mis", "qaa", "qtz"}) {
    INFO(no_language);
    CHECK_FALSE(problem_of(no_language).empty());
  }
  for (const char* good : {"en", "de-AT", "sr-Latn", "sr-Cyrl-RS", "zh-Hant-TW", "es-419", "gsw",
                           "hsb", "und", "tr", "fy-NL"}) {
    INFO(good);
    CHECK(tx::is_language_tag(good));
    CHECK(problem_of(good) == "");
  }

  // What has no form is refused by form, in its own words.
  for (const char* shapeless : {"EN", "english", "e", "", "en-us", "en_US"}) {
    INFO(shapeless);
    CHECK_FALSE(tx::is_language_tag(shapeless));
    CHECK(problem_of(shapeless) == "");
  }
}

TEST_CASE("an institution's name stands in a language that is there") {
  tx::InstitutionFacts facts;
  facts.country = "AT";
  facts.domain = "univie.ac.at";
  facts.legal_names = {{"en", "University of Vienna"}, {"ger", "Universit\u00e4t Wien"}};
  const auto problem = ledger::meaning_problem(facts);
  REQUIRE(problem.has_value());
  CHECK(problem->field == "legal_names");
  CHECK(problem->why.find("\"de\"") != std::string::npos);
}

}  // namespace testamur::wallet
