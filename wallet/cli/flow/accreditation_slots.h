// Which slot a new accreditation takes, by what a node shows. Pure but for what asks a client; one
// thread, as the client.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "wallet/client/client.h"
#include "wallet/client/trust_answers.h"

namespace testamur::wallet {

// When each accreditation of the list is over: its end of validity or the end that names it, what
// comes first; trust::kOpenEnd for neither. An end that was annulled ends nothing.
//
// Here and below `answer` lists all statements of an agency with history, about all institutions or
// one. Precondition: nothing of them is unknown (StatementAnswer::unknown_part).
std::map<trust::StatementId, std::uint64_t> over_times(const StatementsAnswer& answer);

// The slot for an accreditation that begins at `from_ms` (wallet/accreditation/slots.h); `answer`
// is about its institution alone.
std::optional<std::uint16_t> free_accreditation_slot(const StatementsAnswer& answer,
                                                     std::uint64_t from_ms, std::uint64_t limit);

// How many slots an agency has towards one institution on this ledger.
Called<std::uint64_t> accreditation_slots_limit(Client& client);

}  // namespace testamur::wallet
