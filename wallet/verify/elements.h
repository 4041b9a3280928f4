// The elements of Council Recommendation 2022/C 243/02, Annex I, gathered from credential, registry
// and ledger. Pure.
#pragma once

#include <vector>

#include "wallet/verify/verdict.h"

namespace testamur::wallet {

inline constexpr std::size_t kMandatoryElements = 11;

// The eleven mandatory elements in the order of the annex, then the optional ones that are stated.
// `signature_holds`: the issuer's signature was found good under a proven key.
std::vector<Element> gather_elements(const CredentialView& credential, const RegistryFacts& facts,
                                     bool signature_holds);

// Under which block a fact is proven, or by whose word it stands.
std::string rests_on(const RegistryFacts& facts, Basis basis);

}  // namespace testamur::wallet
