// Recovery: how a ledger that lost more than f of its consensus keys goes on under a new genesis.
//
// The new record *continues* the old ledger: it carries the old ledger's last block with its
// finality, the validator set that would have certified the next block, and what the registry under
// that block says of the set's institutions and their root keys, all of it provable by whoever
// followed the old ledger. The new ledger has another chain id; its genesis block has the next
// height and epoch, and its state is the old one with the new set in it. Who must sign:
// ledger/genesis.h (Signatory), decision 0961. Bytes: docs/formats/genesis.md. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/keys.h"
#include "common/result.h"
#include "ledger/proofs/checkpoint.h"
#include "ledger/proofs/registry_proof.h"
#include "ledger/state.h"

namespace testamur::ledger {

// An institution of the old set and its root keys, as the registry under the last block shows them.
struct RecoveryWitness {
  struct RootKey {
    KeyId id;
    AsOfProof proof;
  };
  InstitutionId institution;
  AsOfProof record;
  std::vector<RootKey> roots;  // ascending by id; those that were not retired
};

// A consensus or transport key for an institution of the old set whose own was lost.
struct ReplacedKey {
  InstitutionId institution;
  KeyPurpose purpose = KeyPurpose::kConsensus;
  PublicKey key;
  Signature possession;  // over possession_message(old chain id, institution, purpose, key)
};

struct GenesisContinues {
  Checkpoint last;
  std::vector<CertifyingSet> sets;  // of `last`'s epoch; where `last` seals it, also the next one
  std::vector<RecoveryWitness> institutions;  // of set(), ascending
  std::vector<ReplacedKey> keys;              // ascending by (institution, purpose, key id)

  const ChainId& chain() const { return last.header.chain; }
  // Who would have certified the next block. Precondition: a set is there.
  const CertifyingSet& set() const { return sets.back(); }
};

void encode(Encoder& out, const GenesisContinues& continues);
// Fails the decoder on malformed bytes and returns nothing.
std::optional<GenesisContinues> decode_continues(Decoder& in);
// Sorts institutions, root keys and replaced keys.
void sort_continues(GenesisContinues& continues);

// From the state after the block `last`, whose epoch `certified_by` certified. Fails where the
// state is not that of the block, or names institutions that it does not know.
Result<GenesisContinues> make_continues(const StateReader& state, Checkpoint last,
                                        CertifyingSet certified_by);

// The ledgers that a state continues, oldest first: each ended with the block `last`.
struct Predecessor {
  ChainId chain;
  Epoch epoch;
  Height height;
  BlockId block;
  auto operator<=>(const Predecessor&) const = default;
};
std::vector<Predecessor> read_predecessors(const StateReader& state);
void put_predecessor(Overlay& state, const Predecessor& predecessor, Height height,
                     std::uint64_t time_ms);
// The ledger in which a height was reached: one of the predecessors, or `chain` itself.
ChainId chain_at(const std::vector<Predecessor>& predecessors, const ChainId& chain, Height height);
// The one that a reference names: `chain` or a predecessor; nothing when it names another.
std::optional<ChainId> chain_of(const Reference& reference,
                                const std::vector<Predecessor>& predecessors, const ChainId& chain);

}  // namespace testamur::ledger
