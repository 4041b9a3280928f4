// The last checks of a batch before anything lasting: every credential by the verifier's own code,
// against what the ledger says now, as if the batch were anchored in the next block. One thread, as
// the client.
#pragma once

#include "wallet/cli/outcome.h"
#include "wallet/credential/batch.h"
#include "wallet/verify/facts.h"

namespace testamur::wallet {

// Fails with 5 when a credential of the batch would not verify, naming the learner and the finding,
// and with 7 when the ledger could not be asked.
Attempt<void> verify_batch(Client& client, const Batch& batch, const KeyId& issue_key,
                           std::uint64_t now_ms);

// The same against given facts about issuer, keys and achievement. Pure.
Attempt<void> verify_batch(const Batch& batch, RegistryFacts facts, const KeyId& issue_key,
                           std::uint64_t now_ms);

}  // namespace testamur::wallet
