// age files: what is sealed opens again, and every damage has its name. One file was made by the
// age program itself.
#include "wallet/keystore/age.h"

#include "tests/support/catch.h"
#include "tests/wallet/mutations.h"
#include "wallet/keystore/age_header.h"
#include "wallet/keystore/primitives.h"

namespace testamur::wallet {
namespace {

constexpr int kLowWork = 2;

Bytes pattern(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + i / 251);
  return bytes;
}

age::Identity identity_of(std::uint8_t fill) { return age::Identity::from_bytes(Bytes(32, fill)); }

Bytes seal_to(const age::Identity& identity, ByteView plaintext) {
  const auto recipient = identity.recipient();
  return age::seal({&recipient, 1}, plaintext).value();
}

age::Opened open_with(const age::Identity& identity, ByteView file) {
  return age::open(file, {&identity, 1});
}

// The file with the first `from` in its text replaced by `to`.
Bytes replaced(const Bytes& file, std::string_view from, std::string_view to) {
  std::string text{as_text(file)};
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  return to_bytes(as_bytes(text));
}

age::OpenFailure failure_of(const age::Opened& opened) {
  REQUIRE_FALSE(opened.ok());
  INFO(opened.failure->message);
  CHECK(opened.plaintext.empty());
  return opened.failure->kind;
}

// Made by the age program 1.1.1 (age -r of the identity of thirty-two 1 bytes); contents "hello
// from age\n".
constexpr std::string_view kForeignHex =
    "6167652d656e6372797074696f6e2e6f72672f76310a2d3e2058323535313920676d716f6d644b42336f7056436a6d"
    "37487536374d6558"
    "35342f6c62747853584876446155696a773531630a546a41355a4f3555545a7a384a544d4b334e543453556f314f58"
    "69334251716a5478"
    "775a6a724e666d50450a2d2d2d20726d6b336c7353725979345a79314573332b4b554b4e66423379624e4d44627158"
    "356c2b3936313061"
    "70670a5db3bc038f7915b163d6ccd1fd0bdb2b2c306155a92a3788521aae5c355a603dc7fee6cbb9f4aa35b98bae46"
    "47bc61";

}  // namespace

TEST_CASE("what is sealed to a key is opened by it, whatever the size around a chunk") {
  const auto identity = age::Identity::generate();
  for (const std::size_t size : {0u, 1u, 65535u, 65536u, 65537u, 131072u, 200000u}) {
    const Bytes plaintext = pattern(size);
    const Bytes file = seal_to(identity, plaintext);
    const auto opened = open_with(identity, file);
    CAPTURE(size);
    REQUIRE(opened.ok());
    CHECK(equal(opened.plaintext.view(), plaintext));
    CHECK(age::inspect(file).value() == age::FileKind::kRecipients);
  }
}

TEST_CASE("what is sealed with a passphrase is opened by it only") {
  const Bytes file = age::seal("correct horse", kLowWork, as_bytes("contents")).value();
  CHECK(age::inspect(file).value() == age::FileKind::kPassphrase);
  CHECK(age::work_factor_of(file) == kLowWork);
  const auto opened = age::open(file, "correct horse");
  REQUIRE(opened.ok());
  CHECK(opened.plaintext.text() == "contents");
  CHECK(failure_of(age::open(file, "correct hors")) == age::OpenFailure::kWrongKey);
  CHECK(failure_of(age::open(file, "")) == age::OpenFailure::kWrongKey);
}

TEST_CASE("a file made by the age program is opened") {
  const auto file = *from_hex(kForeignHex);
  const auto opened = open_with(identity_of(1), file);
  REQUIRE(opened.ok());
  CHECK(opened.plaintext.text() == "hello from age\n");
}

