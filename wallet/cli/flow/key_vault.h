// The vaults of an institution's keys, one a purpose: adding a key, and choosing the one to sign
// with. One thread.
//
// A vault keeps retired keys. What signs is the newest key of the vault that the ledger calls
// active, so that a rotation which others sign and send needs no further step here.
#pragma once

#include <string>

#include "wallet/cli/context.h"

namespace testamur::wallet {

// The vault file of this home.
std::string vault_file(const Context& context, KeyPurpose purpose);

// A vault of this one key; there must be none of its purpose.
Attempt<void> create_key_vault(Context& context, KeyPurpose purpose, SecretKey key,
                               const std::string& institution, const SecretBytes& passphrase);

// Adds the key as the newest one, durably; makes the vault where there is none.
Attempt<void> store_key(Context& context, KeyPurpose purpose, SecretKey key,
                        const std::string& institution);

// A vault opened to sign with.
struct SigningKeys {
  IssuerKeys keys;
  std::size_t newest_active = 0;
  const SecretKey& key() const { return keys.keys[newest_active]; }
};
// With one key in the vault no node is asked.
Attempt<SigningKeys> open_signing_keys(Context& context, Client& client, KeyPurpose purpose);

}  // namespace testamur::wallet
