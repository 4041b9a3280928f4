// The final part of the chain, as far as this node has its blocks: where it ends, what of it is
// applied, and how the epoch is known to end.
//
// *Base* is the last block that was handed to commit (its group may not be durable yet): everything
// above it is open. *Committed* is the last one that the driver has applied; it follows base.
// Written by the core alone; everybody else reads. Private to consensus/. One thread.
#pragma once

#include <optional>

#include "consensus/committee.h"
#include "consensus/values/codec.h"
#include "consensus/values/message.h"
#include "consensus/values/types.h"

namespace testamur::consensus {

class FinalizedPrefix {
 public:
  // `tip`: the last block that the store holds. `committee` is borrowed.
  FinalizedPrefix(const Committee& committee, HeaderFacts tip);

  const HeaderFacts& base() const { return base_; }
  View base_view() const {
    return base_view_;
  }  // in this epoch; 0: base is the block with which the epoch begins
  const HeaderFacts& committed() const { return committed_; }
  const std::optional<FinalityRecord>& committed_proof() const { return committed_proof_; }
  // Base ends the epoch, and the next one has not begun: nothing more is voted for or proposed.
  bool ends_epoch() const { return base_.sealing && base_.epoch == committee_.epoch(); }

  void extend(const HeaderFacts& last);
  void note_committed(const HeaderFacts& last, const FinalityProof& proof);
  // The journal holds the proof of the block that the store ends with.
  void restore_proof(const FinalityRecord& proof) { committed_proof_ = proof; }

  // The end of this epoch as a peer has proven it, while the blocks below it are missing here.
  struct EpochEnd {
    SealingFinality finality;
    HeaderFacts facts;
  };
  const std::optional<EpochEnd>& proven_end() const { return proven_end_; }
  void prove_end(const SealingFinality& finality, const HeaderFacts& facts) {
    proven_end_ = {finality, facts};
  }

  // After the committee's; the last committed block is the one with which the epoch begins.
  void begin_epoch();

 private:
  const Committee& committee_;
  HeaderFacts base_;
  View base_view_;
  HeaderFacts committed_;
  std::optional<FinalityRecord> committed_proof_;
  std::optional<EpochEnd> proven_end_;
};

}  // namespace testamur::consensus
