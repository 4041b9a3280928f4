// One row a kind: who may send it, what it may create or change, and what it weighs. What the kinds
// say: content.h; by which rules, and what they do: rules/rules.h.
// docs/adding-a-transaction-type.md shows how a row is added.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "common/keys.h"
#include "ledger/tx/content.h"

namespace testamur::ledger::tx {

// What a kind may create or change. Bits.
enum class Privilege : std::uint16_t {
  kNone = 0,
  kInstitutions = 1,
  kKeys = 2,
  kAchievements = 4,
  kStatements = 8,
  kIssue = 16,
  kStatuses = 32,
  kSuccessions = 64,
  kPolicies = 128,
  kRules = 256,
  kGovernance = 512,  // proposals and votes
  kReady = 1024,
  kEvidence = 2048,
  kValidators = 4096,
  kParameters = 8192,
  kProtocol = 16384,
};
constexpr Privilege operator|(Privilege a, Privilege b) {
  return static_cast<Privilege>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr bool covers(Privilege declared, Privilege used) {
  return (static_cast<unsigned>(used) & ~static_cast<unsigned>(declared)) == 0;
}

// Sets of small enumerations as bits.
template <class... Enum>
constexpr std::uint8_t one_of(Enum... values) {
  return static_cast<std::uint8_t>(((1U << static_cast<unsigned>(values)) | ...));
}
template <class Enum>
constexpr bool is_one_of(std::uint8_t set, Enum value) {
  return (set >> static_cast<unsigned>(value) & 1U) != 0;
}

struct KindRow {
  Kind kind;
  std::uint8_t signers;  // one_of(KeyPurpose…): whose keys may sign; root means the author's
                         // threshold of them
  std::uint8_t authors;  // one_of(InstitutionClass…)
  Privilege privileges;  // all that applying may create or change; compared after every transaction
  std::uint64_t weight =
      0;  // of what every transaction of the kind does; what grows with the content comes on top
  std::uint16_t since = 1;  // the first protocol version in which blocks may carry it
};

// Active kinds, ascending; those of protocol versions that this build leaves out included.
std::span<const KindRow> kind_rows();
// The row of a kind that some protocol version known to this build has, or null.
const KindRow* find_row(Kind kind);
// Whether this build accepts the kind in some version of the protocol; the others are reserved.
bool is_active(Kind kind);
// The snake_case name in the proto file ("issue_listed"); "unknown" for a number that no kind has.
std::string_view name(Kind kind);

// What a transaction costs to execute, in the units of a block's weight budget: about a microsecond
// of one core each. docs/formats/kinds.md. Precondition: the kind is active, and its content as
// decoded.
std::uint64_t weight_of(const KindRow& row, const Content& content, std::size_t signatures);

// A change of statuses by the root reads the history of every slot, and so changes no more of them
// at once.
inline constexpr std::uint64_t kRecoverySlotsLimit = 4'096;

}  // namespace testamur::ledger::tx
