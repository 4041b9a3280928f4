// The commitment: the only trace of a credential on the ledger (docs/formats/commitment.md). Pure;
// any thread.
#pragma once

#include "common/bytes.h"
#include "common/hash.h"
#include "common/ids.h"

namespace testamur::wallet {

using Salt = FixedBytes<32, struct CredentialSaltTag>;

// H_tag("testamur/commitment", chain id || issuer id || salt || SHA256(signed bytes)). For SD-JWT
// the signed bytes are the JWS signing input, so that disclosures, key binding and the form of the
// signature do not matter.
Hash256 commitment_of(const ChainId& chain, const InstitutionId& issuer, const Salt& salt,
                      ByteView signed_bytes);

}  // namespace testamur::wallet
