#include "node/chain/store_maintenance.h"

#include <utility>

namespace testamur::node {

namespace {

constexpr std::uint64_t kEveryMs = 5'000;
constexpr std::uint64_t kEveryBlocks = 1'000;

}  // namespace

StoreMaintenance::StoreMaintenance(Runtime& runtime, BlockStore& store, Synced on_synced)
    : runtime_(runtime), store_(store), on_synced_(std::move(on_synced)) {}

void StoreMaintenance::sync_if_due(const ledger::Header& newest) {
  if (syncing_ || newest.height == synced_height_ || newest.height == Height{0}) return;
  const auto now_ms = runtime_.now_ms();
  const auto blocks = newest.height.value - synced_height_.value;
  if (now_ms - synced_at_ms_ < kEveryMs && blocks < kEveryBlocks) return;

  syncing_ = true;
  synced_at_ms_ = now_ms;
  synced_height_ = newest.height;
  runtime_.post_to_pool([this, epoch = newest.epoch, view = newest.view] {
    const auto status = store_.sync_wal();
    runtime_.post([this, status, epoch, view] {
      syncing_ = false;
      on_synced_(status, epoch, view);
    });
  });
}

}  // namespace testamur::node
