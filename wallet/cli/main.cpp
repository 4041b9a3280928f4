// testamur: the command line of learners, issuers and verifiers.
#include <algorithm>
#include <cstdlib>
#include <exception>

#include "common/usage_text.h"
#include "wallet/cli/busy_line.h"
#include "wallet/cli/command_tree.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/commands/help_commands.h"
#include "wallet/cli/files/output.h"
#include "wallet/client/client.h"

namespace testamur::wallet {
namespace {

std::string default_home() {
  if (const char* home = std::getenv("TESTAMUR_HOME"); home != nullptr && *home != '\0')
    return home;
  const char* user_home = std::getenv("HOME");
  return std::string(user_home == nullptr ? "." : user_home) + "/.testamur";
}

// What a command found is printed here, and only if every option that was typed had a say in it,
// or nothing was left to have a say in.
ExitCode answer(Context& context, const Run& chosen) {
  if (auto read = read_config(context); !read.ok())
    return fail(context, ExitCode::kUsage, read.message());
  Outcome outcome = chosen();
  if (const auto* reply = outcome.reply(); reply != nullptr && !reply->already) {
    if (auto unread = refuse_unread_options(context); !unread.ok()) outcome = unread.failure();
  }
  return report(context, outcome);
}

int run(int argc, char** argv) {
  CommandTree app{
      "Testamur: credentials whose issuer your own institution accepts. Exit codes: man testamur",
      "testamur"};
  Context context;
  context.home = default_home();
  context.commands = &app;
  Run chosen;
  add_all_commands(app, context, chosen);
  app.set_version_flag("--version", kProgramVersion);

  const std::vector<std::string> typed(argv + 1, argv + argc);
  context.typed = typed;
  app.note_words(typed);
  const auto about = answer_about_program(app, typed);
  try {
    if (!about) app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& failure) {
    // Nothing was taken over from what could not be parsed.
    context.json = std::ranges::find(typed, "--json") != typed.end();
    return static_cast<int>(fail(context, ExitCode::kUsage, usage_text(app, failure)));
  }
  if (about) {
    context.json = std::ranges::find(typed, "--json") != typed.end();
    return static_cast<int>(report(context, *about));
  }

  // Whatever a library throws has been caught where it is called; what comes here is a bug, and
  // ends as a failure and not as a crash.
  try {
    const BusyLine busy(context.quiet);
    return static_cast<int>(answer(context, chosen));
  } catch (const std::exception& fault) {
    return static_cast<int>(fail(context, ExitCode::kFailure,
                                 std::string("this is a fault of the program, which stops here (") +
                                     fault.what() +
                                     "). What it wrote before is whole. Please report it, with "
                                     "the command that you typed"));
  }
}

}  // namespace
}  // namespace testamur::wallet

int main(int argc, char** argv) {
  using namespace testamur::wallet;
  testamur::prepare_standard_streams();
  silence_transport_log();
  const int code = run(argc, argv);
  return static_cast<int>(after_output(static_cast<ExitCode>(code)));
}
