// What a receipt proves about one credential, as the facts that wallet/verify judges: nothing in
// them is a node's word. docs/formats/receipt.md. Pure, but for where it asks a node for the
// receipt; one thread.
#pragma once

#include <string>

#include "ledger/proofs/receipt.h"
#include "wallet/client/facts.h"
#include "wallet/client/ledger_trust.h"
#include "wallet/credential/credential.h"
#include "wallet/verify/facts.h"

namespace testamur::wallet {

// The facts of a receipt under a trusted ledger. `chain` is the ledger that the credential's
// reference names. Fails where something in the receipt is not proven.
Result<RegistryFacts> facts_from_receipt(const ledger::Receipt& receipt,
                                         const TrustedLedger& trusted, const ChainId& chain);

// Asks for the receipts of the credential's slots, of the one that its reference names in any case,
// and replaces what the node said by what they prove: slot, status, keys, issuer and achievement,
// and the block under which they stand. Where a node shows no proof its word stays, marked as such.
// The failure (forged_proof) names what the node said and cannot prove.
LedgerOutcome prove_facts(Client& client, const LedgerTrust& trust,
                          const CredentialView& credential, RegistryFacts& facts);
// The same for the slots of an answer about a hash (facts_of_slot), with what became of these keys
// of its issuer.
LedgerOutcome prove_slot(Client& client, const LedgerTrust& trust, StolenKeys& stolen,
                         RegistryFacts& facts);

// One receipt of the credential with the set changes from the trusted genesis on, so that it is
// proven offline.
struct FetchedReceipt {
  std::optional<ledger::Receipt> receipt;
  LedgerOutcome failure;
};
FetchedReceipt fetch_receipt(Client& client, const TrustedLedger& trusted,
                             const CredentialView& credential, const ChainId& chain);

}  // namespace testamur::wallet
