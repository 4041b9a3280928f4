// What a person reads who typed something that is no command: what was likely meant.
#include "common/near_names.h"

#include "common/usage_text.h"
#include "tests/support/catch.h"
#include "tests/wallet/program.h"
#include "wallet/cli/commands/help_commands.h"

namespace testamur::wallet {
namespace {

std::string refusal(const std::string& line) {
  Program program;
  try {
    program.app.parse(line, false);
  } catch (const CLI::ParseError& problem) {
    return usage_text(program.app, problem);
  }
  return {};
}

bool begins(const std::string& text, const std::string& begin) {
  INFO(text);
  return text.starts_with(begin);
}

}  // namespace

TEST_CASE("a slip of one or two letters finds its word, and a short word not every other one") {
  const std::vector<std::string> words{"verify", "verifier", "list", "show", "check", "key"};
  using Names = std::vector<std::string>;
  CHECK(near_names("chekc", words) == Names{"check"});   // exchanged
  CHECK(near_names("verfy", words) == Names{"verify"});  // left out
  CHECK(near_names("shoow", words) == Names{"show"});    // too many
  CHECK(near_names("lost", words) == Names{"list"});     // another one
  CHECK(near_names("veirfyer", words) == Names{"verifier"});
  CHECK(near_names("publish", words).empty());
  CHECK(near_names("abc", words).empty());
  CHECK(near_names("list", words).empty());
  CHECK(near_names("", words).empty());
  CHECK(near_names(std::string(65, 'a'), {std::string(66, 'a')}).empty());
  CHECK(near_names("aaaa", {"aaab", "aaac", "aaad", "aaae"}).size() == 3);
  CHECK(did_you_mean({}).empty());
  CHECK(did_you_mean({"a", "b"}) == "; did you mean a, or b?");
}

TEST_CASE("a command that is none is answered with the one that was meant") {
  CHECK(begins(refusal("chekc"),
               "\"chekc\" is no command of testamur; did you mean testamur check?"));
  CHECK(begins(refusal("issuer batch isue"),
               "\"isue\" is no command of testamur issuer batch; did you mean testamur issuer "
               "batch issue?"));
  // A verb without its noun.
  CHECK(begins(refusal("present"),
               "\"present\" is no command of testamur; did you mean testamur credential present?"));
  CHECK(
      begins(refusal("ledger zzzzzz"), "\"zzzzzz\" is no command of testamur ledger; there are: "));
  CHECK(begins(refusal("ledger"), "testamur ledger needs a command: "));
  CHECK(begins(refusal("node status --jsno"),
               "\"--jsno\" is no option of testamur node status; did you mean --json?"));
  CHECK(begins(refusal("node status more"), "\"more\" is more than testamur node status takes"));
  CHECK(refusal("verify one.txt two.txt").empty());
}

TEST_CASE("help and version are answered before anything is parsed, whatever the home says") {
  Program program;
  const auto help = answer_about_program(program.app, {"--json", "help", "credential", "verify"});
  REQUIRE(help);
  REQUIRE(help->reply() != nullptr);
  CHECK(help->reply()->json["command"] == "testamur credential verify");
  CHECK(help->reply()->text.find("--no-holder") != std::string::npos);
  CHECK(help->reply()->text.find("Usage: testamur credential verify ") != std::string::npos);

  const auto unknown = answer_about_program(program.app, {"help", "credential", "verfy"});
  REQUIRE(unknown);
  CHECK(unknown->exit() == ExitCode::kUsage);
  CHECK(unknown->failure()->message ==
        "\"verfy\" is no command of testamur credential; did you mean testamur credential verify?");

  const auto version = answer_about_program(program.app, {"version"});
  REQUIRE(version);
  CHECK(version->reply()->json["version"] == kProgramVersion);
  CHECK_FALSE(answer_about_program(program.app, {"check", "help"}));
  CHECK_FALSE(answer_about_program(program.app, {"--version"}));
  CHECK_FALSE(answer_about_program(program.app, {"help", "--help"}));
  CHECK_FALSE(answer_about_program(program.app, {"--home", "help", "check"}));
  CHECK_FALSE(answer_about_program(program.app, {}));
}

}  // namespace testamur::wallet
