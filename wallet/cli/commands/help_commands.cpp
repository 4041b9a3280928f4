#include "wallet/cli/commands/help_commands.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iterator>

#include "common/visible.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/joined.h"
#include "wallet/cli/near_names.h"
#include "wallet/cli/option.h"

namespace testamur::wallet {
namespace {

std::string path_of(const CLI::App* command) {
  std::string path = command->get_name();
  for (const auto* at = command->get_parent(); at != nullptr; at = at->get_parent())
    path = at->get_name() + " " + path;
  return path;
}

std::vector<const CLI::App*> commands_of(const CLI::App* app) {
  return app->get_subcommands([](const CLI::App*) { return true; });
}

std::vector<std::string> names_of(const CLI::App* app) {
  std::vector<std::string> names;
  for (const auto* command : commands_of(app)) names.push_back(command->get_name());
  return names;
}

// Commands anywhere below that have this name: who types a verb without its noun means one of them.
void find_named(const CLI::App* app, const std::string& name, std::vector<std::string>& paths) {
  for (const auto* command : commands_of(app)) {
    if (command->get_name() == name) paths.push_back(path_of(command));
    find_named(command, name, paths);
  }
}

// The command that was meant as far as it was understood.
const CLI::App* deepest_typed(const CLI::App* app) {
  for (auto typed = app->get_subcommands(); !typed.empty(); typed = app->get_subcommands())
    app = typed.front();
  return app;
}

std::vector<std::string> near_words(const CommandTree& app, const CLI::App* at,
                                    const std::string& word) {
  if (word.starts_with("-")) {
    std::vector<std::string> known;
    for (const auto* command = at; command != nullptr; command = command->get_parent()) {
      for (const auto* each : command->get_options(nullptr)) {
        for (const auto& name : each->get_lnames()) known.push_back("--" + name);
      }
    }
    return near_names(word.substr(0, word.find('=')), known);
  }

  std::vector<std::string> words;
  for (const auto& name : near_names(word, names_of(at))) words.push_back(path_of(at) + " " + name);
  if (!words.empty()) return words;

  find_named(&app, word, words);
  constexpr std::size_t kMost = 3;
  if (words.size() > kMost) words.resize(kMost);
  return words;
}

Outcome show_help(const CommandTree& app, const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  for (const auto& word : words) {
    const auto below = commands_of(at);
    const auto found = std::ranges::find(below, word, &CLI::App::get_name);
    if (found == below.end())
      return error(in_quotes(word) + " is no command of " + path_of(at) +
                   did_you_mean(near_words(app, at, word)));
    at = *found;
  }

  std::string text = at->get_parent() == nullptr ? at->help() : at->help(path_of(at->get_parent()));
  return Reply{Json{{"command", path_of(at)}, {"help", text}}, std::move(text)};
}

}  // namespace

std::string usage_text(const CommandTree& app, const CLI::ParseError& problem) {
  const auto* at = deepest_typed(&app);
  const auto left = app.remaining(true);
  const std::string help = "\nRun " + path_of(at) + " --help for what it takes";
  if (left.empty()) {
    std::string text = problem.what();
    if (!names_of(at).empty() && at->get_require_subcommand_min() > 0)
      text = path_of(at) + " needs a command: " + joined(names_of(at));
    return text + help;
  }

  const std::string word = left.front();
  const std::string shown = in_quotes(word) + " ";
  const auto near = did_you_mean(near_words(app, at, word));
  if (word.starts_with("-")) return shown + "is no option of " + path_of(at) + near + help;
  if (names_of(at).empty()) return shown + "is more than " + path_of(at) + " takes" + help;
  return shown + "is no command of " + path_of(at) +
         (near.empty() ? "; there are: " + joined(names_of(at)) : near) + help;
}

std::optional<Outcome> answer_about_program(const CommandTree& app,
                                            const std::vector<std::string>& typed) {
  // What follows an option with a value may be that value.
  constexpr std::array<std::string_view, 4> kFlags{"--json", "--yes", "--quiet", "--force"};
  const auto is_flag = [&](const auto& word) {
    return std::ranges::find(kFlags, word) != kFlags.end();
  };
  std::vector<std::string> words;
  std::ranges::remove_copy_if(typed, std::back_inserter(words), is_flag);
  if (words.empty()) return std::nullopt;

  // Every command takes --help, this one too.
  if (std::ranges::find(words, "--help") != words.end() ||
      std::ranges::find(words, "-h") != words.end())
    return std::nullopt;
  if (words.front() == "help") {
    words.erase(words.begin());
    return show_help(app, words);
  }
  if (words.front() == "version" && words.size() == 1)
    return Reply{Json{{"version", kProgramVersion}}, std::string(kProgramVersion) + "\n"};
  return std::nullopt;
}

void add_help_commands(CommandTree& app, Run& run) {
  // Reached only behind an option with a value, as in --home DIR help.
  app.add_subcommand("help", "What a command does and takes, as in: help issuer batch issue")
      ->callback([&app, &run] { run = [&app] { return show_help(app, {}); }; });
  app.add_subcommand("version", "Which version this is")->callback([&app, &run] {
    run = [&app]() -> Outcome { return *answer_about_program(app, {"version"}); };
  });
}

}  // namespace testamur::wallet
