// What a person reads who typed another command, option or path than there is, in either program.
#include "common/usage_text.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/access.h"
#include "common/option_slips.h"
#include "tests/support/catch.h"

namespace testamur {
namespace {

struct Program {
  CLI::App app{"A node", "testamurd"};
  std::string directory, config, from, file;

  Program() {
    app.require_subcommand(0, 1);
    auto* init = app.add_subcommand("init");
    init->add_option("--dir", directory)->required();
    app.add_subcommand("check-config")->add_option("--config", config);
    auto* genesis = app.add_subcommand("genesis");
    genesis->require_subcommand(1);
    auto* recover = genesis->add_subcommand("recover");
    recover->add_option("--from", from);
    recover->add_option("file", file)->required();
    refuse_slips(app);
  }
  std::string refusal(const std::string& line) {
    try {
      app.parse(line, false);
    } catch (const CLI::ParseError& problem) {
      return usage_text(app, problem);
    }
    return {};
  }
};

bool begins(const std::string& line, const std::string& begin) {
  const auto text = Program().refusal(line);
  INFO(text);
  return text.starts_with(begin);
}

}  // namespace

TEST_CASE("a slip in a command or an option is answered with the name that was meant") {
  CHECK(
      begins("chekc-config",
             "\"chekc-config\" is no command of testamurd; did you mean testamurd check-config?"));
  CHECK(begins("check-config --confg x",
               "\"--confg\" is no option of testamurd check-config; did you mean --config?"));
  // Behind it what is required is missing, which is not the slip.
  CHECK(begins("init --dri x", "\"--dri\" is no option of testamurd init; did you mean --dir?"));
  CHECK(begins("recover",
               "\"recover\" is no command of testamurd; did you mean testamurd genesis recover?"));
  CHECK(begins("genesis",
               "testamurd genesis needs a command: recover\nRun testamurd genesis --help"));
  CHECK(begins("zzzzzzz", "\"zzzzzzz\" is no command of testamurd; there are: init, check-config"));
  CHECK(begins("check-config more", "\"more\" is more than testamurd check-config takes"));
  CHECK(Program().refusal("init --dir node").empty());
}

TEST_CASE("a path that only a shell would understand is refused, and a name with ~ in it is not") {
  for (const char* line :
       {"init --dir=~/node", "init --dir ~/node", "init --dir=~", "init --dir=~eve/x",
        "genesis recover ~/draft.bin", "genesis recover --from=~/b draft.bin"}) {
    CAPTURE(line);
    const auto text = Program().refusal(line);
    CAPTURE(text);
    CHECK(text.find("~ is not expanded here. Write the whole path, as /home/you") !=
          std::string::npos);
  }
  for (const char* path : {"./~/node", "~5 days/week", "~x", "a/~/b", "file~", "~ about/x"}) {
    CAPTURE(path);
    CHECK(home_slip(path).empty());
  }
}

TEST_CASE("a refusal of the system says who asks and whose the file is; other causes say enough") {
  CHECK(access_cure(ENOENT, "/").empty());
  CHECK(access_cure(ENOSPC, "/").empty());
  struct stat facts {};
  REQUIRE(::stat("/", &facts) == 0);
  // What is not there is judged by the folder where it would be.
  for (const char* path : {"/", "/there-is-no/such-file"}) {
    const auto cure = access_cure(EACCES, path);
    CAPTURE(cure);
    CHECK(cure.starts_with(". This program runs as "));
    CHECK(cure.find(facts.st_uid == ::geteuid() ? "chmod u+rwX /)" : "/ belongs to ") !=
          std::string::npos);
  }
}

}  // namespace testamur
