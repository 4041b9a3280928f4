#include "files/policy_value.h"

#include <vector>

namespace testamur::inline files {
namespace {

template <class Value>
std::optional<trust::PolicyValue> list_of(const toml::array& list) {
  std::vector<Value> values;
  for (const auto& item : list) {
    const auto* value = item.as<Value>();
    if (value == nullptr) return std::nullopt;
    values.push_back(value->get());
  }
  return values;
}

}  // namespace

std::optional<trust::PolicyValue> policy_value(const toml::node& node) {
  if (const auto* value = node.as_integer()) return value->get();
  if (const auto* value = node.as_boolean()) return value->get();
  if (const auto* value = node.as_string()) return value->get();
  if (auto date = toml_date_text(node)) return *std::move(date);
  const auto* list = node.as_array();
  if (list == nullptr) return std::nullopt;
  if (auto texts = list_of<std::string>(*list)) return texts;
  return list_of<std::int64_t>(*list);
}

}  // namespace testamur::inline files
