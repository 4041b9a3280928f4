#include "consensus/limits.h"

#include "consensus/values/message.h"

namespace testamur::consensus {

Holdings holdings_bound(std::size_t validators, std::uint64_t unfinalized_views) {
  const auto open = static_cast<std::size_t>(unfinalized_views) + 1;
  Holdings bound;
  bound.views = open + kVotesAhead;
  // In each open view at most the certified block and the one that this node notarized, or the
  // leader's first.
  bound.blocks = 2 * open + kProposalsBehind + kProposalsAhead + 1;
  bound.block_bytes = bound.blocks * (kMaxHeaderBytes + kMaxBodyBytes);
  bound.wanted = kMaxMissingBlocks;
  bound.votes = bound.views * 3 * validators;
  bound.claims = kMaxOtherPeers + validators + bound.views * validators + validators;
  return bound;
}

}  // namespace testamur::consensus
