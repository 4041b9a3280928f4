#include "consensus/finalized_prefix.h"

#include <utility>

namespace testamur::consensus {

FinalizedPrefix::FinalizedPrefix(const Committee& committee, HeaderFacts tip)
    : committee_(committee),
      base_(tip),
      base_view_(tip.epoch == committee.epoch() ? tip.view : View{0}),
      committed_(std::move(tip)) {}

void FinalizedPrefix::extend(const HeaderFacts& last) {
  base_ = last;
  base_view_ = last.view;
}

void FinalizedPrefix::note_committed(const HeaderFacts& last, const FinalityProof& proof) {
  committed_ = last;
  committed_proof_ = {last.id, last.epoch, last.view, last.height, proof};
}

void FinalizedPrefix::begin_epoch() {
  base_ = committed_;
  base_view_ = View{0};
  proven_end_.reset();
}

}  // namespace testamur::consensus
