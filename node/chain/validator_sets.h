// Where each epoch of a ledger ended, and how that is proven (who certifies which epoch:
// ledger/validators.h).
//
// The registry keeps one record an epoch, made by the block that sealed the epoch before. Pure
// functions of a snapshot; any thread.
#pragma once

#include <optional>

#include "consensus/values/message.h"
#include "consensus/values/validator_set.h"
#include "ledger/proofs/light.h"
#include "ledger/validators.h"
#include "node/store/store.h"

namespace testamur::node {

// The height of the block that sealed an epoch; nothing while it lasts.
std::optional<Height> sealing_height(const ledger::StateReader& state, Epoch epoch);

// How an epoch ended, proven, for peers that are still in it and for light clients. Nothing while
// it lasts, or where the store has no longer the block or its proof.
std::optional<consensus::SealingFinality> end_of_epoch(const Snapshot& state, Epoch epoch);
std::optional<ledger::SetChange> set_change(const Snapshot& state, Epoch epoch);

consensus::ValidatorSet to_validator_set(const ledger::CertifyingSet& set);
// Whether the key certified some epoch before the current one.
bool certified_before(const ledger::StateReader& state, const consensus::ConsensusKey& key);

}  // namespace testamur::node
