// A second, naive implementation of docs/trust.md for histories of a few parties: it keeps plain
// lists, follows successions forwards, finds the amount by trying every cut and the independent
// paths by trying every matching. It shares no code with the engine but the value types and the
// scope tests.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "trust/decide.h"
#include "trust/judge.h"

namespace testamur::trust::test {

struct PartyAdded {
  InstitutionId id;
  bool accreditor = false;
  std::optional<InstitutionId> parent;
};
struct StandingSet {
  InstitutionId id;
  Standing standing = Standing::kGood;
};
struct RoleSet {
  InstitutionId id;
  bool holds = false;
  bool retroactive = false;
};
struct ParentSet {
  InstitutionId id;
  std::optional<InstitutionId> parent;
};
struct KeyCompromised {
  KeyId key;
  std::uint64_t since_ms = 0;
};
struct Entry {
  Commit commit;
  std::variant<PartyAdded, StandingSet, RoleSet, ParentSet, KeyCompromised, Succession, Statement>
      what;
};

// Whether the history took it.
bool append_to(History& history, const Entry& entry);

struct OracleAnswer {
  Outcome outcome = Outcome::kRefuse;
  Rule rule = Rule::kNone;
  std::uint32_t amount = 0;
  std::uint32_t independent_paths = 0;
  std::uint32_t accredited_amount = 0;
};

// `entries` in ledger order; at most nine parties.
OracleAnswer oracle_decide(const std::vector<Entry>& entries, const Query& query,
                           const Policy& policy);
// Outcome and rule of a judgement: the rules are walked in their order, and the first that has an
// answer gives it.
struct OracleJudgement {
  Outcome outcome = Outcome::kRefuse;
  Rule rule = Rule::kNone;
  auto operator<=>(const OracleJudgement&) const = default;
};
OracleJudgement oracle_judge(const std::vector<Entry>& entries, const Case& asked,
                             const Policy& policy);
// What `truster` says of `subject` at a time and a height, as anybody but the truster reads it, in
// the order of ids.
std::vector<StatementId> oracle_in_force(const std::vector<Entry>& entries,
                                         const InstitutionId& truster, const InstitutionId& subject,
                                         const AsOf& as_of, std::uint64_t at_ms);

}  // namespace testamur::trust::test
