#include "ledger/recent_blocks.h"

#include "common/check.h"
#include "ledger/meta.h"
#include "ledger/tx/records/tables.h"

namespace testamur::ledger {

namespace {

// More than one a block, so that what a lowered limit left behind goes as well.
constexpr int kForgottenPerBlock = 4;

void write(Overlay& state, Height height, const RecentBlock& block) {
  state.put(tx::kRecentBlocks, u64_bytes(height.value),
            Encoder().u64(block.time_ms).fixed(block.id).take());
}

void forget(Overlay& state, Height height, std::uint64_t before_ms) {
  Height oldest{read_counter(state, MetaKey::kOldestRecentBlock)};
  const auto first = oldest;
  for (int i = 0; i < kForgottenPerBlock && oldest < height; ++i) {
    const auto block = read_recent_block(state, oldest);
    if (block && block->time_ms >= before_ms) break;
    if (block) state.erase(tx::kRecentBlocks, u64_bytes(oldest.value));
    oldest = oldest.next();
  }
  if (oldest != first) write_counter(state, MetaKey::kOldestRecentBlock, oldest.value);
}

}  // namespace

std::optional<RecentBlock> read_recent_block(const StateReader& state, Height height) {
  const auto stored = state.get(tx::kRecentBlocks, u64_bytes(height.value));
  if (!stored) return std::nullopt;
  Decoder in(*stored);
  RecentBlock block{in.u64(), in.fixed<BlockId>()};
  TM_CHECK(in.finished(), "the entry of a recent block is damaged");
  return block;
}

void note_block(Overlay& state, Height height, std::uint64_t time_ms, const BlockId& parent,
                std::uint64_t keep_ms) {
  if (height.value > 0 && !parent.is_zero()) {
    const Height below{height.value - 1};
    if (auto known = read_recent_block(state, below)) {
      known->id = parent;
      write(state, below, *known);
    }
  }
  write(state, height, {time_ms, BlockId{}});
  forget(state, height, time_ms < keep_ms ? 0 : time_ms - keep_ms);
}

}  // namespace testamur::ledger
