#include "common/bytes.h"

#include "common/hash.h"
#include "tests/support/catch.h"

namespace testamur {

TEST_CASE("a decoder that reads past the end fails for good") {
  Encoder encoder;
  encoder.u16(0x0102).u64(3).sized(as_bytes("abc"));
  Decoder decoder{encoder.bytes()};
  CHECK(decoder.u16() == 0x0102);
  CHECK(decoder.u64() == 3);
  CHECK(as_text(decoder.sized(10)) == "abc");
  CHECK(decoder.finished());
  CHECK(decoder.u8() == 0);
  CHECK_FALSE(decoder.ok());
  CHECK(decoder.raw(0).empty());
  CHECK_FALSE(decoder.finished());
}

TEST_CASE("a length above the bound fails before anything is read") {
  Encoder encoder;
  encoder.u32(5).raw(as_bytes("abcde"));
  Decoder decoder{encoder.bytes()};
  CHECK(decoder.sized(4).empty());
  CHECK_FALSE(decoder.ok());
}

TEST_CASE("hexadecimal and base64url round-trip and reject everything else") {
  for (std::size_t size = 0; size < 40; ++size) {
    Bytes bytes;
    for (std::size_t i = 0; i < size; ++i)
      bytes.push_back(static_cast<std::uint8_t>(i * 37 + size));
    CHECK(from_hex(to_hex(bytes)) == bytes);
    CHECK(from_base64url(to_base64url(bytes)) == bytes);
  }

  CHECK_FALSE(from_hex("abc"));
  CHECK_FALSE(from_hex("zz"));
  CHECK_FALSE(from_base64url("A"));
  CHECK_FALSE(from_base64url("AA=="));
  CHECK_FALSE(from_base64url("A+"));
  CHECK_FALSE(from_base64url("AB"));  // the four unused bits are not zero
}

TEST_CASE("tagged hashes are those of BIP-340") {
  const Hash256 tag = sha256(as_bytes("testamur/transaction"));
  Bytes message = to_bytes(tag.view());
  message.insert(message.end(), tag.bytes.begin(), tag.bytes.end());
  message.push_back('x');
  CHECK(tags::kTransaction(as_bytes("x")) == sha256(message));
  CHECK(sha256({}).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

}  // namespace testamur
