// One line a kind: its permanent id, who may send it, what it may create or change, what it weighs,
// and its three phases. docs/adding-a-transaction-type.md shows how a line is added. Private to
// ledger/.
//
//   check_form   what the body alone decides; runs once, in decode()
//   check_state  read-only, against the state before the transaction; may leave a Plan
//   apply        never fails; is handed the plan that check_state left
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "common/keys.h"
#include "ledger/tx/facts.h"
#include "ledger/tx/kind.h"
#include "ledger/tx/rejection.h"
#include "ledger/tx/state_view.h"
#include "ledger/tx/transaction.h"

namespace testamur::ledger::tx {

// What check_state found out and apply needs.
struct Plan {
  StatusPlan status;
  StatementContent statement;
  SuccessionContent succession;
  bool completes = false;  // the succession: all its parties have agreed
};

// Sets of small enumerations as bits.
template <class... Enum>
constexpr std::uint8_t one_of(Enum... values) {
  return static_cast<std::uint8_t>(((1U << static_cast<unsigned>(values)) | ...));
}
template <class Enum>
constexpr bool is_one_of(std::uint8_t set, Enum value) {
  return (set >> static_cast<unsigned>(value) & 1U) != 0;
}

struct KindRules {
  Kind kind;
  std::uint8_t signers;  // one_of(KeyPurpose…): whose keys may sign; root means the author's
                         // threshold of them
  std::uint8_t authors;  // one_of(InstitutionClass…)
  Privilege privileges;  // all that apply may create or change
  std::optional<Rejection> (*check_form)(const v1::TransactionBody& body);
  std::optional<Rejection> (*check_state)(const StateView& view, const Transaction& transaction,
                                          Plan& plan);
  void (*apply)(StateWriter& writer, const Transaction& transaction, const Plan& plan);
  std::uint64_t (*weight)(
      const v1::TransactionBody& body);  // beyond the base weight; null: nothing
  std::uint16_t since = 1;               // the first protocol version in which blocks may carry it
};

// The weight of what every transaction costs. One unit is about a microsecond of one core.
inline constexpr std::uint64_t kWeightBase = 20;
inline constexpr std::uint64_t kWeightSignature = 50;
inline constexpr std::uint64_t kWeightPage = 12;
inline constexpr std::uint64_t kWeightRecord = 20;

// Active kinds, ascending; those of protocol versions that this build leaves out included.
std::span<const KindRules> kind_rules();
// The line of a kind that some protocol version known to this build has, or null.
const KindRules* find_rules(Kind kind);

}  // namespace testamur::ledger::tx
