// A policy: by which rules one institution (or an employer without a node) accepts issuers. A plain
// value that the node or the command line fills from TOML. Its digest is part of every answer:
// docs/formats/statement.md. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/hash.h"
#include "common/ids.h"
#include "trust/scope.h"
#include "trust/statement.h"

namespace testamur::trust {

enum class Governs : std::uint8_t { kAnchor = 0, kToday = 1, kBoth = 2 };
std::string_view to_text(Governs governs);

// Which of the awarding bodies of a joint award must be accepted. Another's acceptance never
// outweighs a block of the issuer.
enum class Joint : std::uint8_t { kAll = 0, kAny = 1 };
std::string_view to_text(Joint joint);

inline constexpr std::uint32_t kNoCeiling = ~std::uint32_t{0};

// Applies to every point that `when` touches.
struct AccreditationRequirement {
  Scope when;
  std::uint32_t amount = kFullAmount;
  std::uint16_t schemes = 0;  // bit = Scheme; 0 = any
  auto operator<=>(const AccreditationRequirement&) const = default;
};

struct Policy {
  std::uint32_t threshold = kFullAmount;  // T
  std::uint32_t independent_paths = 1;    // k
  std::uint8_t path_floor = 40;           // 1..120
  // What one chain of one, two and three statements may carry at most; never ascending.
  std::array<std::uint32_t, 3> ceilings{kNoCeiling, kNoCeiling, kNoCeiling};
  std::vector<InstitutionId> vetoers;  // ascending, unique
  std::uint32_t veto_quorum = 1;
  std::vector<AccreditationRequirement> accreditation;
  Governs governs = Governs::kAnchor;
  std::uint64_t max_anchor_lag_ms = 0;
  std::uint32_t follow_successors_days = 730;
  bool separate_assessor =
      false;  // who teaches and who assesses must differ and have no common parent
  Joint joint = Joint::kAll;
  // Unpublished statements of the viewpoint, in file order; `truster` and `commit` are ignored,
  // `id` is their digest.
  std::vector<Statement> local;
  auto operator<=>(const Policy&) const = default;
};

enum class PolicyError : std::uint8_t {
  kThreshold = 1,
  kPathFloor = 2,
  kCeilings = 3,
  kVetoers = 4,
  kVetoQuorum = 5,
  kRequirement = 6,
  kLocalStatement = 7,
};
std::string_view to_text(PolicyError error);
// The first thing wrong with a policy. `local_at`, if given, receives the position of a bad local
// statement.
std::optional<PolicyError> check(const Policy& policy, std::size_t* local_at = nullptr);

// H_tag(policy, canonical bytes). Local statements enter by their salted ids only.
Hash256 digest(const Policy& policy);
Bytes encode(const Policy& policy);
// What the policy says, a line a rule, for `check-config`.
std::string in_words(const Policy& policy);

}  // namespace testamur::trust
