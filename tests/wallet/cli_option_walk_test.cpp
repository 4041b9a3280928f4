// The tree of commands as the program builds it: an option that was declared is read by its
// command, or refused.
#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "tests/support/catch.h"
#include "tests/wallet/program.h"

namespace testamur::wallet {
namespace {

std::string path_of(const CLI::App* command) {
  std::string path = command->get_name();
  for (const auto* at = command->get_parent(); at != nullptr && at->get_parent() != nullptr;
       at = at->get_parent()) {
    path = at->get_name() + " " + path;
  }
  return path;
}

void for_each_command(CLI::App* command, const std::function<void(CLI::App*)>& visit) {
  for (auto* sub : command->get_subcommands([](CLI::App*) { return true; })) {
    visit(sub);
    for_each_command(sub, visit);
  }
}

bool takes_number(CLI::Option& option) {
  try {
    return option.get_validator("number") != nullptr;
  } catch (const CLI::OptionNotFound&) {
    return false;
  }
}

}  // namespace

TEST_CASE("every option of every command is recorded when it is read") {
  Program tree;
  std::size_t walked = 0;
  for_each_command(&tree.app, [&](CLI::App* command) {
    const auto path = path_of(command);
    for (const auto* each : command->get_options([](const CLI::Option*) { return true; })) {
      if (each->get_name() == "--help") continue;
      INFO(path << " " << each->get_name());
      CHECK(tree.app.is_recorded(each));
      ++walked;
    }
  });
  CHECK(walked > 150);
}

// --force did nothing on most commands, in silence.
TEST_CASE("an option of the program is recorded, or bears on how any command is run") {
  Program tree;
  const std::set<std::string> of_any{"--help",          "--home",
                                     "--endpoint",      "--tls-root",
                                     "--passphrase-fd", "--passphrase-file",
                                     "--timeout",       "--accept-recovery",
                                     "--json",          "--yes",
                                     "--quiet"};
  for (const auto* each : tree.app.get_options([](const CLI::Option*) { return true; })) {
    INFO(each->get_name());
    CHECK(tree.app.is_recorded(each) != of_any.contains(each->get_name()));
  }
}

// "Could not convert: --index = -1"
TEST_CASE("an option that takes a number names itself, what was typed and what it takes") {
  std::vector<std::pair<std::string, std::string>> walked;
  {
    Program tree;
    for_each_command(&tree.app, [&](CLI::App* command) {
      for (auto* each : command->get_options([](CLI::Option*) { return true; })) {
        if (takes_number(*each) && !each->get_positional())
          walked.emplace_back(path_of(command), each->get_name());
      }
    });
  }
  CHECK(walked.size() > 15);
  walked.emplace_back("issuer list", "--timeout");
  walked.emplace_back("issuer list", "--passphrase-fd");
  for (const auto& [path, option] : walked) {
    for (const std::string wrong : {"-1", "9e9", "1.5", "99999999999999999999"}) {
      Program tree;
      std::string why;
      try {
        tree.app.parse(path + " " + option + " " + wrong);
      } catch (const CLI::ParseError& refused) {
        why = refused.what();
      }
      INFO(path << " " << option << " " << wrong << ": " << why);
      CHECK(why.starts_with(option + ": \"" + wrong + "\" is no whole number from "));
    }
  }
  Program tree;
  CHECK_THROWS_WITH(tree.app.parse("trust explain x --level 9"),
                    "--level: \"9\" is no whole number from 1 to 8");
}

// Found with `testamurd init --name "$NAME"`: an empty name, and an option's name, went to the
// ledger as they were.
TEST_CASE("no option or file of any command takes an empty value, or what looks like an option") {
  std::vector<std::pair<std::string, std::string>> walked;
  {
    Program tree;
    for_each_command(&tree.app, [&](CLI::App* command) {
      for (const auto* each : command->get_options([](const CLI::Option*) { return true; })) {
        if (each->get_items_expected_max() > 0)
          walked.emplace_back(path_of(command), each->get_positional() ? "" : each->get_name());
      }
    });
  }
  CHECK(walked.size() > 120);
  for (const auto& [path, option] : walked) {
    for (const std::string slip : {"", "-x", "--force"}) {
      if (option.empty() && !slip.empty()) continue;  // that is an option
      Program tree;
      std::vector<std::string> typed{slip};
      if (!option.empty()) typed.push_back(option);
      for (std::size_t end = path.size(), at = 0; end != std::string::npos; end = at - 1) {
        at = end == 0 ? 0 : path.rfind(' ', end - 1) + 1;
        typed.push_back(path.substr(at, end - at));
        if (at == 0) break;
      }
      std::string why;
      try {
        tree.app.parse(typed);
      } catch (const CLI::ParseError& refused) {
        why = refused.what();
      }
      INFO(path << " " << option << " \"" << slip << "\": " << why);
      // What is an option of the command itself is missed as a value by the parser.
      const bool named = why.find("is given and empty") != std::string::npos ||
                         why.find("looks like another option") != std::string::npos ||
                         (slip == "--force" && !why.empty());
      CHECK(named == !(option == "--nonce" && slip == "-x"));
    }
  }
}

TEST_CASE(
    "every command that changes the ledger takes --draft and --send-by, or stands among those that "
    "refuse them") {
  Program tree;
  const std::set<std::string> changing{"issuer achievement publish",
                                       "issuer achievement retire",
                                       "issuer status revoke",
                                       "issuer status suspend",
                                       "issuer status reinstate",
                                       "issuer status supersede",
                                       "trust grant",
                                       "trust distrust",
                                       "trust withdraw",
                                       "trust policy publish",
                                       "key add",
                                       "key rotate",
                                       "key retire",
                                       "institution register",
                                       "institution list",
                                       "institution update",
                                       "institution leave",
                                       "institution succeed merge",
                                       "institution succeed split",
                                       "institution succeed rename",
                                       "institution succeed custody",
                                       "governance vote",
                                       "governance veto",
                                       "accreditation grant",
                                       "accreditation withdraw"};
  // A batch and an import are more than one signature of one office: they have no draft, and
  // --draft is no option there.
  const std::set<std::string> without{"issuer batch issue", "issuer batch resume", "issuer correct",
                                      "accreditation import", "outbox resume"};
  std::set<std::string> found;
  for_each_command(&tree.app, [&](CLI::App* command) {
    const auto path = path_of(command);
    const bool drafts = command->get_option_no_throw("--draft") != nullptr;
    CHECK(drafts == (command->get_option_no_throw("--send-by") != nullptr));
    if (without.contains(path)) CHECK_FALSE(drafts);
    const bool proposes = path.starts_with("governance propose ") &&
                          command->get_subcommands(nullptr).empty() &&
                          command->get_option_no_throw("--voting-ends") != nullptr;
    INFO(path);
    if (proposes || changing.contains(path)) CHECK(drafts);
    if (drafts) found.insert(path);
  });
  for (const auto& path : changing) {
    INFO(path);
    CHECK(found.contains(path));
  }
}

TEST_CASE("an option that was typed and that nobody read is named, and refused with exit code 2") {
  CommandTree app{"", "testamur"};
  Given<std::string> read, unread, absent;
  auto* command = app.add_subcommand("act", "");
  option(*command, "--read", read, "");
  option(*command, "--unread", unread, "");
  option(*command, "--absent", absent, "");
  app.parse("act --read a --unread b", false);
  CHECK(*read == "a");
  Context context;
  context.commands = &app;
  const auto refused = refuse_unread_options(context);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.failure().exit == ExitCode::kUsage);
  CHECK(refused.message().starts_with("--unread would have no effect here"));
  CHECK(refused.message().find("--absent") == std::string::npos);

  CHECK(*unread == "b");
  CHECK(refuse_unread_options(context).ok());
}

TEST_CASE("the causes of a call keep their exit codes on the way to main") {
  const auto exit = [](CallFailure kind) {
    const Attempt<StatusAnswer> attempt =
        asked(Called<StatusAnswer>(CallError{kind, "cause", "code", "rule", "field"}));

    const auto pass_on = [&]() -> Outcome {
      TM_TRY(const auto value, attempt);
      return Reply{value.shown.json(), ""};
    };
    return pass_on().exit();
  };

  CHECK(exit(CallFailure::kUnreachable) == ExitCode::kUnreachable);
  CHECK(exit(CallFailure::kOverloaded) == ExitCode::kUnreachable);
  CHECK(exit(CallFailure::kNotFound) == ExitCode::kUnknown);
  CHECK(exit(CallFailure::kInvalid) == ExitCode::kUsage);
  CHECK(exit(CallFailure::kRejected) == ExitCode::kFailure);
  CHECK(exit(CallFailure::kOther) == ExitCode::kFailure);
}

}  // namespace testamur::wallet
