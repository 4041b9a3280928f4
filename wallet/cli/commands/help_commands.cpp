#include "wallet/cli/commands/help_commands.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <iterator>

#include "common/near_names.h"
#include "common/usage_text.h"
#include "common/visible.h"
#include "wallet/cli/command_tree.h"
#include "wallet/cli/commands/commands.h"

namespace testamur::wallet {
namespace {

Outcome show_help(const CommandTree& app, const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  for (const auto& word : words) {
    const auto below = usage::commands_of(at);
    const auto found = std::ranges::find(below, word, &CLI::App::get_name);
    if (found == below.end())
      return error(in_quotes(word) + " is no command of " + usage::path_of(at) +
                   did_you_mean(usage::near_words(app, at, word)));
    at = *found;
  }

  std::string text =
      at->get_parent() == nullptr ? at->help() : at->help(usage::path_of(at->get_parent()));
  return Reply{Json{{"command", usage::path_of(at)}, {"help", text}}, std::move(text)};
}

// What is typed behind the options of the program, of which some have a value: --home DIR help.
std::vector<std::string> behind_options(const CommandTree& app,
                                        const std::vector<std::string>& typed) {
  std::size_t at = 0;
  while (at < typed.size() && typed[at].starts_with("--")) {
    const auto* option = app.get_option_no_throw(typed[at]);
    const bool has_value = option != nullptr && option->get_items_expected_max() > 0;
    at += has_value ? 2 : 1;
  }
  if (at >= typed.size() || typed[at] != "help") return typed;
  return {typed.begin() + static_cast<std::ptrdiff_t>(at), typed.end()};
}

}  // namespace

std::optional<Outcome> answer_about_program(const CommandTree& app,
                                            const std::vector<std::string>& typed) {
  // What follows an option with a value may be that value.
  constexpr std::array<std::string_view, 4> kFlags{"--json", "--yes", "--quiet", "--force"};
  const auto is_flag = [&](const auto& word) {
    return std::ranges::find(kFlags, word) != kFlags.end();
  };
  std::vector<std::string> words;
  std::ranges::remove_copy_if(behind_options(app, typed), std::back_inserter(words), is_flag);
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
