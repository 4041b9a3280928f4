// How many requests that have begun gRPC may have on its hands: of one connection, of one caller,
// of all.
//
// Each costs it 18 KiB before a service hears of it (decision 1134). A request counts from
// its first frame until it is answered; one that its caller gave up, or whose connection ended, for
// a second longer, because gRPC is at it for a while and does not say how long. Who finds no room
// waits: its connection is not read. What waits is never waited for in vain: a connection that
// holds others up with requests that only its own caller could move on ends (in_the_way). Pure over
// the times that it is given. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "node/api/caller.h"
#include "node/api/connections.h"

namespace testamur::node {

struct StreamLimits {
  std::size_t total = 3'072;
  std::size_t per_caller = 1'024;
  std::size_t per_connection = 100;  // as few as RFC 9113 advises
};

class OpenStreams {
 public:
  using Id = Connections::Id;
  enum class Room : std::uint8_t { kYes, kConnectionFull, kCallerFull, kAllFull };

  explicit OpenStreams(const StreamLimits& limits = {}) : limits_(limits) {}

  void enter(Id id, const CallerKey& caller);
  void leave(Id id, std::uint64_t now_ms);
  // Counts one more of this connection, unless there is no room.
  Room begin(Id id);
  void end(Id id);
  void cancel(Id id, std::uint64_t now_ms);
  // Gives up what was cancelled long enough ago.
  void forget(std::uint64_t now_ms);

  // Of all, with those that were cancelled lately.
  std::size_t size() const { return size_; }
  std::size_t of(const CallerKey& caller) const;
  // How many have been given back so far: whoever waits need not ask again before this changes.
  std::uint64_t given_back() const { return given_back_; }

  // The connection that ends so that `waiting`, which found no room for the reason `why`, goes on:
  // the one with most requests that wait for their own caller (`stuck` says how many), of the
  // caller that holds most or that is over its share. Nothing while what is in the way moves on by
  // itself. `long_enough`: it has waited for kPatienceMs; before that only a caller that holds more
  // than twice as much as the waiting one gives way.
  std::optional<Id> in_the_way(Id waiting, Room why, bool long_enough,
                               const std::function<std::size_t(Id)>& stuck) const;

  static constexpr std::uint64_t kLingerMs = 1'000;
  static constexpr std::uint64_t kPatienceMs = 2'000;

 private:
  struct Caller {
    std::size_t streams = 0;  // with those that linger
    std::set<Id> connections;
  };
  struct Connection {
    CallerKey caller;
    std::size_t streams = 0;
  };
  struct Lingering {
    std::uint64_t until_ms;
    CallerKey caller;
    std::size_t streams;
  };
  void linger(const CallerKey& caller, std::size_t streams, std::uint64_t now_ms);
  void give_back(const CallerKey& caller, std::size_t streams);

  const StreamLimits limits_;
  std::map<CallerKey, Caller> callers_;
  std::map<Id, Connection> connections_;
  std::deque<Lingering> lingering_;  // by time
  std::size_t size_ = 0;
  std::uint64_t given_back_ = 0;
};

}  // namespace testamur::node
