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
#include <string>
#include <utility>
#include <vector>

#include "common/check.h"

namespace testamur::wallet {

class Readable {
 public:
  bool was_read() const { return read_; }

 protected:
  Readable() = default;
  ~Readable() = default;
  void note_read() const { read_ = true; }

 private:
  mutable bool read_ = false;
};

// A value that may be given on the command line. Cannot be copied: a copy's readers would go
// unseen.
template <class T>
class Given : public Readable {
 public:
  Given() = default;
  Given(T initial) : value_(std::move(initial)) {}
  Given(const Given&) = delete;
  Given& operator=(const Given&) = delete;
  Given& operator=(T value) {
    value_ = std::move(value);
    return *this;
  }

  const T& operator*() const {
    note_read();
    return value_;
  }
  const T* operator->() const { return &**this; }
  operator const T&() const { return **this; }
  // For the parser: not a reading.
  T& storage() { return value_; }

 private:
  T value_{};
};

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

  // The tree that a command stands in.
  static CommandTree& of(CLI::App& command);

 private:
  std::vector<std::pair<const CLI::Option*, const Readable*>> recorded_;
};

// Like CLI::App::add_option and add_flag. The value must outlive the parser.
template <class T>
CLI::Option* option(CLI::App& command, const std::string& name, Given<T>& given,
                    const std::string& about) {
  auto* made = command.add_option(name, given.storage(), about);
  CommandTree::of(command).record(made, &given);
  return made;
}
inline CLI::Option* flag(CLI::App& command, const std::string& name, Given<bool>& given,
                         const std::string& about) {
  auto* made = command.add_flag(name, given.storage(), about);
  CommandTree::of(command).record(made, &given);
  return made;
}

}  // namespace testamur::wallet
