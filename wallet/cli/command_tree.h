// The root of all commands, which knows every option that was declared and the words that were
// typed. It is the parser, whose header is heavy: commands take the handles of option.h. One
// thread.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <utility>
#include <vector>

#include "wallet/cli/option.h"

namespace testamur::wallet {

class CommandTree : public CLI::App {
 public:
  using CLI::App::App;

  void record(const CLI::Option* option, const Readable* given) {
    recorded_.emplace_back(option, given);
  }
  const std::vector<std::pair<const CLI::Option*, const Readable*>>& recorded() const {
    return recorded_;
  }
  bool is_recorded(const CLI::Option* option) const;

  // The words as they were typed, before they are parsed: which value was joined to its option, the
  // parser does not say.
  void note_words(std::vector<std::string> words) { words_ = std::move(words); }
  bool was_joined(const CLI::Option& option, const std::string& value) const;

  // The tree that a command stands in.
  static CommandTree& of(CLI::App& command);

 private:
  std::vector<std::pair<const CLI::Option*, const Readable*>> recorded_;
  std::vector<std::string> words_;
};

}  // namespace testamur::wallet
