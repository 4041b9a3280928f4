#include "node/config/policy_section.h"

#include "files/policy_value.h"
#include "trust/policy_text.h"

namespace testamur::node {
namespace {

constexpr std::pair<std::string_view, trust::PolicyTableKind> kParts[] = {
    {"accreditation", trust::PolicyTableKind::kAccreditation},
    {"statement", trust::PolicyTableKind::kStatement}};

std::string_view part_name(trust::PolicyTableKind kind) {
  for (const auto& [name, part] : kParts) {
    if (part == kind) return name;
  }
  return "";
}

struct Walk {
  std::vector<trust::PolicyTable> tables;
  std::vector<const toml::table*> sources;

  void add(const toml::table& table, trust::PolicyTableKind kind, TomlErrors& errors) {
    trust::PolicyTable entries{kind, {}};

    for (const auto& [key, node] : table) {
      // The parts of a policy are tables of their own, which the caller adds one by one.
      if (kind == trust::PolicyTableKind::kPolicy &&
          (key.str() == "accreditation" || key.str() == "statement")) {
        continue;
      }

      if (auto value = policy_value(node)) {
        entries.entries.push_back({std::string(key.str()), std::move(*value)});
      } else {
        errors.add(&node, "policy." + std::string(key.str()),
                   "must be a text, a number, true, false or a list of one kind");
      }
    }

    // The two lists go together: a mistake names its table by the place in them.
    tables.push_back(std::move(entries));
    sources.push_back(&table);
  }
};

}  // namespace

trust::Policy read_policy_section(const toml::table& root, TomlErrors& errors) {
  const auto* section = TomlReader(root, "", errors).table("policy");
  if (section == nullptr) return {};

  Walk walk;
  walk.add(*section, trust::PolicyTableKind::kPolicy, errors);

  const TomlReader reader(*section, "policy", errors);
  for (const auto& [name, kind] : kParts) {
    for (const auto* table : reader.tables(name)) walk.add(*table, kind, errors);
  }

  if (reader.has("viewpoint")) {
    reader.mistake("viewpoint",
                   "belongs in a policy file of its own: a node decides for its institution");
  }

  auto reading = trust::read_policy(walk.tables);

  // The trust engine knows no TOML: it names table and key, and their place in the file is found
  // here.
  for (const auto& mistake : reading.mistakes) {
    const auto& table = *walk.sources[mistake.table];
    const auto* node = mistake.key.empty() ? nullptr : table.get(mistake.key);
    std::string path = "policy";

    if (auto part = part_name(walk.tables[mistake.table].kind); !part.empty())
      path += "." + std::string(part);
    if (!mistake.key.empty()) path += "." + mistake.key;

    errors.add(node != nullptr ? node : &table, path, mistake.what);
  }
  return reading.policy;
}

}  // namespace testamur::node
