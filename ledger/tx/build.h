// Building and signing transactions: the client's side of ledger/tx, in the same strict form that
// nodes demand.
//
// build() is deterministic: the same envelope and contents give the same bytes. Lists are taken as
// they are: what is unsorted or out of range is refused with the same code a node would give. Pure
// (the caller brings nonce, times and keys); any thread.
#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/keys.h"
#include "ledger/tx/content.h"
#include "ledger/tx/rejection.h"
#include "ledger/tx/transaction.h"

namespace testamur::ledger::tx {

// A body and the id that its signers sign (32 bytes, BIP-340).
struct UnsignedTransaction {
  Bytes body;
  TransactionId id;
};
using Built = std::variant<UnsignedTransaction, Rejection>;

// The body of any kind (content.h). A ready is signed by the consensus key that it names.
Built build(const Envelope& envelope, const Content& content);

// A body that somebody else built, once it has passed what a node checks of a body: what a signer
// opens before signing.
Built reopen(const ChainId& chain, Bytes body);

// The carried bytes: the body with its signatures, of which there is at least one and which are put
// in order here. A registration has a possession proof for each of its keys, in their order: a
// signature over possession_message(chain, registered_id(), purpose, key).
Bytes attach(const UnsignedTransaction& transaction, std::vector<SignatureEntry> signatures,
             const std::vector<Signature>& possession_proofs = {});
// One signature by a BIP-340 key of this purpose.
SignatureEntry sign(const UnsignedTransaction& transaction, KeyPurpose purpose,
                    const SecretKey& key);
// The usual case: one signer.
Bytes attach_signed(const UnsignedTransaction& transaction, KeyPurpose purpose,
                    const SecretKey& key);

}  // namespace testamur::ledger::tx
