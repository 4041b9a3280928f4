#include "wallet/cli/option.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <type_traits>

#include "common/check.h"
#include "common/option_slips.h"
#include "common/visible.h"
#include "wallet/cli/command_tree.h"

namespace testamur::wallet {

Option Option::required() const { return *option_->required(); }
Option Option::needs(Option other) const { return *option_->needs(other.option_); }
Option Option::excludes(Option other) const { return *option_->excludes(other.option_); }
Option Option::expected(int count) const { return *option_->expected(count); }
Option Option::allow_extra_args(bool allowed) const { return *option_->allow_extra_args(allowed); }

Command Command::add_subcommand(const std::string& name, const std::string& about) const {
  return *command_->add_subcommand(name, about);
}
void Command::require_subcommand(int count) const { command_->require_subcommand(count); }
void Command::callback(std::function<void()> act) const { command_->callback(std::move(act)); }
void Command::footer(const std::string& text) const { command_->footer(text); }

bool CommandTree::is_recorded(const CLI::Option* option) const {
  return std::ranges::any_of(recorded_, [&](const auto& entry) { return entry.first == option; });
}

bool CommandTree::was_joined(const CLI::Option& option, const std::string& value) const {
  return std::ranges::any_of(option.get_lnames(), [&](const std::string& name) {
    return std::ranges::find(words_, "--" + name + "=" + value) != words_.end();
  });
}

CommandTree& CommandTree::of(CLI::App& command) {
  CLI::App* root = &command;
  while (root->get_parent() != nullptr) root = root->get_parent();
  auto* tree = dynamic_cast<CommandTree*>(root);
  TM_CHECK(tree != nullptr, "a command stands in a CommandTree");
  return *tree;
}

std::string number_slip(const std::string& text, std::uint64_t least, std::uint64_t most) {
  if (!value_slip(text).empty()) return {};  // which another rule names

  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, failed] = std::from_chars(text.data(), end, value);
  if (failed == std::errc{} && stop == end && value >= least && value <= most) return {};
  return in_quotes(text) + " is no whole number from " + std::to_string(least) + " to " +
         std::to_string(most);
}

void expect_number(Option option, std::uint64_t least, std::uint64_t most) {
  option.parsed().check(CLI::Validator(
      [least, most](const std::string& text) { return number_slip(text, least, most); }, "",
      "number"));
}

namespace {

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

}  // namespace

template <class T>
Option option(Command command, const std::string& name, Given<T>& given, const std::string& about) {
  auto* made = command.parsed().add_option(name, given.storage(), about);
  CommandTree::of(command.parsed()).record(made, &given);
  using Value = typename NumberIn<T>::type;
  if constexpr (std::is_unsigned_v<Value>) {
    expect_number(*made, 0, std::numeric_limits<Value>::max());
  }
  return *made;
}

template Option option(Command, const std::string&, Given<std::string>&, const std::string&);
template Option option(Command, const std::string&, Given<std::vector<std::string>>&,
                       const std::string&);
template Option option(Command, const std::string&, Given<std::uint32_t>&, const std::string&);
template Option option(Command, const std::string&, Given<std::vector<std::uint32_t>>&,
                       const std::string&);
template Option option(Command, const std::string&, Given<std::optional<std::uint32_t>>&,
                       const std::string&);
template Option option(Command, const std::string&, Given<std::uint64_t>&, const std::string&);
template Option option(Command, const std::string&, Given<std::vector<std::uint64_t>>&,
                       const std::string&);
template Option option(Command, const std::string&, Given<std::optional<std::uint64_t>>&,
                       const std::string&);

Option flag(Command command, const std::string& name, Given<bool>& given,
            const std::string& about) {
  auto* made = command.parsed().add_flag(name, given.storage(), about);
  CommandTree::of(command.parsed()).record(made, &given);
  return *made;
}

std::vector<std::string> given_unread(const CommandTree& tree) {
  std::vector<std::string> names;
  for (const auto& [option, given] : tree.recorded()) {
    if (option->count() > 0 && !given->was_read()) names.push_back(option->get_name());
  }
  return names;
}

std::vector<TypedValue> typed_values(const CommandTree& tree) {
  std::vector<TypedValue> values;
  std::vector<const CLI::App*> commands{&tree};
  while (!commands.empty()) {
    const auto* command = commands.back();
    commands.pop_back();
    for (const auto* option : command->get_options(nullptr)) {
      const bool takes_value = option->get_items_expected_max() > 0;
      if (option->count() == 0 || !takes_value) continue;
      for (const auto& value : option->results()) values.push_back({option->get_name(), value});
    }
    for (const auto* below : command->get_subcommands()) commands.push_back(below);
  }
  return values;
}

}  // namespace testamur::wallet
