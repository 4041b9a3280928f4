// The strict wire form: every rule of ledger/tx/wire/scanner.h has bytes that break it and nothing
// else.
#include "ledger/tx/wire/scanner.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>

#include "testamur/v1/transaction.pb.h"
#include "tests/ledger/tx_fixture.h"
#include "tests/support/catch.h"

namespace testamur::test {

namespace {

Bytes hex(std::string_view text) {
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c != ' '; });
  const auto bytes = from_hex(digits);
  TM_CHECK(bytes, "not hexadecimal:", digits);
  return *bytes;
}

template <class Message>
std::optional<Rejection> scan(ByteView bytes) {
  static const tx::wire::Grammar grammar(*Message::descriptor());
  return grammar.scan(bytes);
}

template <class Message>
std::optional<RejectionCode> scan_code(std::string_view text) {
  return code(scan<Message>(hex(text)));
}

using v1::IndexList;
using v1::KeyDescription;
using v1::LocalizedText;
using v1::Scope;
using v1::StatusChange;
using v1::TransactionBody;

}  // namespace

TEST_CASE("a strict message passes") {
  CHECK(scan_code<KeyDescription>("08 01 10 01 1a 02 aabb") == std::nullopt);
  CHECK(scan_code<KeyDescription>("") == std::nullopt);
  CHECK(scan_code<IndexList>("0a 03 00 01 02") == std::nullopt);
  CHECK(scan_code<StatusChange>("08 01 10 01 1a 03 0a 01 00") == std::nullopt);
}

TEST_CASE("truncated: a number or length that ends beyond its message is refused") {
  CHECK(scan_code<KeyDescription>("08") == RejectionCode::kTruncated);
  CHECK(scan_code<KeyDescription>("08 80") == RejectionCode::kTruncated);
  CHECK(scan_code<KeyDescription>("1a 03 aabb") == RejectionCode::kTruncated);
  CHECK(scan_code<KeyDescription>("1a ffffffff0f aabb") == RejectionCode::kTruncated);
  CHECK(scan_code<StatusChange>("08 01 1a 02 0a 01") == RejectionCode::kTruncated);
  CHECK(scan_code<IndexList>("0a 01 80") == RejectionCode::kTruncated);
}

TEST_CASE("field_order and field_repeated: fields ascend and a singular one stands once") {
  CHECK(scan_code<KeyDescription>("10 01 08 01") == RejectionCode::kFieldOrder);
  CHECK(scan_code<KeyDescription>("08 01 08 01") == RejectionCode::kFieldRepeated);
  CHECK(scan_code<KeyDescription>("1a 01 aa 1a 01 aa") == RejectionCode::kFieldRepeated);
  CHECK(scan_code<IndexList>("0a 01 01 0a 01 02") == RejectionCode::kFieldRepeated);
}

TEST_CASE(
    "varint_not_minimal: a number has its shortest encoding, in tags, lengths, values and lists") {
  CHECK(scan_code<KeyDescription>("88 00 01") == RejectionCode::kVarintNotMinimal);
  CHECK(scan_code<KeyDescription>("08 81 00") == RejectionCode::kVarintNotMinimal);
  CHECK(scan_code<KeyDescription>("1a 82 00 aabb") == RejectionCode::kVarintNotMinimal);
  CHECK(scan_code<IndexList>("0a 02 81 00") == RejectionCode::kVarintNotMinimal);
}

TEST_CASE("varint_too_large: a number fits its field") {
  CHECK(scan_code<KeyDescription>("08 ffffffff0f") == std::nullopt);
  CHECK(scan_code<KeyDescription>("08 8080808010") == RejectionCode::kVarintTooLarge);
  CHECK(scan_code<IndexList>("0a 0a ffffffffffffffffff01") == std::nullopt);
  CHECK(scan_code<IndexList>("0a 0a ffffffffffffffffff02") == RejectionCode::kVarintTooLarge);
  CHECK(scan_code<IndexList>("0a 0b ffffffffffffffffffff01") == RejectionCode::kVarintTooLarge);
  CHECK(scan_code<v1::GovernanceVote>("10 02") == RejectionCode::kVarintTooLarge);
  CHECK(scan_code<KeyDescription>("888080808001 01") == RejectionCode::kVarintTooLarge);
}

