// The bytes of frames: golden vectors (recomputed by tests/node/net_golden.py), limits, and cutting
// a stream.
#include "node/net/frame_splitter.h"
#include "node/net/wire.h"
#include "tests/support/catch.h"

namespace testamur::node::net {
namespace {

std::string hex(const WireFrame& frame) { return to_hex(*encode_wire(frame)); }

Hello some_hello() {
  Hello hello;
  hello.chain.bytes.fill(0xc1);
  hello.epoch = Epoch{7};
  hello.finalization = {1, 2, 3};
  hello.institution.bytes.fill(0x11);
  hello.software = "testamur 0.1";
  return hello;
}

const std::vector<std::pair<WireFrame, std::string>>& golden() {
  static const std::vector<std::pair<WireFrame, std::string>> kGolden = {
      {some_hello(),
       "0000004d0a4b0a20c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"
       "1001180722030102032a1011111111111111111111111111111111320c74657374616d757220302e31"},
      {ConsensusMessage{{0xaa, 0xbb}}, "000000041202aabb"},
      {Transactions{{{1}, {2, 3}}}, "000000091a070a01010a020203"},
      {BlockRequest{Height{300}, 16}, "00000007220508ac021010"},
      {BlockResponse{Height{300}, {{{'H'}, {'B'}, {'C'}}, {{'h'}, {}, {}}}, Height{301}},
       "000000182a1608ac0212090a01481201421a014312030a016818ad02"},
      {Ping{5}, "0000000432020805"},
      {Pong{5}, "000000043a020805"},
      {Goodbye{GoodbyeReason::kDuplicate, "dup"}, "00000009420708031203647570"},
  };
  return kGolden;
}

Result<WireFrame> decode_hex(const std::string& text) { return decode_wire(*from_hex(text)); }

// A Protobuf field of length-delimited bytes, for making what encode() refuses to make.
Bytes field(std::uint8_t number, const Bytes& content) {
  Bytes out{static_cast<std::uint8_t>(number << 3 | 2)};
  for (auto rest = content.size();; rest >>= 7) {
    out.push_back(static_cast<std::uint8_t>((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0)));
    if (rest <= 0x7f) break;
  }
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

}  // namespace

TEST_CASE("every kind of frame has its golden bytes and reads back as itself") {
  for (const auto& [frame, bytes] : golden()) {
    CHECK(hex(frame) == bytes);
    const auto read = decode_hex(bytes.substr(8));
    REQUIRE(read.ok());
    CHECK(*read == frame);
  }
}

TEST_CASE("a frame cut short at any byte, or empty, or of an unknown kind, is refused") {
  for (const auto& [frame, bytes] : golden()) {
    for (std::size_t size = 8; size + 2 < bytes.size(); size += 2) {
      const auto read = decode_hex(bytes.substr(8, size - 8));
      CHECK_FALSE((read.ok() && *read == frame));
    }
  }
  CHECK_FALSE(decode_hex("").ok());
  CHECK_FALSE(decode_hex("4a0101").ok());
}

TEST_CASE("fields beyond the limits of the format are refused by name") {
  CHECK(decode_hex("0a030a01c1").message() == "hello.chain_id has not 32 bytes");
  CHECK(decode_hex("1200").message() == "consensus is empty");
  CHECK(decode_hex("1a00").message() == "transactions is empty");
  CHECK(decode_hex("1a020a00").message() == "transactions holds an empty one");

  CHECK(decode_hex("220108").ok() == false);
  CHECK(decode_hex("22020801").message() == "block_request.count is not in 1..1024");
  CHECK(decode_hex("2203108108").message() == "block_request.count is not in 1..1024");
  CHECK(decode_hex("220d08ffffffffffffffffff011001").message() ==
        "block_request goes beyond the last height");
  CHECK(decode_hex("2a0412021200").message() == "block_response holds a block without header");

  auto hello = some_hello();
  hello.software = std::string(65, 'x');
  CHECK(decode_wire(ByteView(*encode_wire(hello)).subspan(4)).message() ==
        "hello.software is over 64 bytes");

  hello.software.clear();
  hello.finalization.resize(kMaxFinalizationBytes + 1);
  CHECK(decode_wire(ByteView(*encode_wire(hello)).subspan(4)).message() ==
        "hello.finalization is over 64 KiB");
}

TEST_CASE("a list longer than its limit is refused before it is parsed") {
  Bytes transactions;
  for (std::size_t i = 0; i <= kMaxTransactionsPerFrame; ++i)
    transactions.insert(transactions.end(), {0x0a, 0x00});
  CHECK(decode_wire(field(3, transactions)).message() ==
        "a broken frame, or one with a list over its limit");
  Bytes blocks;
  for (std::size_t i = 0; i <= kMaxBlocksPerRequest; ++i) blocks.insert(blocks.end(), {0x12, 0x00});
  CHECK(decode_wire(field(5, blocks)).message() ==
        "a broken frame, or one with a list over its limit");
}

TEST_CASE("a frame with two contents is refused, of one kind or of two") {
  for (const auto& [first, bytes] : golden()) {
    for (const auto& [second, more] : golden())
      CHECK_FALSE(decode_hex(bytes.substr(8) + more.substr(8)).ok());
  }
}

TEST_CASE("a full hello fits into the limit of the first frame") {
  auto hello = some_hello();
  hello.epoch = Epoch{~0ull};
  hello.finalization.resize(kMaxFinalizationBytes);
  hello.software = std::string(kMaxSoftwareBytes, 'x');
  CHECK(encode_wire(hello)->size() - 4 <= kMaxHelloFrameBytes);
}

TEST_CASE("the size bound of a block is never below what it adds to a response") {
  const Block block{Bytes(300, 1), Bytes(70'000, 2), Bytes(500, 3)};
  const auto one = encode(BlockResponse{Height{1}, {block}, Height{9}})->size();
  const auto two = encode(BlockResponse{Height{1}, {block, block}, Height{9}})->size();
  CHECK(two - one <= encoded_size_bound(block));
}

TEST_CASE("frames come out whole however the stream is cut") {
  Bytes stream;
  std::vector<Bytes> sent;

  for (std::size_t size : {1u, 5u, 300u, 2u, 70'000u, 1u}) {
    sent.emplace_back(size, static_cast<std::uint8_t>(size));
    const auto encoded = Encoder().sized(sent.back()).take();
    stream.insert(stream.end(), encoded.begin(), encoded.end());
  }

  for (std::size_t chunk : {1u, 3u, 4u, 7u, 1000u, 200'000u}) {
    CAPTURE(chunk);
    FrameSplitter splitter(kMaxFrameBytes);
    std::vector<Bytes> got;
    for (std::size_t at = 0; at < stream.size(); at += chunk) {
      auto input = ByteView(stream).subspan(at, std::min(chunk, stream.size() - at));
      while (const auto frame = splitter.next(input)) got.push_back(to_bytes(*frame));
      CHECK(input.empty());
    }

    CHECK_FALSE(splitter.failed());
    CHECK(got == sent);
  }
}

TEST_CASE("a length of zero or beyond the limit fails before any of its bytes are kept") {
  for (const std::uint32_t length : {0u, 1025u, 0xffffffffu}) {
    FrameSplitter splitter(1024);
    const auto bytes = Encoder().u32(length).raw(Bytes(100, 7)).take();
    auto input = ByteView(bytes);
    CHECK_FALSE(splitter.next(input).has_value());
    CHECK(splitter.failed());
    CHECK(splitter.held_bytes() == 0);
  }
}

TEST_CASE("a claimed length alone fills no memory") {
  FrameSplitter splitter(kMaxFrameBytes);
  const auto bytes = Encoder().u32(kMaxFrameBytes).u8(1).take();
  auto input = ByteView(bytes);
  CHECK_FALSE(splitter.next(input).has_value());
  CHECK_FALSE(splitter.failed());
  CHECK(splitter.held_bytes() == 1);
}

}  // namespace testamur::node::net
