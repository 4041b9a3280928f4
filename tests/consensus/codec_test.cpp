// Bytes that are signed, sent and stored. The expected values were computed from
// docs/formats/consensus.md with another program.
#include "consensus/values/codec.h"

#include "consensus/values/finality.h"
#include "tests/consensus/harness.h"
#include "tests/support/catch.h"

namespace testamur::consensus {
namespace {

using harness::set_of;

ChainId chain() {
  ChainId id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<std::uint8_t>(i);
  return id;
}
template <class Fixed>
Fixed filled(std::uint8_t byte) {
  Fixed value;
  value.bytes.fill(byte);
  return value;
}
Statement about(Act act) {
  if (act == Act::kNullify) return {act, Epoch{5}, View{9}, View{0}, BlockId{}};
  return {act, Epoch{5}, View{9}, View{7}, filled<BlockId>(0xbb)};
}
Vote vote() { return {about(Act::kNotarize), 3, filled<Signature>(0x33)}; }
Certificate certificate() {
  return {about(Act::kFinalize),
          0b1011,
          {filled<Signature>(1), filled<Signature>(2), filled<Signature>(4)}};
}
std::shared_ptr<const Bytes> text(std::string_view content) {
  return std::make_shared<const Bytes>(to_bytes(as_bytes(content)));
}
Proposal proposal() {
  return {Epoch{5}, View{9}, View{7}, text("hdr"), text("body"), filled<Signature>(0x77)};
}
FinalityProof proof() {
  return {{text("link")}, std::make_shared<const Certificate>(certificate())};
}
QuarantineAnswer answer() {
  return {Epoch{5}, filled<Hash256>(0xcc),   true,    certificate(),
          2,        filled<Signature>(0x22), {vote()}};
}

std::vector<Message> one_of_each() {
  return {proposal(),
          vote(),
          Vote{about(Act::kNullify), 1, filled<Signature>(0x11)},
          certificate(),
          CertificateRequest{Epoch{5}, View{2}, View{8}},
          BlockRequest{Epoch{5}, View{9}, filled<BlockId>(0xbb)},
          Presence{Epoch{5}, View{9}, View{6}, Height{1234}},
          QuarantineQuery{Epoch{5}, filled<Hash256>(0xcc)},
          answer(),
          SealingFinality{Epoch{5}, text("hdr"), proof()}};
}

std::string hex(const Record& record) {
  Bytes all = record.head;
  if (record.tail) all.insert(all.end(), record.tail->begin(), record.tail->end());
  return to_hex(all);
}
std::string sha(const Record& record) { return sha256(*from_hex(hex(record))).hex(); }

const std::string kBlock = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

std::string repeated(std::string_view byte, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += byte;
  return text;
}

}  // namespace

TEST_CASE("what consensus keys sign is pinned", "[consensus]") {
  const auto set = set_of(4);
  CHECK(set.digest().hex() == "da651da73221fca7a8b649b398cc8c2bd7805928e34a1212d5007ec0c7d16def");
  const auto digest = [&](Act act) {
    return signing_digest(chain(), set.digest(), about(act)).hex();
  };
  CHECK(digest(Act::kPropose) ==
        "c0d175d3bc4879c79b4cf9d62fde26fa64b23577a68f744e62ecddfbb27947b9");
  CHECK(digest(Act::kNotarize) ==
        "c0c95a8318d81299ebc96eb0fc876934d1a78de817dc9d0c6f40bea1b868b29a");
  CHECK(digest(Act::kNullify) ==
        "d15196bcd747034595417781b07c085e1cd502709f2f2ac4c6e20872e9e4b517");
  CHECK(digest(Act::kFinalize) ==
        "85af0c7fb248a6c818e6ce597d4f283ac33cc6156debe78c4ee3dcbd146af918");
  CHECK(signing_digest(chain(), answer()).hex() ==
        "99048e2d756dac532d756ba1808aae9284aaf80a166037ea547d3a9a5be816f9");
}

TEST_CASE("messages have pinned bytes", "[consensus]") {
  const auto hex_of = [](const Message& message) { return to_hex(encode(message)); };
  const auto sha_of = [](const Message& message) { return sha256(encode(message)).hex(); };
  CHECK(hex_of(proposal()) == "01000000000000000500000000000000090000000000000007" +
                                  repeated("77", 64) + "0000000368647200000004626f6479");
  CHECK(hex_of(vote()) == "0202000000000000000500000000000000090000000000000007" + kBlock + "03" +
                              repeated("33", 64));
  CHECK(hex_of(Vote{about(Act::kNullify), 1, filled<Signature>(0x11)}) ==
        "020300000000000000050000000000000009"
        "01" +
            repeated("11", 64));
  CHECK(hex_of(certificate()) == "0304000000000000000500000000000000090000000000000007" + kBlock +
                                     "0000000b" + repeated("01", 64) + repeated("02", 64) +
                                     repeated("04", 64));
  CHECK(hex_of(CertificateRequest{Epoch{5}, View{2}, View{8}}) ==
        "04000000000000000500000000000000020000000000000008");
  CHECK(hex_of(BlockRequest{Epoch{5}, View{9}, filled<BlockId>(0xbb)}) ==
        "0500000000000000050000000000000009" + kBlock);
  CHECK(hex_of(Presence{Epoch{5}, View{9}, View{6}, Height{1234}}) ==
        "060000000000000005000000000000000900000000000000060000"
        "0000000004d2");
  CHECK(hex_of(QuarantineQuery{Epoch{5}, filled<Hash256>(0xcc)}) ==
        "070000000000000005" + repeated("cc", 32));
  CHECK(sha_of(answer()) == "dceb82ec85b056cdaf941a1d1128b1c523071872d2487ff6939eb8201f1cf8d5");
  CHECK(sha_of(SealingFinality{Epoch{5}, text("hdr"), proof()}) ==
        "dc7f2d5690014a0e3544760b0e0986b08b2cb332f6c9d6c58ba052e147788766");
}

TEST_CASE("a shown sealing flag has pinned bytes behind those of a bare one, which still decode",
          "[consensus]") {
  auto shown = answer();
  shown.sealing_certificate = certificate();
  shown.sealing_header = text("hdr");
  const Bytes bytes = encode(Message{shown});
  CHECK(sha256(bytes).hex() == "4ce0504e3837febc7b4642ebc3db142d3bcfd43de3c132cc2a8526fe6fb99853");
  const auto decoded = decode_message(bytes);
  REQUIRE(decoded);
  CHECK(encode(*decoded) == bytes);
  CHECK(std::get<QuarantineAnswer>(*decoded).sealing_certificate == certificate());
  CHECK(signing_digest(chain(), shown) == signing_digest(chain(), answer()));

  const Bytes bare = encode(Message{answer()});
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto cut =
        decode_message(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)));
    CHECK(cut.has_value() == (length == bare.size()));
    if (cut) CHECK_FALSE(std::get<QuarantineAnswer>(*cut).sealing_certificate);
  }
}

