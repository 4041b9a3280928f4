// The validator set in the ledger's state: genesis writes it, governance changes it.
//
// The registry holds one record an epoch. A block whose execution appends one seals its epoch: its
// header commits the digest of the new set, which certifies the children (docs/consensus.md,
// Epochs). So a node has the set of the next block from its head state alone. Precondition
// everywhere: the state was begun by a genesis. Pure; any thread that may read the given state.
#pragma once

#include <optional>

#include "common/ids.h"
#include "common/keys.h"
#include "ledger/proofs/checkpoint.h"
#include "ledger/state.h"

namespace testamur::ledger {

// The set that certifies the children of the state's block.
CertifyingSet read_validators(const StateReader& state);
// The epoch of those children: 0 at first, one more for each set change.
Epoch read_epoch(const StateReader& state);
// The set of an epoch that has begun; nothing for a later one.
std::optional<CertifyingSet> validators_of_epoch(const StateReader& state, Epoch epoch);

// The consensus key (its id) with which the institution sits in the current set; nothing when it
// has no seat.
std::optional<KeyId> seat_of(const StateReader& state, const InstitutionId& institution);
KeyId consensus_key_id(const CertifyingSet::Member& member);

}  // namespace testamur::ledger
