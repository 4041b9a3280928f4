// How commands follow the ledger that their home trusts (wallet/client/ledger_trust.h).
#pragma once

#include "wallet/cli/context.h"
#include "wallet/client/ledger_trust.h"
#include "wallet/verify/verdict.h"

namespace testamur::wallet {

// The ledger that --accept-recovery names; nothing where it was not given.
Result<std::optional<ChainId>> accepted_recovery(const Context& context);

// Loads what the home trusts and follows it at a node, with --accept-recovery where it was given.
// Says so where the home trusts its first ledger from now on.
LedgerOutcome follow_ledger(Context& context, Client& client, LedgerTrust& trust);

// The trusted ledger that a reference names.
std::optional<ChainId> named_ledger(const LedgerTrust& trust, const Reference& reference);

// Empty where this home trusts the ledger of the reference, or where it is no reference; else which
// two they are, for people.
std::string other_ledger_text(const LedgerTrust& trust, const std::string& reference);

// Time of the newest block that this home has proven of the ledger that it trusts; 0 where it has
// followed none.
std::uint64_t newest_proven_ms(const LedgerTrust& trust);

Failure failure_of(const LedgerFailure& ledger);
// Prints it; forged and forked ledgers are exit code 5, a foreign one 9.
ExitCode fail(const Context& context, const LedgerFailure& failure);

// Ages and last days are told by this machine's clock: one that is behind a proven block is wrong,
// and nothing is judged by it.
Attempt<void> refuse_clock_behind(const Context& context, std::uint64_t proven_ms);
// The same by the newest block that the home has followed.
Attempt<void> refuse_clock_behind(const Context& context, const LedgerTrust& trust);

}  // namespace testamur::wallet
