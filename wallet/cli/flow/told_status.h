// What a verifier would be told today of an award of this home: the verifier's own rule
// (wallet/verify), asked of what this home's node says. The ledger's status of a slot alone is not
// it: a credential is void by the theft of the key that signed it, and over by its own last day.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "wallet/client/answers.h"
#include "wallet/verify/verdict.h"

namespace testamur::wallet {

// The verdict on a credential of this home's institution, if all that its own node says were proven
// to the verifier.
Verdict verdict_if_proven(std::string_view sd_jwt, RegistryFacts facts, std::uint64_t now_ms);

// One word: valid, suspended, superseded, revoked, void, expired, invalid (a verifier takes it for
// none of the issuer's), unknown. `issuer` is the institution as its node tells of it now.
std::string told_status(const std::string& sd_jwt, const ChainId& chain, const BulkSlotAnswer& slot,
                        const IssuerAnswer& issuer, std::uint64_t now_ms);

// Whether it is one of a credential that nobody takes (any more, or for now).
bool is_not_in_force(const std::string& told);

}  // namespace testamur::wallet
