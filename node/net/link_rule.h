// Which of two connections between the same two nodes stays, when both dialled.
//
// The node with the smaller pin decides: once it has spoken on a connection that it dialled, it
// refuses the one that the other dialled; until then it takes the other's and gives up its own
// attempt. The node with the larger pin takes what the smaller dials and gives up its own. So
// exactly one of the two is ever used and no frame is lost in between. A connection that the peer
// dials although one exists means that the peer has lost that one (a crash, a changed address),
// except shortly after it was made, when the two dials may have crossed. Pure.
#pragma once

#include <optional>

namespace testamur::node::net {

struct LinkSituation {
  bool own_pin_smaller = false;
  bool spoken_on_own_dial = false;  // a dialled connection on which this node has sent its hello
  struct Existing {
    bool dialled_by_us = false;
    bool settled = false;  // longer ago than any dial that could have crossed with it takes
  };
  std::optional<Existing> existing;
};

// Whether a connection dialled by the peer is taken (in place of whatever there is).
constexpr bool takes_inbound(const LinkSituation& now) {
  if (!now.own_pin_smaller) return true;
  if (now.spoken_on_own_dial) return false;
  return !(now.existing && now.existing->dialled_by_us && !now.existing->settled);
}

}  // namespace testamur::node::net
