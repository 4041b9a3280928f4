// What an issuer's vault of one key purpose holds, and its JSON form (docs/formats/vault.md). Plain
// values; one thread.
#pragma once

#include <string>
#include <vector>

#include "common/keys.h"
#include "common/result.h"
#include "wallet/keystore/age.h"
#include "wallet/keystore/secret_bytes.h"

namespace testamur::wallet {

struct IssuerKeys {
  KeyPurpose purpose = KeyPurpose::kIssue;
  std::string institution;  // text id; empty until registered
  std::vector<SecretKey> keys;
  // Opens issuance registers, code files and batch states. Present in the vault of purpose `issue`
  // only.
  std::vector<age::Identity> register_identities;
};

// A vault with one fresh key, and for purpose issue a register identity.
// Precondition: allowed(purpose, algorithm).
IssuerKeys make_issuer_keys(KeyPurpose purpose, SignatureAlgorithm algorithm,
                            std::string institution);
// The JSON form, which is read again before it is given out. Reading fails on a key whose algorithm
// the purpose does not allow, and on members or a format that this version does not know.
Result<SecretBytes> encode_issuer_keys(const IssuerKeys& keys);
Result<IssuerKeys> decode_issuer_keys(ByteView json);

// The key with this id; nullptr where the vault has none.
const SecretKey* find_key(const IssuerKeys& keys, const KeyId& id);

}  // namespace testamur::wallet
