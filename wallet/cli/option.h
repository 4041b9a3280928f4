// Options that know whether a command read them, so that an option which was given means something
// or is refused.
//
// A command's options are Given<T>; `option` and `flag` bind them to the parser and record them in
// the tree of commands. Reading a value is recorded. Before its first lasting effect, and before it
// prints its answer, a command is asked which of the options that were typed it never read: they
// have no effect there, and it is refused with exit code 2 (transaction_flow.h, main). So nobody
// can declare an option that a command ignores in silence. One thread.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/check.h"
#include "wallet/cli/given.h"

namespace testamur::wallet {

// The root of all commands.
class CommandTree : public CLI::App {
 public:
  using CLI::App::App;

  void record(const CLI::Option* option, const Readable* given) {
    recorded_.emplace_back(option, given);
  }
  bool is_recorded(const CLI::Option* option) const;
  // The options that were typed and that nobody has read, by name.
  std::vector<std::string> given_unread() const;

  // Every value that was typed, with the name of its option or argument.
  struct TypedValue {
    std::string name;
    std::string value;
  };
  std::vector<TypedValue> typed_values() const;

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

// Why a text is no whole number of this range, naming what is; empty: it is one. The parser's own
// words name neither.
std::string number_slip(const std::string& text, std::uint64_t least, std::uint64_t most);

// Refuses, before it is converted, what is no such number.
void expect_number(CLI::Option& option, std::uint64_t least, std::uint64_t most);

template <class T>
struct NumberIn {
  using type = T;
};
template <class T>
struct NumberIn<std::vector<T>> {
  using type = T;
};
template <class T>
struct NumberIn<std::optional<T>> {
  using type = T;
};

// Like CLI::App::add_option and add_flag. The value must outlive the parser.
template <class T>
CLI::Option* option(CLI::App& command, const std::string& name, Given<T>& given,
                    const std::string& about) {
  auto* made = command.add_option(name, given.storage(), about);
  CommandTree::of(command).record(made, &given);
  using Value = typename NumberIn<T>::type;
  if constexpr (std::is_unsigned_v<Value> && !std::is_same_v<Value, bool>) {
    expect_number(*made, 0, std::numeric_limits<Value>::max());
  }
  return made;
}
inline CLI::Option* flag(CLI::App& command, const std::string& name, Given<bool>& given,
                         const std::string& about) {
  auto* made = command.add_flag(name, given.storage(), about);
  CommandTree::of(command).record(made, &given);
  return made;
}

}  // namespace testamur::wallet
