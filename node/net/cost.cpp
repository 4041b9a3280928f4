#include "node/net/cost.h"

#include <algorithm>

namespace testamur::node::net {

namespace {

constexpr std::size_t kFrameBytes = 512;  // of memory that any frame takes besides its content
constexpr std::size_t kTransactionBytes = 256;  // likewise, a transaction in it
constexpr std::size_t kAnswerBytes = 2u
                                     << 20;  // of blocks, at most (node/chain/peers/catch_up.cpp)
constexpr std::size_t kSignatureBytes =
    512;  // a consensus message has at most one signature in so many bytes
constexpr std::size_t kMostSignatures = 64;  // those beyond are charged when they do not hold
constexpr std::uint64_t kSignatureUnits = 50;

Cost cost(const ConsensusMessage& message) {
  const auto size = message.bytes.size();
  return {size + kFrameBytes, 0, std::min(1 + size / kSignatureBytes, kMostSignatures),
          30 + size / 1024};
}

Cost cost(const Transactions& transactions) {
  std::size_t bytes = 0;
  for (const auto& transaction : transactions.transactions) bytes += transaction.size();
  const auto count = transactions.transactions.size();
  return {2 * bytes + count * kTransactionBytes + kFrameBytes, 0, count, 5 * count};
}

Cost cost(const BlockRequest&) { return {kFrameBytes, kAnswerBytes, 0, 10}; }

Cost cost(const BlockResponse& response) {
  std::size_t bytes = 0;
  for (const auto& block : response.blocks) bytes += encoded_size_bound(block);
  return {bytes + kFrameBytes, 0, 1, 30 + 50 * response.blocks.size()};
}

}  // namespace

std::uint64_t Cost::units() const {
  return strand_us + kSignatureUnits * signatures + bytes_kept / 1024 + bytes_read / 4096;
}

Cost cost_of(const Frame& frame) {
  return std::visit([](const auto& content) { return cost(content); }, frame);
}

std::string_view to_text(Refusal refusal) {
  switch (refusal) {
    case Refusal::kQueueFull: return "queue_full";
    case Refusal::kMalformedMessage: return "malformed_message";
    case Refusal::kConsensusRequests: return "consensus_requests";
    case Refusal::kBlockRequests: return "block_requests";
    case Refusal::kNotReading: return "not_reading";
    case Refusal::kUnaskedBlocks: return "unasked_blocks";
    case Refusal::kMalformedTransaction: return "malformed_transaction";
    case Refusal::kUnknownSigner: return "unknown_signer";
    case Refusal::kFarValidity: return "far_validity";
    case Refusal::kBadSignature: return "bad_signature";
    case Refusal::kNotPermitted: return "not_permitted";
    case Refusal::kPoolShare: return "pool_share";
  }
  return "unknown";
}

}  // namespace testamur::node::net
