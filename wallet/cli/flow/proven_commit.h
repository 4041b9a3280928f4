// That a transaction is on the ledger, proven: a node that keeps a revocation to itself and answers
// "committed" would else be believed, and nobody would send it again. One thread, as the client.
#pragma once

#include "wallet/cli/context.h"
#include "wallet/cli/outcome.h"
#include "wallet/client/ledger_trust.h"

namespace testamur::wallet {

// Asks for the transaction's place in the log and compares it with a block that this home finds
// final (docs/formats/log.md). Fails with 5 where what is shown proves something else, or nothing.
// `carried`: its bytes, which say by the id of which ledger they are.
Attempt<void> expect_on_ledger(Context& context, Client& client, const TransactionId& id,
                               ByteView carried);

// The same of an award, by a receipt of its own credential: whoever brought it there.
Attempt<void> expect_award_on_ledger(Context& context, Client& client, const std::string& sd_jwt);

// The same of an answer in hand. Pure but for the home's trusted ledger; empty: it is proven.
std::string why_not_proven(const InclusionAnswer& shown, const LedgerTrust& trust,
                           const TransactionId& id);

}  // namespace testamur::wallet
