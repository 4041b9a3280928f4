// Who may hold how many connections, and which one goes when there is no room.
//
// The count of all and of each caller is bounded. When all places are taken, the caller that holds
// most gives way to one that holds less: whoever opens a thousand connections keeps nobody out.
// When a caller's own places are taken its longest idle connection goes, if it has been idle for a
// while; otherwise the new one is refused. Looking for an idle one costs a question for each
// connection, so the owner says when it may be done: a flood of new connections must not buy it.
// Pure over the numbers that it is given. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "node/api/caller.h"

namespace testamur::node {

struct ConnectionLimits {
  std::size_t total = 512;
  std::size_t per_caller = 128;
};

class Connections {
 public:
  using Id = std::uint64_t;
  // How long a connection has carried nothing.
  using IdleMs = std::function<std::uint64_t(Id)>;

  explicit Connections(const ConnectionLimits& limits) : limits_(limits) {}

  struct Entry {
    bool enters = false;
    std::optional<Id> leaves;  // this one is to be closed first
  };
  // Whether a connection of this caller may come. When it may, it is counted. `idle_ms` null:
  // nobody is asked now, and only a caller that holds most gives way, its oldest connection first.
  // Ids ascend.
  Entry enter(Id id, const CallerKey& caller, const IdleMs& idle_ms);
  // Whether enter() would ask for idle connections.
  bool is_full_for(const CallerKey& caller) const;
  void leave(Id id);

  std::size_t size() const { return callers_.size(); }
  std::size_t of(const CallerKey& caller) const;

  // A connection that carried something so lately is not idle.
  static constexpr std::uint64_t kIdleMs = 2'000;

 private:
  std::optional<Id> longest_idle(const CallerKey& caller, const IdleMs& idle_ms,
                                 std::uint64_t at_least_ms) const;
  const CallerKey* largest() const;

  const ConnectionLimits limits_;
  std::map<Id, CallerKey> callers_;
  std::map<CallerKey, std::set<Id>> connections_;
};

}  // namespace testamur::node
