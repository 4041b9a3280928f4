// A network in the hands of the adversary: it looks at who says what kind of thing in which view.
// Before it becomes timely it loses, delays and divides as it likes; from then on everything that
// is sent arrives within delta, in the order and at the times that suit the adversary.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "tests/sim/network.h"

namespace testamur::sim {

// How a timely network uses its delta.
enum class Order : std::uint8_t {
  kAny,          // by chance
  kLiarsFirst,   // what liars say and hear is there at once, everything else takes delta
  kLeaderLast,   // an honest leader's block takes delta, and so do the votes that reach it
  kKindsApart,   // for one half notarize votes take delta, for the other half finalize votes
  kNullifyFirst  // nullify votes are there at once, blocks and other votes take delta
};
inline constexpr std::size_t kOrders = 5;

class AdversarialSchedule {
 public:
  AdversarialSchedule(Random random, std::set<std::size_t> liars, Order order,
                      std::uint64_t delta_us, std::uint64_t timely_at_us)
      : random_(random),
        salt_(random_.next()),
        liars_(std::move(liars)),
        order_(order),
        delta_us_(delta_us),
        timely_at_us_(timely_at_us) {}

  // Nothing: lost.
  std::optional<std::uint64_t> delay_us(const Packet& packet, std::uint64_t now_us);

 private:
  struct Seen {
    enum class Kind : std::uint8_t {
      kProposal,
      kNotarize,
      kNullify,
      kFinalize,
      kCertificate,
      kRequest,
      kElse
    };
    Kind kind = Kind::kElse;
    std::uint64_t view = 0;
  };
  const Seen& look(const Packet& packet);
  std::optional<std::uint64_t> untimely_us(const Packet& packet, const Seen& seen);
  std::uint64_t timely_us(const Packet& packet, const Seen& seen);

  Random random_;
  std::uint64_t salt_;
  std::set<std::size_t> liars_;
  Order order_;
  std::uint64_t delta_us_;
  std::uint64_t timely_at_us_;
  node::net::EncodedFrame last_;  // one frame goes to many
  Seen seen_;
};

}  // namespace testamur::sim
