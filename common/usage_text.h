// What a person reads who typed something that is no command or no option: what was likely meant,
// and where help is. One rule for both programs, over the tree of commands that each declares.
// Pure; any thread.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "common/near_names.h"
#include "common/visible.h"

namespace testamur::inline common {

namespace usage {

inline std::string path_of(const CLI::App* command) {
  std::string path = command->get_name();
  for (const auto* at = command->get_parent(); at != nullptr; at = at->get_parent())
    path = at->get_name() + " " + path;
  return path;
}

inline std::vector<const CLI::App*> commands_of(const CLI::App* app) {
  return app->get_subcommands([](const CLI::App*) { return true; });
}

inline std::vector<std::string> names_of(const CLI::App* app) {
  std::vector<std::string> names;
  for (const auto* command : commands_of(app)) names.push_back(command->get_name());
  return names;
}

// Commands anywhere below that have this name: who types a verb without its noun means one of them.
inline void find_named(const CLI::App* app, const std::string& name,
                       std::vector<std::string>& paths) {
  for (const auto* command : commands_of(app)) {
    if (command->get_name() == name) paths.push_back(path_of(command));
    find_named(command, name, paths);
  }
}

// The command that was meant as far as it was understood.
inline const CLI::App* deepest_typed(const CLI::App* app) {
  for (auto typed = app->get_subcommands(); !typed.empty(); typed = app->get_subcommands())
    app = typed.front();
  return app;
}

// What was likely meant by a word behind the command `at`, or by an option.
inline std::vector<std::string> near_words(const CLI::App& app, const CLI::App* at,
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

inline std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace usage

// The cause of a failed parse, with the names that are near what was typed. Without a full stop.
inline std::string usage_text(const CLI::App& app, const CLI::ParseError& problem) {
  const auto* at = usage::deepest_typed(&app);
  const auto left = app.remaining(true);
  const std::string help = "\nRun " + usage::path_of(at) + " --help for what it takes";
  if (left.empty()) {
    std::string text = problem.what();
    if (!usage::names_of(at).empty() && at->get_require_subcommand_min() > 0)
      text = usage::path_of(at) + " needs a command: " + usage::listed(usage::names_of(at));
    return text + help;
  }

  const std::string word = left.front();
  const std::string shown = in_quotes(word) + " ";
  const auto near = did_you_mean(usage::near_words(app, at, word));
  if (word.starts_with("-")) return shown + "is no option of " + usage::path_of(at) + near + help;
  if (usage::names_of(at).empty())
    return shown + "is more than " + usage::path_of(at) + " takes" + help;
  return shown + "is no command of " + usage::path_of(at) +
         (near.empty() ? "; there are: " + usage::listed(usage::names_of(at)) : near) + help;
}

}  // namespace testamur::inline common