TEST_CASE("certificates, proofs and evidence have pinned bytes", "[consensus]") {
  CHECK(digest(certificate()).hex() ==
        "99ca406b6c12c15000afb797d162da6ac185c16ba2c7a9eaf88e9a7d205a77f3");
  CHECK(sha256(encode(proof())).hex() ==
        "fac81662e8dcbfa228d60978f274f4d20e67a86dcd0dcefe9ed550313199c1d1");
  auto other = about(Act::kNotarize);
  other.block = filled<BlockId>(0xbc);
  const Evidence evidence{
      harness::member(2).id,   2,     set_of(4).digest(),     about(Act::kNotarize),
      filled<Signature>(0x21), other, filled<Signature>(0x22)};
  CHECK(sha256(encode(evidence)).hex() ==
        "862b7bc2ff6f6f31a67e390d0c19c9e593f7e71a714e93752dbb06a31b6af264");
  CHECK(decode_evidence(encode(evidence))->second == other);
}

TEST_CASE("journal records have pinned bytes", "[consensus]") {
  CHECK(hex(make_start_record(Epoch{5}, set_of(4).digest())) ==
        "010000000000000005da651da73221fca7a8b649b398cc8c2bd7805928e34a1212d5007ec0c7d16def");
  CHECK(hex(make_record(Block{proposal(), HeaderFacts{}})) ==
        "01000000000000000500000000000000090000000000000007" + repeated("77", 64) +
            "0000000368647200000004626f6479");
  CHECK(sha(make_record(certificate())) ==
        "58f8a4bddf6b9d682325024de82ac376928a5884a440114c531e7c0554dd1243");
  CHECK(hex(make_record(VoteRecord{vote(), filled<Hash256>(0xbb)})) ==
        "0102000000000000000500000000000000090000000000000007" + kBlock + "03" +
            repeated("33", 64) + kBlock);
  CHECK(sha(make_record(
            FinalityRecord{filled<BlockId>(0xbb), Epoch{5}, View{9}, Height{1234}, proof()})) ==
        "21e1074eaaee45b1a67f2f12412a2118400f06e47dca2680c050fa3dc01e514c");
  CHECK(hex(make_record(FloorRecord{Epoch{5}, View{11}, false})) ==
        "010000000000000005000000000000000b00");
  CHECK(hex(make_quarantine_record(Epoch{5})) == "010000000000000005");
}

