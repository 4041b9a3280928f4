#include "wallet/credential/commitment.h"

namespace testamur::wallet {

Hash256 commitment_of(const ChainId& chain, const InstitutionId& issuer, const Salt& salt,
                      ByteView signed_bytes) {
  const Hash256 digest = sha256(signed_bytes);
  return tags::kCommitment.start()
      .update(chain.view())
      .update(issuer.view())
      .update(salt.view())
      .update(digest.view())
      .finish();
}

}  // namespace testamur::wallet
