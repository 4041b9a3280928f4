// How much of gRPC's memory requests that have begun may take: of one connection, of one caller, of
// all.
//
// A request takes it kRequestBytes before a service hears of it (decision 1134), and
// kEntryBytes more for each entry of its metadata. One byte of the wire may stand for a whole
// entry, so that each byte of its headers counts as one, up to what gRPC takes of metadata at most
// (decision 1139). A request counts from its first frame until it is answered; one that its caller
// gave up, or whose connection ended, for kLingerMs longer: gRPC is at it for a while, on a busy
// machine for seconds, and does not say how long. Who finds no room waits: its connection is not
// read. Beyond the room of all there is a reserve for callers that hold little: what some gave up
// or merely hold keeps nobody out. What waits is never waited for in vain: a connection that holds
// others up with requests that only its own caller could move on ends (in_the_way). Pure over the
// times that it is given. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "node/api/caller.h"
#include "node/api/connections.h"

namespace testamur::node {

struct StreamLimits {
  std::size_t total_bytes = 72u << 20;
  std::size_t caller_bytes = 24u << 20;
  // Beyond total_bytes, for callers that hold less than small_bytes.
  std::size_t reserve_bytes = 24u << 20;
  std::size_t small_bytes = 3u << 20;
  std::size_t per_connection = 100;  // requests; as few as RFC 9113 advises
};

class OpenStreams {
 public:
  using Id = Connections::Id;
  enum class Room : std::uint8_t { kYes, kConnectionFull, kCallerFull, kAllFull };

  // What a request whose headers have so many bytes takes at most.
  static std::size_t cost_of(std::size_t header_bytes);
  static constexpr std::size_t kRequestBytes = 18u << 10;
  // Of gRPC's two layers, each of which keeps the entry in a form of its own.
  static constexpr std::size_t kEntryBytes = 300;
  // What gRPC takes of the metadata of a call, as HPACK counts it (RFC 7541 section 4.1): 32 bytes
  // for each entry and its texts. What goes beyond it is refused by gRPC, and not kept.
  static constexpr std::size_t kMetadataBytes = 8u << 10;
  static constexpr std::size_t kMostEntries = kMetadataBytes / 32;

  explicit OpenStreams(const StreamLimits& limits = {}) : limits_(limits) {}

  void enter(Id id, const CallerKey& caller);
  // `linger_ms`: kLingerMs, or kEndedLingerMs where the node itself ended it for others.
  void leave(Id id, std::uint64_t now_ms, std::uint64_t linger_ms = kLingerMs);
  // Counts one more of this connection, unless there is no room. `header_bytes` are said again
  // when it ends.
  Room begin(Id id, std::size_t header_bytes);
  void end(Id id, std::size_t header_bytes);
  void cancel(Id id, std::size_t header_bytes, std::uint64_t now_ms);
  // Gives up what was cancelled long enough ago.
  void forget(std::uint64_t now_ms);

  // Of all, with those that were cancelled lately.
  std::size_t bytes() const { return bytes_; }
  std::size_t bytes_of(const CallerKey& caller) const;
  // How often something was given back so far: whoever waits need not ask again before this
  // changes.
  std::uint64_t given_back() const { return given_back_; }

  // The connection that ends so that `waiting`, which found no room for the reason `why`, goes on:
  // the one with most requests that wait for their own caller (`stuck` says how many), of the
  // caller that holds most or that is over its share. Nothing while what is in the way moves on by
  // itself. `long_enough`: it has waited for kPatienceMs; before that only a caller that holds more
  // than twice as much as the waiting one gives way.
  std::optional<Id> in_the_way(Id waiting, Room why, bool long_enough,
                               const std::function<std::size_t(Id)>& stuck) const;

  // A second was too short with six other programs on two processors, and gRPC does not say how
  // long it needs; its pings, which a connection that waits does not answer, wait for 20 s. What
  // this bounds is how much may be given up in such a time.
  static constexpr std::uint64_t kLingerMs = 10'000;
  // Of connections that end so that others go on, a few a second: who waits for what they held must
  // not wait until he is late himself.
  static constexpr std::uint64_t kEndedLingerMs = 2'000;
  static constexpr std::uint64_t kPatienceMs = 2'000;

 private:
  struct Caller {
    std::size_t bytes = 0;  // with what lingers
    std::set<Id> connections;
  };
  struct Connection {
    CallerKey caller;
    std::size_t streams = 0;
    std::size_t bytes = 0;
  };
  Connection& take_out(Id id, std::size_t cost);
  void linger(const CallerKey& caller, std::size_t bytes, std::uint64_t until_ms);
  void give_back(const CallerKey& caller, std::size_t bytes);

  const StreamLimits limits_;
  std::map<CallerKey, Caller> callers_;
  std::map<Id, Connection> connections_;
  // Bytes by the time until which they count, and caller.
  std::map<std::pair<std::uint64_t, CallerKey>, std::size_t> lingering_;
  std::size_t bytes_ = 0;
  std::uint64_t given_back_ = 0;
};

}  // namespace testamur::node
