// Exit codes of `testamur`; scripts rely on them. Where several apply, the first of this order
// wins: usage, cancelled, passphrase, invalid, revoked, unknown, unreachable, holder unchecked, not
// accepted, incomplete, other failure, all well.
#pragma once

namespace testamur::wallet {

enum class ExitCode : int {
  kOk = 0,
  kFailure = 1,
  kUsage = 2,
  kCancelled = 3,
  kPassphrase = 4,
  kInvalid = 5,           // signature, contents, forged proof
  kRevoked = 6,           // revoked, superseded, suspended, expired or void
  kUnreachable = 7,       // no node answers, or the status is too old
  kNotAccepted = 8,       // the viewpoint does not accept the issuer
  kUnknown = 9,           // the ledger does not know it
  kHolderUnchecked = 10,  // nobody said that it need not be
  kIncomplete = 11,       // an answer does not show all that was asked for
};

// The one of the two that is reported.
ExitCode worse(ExitCode a, ExitCode b);

}  // namespace testamur::wallet
