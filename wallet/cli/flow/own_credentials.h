// The credentials of a learner's wallet as their learner speaks of them: by reference, or by a name
// that the learner gave. Names stay in the wallet; nobody who is shown a credential sees its name.
// Plain values; one thread.
#pragma once

#include <string>

#include "wallet/cli/outcome.h"
#include "wallet/credential/credential.h"
#include "wallet/keystore/wallet_contents.h"

namespace testamur::wallet {

// The credential of this reference or name; where nothing is named, the only one. Fails with 2
// where nothing is named and the wallet holds several, and with 9 where it holds no such one.
// Borrowed from the wallet.
Attempt<const StoredCredential*> find_credential(const WalletContents& wallet,
                                                 const std::string& named);

// Gives the credential that `old` names (reference or name) a new name, and changes nothing else.
// Fails with 9 where there is none of that name; with 2 where the new one cannot be a name: empty,
// longer than 100 bytes, a reference, with marks that nobody sees, or (nearly) that of another.
Attempt<StoredCredential*> rename_credential(WalletContents& wallet, const std::string& old,
                                             const std::string& name);

// The title that the issuer signed, as a person reads it; empty where there is none.
std::string signed_title(const CredentialView& view);

// One presentation that was made: of which credential, to whom, what it showed, and until when it
// was meant. `is_named` leaves the credential out, where it has been said.
std::string grant_text(const WalletContents& wallet, const Grant& grant, bool is_named);
Json grant_json(const WalletContents& wallet, const Grant& grant);
// Those of one credential, in the order they were made.
std::vector<Grant> grants_of(const WalletContents& wallet, const std::string& reference);

}  // namespace testamur::wallet
