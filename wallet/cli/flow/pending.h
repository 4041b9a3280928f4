// What this home has signed and does not know to have ended: it may stand on the ledger any moment,
// so that whoever chooses a place or says something looks at it as at what stands there. One
// thread.
#pragma once

#include <optional>
#include <vector>

#include "ledger/tx/transaction.h"
#include "wallet/cli/context.h"
#include "wallet/client/trust_answers.h"

namespace testamur::wallet {

// Of the outbox, those of this institution whose time has not passed at `now_ms`.
Attempt<std::vector<ledger::tx::SharedTransaction>> pending_transactions(
    const Context& context, const IssuerProfile& profile, std::uint64_t now_ms);

// Puts the statements among them about `subject` (nothing: about anybody) beside those that a node
// lists, not in force and with nothing unknown.
void add_pending(StatementsAnswer& answer,
                 const std::vector<ledger::tx::SharedTransaction>& pending,
                 const std::optional<InstitutionId>& subject);

// The one among them that says the same: for a statement whatever its slot and, where it begins
// with its own time, its first day; for a proposal whatever its days. Nothing where none does.
std::optional<TransactionId> pending_alike(
    const std::vector<ledger::tx::SharedTransaction>& pending, const ledger::tx::DecodedBody& body);

}  // namespace testamur::wallet
