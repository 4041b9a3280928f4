// What nodes say to each other, as plain values (docs/formats/peer.md). The encoding is Protobuf
// (proto/testamur/v1/peer.proto) behind a u32 length; only node/net sees it.
//
// Values and pure functions; any thread.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"

namespace testamur::node::net {

// Limits of the format. A frame beyond one of them ends the connection on which it arrived.
constexpr std::size_t kMaxFrameBytes = 4u << 20;  // Protobuf part of a frame
constexpr std::size_t kMaxHelloFrameBytes = 68u << 10;
constexpr std::size_t kMaxFinalizationBytes = 64u << 10;
constexpr std::size_t kMaxTransactionsPerFrame = 4096;
constexpr std::size_t kMaxBlocksPerRequest = 1024;
constexpr std::size_t kMaxSoftwareBytes = 64;
constexpr std::size_t kMaxGoodbyeTextBytes = 256;
constexpr std::uint32_t kPeerProtocol = 1;  // the highest peer protocol that this code speaks

struct Hello {
  ChainId chain;
  std::uint32_t protocol = kPeerProtocol;
  Epoch epoch;
  Bytes finalization;  // highest finalization certificate (consensus/values/codec.h); may be empty
  InstitutionId institution;
  std::string software;
  bool operator==(const Hello&) const = default;
};

// One message of consensus/values/codec.h.
struct ConsensusMessage {
  Bytes bytes;
  bool operator==(const ConsensusMessage&) const = default;
};

// Signed transactions as their senders encoded them.
struct Transactions {
  std::vector<Bytes> transactions;
  bool operator==(const Transactions&) const = default;
};

// Wants the finalized blocks first, first + 1, …: `count` (1..kMaxBlocksPerRequest) of them or
// fewer.
struct BlockRequest {
  Height first;
  std::uint32_t count = 1;
  bool operator==(const BlockRequest&) const = default;
};

struct Block {
  Bytes header;
  Bytes body;
  Bytes certificate;
  bool operator==(const Block&) const = default;
};

// Consecutive blocks from `first` on; none when the sender has none at that height.
struct BlockResponse {
  Height first;
  std::vector<Block> blocks;
  Height highest;
  bool operator==(const BlockResponse&) const = default;
};

using Frame = std::variant<ConsensusMessage, Transactions, BlockRequest, BlockResponse>;

// The bytes of a frame as they go over the wire, u32 length included: encoded once, shared by all
// receivers.
using EncodedFrame = std::shared_ptr<const Bytes>;

// Precondition: the frame keeps the limits above, in particular it encodes to at most
// kMaxFrameBytes.
EncodedFrame encode(const Frame& frame);
// The size that encode() would give, or a little more: for filling a BlockResponse up to a limit.
std::size_t encoded_size_bound(const Block& block);

}  // namespace testamur::node::net
