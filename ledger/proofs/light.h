// A light client: follows the validator sets of one ledger from a set that it already trusts, and
// answers whether a checkpoint is final. It keeps the sets of all epochs that it has passed, so old
// checkpoints stay verifiable.
//
// A set is learned only from a sealing header proven final under the set of its epoch. Value; one
// thread at a time.
#pragma once

#include <map>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "common/result.h"
#include "ledger/proofs/checkpoint.h"

namespace testamur::ledger {

// The end of one epoch: its sealing block, proven final, and the members whose digest that block
// commits.
struct SetChange {
  Checkpoint sealing;
  CertifyingSet next;
};

// checkpoint || set. decode fails the decoder where the bytes are malformed and returns nothing.
void encode(Encoder& out, const SetChange& change);
std::optional<SetChange> decode_set_change(Decoder& in);

class LightClient {
 public:
  // `set` certifies the epoch; for the genesis of a chain that is epoch 0 and the set of the
  // genesis record.
  LightClient(const ChainId& chain, Epoch epoch, CertifyingSet set);

  const ChainId& chain() const { return chain_; }
  Epoch epoch() const { return sets_.rbegin()->first; }
  const CertifyingSet& set() const { return sets_.rbegin()->second; }

  // Proves the change and moves on to its next epoch. A change of an epoch already passed is
  // checked again and must lead to the same set.
  Status follow(const SetChange& change);
  // Whether the checkpoint is final. Fails for an epoch that is not known (yet), saying which.
  Status verify(const Checkpoint& checkpoint) const;

 private:
  ChainId chain_;
  std::map<Epoch, CertifyingSet> sets_;
};

}  // namespace testamur::ledger