TEST_CASE("armour is taken off as mail leaves it, and what is cut is said") {
  for (const std::size_t size : {0u, 1u, 2u, 100u, 70'000u}) {
    const Bytes file = seal_to(identity_of(1), pattern(size));
    std::string encoded = age::to_base64(file);
    while (encoded.size() % 4 != 0) encoded += '=';
    std::string lines, windows;
    for (std::size_t at = 0; at < encoded.size(); at += 64) {
      lines += encoded.substr(at, 64) + "\n";
      windows += encoded.substr(at, 64) + "\r\n";
    }
    const std::string begin = "-----BEGIN AGE ENCRYPTED FILE-----";
    const std::string end = "-----END AGE ENCRYPTED FILE-----";
    const auto taken = [](const std::string& text) {
      return age::take_off_armour(to_bytes(as_bytes(text)));
    };
    for (const auto& text :
         {begin + "\n" + lines + end + "\n", begin + "\r\n" + windows + end + "\r\n",
          "Dear Ada,\n\n" + begin + "\n" + lines + end + "\n\n-- \nthe office\n",
          "\n  " + begin + "\n  " + lines + "  " + end}) {
      const auto bytes = taken(text);
      REQUIRE(bytes.ok());
      CHECK(*bytes == file);
    }
    CHECK(taken(begin + "\n" + lines).message().find("cut short") != std::string::npos);
    CHECK(taken(begin + "\n!" + lines + end).message().find("damaged") != std::string::npos);
    CHECK(taken(begin + "\n" + lines.substr(0, 62) + end).message().find("damaged") !=
          std::string::npos);
  }

  // What is no armour stays as it is, and so does an age file in whose contents the words stand.
  const Bytes other = to_bytes(as_bytes("hello"));
  CHECK(age::take_off_armour(other).value() == other);
  Bytes file = seal_to(identity_of(1), {});
  const auto words = as_bytes("-----BEGIN AGE ENCRYPTED FILE-----");
  file.insert(file.end(), words.begin(), words.end());
  CHECK(age::take_off_armour(file).value() == file);
}

TEST_CASE("every recipient opens a file, nobody else does") {
  const auto a = age::Identity::generate();
  const auto b = age::Identity::generate();
  const auto c = age::Identity::generate();
  const std::array recipients = {a.recipient(), b.recipient()};
  const Bytes file = age::seal(recipients, as_bytes("x")).value();
  CHECK(open_with(a, file).ok());
  CHECK(open_with(b, file).ok());
  CHECK(failure_of(open_with(c, file)) == age::OpenFailure::kWrongKey);
}

TEST_CASE("a wrong passphrase and a damaged file are told apart") {
  const Bytes file = age::seal("secret", kLowWork, pattern(70000)).value();
  CHECK(failure_of(age::open(file, "wrong")) == age::OpenFailure::kWrongKey);

  Bytes damaged = file;
  damaged.back() ^= 1;
  CHECK(failure_of(age::open(damaged, "secret")) == age::OpenFailure::kCorrupt);

  // Who does not know the passphrase learns nothing of the damage.
  CHECK(failure_of(age::open(damaged, "wrong")) == age::OpenFailure::kWrongKey);

  const Bytes cut(file.begin(), file.end() - 1);
  CHECK(failure_of(age::open(cut, "secret")) == age::OpenFailure::kCorrupt);

  // Cut at the end of a chunk: every chunk that is left fits, and only the mark of the last one is
  // missing.
  const Bytes without_last_chunk(file.begin(), file.end() - (70000 - 65536 + 16));
  CHECK(failure_of(age::open(without_last_chunk, "secret")) == age::OpenFailure::kCorrupt);

  Bytes longer = file;
  longer.push_back(0);
  CHECK(failure_of(age::open(longer, "secret")) == age::OpenFailure::kCorrupt);

  const auto header_end = as_text(file).find("\n---");
  const Bytes header_only(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(header_end));
  CHECK(failure_of(age::open(header_only, "secret")) == age::OpenFailure::kMalformed);
}

TEST_CASE("a file without chunks behind its nonce is cut short") {
  const Bytes file = seal_to(identity_of(1), {});
  const Bytes cut(file.begin(), file.end() - 16);
  CHECK(failure_of(open_with(identity_of(1), cut)) == age::OpenFailure::kCorrupt);
}

TEST_CASE("a last chunk that is empty behind a full one is refused") {
  // Our own sealing never makes such a file, so that it is put together here from the parts.
  const Bytes file = age::seal("secret", kLowWork, pattern(65536)).value();
  std::optional<age::OpenError> failure;
  const age::Header header = age::parse_header(file, failure);
  REQUIRE_FALSE(failure.has_value());
  const auto& stanza = header.stanzas.front();
  Bytes salt = to_bytes(as_bytes("age-encryption.org/v1/scrypt"));
  const Bytes stanza_salt = *age::from_base64(stanza.arguments[1]);
  salt.insert(salt.end(), stanza_salt.begin(), stanza_salt.end());
  const auto wrap_key = primitives::scrypt("secret", salt, kLowWork).value();
  std::array<std::uint8_t, 12> nonce{};
  Bytes file_key(16);
  REQUIRE(primitives::chacha20_poly1305_open(wrap_key.view(), nonce, stanza.body, file_key.data()));
  const auto key = primitives::hkdf_sha256(file_key, header.payload.first(16), "payload");
  const auto with_chunks = [&](const std::vector<std::size_t>& sizes) {
    Bytes made(file.begin(), file.end() - static_cast<std::ptrdiff_t>(header.payload.size() - 16));
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      nonce[10] = static_cast<std::uint8_t>(i);
      nonce[11] = i + 1 == sizes.size() ? 1 : 0;
      primitives::chacha20_poly1305_seal(key.view(), nonce, pattern(sizes[i]), made);
    }
    return age::open(made, "secret");
  };
  CHECK(with_chunks({65536}).ok());
  CHECK(with_chunks({65536, 1}).ok());
  CHECK(failure_of(with_chunks({65536, 0})) == age::OpenFailure::kCorrupt);
}

