// Decoders meet bytes from anybody: they refuse or they accept exactly what encoding produces, and
// never crash.
#include "tests/ledger/core_decoders.h"

#include "ledger/proofs/receipt.h"
#include "tests/ledger/core_support.h"
#include "tests/support/catch.h"

namespace testamur::ledger {
namespace {

using test::Sequence;

Bytes mutated(Sequence& random, Bytes bytes) {
  for (std::uint64_t i = 1 + random.below(4); i > 0 && !bytes.empty(); --i) {
    const std::size_t at = random.below(bytes.size());
    switch (random.below(5)) {
      case 0: bytes[at] ^= static_cast<std::uint8_t>(1u << random.below(8)); break;
      case 1: bytes[at] = random.below(2) == 0 ? 0xff : 0x00; break;
      case 2: bytes.resize(at); break;
      case 3: bytes.insert(bytes.begin() + at, static_cast<std::uint8_t>(random.next())); break;
      default: bytes.erase(bytes.begin() + at); break;
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("every decoder gives back the bytes that it accepted") {
  const auto inputs = test::valid_decoder_inputs();
  const auto decoders = test::ledger_decoders();
  REQUIRE(inputs.size() == decoders.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    INFO(decoders[i].name);
    CHECK(decoders[i].decode_and_encode(inputs[i]) == inputs[i]);
  }
}

TEST_CASE("no cut or damaged input crashes a decoder or is accepted as another encoding") {
  Sequence random{10};
  const auto inputs = test::valid_decoder_inputs();
  const auto decoders = test::ledger_decoders();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto& decoder = decoders[i];
    INFO(decoder.name);
    const auto agrees = [&](const Bytes& input) {
      const auto result = decoder.decode_and_encode(input);
      return !result || *result == input;
    };
    for (std::size_t size = 0; size < inputs[i].size(); size += 1 + inputs[i].size() / 300) {
      REQUIRE(agrees(Bytes(inputs[i].begin(), inputs[i].begin() + size)));
    }
    for (int round = 0; round < 600; ++round) REQUIRE(agrees(mutated(random, inputs[i])));
    // The input of one decoder given to all the others.
    for (const auto& other : inputs) REQUIRE(agrees(other));
  }
}

TEST_CASE("counts beyond their bounds are refused before anything is allocated for them") {
  const auto refused = [](std::size_t decoder, const Bytes& input) {
    return !test::ledger_decoders()[decoder].decode_and_encode(input).has_value();
  };
  CHECK(refused(5, Encoder{}.u16(0xffff).take()));         // map proof: depth
  CHECK(refused(7, Encoder{}.u64(0).u16(0xffff).take()));  // segment: pages
  CHECK(
      refused(9, Encoder{}.u8(1).u64(1).u64(UINT64_MAX).u16(0).u8(0).take()));  // history: records
  CHECK(refused(12, Encoder{}.u32(0xffffffff).take()));  // validator set: members
  CHECK(refused(14, Bytes(Receipt::kMaxEncodedSize + 1, 0)));
}

}  // namespace testamur::ledger