TEST_CASE("explicit_default: a field that says nothing is left out") {
  CHECK(scan_code<KeyDescription>("08 00") == RejectionCode::kExplicitDefault);
  CHECK(scan_code<KeyDescription>("1a 00") == RejectionCode::kExplicitDefault);
  CHECK(scan_code<LocalizedText>("0a 00") == RejectionCode::kExplicitDefault);
  CHECK(scan_code<IndexList>("0a 00") == RejectionCode::kExplicitDefault);
  CHECK(scan_code<v1::RecognitionTrust>("2a 00") == RejectionCode::kExplicitDefault);
  // A member of a oneof may be empty: that it is there says which one is meant.
  CHECK(scan_code<TransactionBody>("6a 00") == std::nullopt);
  // An element of a repeated field is there even when it is empty; whether that makes sense is for
  // the form to say.
  CHECK(scan_code<v1::InstitutionFacts>("0a 00") == std::nullopt);
}

TEST_CASE("not_packed and wire_type: a field has the wire type of its declaration") {
  CHECK(scan_code<IndexList>("08 01") == RejectionCode::kNotPacked);
  CHECK(scan_code<KeyDescription>("0a 01 01") == RejectionCode::kWireType);
  CHECK(scan_code<KeyDescription>("09 0100000000000000") == RejectionCode::kWireType);
  CHECK(scan_code<KeyDescription>("0d 01000000") == RejectionCode::kWireType);
  CHECK(scan_code<KeyDescription>("0b 0c") == RejectionCode::kWireType);
  CHECK(scan_code<KeyDescription>("18 01") == RejectionCode::kWireType);
}

TEST_CASE("unknown_field: every field is known, at every depth") {
  CHECK(scan_code<KeyDescription>("20 01") == RejectionCode::kUnknownField);
  CHECK(scan_code<KeyDescription>("00 01") == RejectionCode::kUnknownField);
  CHECK(scan_code<StatusChange>("08 01 1a 05 0a 01 01 10 01") == RejectionCode::kUnknownField);
}

TEST_CASE("enum_unknown: an enumerated field has a known value") {
  CHECK(scan_code<StatusChange>("08 04") == std::nullopt);
  CHECK(scan_code<StatusChange>("08 05") == RejectionCode::kEnumUnknown);
  CHECK(scan_code<StatusChange>("08 ffffffffffffffffff01") == RejectionCode::kEnumUnknown);
  CHECK(scan_code<v1::AchievementPublish>("62 02 02 7f") == RejectionCode::kEnumUnknown);
}

TEST_CASE("oneof_conflict: of alternatives at most one is present") {
  CHECK(scan_code<StatusChange>("1a 03 0a 01 00 22 04 0a 02 10 01") ==
        RejectionCode::kOneofConflict);
}

TEST_CASE("not_utf8: texts are valid UTF-8, without overlong forms and surrogates") {
  const auto text = [](std::string_view bytes) {
    return scan_code<LocalizedText>("12 04 " + std::string(bytes));
  };
  CHECK(text("f09f8e93") == std::nullopt);
  CHECK(text("c3a9c3a9") == std::nullopt);
  CHECK(text("61e282ac") == std::nullopt);
  CHECK(text("f48fbfbf") == std::nullopt);
  for (const char* bad : {"61626380", "6161c0af", "61c180 61", "61eda080", "61e08080", "f0808080",
                          "f4908080", "f5808080", "616161c3", "6161e282", "ffffffff", "61c36161"}) {
    INFO(bad);
    CHECK(text(bad) == RejectionCode::kNotUtf8);
  }
}

