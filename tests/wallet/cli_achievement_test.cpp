// An achievement from TOML: what is wrong in the file is told by line, and nothing is passed over.
#include <sys/stat.h>

#include "tests/support/catch.h"
#include "tests/wallet/temporary_folder.h"
#include "wallet/cli/description/achievement_preview.h"
#include "wallet/cli/files/achievement_file.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

std::string why(const std::string& content) {
  const testamur::test::TemporaryFolder folder;
  const auto file = folder.file("achievement.toml");
  REQUIRE(write_file_atomically(file, as_bytes(content), Overwrite::kAllowed).ok());
  return read_achievement_file(file).message();
}

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

// `esco = 5` was published as an outcome without ESCO.
TEST_CASE("a mistake within an outcome is a mistake of the file") {
  CHECK(why("[[outcomes]]\nen = \"reads\"\nesco = \"http://data.europa.eu/esco/skill/1\"\n") == "");
  CHECK(says(why("[[outcomes]]\nen = \"reads\"\nesco = 5\n"), "line 3: esco is a list of texts"));
  CHECK(says(why("[[outcomes]]\nen = \"reads\"\nesco = [5]\n"), "line 3: esco is a list of texts"));
  CHECK(says(why("[[outcomes]]\nen = 7\n"), "line 2: outcomes is a table of texts by language"));
}

TEST_CASE("what cannot stand there is told with what stands there") {
  CHECK(says(why("eqf = 9\n"), "line 1: eqf is a number from 0 to 8, not 9"));
  CHECK(says(why("eqf = \"6\"\n"), "not '6'"));
  CHECK(
      says(why("ects = \"3,5\"\n"), "line 1: ects is credits like \"3\" or \"1.5\", not \"3,5\""));
  CHECK(says(why("ects = 1.5\n"), "is credits in quotes, like \"1.5\", not 1.5"));
  CHECK(why("ects = 3\n") == "");
  CHECK(says(why("fields = [\"0699\"]\n"), "would stand for all of 06"));
  CHECK(says(why("languages = [7]\n"), "languages is a list of texts, not 7"));
}

TEST_CASE("a list that is given as one text is looked through as each text of a list is") {
  const std::string hidden = "\"en\\u200b\"";
  CHECK(says(why("languages = [" + hidden + "]\n"), "line 1: languages holds"));
  CHECK(says(why("languages = " + hidden + "\n"), "line 1: languages holds"));
}

TEST_CASE("what is published stands in languages that are there, for it is never corrected") {
  CHECK(
      says(why("languages = [\"xx\"]\n"), "line 1: languages is not right: \"xx\" is no language"));
  CHECK(says(why("languages = [\"eng\"]\n"), "is written \"en\""));
  CHECK(says(why("[titles]\neng = \"Reading\"\n"), "line 2: titles has a text in a language"));
  CHECK(says(why("[[outcomes]]\ncz = \"reads\"\n"), "the language is \"cs\""));
  CHECK(why("languages = [\"de-AT\"]\n[titles]\nde-AT = \"Lesen\"\n") == "");
}

// "the ledger's rules refuse this: text_form (achievement_publish.languages[0])" names no line.
TEST_CASE("what the ledger would refuse is told by key and line of the file") {
  CHECK(says(why("[titles]\nen = \"\"\n"), "line 2: titles holds an empty text"));
  CHECK(says(why("languages = [\"English\"]\n"), "line 1: languages holds \"English\""));
  CHECK(says(why("languages = [\"EN\"]\n"), "line 1: languages holds \"EN\""));
  CHECK(says(why("languages = [\"en\", \"en\"]\n"), "line 1: languages names one value twice"));
  CHECK(says(why("assessment = [\"project\", \"project\"]\n"), "line 1: assessment names one"));
  CHECK(
      says(why("\ninformation_url = \"www.x.example\"\n"), "line 2: information_url is not right"));
  CHECK(says(why("quality_url = \"x.example\"\n"), "line 1: quality_url is not right"));
  CHECK(says(why("version = 1\nnumber = 0\n"), "line 2: number is not right: 0 is not within 1"));
  CHECK(says(why("version = 0\n"), "line 1: version is not right"));
  CHECK(says(why("[[outcomes]]\nesco = [\"http://x.example/1\"]\n"),
             "line 1: outcomes holds nothing"));
  CHECK(says(why("eqf = 6\nects = \"5000\"\n"), "line 2: ects is not right"));
}