TEST_CASE("the header is read strictly") {
  const auto identity = identity_of(1);
  const Bytes file = seal_to(identity, as_bytes("x"));

  const auto fails_as = [&](std::string_view from, std::string_view to) {
    return failure_of(open_with(identity, replaced(file, from, to)));
  };

  CHECK(fails_as("age-encryption.org/v1", "age-encryption.org/v2") == age::OpenFailure::kNotAge);
  CHECK(fails_as("-> X25519 ", "-> X25519  ") == age::OpenFailure::kMalformed);
  CHECK(fails_as("-> X25519 ", "->  X25519 ") == age::OpenFailure::kMalformed);
  CHECK(fails_as("-> X25519 ", "- > X25519 ") == age::OpenFailure::kMalformed);
  CHECK(fails_as("-> X25519 ", "-> X25519 extra ") == age::OpenFailure::kMalformed);
  CHECK(fails_as("\n--- ", "\n---") == age::OpenFailure::kMalformed);
  CHECK(fails_as("\n--- ", "=\n--- ") == age::OpenFailure::kMalformed);
  CHECK(fails_as("\n--- ", "\r\n--- ") == age::OpenFailure::kMalformed);

  CHECK(failure_of(open_with(identity, as_bytes("age-encryption.org/v1\n"))) ==
        age::OpenFailure::kMalformed);
  CHECK(failure_of(open_with(identity, {})) == age::OpenFailure::kNotAge);
}

TEST_CASE("an altered header that keeps its form fails its MAC") {
  const auto identity = identity_of(1);
  const Bytes file = seal_to(identity, as_bytes("x"));
  const Bytes with_stanza = replaced(file, "-> X25519", "-> grease x\n\n-> X25519");
  CHECK(failure_of(open_with(identity, with_stanza)) == age::OpenFailure::kCorrupt);
}

