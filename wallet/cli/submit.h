// From a built transaction to its end: signed, written to the outbox, sent until it has ended, reported.
#pragma once

#include <string>

#include "ledger/tx/build.h"
#include "wallet/cli/context.h"

namespace testamur::wallet {

struct Submitted {
  ExitCode code = ExitCode::kOk;  // a failure was printed already
  TransactionId id;
  Json outcome;  // the TransactionOutcome when committed
};

// A fresh nonce, and an end of validity ten minutes after the later of our clock and the node's newest block.
Result<ledger::tx::Envelope> fresh_envelope(Context& context, Client& client, const ChainId& chain,
                                            const InstitutionId& author);

// Signs with `key`, writes the bytes to the outbox and sends them until they have ended. `note` says what it is for.
Submitted sign_and_submit(Context& context, Client& client, const ledger::tx::Built& built, KeyPurpose purpose,
                          const SecretKey& key, Json note);
// The same for bytes that were signed before.
Submitted submit_signed(Context& context, Client& client, const TransactionId& id, ByteView carried, Json note);

}  // namespace testamur::wallet
