// An achievement from TOML: what is wrong in the file is told by line, and nothing is passed over.
#include <sys/stat.h>

#include "tests/support/catch.h"
#include "tests/wallet/temporary_folder.h"
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

}  // namespace testamur::wallet