TEST_CASE("a number is shown as it was typed") {
  CHECK(says(why("number = 78.1\n"), "number is a number from 0 to 4294967295, not 78.1"));
  CHECK_FALSE(says(why("number = 78.1\n"), "78.09"));
}

// The library's own reading had no bound: a pipe held it for ever, and a device filled the memory.
TEST_CASE("an achievement is read from a file of a bounded size, and from nothing else") {
  const testamur::test::TemporaryFolder folder;
  const auto pipe = folder.file("pipe.toml");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(says(read_achievement_file(pipe).message(), "is not a file"));
  CHECK(says(read_achievement_file("/dev/zero").message(), "is not a file"));
  CHECK(says(read_achievement_file(folder.path().string()).message(), "is not a file"));
  CHECK(says(read_achievement_file(folder.file("none.toml")).message(), "cannot open"));
  CHECK(says(why("# " + std::string(256 * 1024, 'x')), "is larger than 262144 bytes"));
}

// What is published is never changed: a person who saw the title alone published the wrong credits.
TEST_CASE("the preview shows every fact of the file, and names what is recommended and absent") {
  const testamur::test::TemporaryFolder folder;
  const auto file = folder.file("achievement.toml");
  const auto preview_of = [&](const std::string& content) {
    REQUIRE(write_file_atomically(file, as_bytes(content), Overwrite::kAllowed).ok());
    const auto read = read_achievement_file(file);
    INFO(read.message());
    REQUIRE(read.ok());
    return preview_achievement(*read, "Vienna", {});
  };

  const auto full = preview_of(
      "number = 7\nversion = 2\naward_kind = \"skill\"\naward_type = \"microcredential\"\n"
      "ects = \"1.5\"\nworkload_hours = 75\neqf = 6\nfields = [\"0613\"]\n"
      "assessment = [\"project\"]\nparticipation = \"blended\"\nquality_assurance = \"esg\"\n"
      "languages = [\"en\"]\nidentity_check = \"supervised_onsite\"\n"
      "stackability = \"stackable\"\n[grading]\nde = \"1 bis 5\"\n"
      "[titles]\nen = \"Secure Software\"\nde = \"Sichere Software\"\n"
      "[descriptions]\nde = \"Ein Kurs\"\n"
      "[[outcomes]]\nen = \"Reviews code\"\nde = \"Prüft\"\n"
      "esco = \"http://data.europa.eu/esco/skill/1\"\n");
  CHECK(full.absent.empty());
  for (const auto* line :
       {"  number          7.2\n", "  title           Sichere Software (de)\n",
        "  title           Secure Software (en)\n", "  kind of award   skill, microcredential\n",
        "  credits         1.5 ECTS\n", "  workload        75 hours\n", "  level           EQF 6\n",
        "  field           0613 Software and applications development and analysis\n",
        "  outcome         Reviews code (en)\n", "  outcome         Prüft (de)\n",
        "    ESCO          http://data.europa.eu/esco/skill/1\n",
        "  description     Ein Kurs (de)\n", "  assessment      project\n",
        "  participation   blended\n", "  identity check  supervised_onsite\n",
        "  grading scheme  1 bis 5 (de)\n", "  quality         esg\n",
        "  stackability    stackable\n", "  awarding body   Vienna, alone\n"}) {
    CHECK(says(full.text, line));
  }
  CHECK(full.facts["ects"] == "1.5");
  CHECK(full.facts["titles"]["de"] == "Sichere Software");
  CHECK(full.facts["outcomes"][0]["texts"]["de"] == "Prüft");

  const auto bare = preview_of("number = 1\nversion = 1\ntitles = \"A\"\neqf = 6\n");
  const std::vector<std::string> absent{"ects",           "workload_hours", "fields",
                                        "outcomes",       "assessment",     "participation",
                                        "identity_check", "grading",        "quality_assurance"};
  CHECK(bare.absent == absent);
  for (const auto& key : absent) CHECK_FALSE(bare.facts.contains(key));
  CHECK_FALSE(says(bare.text, "credits"));
}

TEST_CASE("a name of the ledger stays within its line of the preview") {
  ledger::tx::AchievementContent content;
  content.awarding_bodies = {InstitutionId{}, InstitutionId{}};
  const Names names{{to_text(InstitutionId{}), "Vienna\n  credits  180 ECTS"}};
  const auto text = preview_achievement(content, "Graz", names).text;
  CHECK(says(text, "  awarding body   Vienna\\u{a}  credits  180 ECTS ("));
  CHECK_FALSE(says(text, "\n  credits  180"));
  CHECK_FALSE(says(text, "Graz"));
}

}  // namespace testamur::wallet
