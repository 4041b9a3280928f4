// The vaults of an institution's keys, one a purpose: adding a key, and choosing the one to sign
// with. One thread.
//
// A vault keeps retired keys. What signs is the newest key of the vault that the ledger calls
// active, so that a rotation which others sign and send needs no further step here.
#pragma once

#include <optional>
#include <string>

#include "wallet/cli/context.h"
#include "wallet/client/registry_answers.h"

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
// Where the ledger has retired all of them it fails, before anything is signed, with the newest
// one's name and since when. A single key of which no node says anything is taken.
Attempt<SigningKeys> open_signing_keys(Context& context, Client& client, KeyPurpose purpose);

// The key as the ledger has it, where it is retired there; nothing where it is not, or nobody says.
std::optional<KeyAnswer> retired_key_in(Client& client, const KeyId& id);
// "the issue key tmk1…, which the ledger retired on 2026-03-01".
std::string retired_key_text(KeyPurpose purpose, const KeyAnswer& key);
// "this home signs with the issue key …", with what to do, where the ledger has retired every key
// of the vault that it knows; else empty.
std::string about_replaced_keys(Client& client, const IssuerKeys& keys, KeyPurpose purpose);

}  // namespace testamur::wallet
