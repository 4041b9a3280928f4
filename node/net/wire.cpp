// Frames to bytes and back; the only code of node/net that knows Protobuf. A frame comes from
// somebody who may be hostile, so its size, its kind and the length of a list in it are checked on
// the bytes before Protobuf makes objects of them, and the limits of the single fields when they
// are read.
#include "node/net/wire.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <array>
#include <limits>

#include "testamur/v1/peer.pb.h"

namespace testamur::node::net {
namespace {

namespace v1 = ::testamur::v1;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr std::size_t kLengthBytes = 4;

template <class View>
std::string to_string(const View& bytes) {
  return std::string(as_text(ByteView(bytes)));
}
constexpr std::uint32_t length_delimited(int field) {
  return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}
Bytes to_owned(const std::string& text) { return to_bytes(as_bytes(text)); }

void fill(const Hello& hello, v1::PeerFrame& out) {
  auto& message = *out.mutable_hello();
  message.set_chain_id(to_string(hello.chain.view()));
  message.set_protocol(hello.protocol);
  message.set_epoch(hello.epoch.value);
  message.set_finalization(to_string(hello.finalization));
  message.set_institution(to_string(hello.institution.view()));
  message.set_software(hello.software);
}
void fill(const Transactions& transactions, v1::PeerFrame& out) {
  auto& message = *out.mutable_transactions();
  for (const auto& transaction : transactions.transactions)
    message.add_transactions(to_string(transaction));
}
void fill(const BlockRequest& request, v1::PeerFrame& out) {
  out.mutable_block_request()->set_first_height(request.first.value);
  out.mutable_block_request()->set_count(request.count);
}
void fill(const BlockResponse& response, v1::PeerFrame& out) {
  auto& message = *out.mutable_block_response();
  message.set_first_height(response.first.value);
  message.set_highest_height(response.highest.value);
  for (const auto& block : response.blocks) {
    auto& entry = *message.add_blocks();
    entry.set_header(to_string(block.header));
    entry.set_body(to_string(block.body));
    entry.set_certificate(to_string(block.certificate));
  }
}
void fill(const Ping& ping, v1::PeerFrame& out) { out.mutable_ping()->set_nonce(ping.nonce); }
void fill(const Pong& pong, v1::PeerFrame& out) { out.mutable_pong()->set_nonce(pong.nonce); }
void fill(const Goodbye& goodbye, v1::PeerFrame& out) {
  out.mutable_goodbye()->set_reason(static_cast<v1::PeerGoodbyeReason>(goodbye.reason));
  out.mutable_goodbye()->set_text(goodbye.text);
}

Result<WireFrame> read(const v1::PeerHello& message) {
  Hello hello;

  const auto chain = ChainId::from(as_bytes(message.chain_id()));
  if (!chain) return error("hello.chain_id has not 32 bytes");
  const auto institution = InstitutionId::from(as_bytes(message.institution()));
  if (!institution) return error("hello.institution has not 16 bytes");
  if (message.protocol() == 0) return error("hello.protocol is zero");

  if (message.finalization().size() > kMaxFinalizationBytes)
    return error("hello.finalization is over 64 KiB");
  if (message.software().size() > kMaxSoftwareBytes)
    return error("hello.software is over 64 bytes");

  hello.chain = *chain;
  hello.protocol = message.protocol();
  hello.epoch = Epoch{message.epoch()};
  hello.finalization = to_owned(message.finalization());
  hello.institution = *institution;
  hello.software = message.software();
  return WireFrame{std::move(hello)};
}
Result<WireFrame> read_consensus(const std::string& bytes) {
  if (bytes.empty()) return error("consensus is empty");
  return WireFrame{ConsensusMessage{to_owned(bytes)}};
}
Result<WireFrame> read(const v1::PeerTransactions& message) {
  const auto count = static_cast<std::size_t>(message.transactions_size());
  if (count == 0) return error("transactions is empty");
  if (count > kMaxTransactionsPerFrame) return error("transactions holds more than 4096");
  Transactions transactions;
  transactions.transactions.reserve(count);
  for (const auto& transaction : message.transactions()) {
    if (transaction.empty()) return error("transactions holds an empty one");
    transactions.transactions.push_back(to_owned(transaction));
  }
  return WireFrame{std::move(transactions)};
}
Result<WireFrame> read(const v1::PeerBlockRequest& message) {
  if (message.count() == 0 || message.count() > kMaxBlocksPerRequest) {
    return error("block_request.count is not in 1..1024");
  }
  if (message.first_height() > std::numeric_limits<std::uint64_t>::max() - message.count()) {
    return error("block_request goes beyond the last height");
  }
  return WireFrame{BlockRequest{Height{message.first_height()}, message.count()}};
}
Result<WireFrame> read(const v1::PeerBlockResponse& message) {
  if (static_cast<std::size_t>(message.blocks_size()) > kMaxBlocksPerRequest) {
    return error("block_response holds more than 1024 blocks");
  }
  BlockResponse response{Height{message.first_height()}, {}, Height{message.highest_height()}};
  response.blocks.reserve(static_cast<std::size_t>(message.blocks_size()));
  for (const auto& block : message.blocks()) {
    if (block.header().empty()) return error("block_response holds a block without header");
    response.blocks.push_back(
        {to_owned(block.header()), to_owned(block.body()), to_owned(block.certificate())});
  }
  return WireFrame{std::move(response)};
}
Result<WireFrame> read(const v1::PeerGoodbye& message) {
  if (message.text().size() > kMaxGoodbyeTextBytes) return error("goodbye.text is over 256 bytes");
  const int reason = message.reason();
  const bool known = reason >= 0 && reason <= static_cast<int>(GoodbyeReason::kStopping);
  return WireFrame{Goodbye{known ? static_cast<GoodbyeReason>(reason) : GoodbyeReason::kUnspecified,
                           message.text()}};
}

std::shared_ptr<Bytes> frame_of(std::size_t size) {
  TM_CHECK(size > 0 && size <= kMaxFrameBytes, "frame of", size, "bytes");
  const auto length = Encoder().u32(static_cast<std::uint32_t>(size)).take();
  auto bytes = std::make_shared<Bytes>();
  bytes->reserve(kLengthBytes + size);
  bytes->insert(bytes->end(), length.begin(), length.end());
  return bytes;
}

template <class Content>
EncodedFrame encode_content(const Content& content) {
  v1::PeerFrame message;
  fill(content, message);
  const auto size = message.ByteSizeLong();
  auto bytes = frame_of(size);
  bytes->resize(kLengthBytes + size);
  message.SerializeWithCachedSizesToArray(bytes->data() + kLengthBytes);
  return bytes;
}

// What the template would give, with one copy instead of three.
EncodedFrame encode_content(const ConsensusMessage& consensus) {
  const auto content_size = static_cast<std::uint32_t>(consensus.bytes.size());
  std::array<std::uint8_t, 16> head{};
  auto* end = CodedOutputStream::WriteTagToArray(
      length_delimited(v1::PeerFrame::kConsensusFieldNumber), head.data());
  end = CodedOutputStream::WriteVarint32ToArray(content_size, end);
  auto bytes = frame_of(static_cast<std::size_t>(end - head.data()) + consensus.bytes.size());
  bytes->insert(bytes->end(), head.data(), end);
  bytes->insert(bytes->end(), consensus.bytes.begin(), consensus.bytes.end());
  return bytes;
}

// How many length-delimited fields of this number a message holds, counted up to `limit` + 1;
// nothing if it is broken.
std::optional<std::size_t> count_fields(CodedInputStream& input, std::uint32_t field,
                                        std::size_t limit) {
  std::size_t count = 0;
  while (const std::uint32_t tag = input.ReadTag()) {
    if (WireFormatLite::GetTagFieldNumber(tag) == static_cast<int>(field) && ++count > limit) break;
    if (!WireFormatLite::SkipField(&input, tag)) return std::nullopt;
  }
  return count;
}

// Whether a frame is exactly one field, and a list in it within its limit; before parsing, because
// two bytes on the wire may cost a hundred in memory.
bool is_one_content_within_limits(ByteView protobuf) {
  CodedInputStream input(protobuf.data(), static_cast<int>(protobuf.size()));
  const std::uint32_t tag = input.ReadTag();
  std::uint32_t list = 0;
  std::size_t limit = 0;

  // Of all contents only these two hold lists.
  if (tag == length_delimited(v1::PeerFrame::kTransactionsFieldNumber)) {
    list = v1::PeerTransactions::kTransactionsFieldNumber;
    limit = kMaxTransactionsPerFrame;
  } else if (tag == length_delimited(v1::PeerFrame::kBlockResponseFieldNumber)) {
    list = v1::PeerBlockResponse::kBlocksFieldNumber;
    limit = kMaxBlocksPerRequest;
  }

  if (list == 0) {
    if (!WireFormatLite::SkipField(&input, tag)) return false;
  } else {
    const auto outer = input.ReadLengthAndPushLimit();
    const auto count = count_fields(input, list, limit);
    if (!count || *count > limit || !input.CheckEntireMessageConsumedAndPopLimit(outer))
      return false;
  }

  // Nothing may follow: a frame is charged by the one content that it shows.
  return input.ReadTag() == 0 && input.ConsumedEntireMessage();
}

// The bytes of a frame that is one consensus message, without parsing: proposals are the largest
// frames there are.
std::optional<ByteView> only_consensus(ByteView protobuf) {
  CodedInputStream input(protobuf.data(), static_cast<int>(protobuf.size()));
  std::uint32_t size = 0;
  if (input.ReadTag() != length_delimited(v1::PeerFrame::kConsensusFieldNumber) ||
      !input.ReadVarint32(&size)) {
    return std::nullopt;
  }
  const auto content = protobuf.subspan(static_cast<std::size_t>(input.CurrentPosition()));
  return content.size() == size && size > 0 ? std::optional(content) : std::nullopt;
}

}  // namespace

EncodedFrame encode_wire(const WireFrame& frame) {
  return std::visit([](const auto& content) { return encode_content(content); }, frame);
}

Result<WireFrame> decode_wire(ByteView protobuf) {
  if (protobuf.size() > kMaxFrameBytes) return error("a frame over 4 MiB");

  // Most bytes that arrive are blocks and votes, which need no parsing here.
  if (const auto bytes = only_consensus(protobuf))
    return WireFrame{ConsensusMessage{to_bytes(*bytes)}};

  if (!is_one_content_within_limits(protobuf))
    return error("a broken frame, or one with a list over its limit");

  v1::PeerFrame message;
  if (!message.ParseFromArray(protobuf.data(), static_cast<int>(protobuf.size()))) {
    return error("a broken frame");
  }

  switch (message.content_case()) {
    case v1::PeerFrame::kHello: return read(message.hello());
    case v1::PeerFrame::kConsensus: return read_consensus(message.consensus());
    case v1::PeerFrame::kTransactions: return read(message.transactions());
    case v1::PeerFrame::kBlockRequest: return read(message.block_request());
    case v1::PeerFrame::kBlockResponse: return read(message.block_response());
    case v1::PeerFrame::kPing: return WireFrame{Ping{message.ping().nonce()}};
    case v1::PeerFrame::kPong: return WireFrame{Pong{message.pong().nonce()}};
    case v1::PeerFrame::kGoodbye: return read(message.goodbye());
    case v1::PeerFrame::CONTENT_NOT_SET: break;
  }
  return error("a frame of a kind that this version does not know");
}

EncodedFrame encode(const Frame& frame) {
  return std::visit([](const auto& content) { return encode_content(content); }, frame);
}

std::size_t encoded_size_bound(const Block& block) {
  constexpr std::size_t kTagsAndLengths = 4 * 8;
  return block.header.size() + block.body.size() + block.certificate.size() + kTagsAndLengths;
}

}  // namespace testamur::node::net
