// What requests that have begun take, by connection, by caller and for all; the three always
// agree. A cancelled one leaves its connection at once and counts for its caller and for all until
// its time is over, because gRPC still holds its memory (decisions 1134 and 1139).
#include "node/api/open_streams.h"

#include <algorithm>

#include "common/check.h"

namespace testamur::node {
namespace {

// What is cancelled within this time is remembered as one: a flood of cancellations takes no
// memory.
constexpr std::uint64_t kStepMs = 100;

}  // namespace

std::size_t OpenStreams::cost_of(std::size_t header_bytes) {
  return kRequestBytes + kEntryBytes * std::min(header_bytes, kMostEntries);
}

void OpenStreams::enter(Id id, const CallerKey& caller) {
  connections_.emplace(id, Connection{caller, 0, 0});
  callers_[caller].connections.insert(id);
}

void OpenStreams::leave(Id id, std::uint64_t now_ms, std::uint64_t linger_ms) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  const auto [caller, streams, bytes] = found->second;
  connections_.erase(found);
  callers_.at(caller).connections.erase(id);
  if (streams != 0) linger(caller, bytes, now_ms + linger_ms);
  give_back(caller, 0);
}

std::size_t OpenStreams::bytes_of(const CallerKey& caller) const {
  const auto found = callers_.find(caller);
  return found == callers_.end() ? 0 : found->second.bytes;
}

OpenStreams::Room OpenStreams::begin(Id id, std::size_t header_bytes) {
  auto& connection = connections_.at(id);
  auto& caller = callers_.at(connection.caller);
  if (connection.streams >= limits_.per_connection) return Room::kConnectionFull;
  const auto cost = cost_of(header_bytes);
  if (caller.bytes + cost > limits_.caller_bytes) return Room::kCallerFull;
  const bool is_small = caller.bytes + cost <= limits_.small_bytes;
  const auto room = limits_.total_bytes + (is_small ? limits_.reserve_bytes : 0);
  if (bytes_ + cost > room) return Room::kAllFull;

  ++connection.streams;
  connection.bytes += cost;
  caller.bytes += cost;
  bytes_ += cost;
  return Room::kYes;
}

void OpenStreams::end(Id id, std::size_t header_bytes) {
  const auto cost = cost_of(header_bytes);
  give_back(take_out(id, cost).caller, cost);
}

void OpenStreams::cancel(Id id, std::size_t header_bytes, std::uint64_t now_ms) {
  const auto cost = cost_of(header_bytes);
  linger(take_out(id, cost).caller, cost, now_ms + kLingerMs);
}

OpenStreams::Connection& OpenStreams::take_out(Id id, std::size_t cost) {
  auto& connection = connections_.at(id);
  TM_CHECK(connection.streams > 0 && connection.bytes >= cost, "more streams end than began");
  --connection.streams;
  connection.bytes -= cost;
  return connection;
}

void OpenStreams::linger(const CallerKey& caller, std::size_t bytes, std::uint64_t until_ms) {
  lingering_[{until_ms / kStepMs * kStepMs + kStepMs, caller}] += bytes;
}

void OpenStreams::forget(std::uint64_t now_ms) {
  while (!lingering_.empty() && lingering_.begin()->first.first <= now_ms) {
    const auto [time_and_caller, bytes] = *lingering_.begin();
    lingering_.erase(lingering_.begin());
    give_back(time_and_caller.second, bytes);
  }
}

void OpenStreams::give_back(const CallerKey& key, std::size_t bytes) {
  const auto found = callers_.find(key);
  TM_CHECK(found != callers_.end() && found->second.bytes >= bytes && bytes_ >= bytes,
           "more given back than held");
  found->second.bytes -= bytes;
  bytes_ -= bytes;
  given_back_ += bytes != 0 ? 1 : 0;
  if (found->second.bytes == 0 && found->second.connections.empty()) callers_.erase(found);
}

std::optional<OpenStreams::Id> OpenStreams::in_the_way(
    Id waiting, Room why, bool long_enough, const std::function<std::size_t(Id)>& stuck) const {
  const auto own = connections_.find(waiting);
  if (own == connections_.end() || why == Room::kYes) return std::nullopt;
  if (why == Room::kConnectionFull) {
    return long_enough && stuck(waiting) != 0 ? std::optional(waiting) : std::nullopt;
  }

  const Caller* over = &callers_.at(own->second.caller);
  if (why == Room::kAllFull) {
    const auto held = over->bytes;
    over = &std::ranges::max_element(callers_, {}, [](const auto& entry) {
              return entry.second.bytes;
            })->second;
    if (over->bytes <= 2 * held && !long_enough) return std::nullopt;
  } else if (!long_enough) {
    return std::nullopt;
  }

  std::optional<Id> worst;
  std::size_t most = 0;
  for (const auto id : over->connections) {
    const auto waits = stuck(id);
    if (waits <= most) continue;
    worst = id;
    most = waits;
  }
  return worst;
}

}  // namespace testamur::node
