// Checking certificates and finality proofs without an engine: for light clients, catch-up and the
// engine itself.
//
// Pure; any thread. Certificates are strict: the signers' bits lie inside the set, exactly q of
// them, as many signatures, all valid. A certificate of another epoch's set fails, because the
// digest that is signed names epoch and set.
#pragma once

#include <functional>
#include <span>

#include "common/result.h"
#include "consensus/values/types.h"
#include "consensus/values/validator_set.h"

namespace testamur::consensus {

// BIP-340 over a 32-byte digest; for example verify_bip340 of common/keys.h.
using VerifySignature =
    std::function<bool(const ConsensusKey&, const Hash256& digest, const Signature&)>;
using ReadHeader = std::function<HeaderFacts(const Bytes& header)>;

// The cheap half: bits, counts, a certifiable act.
Status check_form(const ValidatorSet& set, const Certificate& certificate);
Status verify_certificate(const ChainId& chain, const ValidatorSet& set,
                          const Certificate& certificate, const VerifySignature& verify);
// That `block` is final: the certificate finalizes it, or a descendant in the same epoch to which
// the links lead. For a sealing block the links must all be fillers.
Status verify_finality(const ChainId& chain, const ValidatorSet& set, const HeaderFacts& block,
                       const FinalityProof& proof, const ReadHeader& read_header,
                       const VerifySignature& verify);

}  // namespace testamur::consensus
