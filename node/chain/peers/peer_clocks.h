// How far each validator's clock is from this machine's, as its own proposals show.
//
// A header's time is its proposer's clock when the block was built, which may be long ago: a leader
// says again what it had proposed before it was restarted, and blocks are fetched. So a proposal
// judges a clock only if it was made just now, which is known where
//   - it came from its proposer itself,
//   - that one said since its connection came up that it stood in an earlier view: what it had
//     proposed before that is said again, and
//   - it stands in no earlier view than its proposer by now.
// What is not known of a clock is absent: of a peer that is away, of one that has not proposed for
// kKnownMs, and of all once this machine's own clock was set. Belongs to the chain's strand.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "common/ids.h"

namespace testamur::node {

class PeerClocks {
 public:
  // How long a clock is known of which nothing more is heard.
  static constexpr std::uint64_t kKnownMs = 3'600'000;
  // A clock that is set moves by more against the monotonic one; one that is slewed does not.
  static constexpr std::int64_t kSetMs = 1'000;

  struct Position {
    Epoch epoch;
    View view;
    auto operator<=>(const Position&) const = default;
  };
  // Wall clock and monotonic clock of this machine.
  struct Now {
    std::uint64_t wall_ms = 0;
    std::uint64_t steady_ms = 0;
  };

  // A connection with it came up or ended.
  void forget(const InstitutionId& peer) { peers_.erase(peer); }
  // It, a validator, said where it stands.
  void stands_at(const InstitutionId& peer, const Position& position);
  // Its proposal, from itself, came for the first time or again.
  void proposed(const InstitutionId& peer, const Position& position, std::uint64_t header_time_ms,
                const Now& now);

  // Their clocks minus this machine's. A proposal that comes late, because a machine was paused,
  // looks like a clock that is behind: behind is believed only as far as two proposals say it, and
  // of one alone nothing is known.
  std::vector<std::pair<InstitutionId, std::int64_t>> offsets_ms(const Now& now) const;

 private:
  struct Measured {
    std::int64_t offset_ms = 0;
    Now at;
  };
  struct Peer {
    Position first;     // that it told since its connection came up
    Position newest;    // ... last
    Position proposed;  // the newest in which it proposed since then; before that, `first`
    std::optional<Measured> last, before;
  };
  std::map<InstitutionId, Peer> peers_;  // validators that are connected: bounded by their set
};

}  // namespace testamur::node