TEST_CASE("a passphrase stanza stands alone") {
  const Bytes file = age::seal("secret", kLowWork, as_bytes("x")).value();
  const Bytes two = replaced(file, "\n---", "\n-> grease x\n\n---");
  CHECK(failure_of(age::open(two, "secret")) == age::OpenFailure::kMalformed);
  CHECK_FALSE(age::inspect(two).ok());
}

TEST_CASE("more scrypt work than the bound is refused before it is done") {
  const Bytes file = age::seal("secret", kLowWork, as_bytes("x")).value();
  CHECK(failure_of(age::open(replaced(file, " 2\n", " 21\n"), "secret")) ==
        age::OpenFailure::kTooExpensive);
  CHECK(failure_of(age::open(replaced(file, " 2\n", " 99\n"), "secret")) ==
        age::OpenFailure::kTooExpensive);
  CHECK(failure_of(age::open(replaced(file, " 2\n", " 02\n"), "secret")) ==
        age::OpenFailure::kMalformed);
  CHECK(failure_of(age::open(replaced(file, " 2\n", " +2\n"), "secret")) ==
        age::OpenFailure::kMalformed);
  CHECK(failure_of(age::open(replaced(file, " 2\n", " 0\n"), "secret")) ==
        age::OpenFailure::kMalformed);
  CHECK(failure_of(age::open(replaced(file, " 2\n", " 200\n"), "secret")) ==
        age::OpenFailure::kMalformed);
}

TEST_CASE("a key does not open a passphrase file, nor the reverse, and the message says so") {
  const Bytes by_passphrase = age::seal("secret", kLowWork, as_bytes("x")).value();
  const Bytes by_key = seal_to(identity_of(1), as_bytes("x"));
  CHECK(failure_of(open_with(identity_of(1), by_passphrase)) == age::OpenFailure::kWrongKind);
  CHECK(failure_of(age::open(by_key, "secret")) == age::OpenFailure::kWrongKind);
}

TEST_CASE("nothing is sealed to a point of small order") {
  const age::Recipient zero{};
  CHECK_FALSE(age::seal({&zero, 1}, as_bytes("x")).ok());
}

TEST_CASE("contents above the bound are refused") {
  const Bytes large(age::kMaxPlaintextBytes + 1);
  const auto recipient = identity_of(1).recipient();
  CHECK_FALSE(age::seal({&recipient, 1}, large).ok());
}

TEST_CASE("keys have the text forms of the age program") {
  // Recomputed with a plain BIP-173 encoder and X25519 of another library.
  const auto identity = identity_of(1);
  CHECK(identity.text().text() ==
        "AGE-SECRET-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZ9K4CN");
  CHECK(age::to_text(identity.recipient()) ==
        "age15nsf9y4k28p83wth93tf7hafhvfajp45d2mge80ems45gz0c5gys3me64l");
  CHECK(age::parse_recipient("age15nsf9y4k28p83wth93tf7hafhvfajp45d2mge80ems45gz0c5gys3me64l")
            .value() == identity.recipient());
  CHECK(age::Identity::from_text(identity.text().text())->recipient() == identity.recipient());
  CHECK_FALSE(
      age::Identity::from_text("age15nsf9y4k28p83wth93tf7hafhvfajp45d2mge80ems45gz0c5gys3me64l")
          .ok());
  CHECK_FALSE(
      age::parse_recipient("age15nsf9y4k28p83wth93tf7hafhvfajp45d2mge80ems45gz0c5gys3me64q").ok());
}

TEST_CASE("no damage to an age file is taken for contents, and none crashes the reader") {
  const auto identity = identity_of(1);
  const Bytes original = seal_to(identity, as_bytes("the contents"));
  test::for_each_mutation(original, 3000, [&](ByteView damaged) {
    const auto opened = open_with(identity, damaged);
    if (!equal(damaged, original)) CHECK_FALSE(opened.ok());
  });
}

}  // namespace testamur::wallet