TEST_CASE("too_deep: messages nest at most eight deep") {
  // No message of the transactions nests that deep, so a recursive one stands in: message Nest {
  // Nest inner = 1; bytes leaf = 2; }.
  google::protobuf::FileDescriptorProto file;
  file.set_name("nest.proto");
  file.set_syntax("proto3");
  auto& message = *file.add_message_type();
  message.set_name("Nest");
  const auto add_field = [&](const char* name, int number,
                             google::protobuf::FieldDescriptorProto::Type type) {
    auto& field = *message.add_field();
    field.set_name(name);
    field.set_number(number);
    field.set_type(type);
    field.set_label(google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
    if (type == google::protobuf::FieldDescriptorProto::TYPE_MESSAGE) field.set_type_name(".Nest");
  };
  add_field("inner", 1, google::protobuf::FieldDescriptorProto::TYPE_MESSAGE);
  add_field("leaf", 2, google::protobuf::FieldDescriptorProto::TYPE_BYTES);
  google::protobuf::DescriptorPool pool;
  const tx::wire::Grammar grammar(*pool.BuildFile(file)->FindMessageTypeByName("Nest"));
  Bytes bytes = hex("12 01 aa");
  for (unsigned depth = 1; depth <= tx::wire::kMaxDepth; ++depth) {
    CAPTURE(depth);
    CHECK(code(grammar.scan(bytes)) == std::nullopt);
    Bytes outer{0x0A, static_cast<std::uint8_t>(bytes.size())};
    outer.insert(outer.end(), bytes.begin(), bytes.end());
    bytes = outer;
  }
  CHECK(code(grammar.scan(bytes)) == RejectionCode::kTooDeep);
}

TEST_CASE("a refusal names the path of the field and the offset of the byte") {
  v1::AchievementPublish message;
  message.add_titles()->set_text("fine");
  message.add_titles()->set_text("\xff");
  std::string bytes;
  // Built by hand: libprotobuf would not serialize the broken text.
  bytes = std::string("\x1a\x06\x12\x04", 4) + "fine" + std::string("\x1a\x03\x12\x01\xff", 5);
  const auto rejection = scan<v1::AchievementPublish>(as_bytes(bytes));
  REQUIRE(rejection);
  CHECK(rejection->field == "titles[1].text");
  CHECK(rejection->detail == "at byte 12");
  CHECK(to_text(*rejection) == "not_utf8: texts are valid UTF-8 (titles[1].text: at byte 12)");
}

TEST_CASE("law: what the scanner passes is the one encoding of its values") {
  TestLedger ledger;
  std::vector<Bytes> seeds;

  const auto achievement = AchievementId{ledger.aurora.id, 1, 1};
  const auto add = [&](const tx::Built& built) {
    seeds.push_back(std::get<tx::UnsignedTransaction>(built).body);
  };

  add(tx::build(ledger.envelope(ledger.aurora.id), sample_achievement()));
  add(tx::build(ledger.envelope(ledger.aurora.id), trust_in(ledger.borealis.id, 3)));
  add(tx::build(ledger.envelope(ledger.agency.id), accredit(ledger.borealis.id)));
  add(tx::build(ledger.envelope(ledger.aurora.id),
                tx::IssueListedContent{achievement, IssuerIndex{7}, hashes(1, 3)}));

  tx::StatusChangeContent change;
  change.target = std::vector<IssuerIndex>{IssuerIndex{0}, IssuerIndex{1}, IssuerIndex{300}};
  add(tx::build(ledger.envelope(ledger.aurora.id), change));
  change.target = std::vector<tx::IndexRangeContent>{{IssuerIndex{0}, 5}, {IssuerIndex{9}, 1'000}};
  add(tx::build(ledger.envelope(ledger.aurora.id), change));

  Sequence random(20'261'124);
  std::size_t passed = 0;
  for (int round = 0; round < 60'000; ++round) {
    auto bytes = seeds[random.below(seeds.size())];

    const auto edits = 1 + random.below(3);
    for (std::uint64_t i = 0; i < edits && !bytes.empty(); ++i) {
      const auto at = random.below(bytes.size());
      switch (random.below(5)) {
        case 0: bytes[at] = static_cast<std::uint8_t>(random.next()); break;
        case 1: bytes[at] ^= static_cast<std::uint8_t>(1U << random.below(8)); break;
        case 2: bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at)); break;
        case 3:
          bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                       static_cast<std::uint8_t>(random.below(4)));
          break;
        default: bytes.resize(at); break;
      }
    }

    if (scan<TransactionBody>(bytes)) continue;
    ++passed;

    v1::TransactionBody body;
    REQUIRE(body.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    CAPTURE(to_hex(bytes));
    REQUIRE(as_bytes(body.SerializeAsString()).size() == bytes.size());
    REQUIRE(equal(as_bytes(body.SerializeAsString()), bytes));
  }

  INFO(passed);
  CHECK(passed > 1'000);
}

TEST_CASE("law: decoding never crashes and what it accepts keeps its bytes") {
  TestLedger ledger;

  std::vector<Bytes> seeds{
      to_bytes(ledger.make(ledger.aurora, sample_achievement(), KeyPurpose::kGovern)->encoded()),
      to_bytes(
          ledger.make(ledger.aurora, trust_in(ledger.borealis.id), KeyPurpose::kGovern)->encoded()),
      to_bytes(ledger.issue(ledger.aurora, 0, 2, {ledger.aurora.id, 1, 1})->encoded())};

  Sequence random(7);
  std::size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    auto bytes = seeds[random.below(seeds.size())];
    const auto at = random.below(bytes.size());
    if (random.below(4) == 0)
      bytes.resize(at);
    else
      bytes[at] = static_cast<std::uint8_t>(random.next());

    auto decoded = tx::decode(ledger.chain(), bytes);
    if (const auto* transaction = std::get_if<SharedTransaction>(&decoded)) {
      ++accepted;
      REQUIRE(equal((*transaction)->encoded(), bytes));
      REQUIRE((*transaction)->id() == tx::transaction_id(ledger.chain(), (*transaction)->body()));
    } else {
      REQUIRE(is_permanent(std::get<Rejection>(decoded).code));
    }
  }

  CHECK(accepted > 500);
}

}  // namespace testamur::test
