// Which slot a new accreditation takes. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>

#include "wallet/client/trust_answers.h"

namespace testamur::wallet {

// The first slot below `limit` that no accreditation of the list ever took, else the first in which
// all are over at `from_ms`, when the new one begins; nothing where one of each slot still holds
// then. By docs/trust.md the later statement of a slot governs from its beginning on, so that what
// was over before is decided as ever.
//
// `answer` lists all statements of one agency about one institution, with history. Precondition:
// nothing of them is unknown (StatementAnswer::unknown_part).
std::optional<std::uint16_t> free_accreditation_slot(const StatementsAnswer& answer,
                                                     std::uint64_t from_ms, std::uint64_t limit);

}  // namespace testamur::wallet
