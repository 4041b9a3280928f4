// What an issuer's root may do about statuses after an issue key was stolen: for a while it may set
// slots that were revoked or superseded since the compromise. Finality binds issue keys only.
// Private to ledger/tx.
#pragma once

#include <optional>
#include <span>

#include "ledger/tx/kind_rules.h"

namespace testamur::ledger::tx::status_recovery {

// A change looks at the history of every slot.
inline constexpr std::uint64_t kSlotsLimit = 4'096;

// Plans the change of all indexes of the runs (`slots` of them) to `to`, or says which cannot be.
std::optional<Rejection> plan(const StateView& view, const InstitutionId& issuer,
                              std::span<const IndexRun> runs, std::uint64_t slots,
                              CredentialStatus to, StatusPlan& planned);

}  // namespace testamur::ledger::tx::status_recovery
