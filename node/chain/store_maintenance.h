// When the store is synced, so that older parts of the journal may go.
//
// The journal is pruned only below the height that was read before a successful sync of the store:
// until then it alone holds the blocks above. Owns what was synced last, and when. Belongs to the
// chain's strand; the sync runs in the pool.
#pragma once

#include <cstdint>
#include <functional>

#include "ledger/header.h"
#include "node/chain/runtime.h"
#include "node/store/store.h"

namespace testamur::node {

class StoreMaintenance {
 public:
  // On the strand, when a sync has ended: everything up to the block of this epoch and view is in
  // the store for good, unless it failed.
  using Synced = std::function<void(const Status& status, Epoch epoch, View view)>;
  StoreMaintenance(Runtime& runtime, BlockStore& store, Synced on_synced);

  void start() { synced_at_ms_ = runtime_.now_ms(); }
  // Begins a sync after some seconds or many blocks since the last; one at a time.
  void sync_if_due(const ledger::Header& newest);

 private:
  Runtime& runtime_;
  BlockStore& store_;
  const Synced on_synced_;
  bool syncing_ = false;
  std::uint64_t synced_at_ms_ = 0;
  Height synced_height_;
};

}  // namespace testamur::node
