// Options that know whether a command read them, so that an option which was given means something
// or is refused.
//
// A command's options are Given<T>; `option` and `flag` bind them to the parser and record them in
// the tree of commands. Reading a value is recorded. Before its first lasting effect, and before it
// prints its answer, a command is asked which of the options that were typed it never read: they
// have no effect there, and it is refused with exit code 2 (transaction_flow.h, main). So nobody
// can declare an option that a command ignores in silence. One thread.
//
// The parser itself is named and not included: its header alone takes longer to compile than most
// commands do, and what its templates become stands in option.cpp once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "wallet/cli/given.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace testamur::wallet {

class CommandTree;  // wallet/cli/command_tree.h

// An option or argument that was declared. Refers to the parser's, as a pointer does; so does
// Command.
class Option {
 public:
  Option(CLI::Option& option) : option_(&option) {}

  Option required() const;
  Option needs(Option other) const;
  Option excludes(Option other) const;
  // So many values and no others.
  Option expected(int count) const;
  // Whether several values may follow the option where it is given once.
  Option allow_extra_args(bool allowed) const;

  CLI::Option& parsed() const { return *option_; }

 private:
  CLI::Option* option_;
};

// A command, or the program whose commands they are.
class Command {
 public:
  Command(CLI::App& command) : command_(&command) {}

  Command add_subcommand(const std::string& name, const std::string& about) const;
  // How many of its subcommands have to be named.
  void require_subcommand(int count) const;
  // What is done when the command was typed, once all of its options are read.
  void callback(std::function<void()> act) const;
  // Shown below the options.
  void footer(const std::string& text) const;

  CLI::App& parsed() const { return *command_; }

 private:
  CLI::App* command_;
};

// Why a text is no whole number of this range, naming what is; empty: it is one. The parser's own
// words name neither.
std::string number_slip(const std::string& text, std::uint64_t least, std::uint64_t most);

// Refuses, before it is converted, what is no such number.
void expect_number(Option option, std::uint64_t least, std::uint64_t most);

// An option or an argument of a command. The value must outlive the parser. The types that values
// have are listed in option.cpp: texts and whole numbers, one, several, or one that may be absent.
template <class T>
Option option(Command command, const std::string& name, Given<T>& given, const std::string& about);
Option flag(Command command, const std::string& name, Given<bool>& given, const std::string& about);

// The options that were typed and that nobody has read, by name.
std::vector<std::string> given_unread(const CommandTree& tree);

// Every value that was typed, with the name of its option or argument.
struct TypedValue {
  std::string name;
  std::string value;
};
std::vector<TypedValue> typed_values(const CommandTree& tree);

}  // namespace testamur::wallet
