// What a node says about one credential, as the facts that wallet/verify judges. One thread, as the client.
#pragma once

#include <string>

#include "wallet/client/client.h"
#include "wallet/credential/credential.h"
#include "wallet/verify/facts.h"

namespace testamur::wallet {

// The date of award that the credential claims: its claim where that is shown, else when it was signed.
std::uint64_t claimed_date_ms(const CredentialView& credential);
// Never fails: what could not be asked is absent, with `problem` saying why.
RegistryFacts gather_facts(Client& client, const CredentialView& credential, const std::string& purpose);

}  // namespace testamur::wallet
