// What engines send each other. Encoded by consensus/values/codec.h; travels in one field of a peer
// frame. Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "consensus/values/types.h"

namespace testamur::consensus {

// Bounds of what a message may carry; longer ones are rejected by the decoder.
inline constexpr std::size_t kMaxHeaderBytes = 4096;
inline constexpr std::size_t kMaxBodyBytes = std::size_t{3} << 20;
inline constexpr std::size_t kMaxFinalityLinks = 1024;
inline constexpr std::size_t kMaxShownVotes = 1024;
// A certificate request covers at most this many views; a longer range is answered from its
// beginning.
inline constexpr std::uint64_t kMaxRequestedViews = 64;

// "Send me the certificates that you hold for these views" (both ends included).
struct CertificateRequest {
  Epoch epoch;
  View first;
  View last;
};

// "Send me the proposal of this block."
struct BlockRequest {
  Epoch epoch;
  View view;
  BlockId block;
};

// Where the sender stands; sent at least every third of the skip time, so that silence means
// something.
struct Presence {
  Epoch epoch;
  View view;
  View finalized_view;
  Height finalized_height;
};

// A node in quarantine asks what it may have voted for.
struct QuarantineQuery {
  Epoch epoch;
  Hash256 nonce;
};

// The signed answer of a validator that is not in quarantine itself; `highest` is its highest
// certificate by view in `epoch`, absent if it holds none (view 0). `votes` are the asker's votes
// above the last finalized view; they certify themselves and are not covered by the signature.
// Signed: H_tag(testamur/quarantine-answer, chain id || epoch || nonce || digest of the certificate
// || sealing flag).
struct QuarantineAnswer {
  Epoch epoch;
  Hash256 nonce;
  bool holds_notarized_sealing = false;
  std::optional<Certificate> highest = {};
  std::uint8_t responder = 0;
  Signature signature = {};
  std::vector<Vote> votes = {};
  // What the flag claims, shown: a notarization or finalization, and the header that it names, of a
  // sealing block or a filler. Certifies itself. Both absent in answers without the flag, and in
  // those of builds that do not show it.
  std::optional<Certificate> sealing_certificate = {};
  std::shared_ptr<const Bytes> sealing_header = {};
};
Hash256 signing_digest(const ChainId& chain, const QuarantineAnswer& answer);

// To a peer in an earlier epoch: the end of that epoch, proven.
struct SealingFinality {
  Epoch epoch;
  std::shared_ptr<const Bytes> header;  // of the sealing block
  FinalityProof proof;
};

using Message = std::variant<Proposal, Vote, Certificate, CertificateRequest, BlockRequest,
                             Presence, QuarantineQuery, QuarantineAnswer, SealingFinality>;

// How urgent a message is, for queues that must choose: votes and certificates before blocks.
enum class Urgency : std::uint8_t { kVote, kBlock };
Urgency urgency(const Message& message);

}  // namespace testamur::consensus
