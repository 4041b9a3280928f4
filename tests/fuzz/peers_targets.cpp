// What peers that were let in say to nodes, in any order.
#include "tests/fuzz/peer_steps.h"
#include "tests/fuzz/sequences.h"
#include "tests/fuzz/target.h"

namespace testamur::fuzz {
namespace {

void peers(ByteView input) { PeerSteps(input).run(); }

constexpr Target kTargets[] = {{"peers", peers, sequence_seeds, 20}};

}  // namespace

std::span<const Target> targets() { return kTargets; }

}  // namespace testamur::fuzz
