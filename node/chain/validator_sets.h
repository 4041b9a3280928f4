// The validator sets of a ledger, read from its state: who certifies which epoch, and where each epoch ended.
//
// The registry keeps one record an epoch, made by the block that sealed the epoch before. Pure functions of a snapshot;
// any thread.
#pragma once

#include <optional>

#include "consensus/message.h"
#include "consensus/validator_set.h"
#include "ledger/light.h"
#include "node/store/store.h"

namespace testamur::node {

// The epoch of the children of the state's block, and who certifies them. Precondition: the genesis is applied.
Epoch child_epoch(const ledger::StateReader& state);
ledger::CertifyingSet child_set(const ledger::StateReader& state);

// The set of an epoch that has begun; nothing for a later one.
std::optional<ledger::CertifyingSet> set_of_epoch(const ledger::StateReader& state, Epoch epoch);
// The height of the block that sealed an epoch; nothing while it lasts.
std::optional<Height> sealing_height(const ledger::StateReader& state, Epoch epoch);

// How an epoch ended, proven, for peers that are still in it and for light clients. Nothing while it lasts, or where
// the store has no longer the block or its proof.
std::optional<consensus::SealingFinality> end_of_epoch(const Snapshot& state, Epoch epoch);
std::optional<ledger::SetChange> set_change(const Snapshot& state, Epoch epoch);

consensus::ValidatorSet to_validator_set(const ledger::CertifyingSet& set);
// Whether the key certified some epoch before the current one.
bool certified_before(const ledger::StateReader& state, const consensus::ConsensusKey& key);

}  // namespace testamur::node
