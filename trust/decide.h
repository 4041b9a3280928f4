// decide: whether one viewpoint accepts what an issuer awards, at a time, as the ledger stood at a
// height.
//
// Exact integer answers (docs/trust.md): maximum flow over chains of at most three statements, on a
// layered network, for which an ordinary maximum flow is exact (Mahjoub & McCormick, Math.
// Programming 2010). Deterministic: the same inputs give the same answer on every machine, and the
// names of parties change neither outcome, amount, number of independent paths nor rule. Pure; any
// thread, as long as nobody appends to the history meanwhile.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/hash.h"
#include "common/ids.h"
#include "trust/graph.h"
#include "trust/policy.h"
#include "trust/scope.h"
#include "trust/work.h"

namespace testamur::trust {

enum class Outcome : std::uint8_t { kAccept = 1, kRefuse = 2, kBlocked = 3 };
std::string_view to_text(Outcome outcome);

// In the order in which they are applied. kNone: accepted.
enum class Rule : std::uint8_t {
  kNone = 0,
  kUnknown = 1,  // the issuer is not on the ledger at this height
  kFuture = 2,   // a time after today
  kOwn = 3,      // an issuer that is its own viewpoint: accepted
  kBlock = 4,
  kClaim = 5,
  kAmount = 6,
  kPaths = 7,
  kAccreditation = 8,
  kAssessor = 9,
  kTooLarge = 10,  // the work bound was reached: no answer
};
std::string_view to_text(Rule rule);

// The state of the ledger that answers: a finalized height and the time of its header ("today").
struct AsOf {
  Height height;
  std::uint64_t today_ms = 0;
  Hash256 state;  // digest of the state at this height (the registry root); only echoed in the
                  // answer's digest
};

// A statement that is supposed to exist, for "what if": always in force. For remedies and --assume.
struct Assumption {
  InstitutionId truster;
  InstitutionId subject;
  Kind kind = Kind::kTrust;  // trust, accredit or distrust
  std::uint8_t amount = kFullAmount;
  std::uint8_t depth = 0;
};

// A step is a statement or arc that is looked at: some tens of nanoseconds. The default is about a
// second.
inline constexpr std::uint64_t kDefaultWork = 20'000'000;

struct Query {
  InstitutionId
      viewpoint;  // need not be on the ledger: then only the policy's local statements are its own
  InstitutionId issuer;
  ScopePoint point;
  std::uint64_t at_time_ms = 0;
  AsOf as_of;
  std::vector<Assumption> assume;
  std::vector<StatementId> without;  // statements taken as withdrawn, for "what if"
  std::uint8_t ignore_parts = 0;     // scope parts taken as covered, for diagnosis
  std::uint64_t work_limit = kDefaultWork;
};

// One statement that carries something: the arc of a path or of a cut.
struct Arc {
  InstitutionId truster;
  InstitutionId subject;     // the party that the arc leads to
  StatementId statement;     // zero for an assumption
  std::uint32_t amount = 0;  // of the statement, or of the ceiling that is smaller
  Kind kind = Kind::kTrust;
  bool inherited = false;    // said of a predecessor
  bool retroactive = false;  // an accreditation that was committed after `at_time`
  bool ceiling = false;      // what limits is the policy's ceiling, not the statement
  bool local = false;        // a local statement of the policy: the truster itself never said it
  auto operator<=>(const Arc&) const = default;
};

// A chain of one to three statements and what it carries.
struct Path {
  std::vector<Arc> arcs;
  std::uint32_t amount = 0;
  auto operator<=>(const Path&) const = default;
};

struct AccreditationAnswer {
  std::size_t requirement = 0;  // position in the policy
  std::uint32_t needed = 0;
  std::uint32_t amount = 0;
  std::vector<Path> paths;
  std::vector<Arc> cut;
};

struct Decision {
  Outcome outcome = Outcome::kRefuse;
  Rule rule = Rule::kNone;  // the first rule that failed; kOwn for an own award
  std::uint32_t amount = 0;
  std::uint32_t independent_paths = 0;
  std::uint32_t accredited_amount = 0;  // by any scheme
  bool direct_suffices = false;  // a direct statement of amount >= T satisfies any number of paths
  std::vector<Path> paths;       // sum to the amount
  std::vector<Arc> cut;          // the minimum cut nearest the viewpoint; sums to the amount
  std::vector<Path> disjoint;    // the independent paths
  std::vector<InstitutionId>
      cover;                // König: the fewest parties that meet every further chain of three
  std::vector<Arc> blocks;  // who distrusts the issuer, where it is blocked
  std::vector<Path> accredited_paths;
  std::vector<AccreditationAnswer> accreditations;  // one for each requirement that applies
  std::vector<StatementId> used;                    // ascending, unique
  Hash256 digest;                                   // of query, policy, height, state and answer
  std::uint64_t steps = 0;                          // of work; not part of the digest
};

// Precondition: `policy` passes check(). The answer to a question that needs more than
// `query.work_limit` steps is a refusal by kTooLarge, with nothing else in it.
Decision decide(const History& history, const Query& query, const Policy& policy);

// A chain of statements of which each vouches for all that follow it, and the least amount among
// them.
struct Chain {
  std::uint32_t amount = 0;
  std::vector<Arc> arcs;
};
// The widest chain of at most eight statements from the viewpoint to the issuer: information for
// explanations, which changes no decision. Nothing where there is none, where the issuer is
// blocked, unknown or the viewpoint itself, or where the search takes too much work.
std::optional<Chain> widest_chain(const History& history, const Query& query, const Policy& policy);
// The same at the charge of `work`, whatever the query's own limit.
std::optional<Chain> widest_chain(const History& history, const Query& query, const Policy& policy,
                                  Work& work);

}  // namespace testamur::trust
