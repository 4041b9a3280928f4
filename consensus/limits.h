// What the engine keeps at most, whatever is sent to it. docs/consensus.md "Bounds" gives the
// reasons.
//
// Pure; any thread. Only the views between the last finalized one and the current one have no
// constant: a quorum made each of them, so nobody adds to them at will, and they go with the next
// final block.
#pragma once

#include <cstddef>
#include <cstdint>

namespace testamur::consensus {

struct Limits {
  std::uint64_t max_unfinalized_ancestors = 16;  // beyond: votes for empty proposals only
  std::size_t recent_blocks = 64;  // finalized blocks kept in memory for peers just behind ...
  std::size_t recent_bytes = std::size_t{16} << 20;  // ... and their bodies' total size
};

// Votes of views so far ahead of the own one are kept, no further: certificates bring a node that
// lags forward.
inline constexpr std::uint64_t kVotesAhead = 64;
// Proposals so far ahead or behind are kept unasked. A certified block is fetched whatever its
// view.
inline constexpr std::uint64_t kProposalsAhead = 8;
inline constexpr std::uint64_t kProposalsBehind = 8;
// Missing blocks asked for at once; the rest follow as they arrive, or by catch-up.
inline constexpr std::size_t kMaxMissingBlocks = 256;
// Institutions that are no validators and of which something is remembered.
inline constexpr std::size_t kMaxOtherPeers = 1024;
// Pauses made with one peer in a row: each is twice as long as the one before, up to 2^this of the
// first.
inline constexpr unsigned kMaxPauseDoublings = 6;
// An unproven height that brought nothing in a round of asking is not believed again for so long.
inline constexpr std::uint64_t kClaimsVoidMs = 60'000;
// Answers that one peer may cause: so much at once, and so much a second.
inline constexpr std::uint64_t kAnswerBurstBytes = std::uint64_t{32} << 20;
inline constexpr std::uint64_t kAnswerBytesPerSecond = std::uint64_t{8} << 20;
// What an answer costs beside its bytes: looking up, or a signature.
inline constexpr std::uint64_t kAnswerOverheadBytes = 1024;
inline constexpr std::uint64_t kSignedAnswerCostBytes = std::uint64_t{256} << 10;

// Views from the last finalized one to the current one while the network is calm, liars included.
inline constexpr std::uint64_t kCalmUnfinalizedViews = 64;

// What the engine holds now, or may hold at most.
struct Holdings {
  std::size_t views = 0;        // views of which something is kept
  std::size_t blocks = 0;       // copies of blocks that are not final yet
  std::size_t block_bytes = 0;  // of their headers and bodies
  std::size_t wanted = 0;       // blocks asked for, or to be asked for
  std::size_t votes = 0;        // in all views
  std::size_t claims = 0;       // positions of peers, reported misbehaviour, answers in quarantine
};

// `unfinalized_views`: from the last finalized view to the current one.
Holdings holdings_bound(std::size_t validators,
                        std::uint64_t unfinalized_views = kCalmUnfinalizedViews);

}  // namespace testamur::consensus
