// When each accreditation of a list holds: by its own days, by the statements that end or annul it,
// and by whether the node counts it now; and when each recognition governs its slot. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wallet/client/trust_answers.h"

namespace testamur::wallet {

// In the order in which they are listed.
enum class Hold : std::uint8_t {
  kStands,
  kLater,       // begins later
  kEnded,       // its days are over, or another statement ended it
  kNotCounted,  // its days hold, but the node does not count it: its key or its agency fell,
                // or another one took its slot
  kUnknown,     // something of it is not known
};
std::string_view to_text(Hold hold);

struct AccreditationPeriod {
  StatementAnswer statement;
  Hold hold = Hold::kUnknown;
  // When another statement ended it, exclusive; an annulled one never held. Nothing: none did.
  std::optional<std::uint64_t> ended_ms;
  bool annulled = false;
};

// The accreditations of a list with history, as of `now_ms`: those that stand first, then by their
// first day.
std::vector<AccreditationPeriod> accreditation_periods(const StatementsAnswer& answer,
                                                       std::uint64_t now_ms);

// When a trust or distrust governs its slot: of those that have begun, the last in the order of the
// ledger does (docs/trust.md).
struct RecognitionPeriod {
  StatementAnswer statement;
  std::uint64_t from_ms = 0;
  std::uint64_t over_ms = 0;  // exclusive; trust::kOpenEnd: no end
  bool replaced = false;      // another trust or distrust ends it
};

// Of a list with history, those that govern a slot at or after `from_ms`: in the order of the
// ledger. One of which kind, slot or days are not known may govern any, and is there too.
std::vector<RecognitionPeriod> recognition_periods(const StatementsAnswer& answer,
                                                   std::uint16_t slot, std::uint64_t from_ms);

// The trust that a distrust of the list took the place of, directly or behind other distrusts, and
// that would hold at `at_ms` were it still in the slot: to end the distrust does not bring it back.
std::optional<StatementAnswer> trust_before(const StatementsAnswer& answer,
                                            const StatementAnswer& distrust, std::uint64_t at_ms);

// From when on a later statement of a list with history withdraws one, or takes its place, before
// its own last day: that day alone would promise too much.
struct Withdrawal {
  std::uint64_t from_ms = 0;
  bool replaced = false;
};
using Withdrawals = std::map<trust::StatementId, Withdrawal>;
Withdrawals withdrawals_in(const StatementsAnswer& ever);
// As in description/render.h, with "withdrawn from 2027-06-01 on" where it is.
std::string statement_text(const StatementAnswer& statement, const Withdrawals& withdrawals);

// Whether the list has a trust or distrust of this slot, whatever became of it.
bool was_recognized(const StatementsAnswer& answer, std::uint16_t slot);

}  // namespace testamur::wallet
