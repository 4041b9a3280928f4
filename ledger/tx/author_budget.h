// The bytes that an author may write in a day: parameter author_bytes_per_day, from protocol
// version 3 on.
//
// Every transaction counts with its carried bytes, by the header's time in UTC. Issues and
// publications end at the budget; what takes something back or keeps the ledger going (statuses,
// ends, keys, votes, evidence) may go on to twice as much, so that whoever used up the budget, an
// intruder with a stolen key for example, has not closed that way too. What the root keys sign is
// never refused for its size. Pure; one thread. docs/formats/kinds.md.
#pragma once

#include <optional>

#include "ledger/parameters.h"
#include "ledger/tx/rejection.h"
#include "ledger/tx/transaction.h"

namespace testamur::ledger::tx {

inline constexpr std::uint16_t kAuthorBudgetSince = 3;  // protocol version

std::optional<Rejection> check_author_budget(const StateReader& state, const Parameters& parameters,
                                             const Transaction& transaction, KeyPurpose signer,
                                             std::uint64_t time_ms);
void count_author_bytes(Overlay& state, const Transaction& transaction, std::uint64_t time_ms);

}  // namespace testamur::ledger::tx
