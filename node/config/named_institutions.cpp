#include "node/config/named_institutions.h"

#include <algorithm>

namespace testamur::node {

namespace {

constexpr char kVetoers[] = "policy.vetoers";
constexpr char kViewpoints[] = "decisions.viewpoints";
constexpr char kStatements[] = "[[policy.statement]]";

}  // namespace

std::vector<NamedInstitution> named_institutions(const trust::Policy& policy,
                                                 std::span<const InstitutionId> viewpoints) {
  std::vector<NamedInstitution> all;
  const auto add = [&all](const char* key, const InstitutionId& id) {
    const auto is_same = [&](const auto& each) {
      return each.key == key && each.institution == id;
    };
    if (std::ranges::none_of(all, is_same)) all.push_back({key, id});
  };

  for (const auto& id : viewpoints) add(kViewpoints, id);
  for (const auto& id : policy.vetoers) add(kVetoers, id);
  for (const auto& statement : policy.local) {
    // What ends or voids another statement has no subject of its own.
    if (statement.subject != InstitutionId{}) add(kStatements, statement.subject);
  }
  return all;
}

std::string unknown_note(const NamedInstitution& named) {
  const std::string effect = named.key == kVetoers ? "its distrust blocks nobody"
                             : named.key == kViewpoints
                                 ? "there are no decisions from its viewpoint"
                                 : "what is stated of it counts for nothing";
  return named.key + " names " + to_text(named.institution) +
         ", which is none that this ledger knows, as far as this node has it: " + effect +
         " until it is registered. testamur registry institutions lists the ids";
}

}  // namespace testamur::node
