// When each accreditation of a list holds: by its own days, by the statements that end or annul it,
// and by whether the node counts it now. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "wallet/client/trust_answers.h"

namespace testamur::wallet {

// In the order in which they are listed.
enum class Hold : std::uint8_t {
  kStands,
  kLater,       // begins later
  kEnded,       // its days are over, or another statement ended it
  kNotCounted,  // its days hold, but the node does not count it: its key or its agency fell
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

}  // namespace testamur::wallet
