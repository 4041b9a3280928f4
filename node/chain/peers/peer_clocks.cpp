#include "node/chain/peers/peer_clocks.h"

#include <algorithm>
#include <cstdlib>

namespace testamur::node {

namespace {

std::int64_t difference(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(a) - static_cast<std::int64_t>(b);
}

}  // namespace

void PeerClocks::stands_at(const InstitutionId& peer, const Position& position) {
  auto& seen = peers_.try_emplace(peer, Peer{position, position, position, {}, {}}).first->second;
  seen.newest = std::max(seen.newest, position);
}

void PeerClocks::proposed(const InstitutionId& peer, const Position& position,
                          std::uint64_t header_time_ms, const Now& now) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  auto& seen = found->second;

  // It may have been made before the connection came up, or was kept back or asked for again since.
  if (position <= seen.first || position < seen.newest || position <= seen.proposed) return;

  seen.newest = seen.proposed = position;
  seen.before = seen.last;
  seen.last = Measured{difference(header_time_ms, now.wall_ms), now};
}

std::vector<std::pair<InstitutionId, std::int64_t>> PeerClocks::offsets_ms(const Now& now) const {
  const auto counts = [&now](const std::optional<Measured>& measured) {
    if (!measured) return false;
    const auto steady = difference(now.steady_ms, measured->at.steady_ms);
    const auto wall = difference(now.wall_ms, measured->at.wall_ms);
    return steady <= static_cast<std::int64_t>(kKnownMs) && std::abs(wall - steady) <= kSetMs;
  };

  std::vector<std::pair<InstitutionId, std::int64_t>> offsets;
  for (const auto& [peer, seen] : peers_) {
    if (!counts(seen.last)) continue;
    auto offset_ms = seen.last->offset_ms;
    if (offset_ms < 0) {
      if (!counts(seen.before)) continue;
      offset_ms = std::max(offset_ms, std::min<std::int64_t>(seen.before->offset_ms, 0));
    }
    offsets.emplace_back(peer, offset_ms);
  }
  return offsets;
}

}  // namespace testamur::node
