#include "wallet/cli/option.h"

#include <algorithm>

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

CommandTree& CommandTree::of(CLI::App& command) {
  CLI::App* root = &command;
  while (root->get_parent() != nullptr) root = root->get_parent();
  auto* tree = dynamic_cast<CommandTree*>(root);
  TM_CHECK(tree != nullptr, "a command stands in a CommandTree");
  return *tree;
}

}  // namespace testamur::wallet
