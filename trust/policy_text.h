// A policy as its file spells it, without the syntax of the file: keys and values in, a Policy or
// every mistake out. Node and command line walk their TOML and hand the entries over, so that both
// read one format: docs/formats/policy.md. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/hash.h"
#include "trust/policy.h"

namespace testamur::trust {

using PolicyValue = std::variant<std::int64_t, bool, std::string, std::vector<std::int64_t>,
                                 std::vector<std::string>>;
struct PolicyEntry {
  std::string key;
  PolicyValue value;
};

enum class PolicyTableKind : std::uint8_t {
  kPolicy = 0,         // [policy]
  kAccreditation = 1,  // [[policy.accreditation]]
  kStatement = 2,      // [[policy.statement]]
};
struct PolicyTable {
  PolicyTableKind kind = PolicyTableKind::kPolicy;
  std::vector<PolicyEntry> entries;
};

struct PolicyMistake {
  std::size_t table = 0;  // position among the tables
  std::string key;        // empty: the table as a whole
  std::string what;
};

struct PolicyReading {
  Policy policy;
  // Who decides: an institution, or (absent) in a node its own institution and elsewhere the file
  // itself.
  std::optional<InstitutionId> viewpoint;
  std::vector<PolicyMistake> mistakes;  // empty: the policy is complete and passes check()
};

// In file order; at most one table of kind kPolicy. Its `preset` counts first, wherever it stands.
PolicyReading read_policy(const std::vector<PolicyTable>& tables);

// The viewpoint of a policy without an institution: an id that no institution on a ledger has.
InstitutionId local_viewpoint();

}  // namespace testamur::trust
