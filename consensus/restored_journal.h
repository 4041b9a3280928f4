// What the journal gave back, from the first record until Engine::start has used it.
//
// Owns decoded records; nothing is judged here but their form. Of two copies of one block the
// better one is kept. Private to consensus/. One thread.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "consensus/engine_context.h"
#include "consensus/values/codec.h"
#include "consensus/values/record.h"

namespace testamur::consensus {

class RestoredJournal {
 public:
  explicit RestoredJournal(const EngineContext& context) : context_(context) {}

  // One record; the bytes are borrowed for the call. Fails on a record that does not decode.
  Status add(RecordKind kind, ByteView bytes);

  // Above the store's last block, or fillers at its height.
  const std::map<BlockId, BlockPtr>& blocks() const { return blocks_; }
  const std::vector<CertificatePtr>& certificates() const { return certificates_; }
  const std::vector<VoteRecord>& votes() const { return votes_; }
  std::vector<FinalityRecord> finality_by_height() const;
  // The highest view of this epoch that any record names; absent: the journal was not used in it.
  std::optional<View> highest_view_named(Epoch epoch) const;
  const std::optional<FloorRecord>& floor() const { return floor_; }
  bool quarantine() const { return quarantine_; }  // entered and not left

 private:
  bool add_block(ByteView bytes);
  bool add_certificate(ByteView bytes);
  bool add_vote(ByteView bytes);
  bool add_finality(ByteView bytes);
  bool add_floor(ByteView bytes);
  bool is_better_copy(const Proposal& found, const Proposal& kept) const;
  void note_named(Epoch epoch, View view);

  const EngineContext& context_;
  std::map<BlockId, BlockPtr> blocks_;
  std::vector<CertificatePtr> certificates_;
  std::vector<VoteRecord> votes_;
  std::vector<FinalityRecord> finality_;
  std::map<Epoch, View> named_;  // the highest view named, by epoch
  std::optional<FloorRecord> floor_;
  bool quarantine_ = false;
};

}  // namespace testamur::consensus
