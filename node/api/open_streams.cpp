// Counts of the requests that have begun, by connection, by caller and for all; the three always
// agree. A cancelled one leaves its connection at once and counts for its caller and for all until
// its time is over, because gRPC still holds its memory (decision 1134).
#include "node/api/open_streams.h"

#include <algorithm>

#include "common/check.h"

namespace testamur::node {
namespace {

// What is cancelled within this time is remembered as one: a flood of cancellations takes no
// memory.
constexpr std::uint64_t kStepMs = 100;

}  // namespace

void OpenStreams::enter(Id id, const CallerKey& caller) {
  connections_.emplace(id, Connection{caller, 0});
  callers_[caller].connections.insert(id);
}

void OpenStreams::leave(Id id, std::uint64_t now_ms) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  const auto [caller, streams] = found->second;
  connections_.erase(found);
  callers_.at(caller).connections.erase(id);
  if (streams != 0) linger(caller, streams, now_ms);
  give_back(caller, 0);
}

std::size_t OpenStreams::of(const CallerKey& caller) const {
  const auto found = callers_.find(caller);
  return found == callers_.end() ? 0 : found->second.streams;
}

OpenStreams::Room OpenStreams::begin(Id id) {
  auto& connection = connections_.at(id);
  auto& caller = callers_.at(connection.caller);
  if (connection.streams >= limits_.per_connection) return Room::kConnectionFull;
  if (caller.streams >= limits_.per_caller) return Room::kCallerFull;
  if (size_ >= limits_.total) return Room::kAllFull;

  ++connection.streams;
  ++caller.streams;
  ++size_;
  return Room::kYes;
}

void OpenStreams::end(Id id) {
  auto& connection = connections_.at(id);
  TM_CHECK(connection.streams > 0, "more streams end than began");
  --connection.streams;
  give_back(connection.caller, 1);
}

void OpenStreams::cancel(Id id, std::uint64_t now_ms) {
  auto& connection = connections_.at(id);
  TM_CHECK(connection.streams > 0, "more streams end than began");
  --connection.streams;
  linger(connection.caller, 1, now_ms);
}

void OpenStreams::linger(const CallerKey& caller, std::size_t streams, std::uint64_t now_ms) {
  const auto until_ms = (now_ms + kLingerMs) / kStepMs * kStepMs + kStepMs;
  for (auto each = lingering_.rbegin(); each != lingering_.rend() && each->until_ms == until_ms;
       ++each) {
    if (each->caller != caller) continue;
    each->streams += streams;
    return;
  }
  lingering_.push_back({until_ms, caller, streams});
}

void OpenStreams::forget(std::uint64_t now_ms) {
  while (!lingering_.empty() && lingering_.front().until_ms <= now_ms) {
    const auto over = lingering_.front();
    lingering_.pop_front();
    give_back(over.caller, over.streams);
  }
}

void OpenStreams::give_back(const CallerKey& key, std::size_t streams) {
  const auto found = callers_.find(key);
  TM_CHECK(found != callers_.end() && found->second.streams >= streams && size_ >= streams,
           "more given back than held");
  found->second.streams -= streams;
  size_ -= streams;
  given_back_ += streams;
  if (found->second.streams == 0 && found->second.connections.empty()) callers_.erase(found);
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
    const auto held = over->streams;
    over = &std::ranges::max_element(callers_, {}, [](const auto& entry) {
              return entry.second.streams;
            })->second;
    if (over->streams <= 2 * held && !long_enough) return std::nullopt;
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
