#include "wallet/cli/option.h"

#include <algorithm>
#include <charconv>

#include "common/option_slips.h"
#include "common/visible.h"

namespace testamur::wallet {

bool CommandTree::is_recorded(const CLI::Option* option) const {
  return std::ranges::any_of(recorded_, [&](const auto& entry) { return entry.first == option; });
}

std::vector<std::string> CommandTree::given_unread() const {
  std::vector<std::string> names;
  for (const auto& [option, given] : recorded_) {
    if (option->count() > 0 && !given->was_read()) names.push_back(option->get_name());
  }
  return names;
}

std::vector<CommandTree::TypedValue> CommandTree::typed_values() const {
  std::vector<TypedValue> values;
  std::vector<const CLI::App*> commands{this};
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

bool CommandTree::was_joined(const CLI::Option& option, const std::string& value) const {
  return std::ranges::any_of(option.get_lnames(), [&](const std::string& name) {
    return std::ranges::find(words_, "--" + name + "=" + value) != words_.end();
  });
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

void expect_number(CLI::Option& option, std::uint64_t least, std::uint64_t most) {
  option.check(CLI::Validator(
      [least, most](const std::string& text) { return number_slip(text, least, most); }, "",
      "number"));
}

CommandTree& CommandTree::of(CLI::App& command) {
  CLI::App* root = &command;
  while (root->get_parent() != nullptr) root = root->get_parent();
  auto* tree = dynamic_cast<CommandTree*>(root);
  TM_CHECK(tree != nullptr, "a command stands in a CommandTree");
  return *tree;
}

}  // namespace testamur::wallet
