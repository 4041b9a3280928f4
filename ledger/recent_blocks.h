// The ids and times of the last blocks, so that a transaction can show that its author has seen one
// of them.
//
// A block cannot know its own id, which covers its roots; so a block writes its height and time,
// and its child adds the id. Not authenticated, and need not be: every entry is what a header says,
// and who has the header of the state has those before it (decision 0901). Private to
// ledger/.
#pragma once

#include <cstdint>
#include <optional>

#include "common/ids.h"
#include "ledger/state.h"

namespace testamur::ledger {

struct RecentBlock {
  std::uint64_t time_ms = 0;
  BlockId id;  // zero: its child has not been executed yet
};
std::optional<RecentBlock> read_recent_block(const StateReader& state, Height height);

// Once a block, before its transactions: notes the block itself and the id of its parent (zero: not
// known, nobody can refer to it), and forgets what is older than `keep_ms`, a few at a time.
void note_block(Overlay& state, Height height, std::uint64_t time_ms, const BlockId& parent,
                std::uint64_t keep_ms);

}  // namespace testamur::ledger