TEST_CASE("every message survives its encoding, and no shorter, longer or relabelled one does",
          "[consensus]") {
  for (const auto& message : one_of_each()) {
    const Bytes bytes = encode(message);
    const auto decoded = decode_message(bytes);
    REQUIRE(decoded);
    CHECK(encode(*decoded) == bytes);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      CHECK_FALSE(decode_message(ByteView{bytes}.first(size)).has_value());
    }
    Bytes longer = bytes;
    longer.push_back(0);
    CHECK_FALSE(decode_message(longer).has_value());
  }
  CHECK_FALSE(decode_message(Bytes{10}).has_value());
  CHECK_FALSE(decode_message(Bytes{}).has_value());
}

TEST_CASE("what decodes encodes to the same bytes, whatever the bytes", "[consensus]") {
  // The law that makes an encoding strict, on every one-byte change of every message.
  for (const auto& message : one_of_each()) {
    Bytes bytes = encode(message);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      for (const std::uint8_t change : {0x01, 0x80, 0xff}) {
        bytes[at] ^= change;
        if (const auto decoded = decode_message(bytes)) CHECK(encode(*decoded) == bytes);
        bytes[at] ^= change;
      }
    }
  }
}

TEST_CASE("a vote or certificate about a proposal does not decode", "[consensus]") {
  Bytes bytes = encode(Message{vote()});
  bytes[1] = static_cast<std::uint8_t>(Act::kPropose);
  CHECK_FALSE(decode_message(bytes).has_value());
  bytes = encode(certificate());
  bytes[0] = static_cast<std::uint8_t>(Act::kPropose);
  CHECK_FALSE(decode_certificate(bytes).has_value());
}

TEST_CASE("evidence of two statements that do not contradict does not decode", "[consensus]") {
  const Evidence harmless{harness::member(2).id, 2, set_of(4).digest(), about(Act::kNotarize), {},
                          about(Act::kNullify),  {}};
  CHECK_FALSE(decode_evidence(encode(harmless)).has_value());
}

TEST_CASE("records of another version do not decode", "[consensus]") {
  Bytes bytes = make_record(FloorRecord{Epoch{5}, View{11}, false}).head;
  bytes[0] = 2;
  CHECK_FALSE(decode_floor_record(bytes).has_value());
}

}  // namespace testamur::consensus
