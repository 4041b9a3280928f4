#include "node/api/connections.h"

#include <algorithm>

namespace testamur::node {

std::size_t Connections::of(const CallerKey& caller) const {
  const auto found = connections_.find(caller);
  return found == connections_.end() ? 0 : found->second.size();
}

std::optional<Connections::Id> Connections::longest_idle(const CallerKey& caller,
                                                         const IdleMs& idle_ms,
                                                         std::uint64_t at_least_ms) const {
  std::optional<Id> longest;
  if (!idle_ms) return longest;
  std::uint64_t most = at_least_ms;
  for (const auto id : connections_.at(caller)) {
    const auto idle = idle_ms(id);
    if (idle < most || (longest && idle == most)) continue;
    longest = id;
    most = idle;
  }
  return longest;
}

const CallerKey* Connections::largest() const {
  const auto found = std::ranges::max_element(
      connections_, {}, [](const auto& entry) { return entry.second.size(); });
  return found == connections_.end() ? nullptr : &found->first;
}

Connections::Entry Connections::enter(Id id, const CallerKey& caller, const IdleMs& idle_ms) {
  Entry entry;
  const auto own = of(caller);
  if (own >= limits_.per_caller) {
    entry.leaves = longest_idle(caller, idle_ms, kIdleMs);
  } else if (callers_.size() >= limits_.total) {
    // Of callers that hold alike nobody gives way, or two would push each other out in turn: then
    // only what is idle goes.
    const auto* most = largest();
    if (of(*most) > own + 1) {
      entry.leaves = *connections_.at(*most).begin();
    } else {
      entry.leaves = longest_idle(own == 0 ? *most : caller, idle_ms, kIdleMs);
    }
  } else {
    entry.enters = true;
  }

  if (entry.leaves) {
    leave(*entry.leaves);
    entry.enters = true;
  }
  if (entry.enters) {
    callers_.emplace(id, caller);
    connections_[caller].insert(id);
  }
  return entry;
}

bool Connections::is_full_for(const CallerKey& caller) const {
  return callers_.size() >= limits_.total || of(caller) >= limits_.per_caller;
}

void Connections::leave(Id id) {
  const auto found = callers_.find(id);
  if (found == callers_.end()) return;
  const auto of_caller = connections_.find(found->second);
  of_caller->second.erase(id);
  if (of_caller->second.empty()) connections_.erase(of_caller);
  callers_.erase(found);
}

}  // namespace testamur::node
