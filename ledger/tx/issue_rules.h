// What the listed and the anchored issue have in common. Private to ledger/tx.
#pragma once

#include <cstring>
#include <vector>

#include "ledger/tx/kind_rules.h"

namespace testamur::v1 {
class AchievementReference;
}

namespace testamur::ledger::tx::issue_rules {

// The achievement of a message whose form is valid.
AchievementId achievement_of(const v1::AchievementReference& reference);
// The 32-byte values of a `bytes` field.
std::vector<Hash256> hashes_of(const std::string& list);

// The achievement may be issued by the author, the bytes beside the hash list are few, and the
// indexes are free.
std::optional<Rejection> check_state(const StateView& view, const Transaction& transaction,
                                     const AchievementId& achievement, IndexRun run,
                                     std::size_t list_size_bytes);

}  // namespace testamur::ledger::tx::issue_rules
