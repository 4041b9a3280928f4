#include "wallet/cli/files/policy_file.h"

#include <algorithm>
#include <array>

#include "common/near_names.h"
#include "common/toml_text.h"
#include "common/visible.h"
#include "files/policy_value.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxPolicyBytes = 1 << 20;
constexpr std::array<std::string_view, 12> kNodeTables{"node",  "keys",    "peers",     "peer",
                                                       "api",   "metrics", "log",       "mempool",
                                                       "chain", "store",   "decisions", "policy"};

// The tables of the file, with what is needed to say where a mistake stands.
struct Walk {
  std::string path;
  std::vector<trust::PolicyTable> tables;
  std::vector<const toml::table*> sources;
  std::string wrong;

  void complain(const toml::node& at, std::string_view key, std::string_view what) {
    complain_at(at.source().begin.line, key, what);
  }
  void complain_at(std::uint32_t line, std::string_view key, std::string_view what) {
    wrong += (wrong.empty() ? "" : "\n") + path + ":" + std::to_string(line) + ": " +
             one_line(key) + (key.empty() ? "" : ": ") + std::string(what);
  }
  // What stands beside [policy].
  void refuse_strangers(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const std::string name(key.str());
      if (std::ranges::find(kNodeTables, name) != kNodeTables.end()) continue;
      const std::uint32_t line = key.source().begin.line;
      if (!node.is_table() && !node.is_array_of_tables()) {
        complain_at(line, name, "stands in no table: write it below [policy]");
        continue;
      }
      complain_at(line, node.is_table() ? "[" + name + "]" : "[[" + name + "]]",
                  "is no table of a policy, nor of a node's configuration" + meant(name));
    }
  }
  static std::string meant(const std::string& name) {
    const std::vector<std::string> known(kNodeTables.begin(), kNodeTables.end());
    for (const char* part : {"statement", "accreditation"}) {
      if (name == part || !near_names(name, {part}).empty())
        return ": did you mean [[policy." + std::string(part) + "]]?";
    }
    const auto near = near_names(name, known);
    return near.empty() ? std::string{} : ": did you mean [" + near.front() + "]?";
  }
  void add(const toml::table& table, trust::PolicyTableKind kind) {
    const bool main = kind == trust::PolicyTableKind::kPolicy;
    trust::PolicyTable entries{kind, {}};
    for (const auto& [key, node] : table) {
      if (main && (key.str() == "accreditation" || key.str() == "statement")) continue;
      if (auto value = policy_value(node)) {
        entries.entries.push_back({std::string(key.str()), std::move(*value)});
      } else {
        complain(node, key.str(), "must be a text, a number, true, false or a list of one kind");
      }
    }
    tables.push_back(std::move(entries));
    sources.push_back(&table);
  }
  void add_all(const toml::table& section, std::string_view name, trust::PolicyTableKind kind) {
    const auto* node = section.get(name);
    if (node == nullptr) return;

    const auto* list = node->as_array();
    if (list == nullptr)
      return complain(*node, name,
                      "must be a list of tables, [[policy." + std::string(name) + "]]");

    for (const auto& item : *list) {
      if (const auto* table = item.as_table()) {
        add(*table, kind);
      } else {
        complain(item, name, "must be a list of tables, [[policy." + std::string(name) + "]]");
      }
    }
  }
};

}  // namespace

std::span<const std::string_view> tables_of_nodes() { return kNodeTables; }

Result<trust::PolicyReading> read_policy_file(const std::string& path) {
  TM_TRY(auto raw, read_file(path, kMaxPolicyBytes));
  TM_TRY(auto root, parse_toml(as_text(raw), path));

  Walk walk{path, {}, {}, {}};
  walk.refuse_strangers(root);
  const auto* section = root.get_as<toml::table>("policy");
  if (section == nullptr)
    return error(walk.wrong + (walk.wrong.empty() ? "" : "\n") + path + ": has no table [policy]");

  walk.add(*section, trust::PolicyTableKind::kPolicy);
  walk.add_all(*section, "accreditation", trust::PolicyTableKind::kAccreditation);
  walk.add_all(*section, "statement", trust::PolicyTableKind::kStatement);

  auto reading = trust::read_policy(walk.tables);
  // A mistake names its table by position; the file and line are known only here.
  for (const auto& mistake : reading.mistakes) {
    const auto& table = *walk.sources[mistake.table];
    const auto* node = mistake.key.empty() ? nullptr : table.get(mistake.key);
    walk.complain(node != nullptr ? *node : table, mistake.key, mistake.what);
  }

  if (!walk.wrong.empty()) return error(walk.wrong);
  return reading;
}

}  // namespace testamur::wallet
