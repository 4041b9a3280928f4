// The Protobuf side of frames: everything that may stand on the wire, with the limits of
// docs/formats/peer.md checked in both directions. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "common/result.h"
#include "node/net/frame.h"

namespace testamur::node::net {

struct Ping {
  std::uint64_t nonce = 0;
  bool operator==(const Ping&) const = default;
};
struct Pong {
  std::uint64_t nonce = 0;
  bool operator==(const Pong&) const = default;
};

// Numbers as in peer.proto.
enum class GoodbyeReason : std::uint8_t {
  kUnspecified = 0,
  kWrongChain = 1,
  kProtocol = 2,
  kDuplicate = 3,
  kNotAdmitted = 4,
  kLimit = 5,
  kStopping = 6,
};
struct Goodbye {
  GoodbyeReason reason = GoodbyeReason::kUnspecified;
  std::string text;
  bool operator==(const Goodbye&) const = default;
};

using WireFrame = std::variant<Hello, ConsensusMessage, Transactions, BlockRequest, BlockResponse,
                               Ping, Pong, Goodbye>;

// The frame with its u32 length in front. Precondition: within the limits of the format.
EncodedFrame encode_wire(const WireFrame& frame);
// Decodes the part after the length. Fails, naming the field, on what is not one known frame within
// the limits.
Result<WireFrame> decode_wire(ByteView protobuf);

}  // namespace testamur::node::net
