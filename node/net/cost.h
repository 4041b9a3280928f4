// What a frame costs the node that takes it, declared from its form alone before it is queued; and
// why something of a peer is refused. The one table of both: docs/limits.md, "Peers".
//
// Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "node/net/frame.h"

namespace testamur::node::net {

struct Cost {
  std::size_t bytes_kept = 0;   // memory, until it has been dealt with
  std::size_t bytes_read = 0;   // of the store, and sent back, at most
  std::size_t signatures = 0;   // to be verified
  std::uint64_t strand_us = 0;  // on the strand of the chain
  // One unit is about a microsecond of one core, as in the weight of transactions.
  std::uint64_t units() const;
};
Cost cost_of(const Frame& frame);

// Why something of a peer is refused. Each is counted by name, and a peer that goes on is
// disconnected for a while.
enum class Refusal : std::uint8_t {
  kQueueFull,             // more of its frames wait than one institution may have waiting
  kMalformedMessage,      // a consensus message that does not decode
  kConsensusRequests,     // asks for blocks and certificates of consensus too often
  kBlockRequests,         // asks for finalized blocks before the earlier requests are answered
  kNotReading,            // does not read the blocks that it asked for
  kUnaskedBlocks,         // answers what was not asked
  kMalformedTransaction,  // bytes that are no transaction
  kUnknownSigner,         // no signature, an unknown author or key, or a key that does not fit
  kFarValidity,           // ends too late, or has ended
  kBadSignature,
  kNotPermitted,  // any other rule says no, and no later state cures it
  kPoolShare,     // the author's share of the mempool is used up
};
inline constexpr std::size_t kRefusals = 12;
// queue_full, malformed_message, ...: in metrics, logs and the status.
std::string_view to_text(Refusal refusal);

}  // namespace testamur::node::net
