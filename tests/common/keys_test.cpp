// The laws of the four signature algorithms, and the vectors of BIP-340 and Wycheproof where they
// are present.
#include "common/keys.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/shared.h"

namespace testamur {
namespace {

const auto kAllAlgorithms = {SignatureAlgorithm::kBip340, SignatureAlgorithm::kEcdsaP256,
                             SignatureAlgorithm::kEcdsaSecp256k1, SignatureAlgorithm::kEd25519};

// An uncompressed SEC1 point as the compressed one.
Bytes compress(const Bytes& point) {
  Bytes out{static_cast<std::uint8_t>(2 + (point[64] & 1))};
  out.insert(out.end(), point.begin() + 1, point.begin() + 33);
  return out;
}

// Runs a Wycheproof file; "acceptable" does not occur in these. Returns how many vectors it ran.
std::size_t run_wycheproof(const std::string& path, SignatureAlgorithm algorithm) {
  const auto file = nlohmann::json::parse(test::read_file(path));
  std::size_t count = 0;
  for (const auto& group : file.at("testGroups")) {
    const bool edwards = algorithm == SignatureAlgorithm::kEd25519;
    const auto& described = group.at("publicKey");
    const Bytes point = *from_hex(described.at(edwards ? "pk" : "uncompressed").get<std::string>());
    const PublicKey key{algorithm, edwards ? point : compress(point)};

    for (const auto& vector : group.at("tests")) {
      const auto signature = Signature::from(*from_hex(vector.at("sig").get<std::string>()));
      const Bytes message = *from_hex(vector.at("msg").get<std::string>());
      const bool expected = vector.at("result").get<std::string>() == "valid";
      const bool passes = signature.has_value() && verify(key, message, *signature, EcdsaS::kAny);

      INFO(path << " tcId " << vector.at("tcId"));
      CHECK(passes == expected);
      ++count;
    }
  }

  return count;
}

}  // namespace

TEST_CASE("what a key signs, its public key verifies, and nothing else") {
  for (auto algorithm : kAllAlgorithms) {
    const SecretKey key = SecretKey::generate(algorithm);
    const SecretKey other = SecretKey::generate(algorithm);
    const Hash256 message = sha256(as_bytes("message"));
    const Signature signature = key.sign(message.view());

    CHECK(is_valid(key.public_key()));
    CHECK(verify(key.public_key(), message.view(), signature));
    CHECK_FALSE(verify(other.public_key(), message.view(), signature));
    CHECK_FALSE(verify(key.public_key(), sha256(as_bytes("another")).view(), signature));

    Signature damaged = signature;
    damaged.bytes[40] ^= 1;
    CHECK_FALSE(verify(key.public_key(), message.view(), damaged));

    const auto again = SecretKey::from_bytes(algorithm, key.secret_bytes());
    CHECK(again->public_key() == key.public_key());
  }
}

TEST_CASE("a moved-from secret key holds no secret") {
  SecretKey key = SecretKey::generate(SignatureAlgorithm::kBip340);
  const SecretKey moved = std::move(key);
  CHECK(std::ranges::all_of(key.secret_bytes(),
                            [](auto byte) { return byte == 0; }));  // NOLINT: the point of the test
}

TEST_CASE("a secret key out of range is refused with its reason") {
  const Bytes zero(32, 0);
  const Bytes ones(32, 0xff);
  for (auto algorithm : {SignatureAlgorithm::kBip340, SignatureAlgorithm::kEcdsaP256,
                         SignatureAlgorithm::kEcdsaSecp256k1}) {
    CHECK_FALSE(SecretKey::from_bytes(algorithm, zero).ok());
    CHECK_FALSE(SecretKey::from_bytes(algorithm, ones).ok());
  }
  CHECK_FALSE(SecretKey::from_bytes(SignatureAlgorithm::kEd25519, Bytes(31, 1)).ok());
}

TEST_CASE("an Ed25519 key of small order or with a non-canonical encoding is not valid") {
  for (const char* hex : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "0100000000000000000000000000000000000000000000000000000000000080",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
                          "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    CHECK_FALSE(is_valid(PublicKey{SignatureAlgorithm::kEd25519, *from_hex(hex)}));
  }
}

TEST_CASE("the high-s twin of an ECDSA signature passes only where any s is allowed") {
  const SecretKey key = SecretKey::generate(SignatureAlgorithm::kEcdsaSecp256k1);
  const Bytes order = *from_hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
  Signature twin = key.sign(as_bytes("m"));
  int borrow = 0;
  for (int i = 31; i >= 0; --i) {
    const int difference =
        order[static_cast<std::size_t>(i)] - twin.bytes[static_cast<std::size_t>(32 + i)] - borrow;
    borrow = difference < 0 ? 1 : 0;
    twin.bytes[static_cast<std::size_t>(32 + i)] = static_cast<std::uint8_t>(difference);
  }
  CHECK(verify(key.public_key(), as_bytes("m"), twin, EcdsaS::kAny));
  CHECK_FALSE(verify(key.public_key(), as_bytes("m"), twin, EcdsaS::kLowOnly));
}

TEST_CASE("the BIP-340 vectors pass") {
  const auto path = test::shared_file("vectors/bip340/test-vectors.csv");
  if (!path) return;
  std::istringstream lines(test::read_file(*path));
  std::string line;
  std::getline(lines, line);
  std::size_t count = 0;
  while (std::getline(lines, line)) {
    std::vector<std::string> fields;
    std::istringstream row(line);
    for (std::string field; std::getline(row, field, ',');) fields.push_back(field);
    if (fields.size() < 7) continue;
    const bool expected = fields[6] == "TRUE";
    INFO("index " << fields[0]);
    CHECK(verify_bip340(*from_hex(fields[2]), *from_hex(fields[4]),
                        *Signature::from(*from_hex(fields[5]))) == expected);
    ++count;
  }
  CHECK(count >= 15);
}

// Points of keys are kept between verifications: more keys than are kept, in turn, and bytes that
// are another key or none in between.
TEST_CASE("a BIP-340 key verifies its own signature and no other's, whatever was verified before") {
  std::vector<SecretKey> keys;
  std::vector<Signature> signatures;
  for (int i = 0; i < 100; ++i) {
    keys.push_back(SecretKey::generate(SignatureAlgorithm::kBip340));
    signatures.push_back(keys.back().sign(as_bytes("m")));
  }
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::size_t other = (i * 37 + 1) % keys.size();
      Bytes no_key = keys[i].public_key().bytes;
      no_key[31] ^= 1;  // the same place; half of them are no point of the curve
      CHECK(verify_bip340(keys[i].public_key().bytes, as_bytes("m"), signatures[i]));
      CHECK_FALSE(verify_bip340(no_key, as_bytes("m"), signatures[i]));
      CHECK(verify_bip340(keys[i].public_key().bytes, as_bytes("m"), signatures[i]));
      if (other != i)
        CHECK_FALSE(verify_bip340(keys[i].public_key().bytes, as_bytes("m"), signatures[other]));
    }
  }
}

TEST_CASE("the Wycheproof vectors for secp256k1, P-256 and Ed25519 pass") {
  const auto secp = test::shared_file("vectors/wycheproof/ecdsa_secp256k1_sha256_p1363_test.json");
  const auto p256 = test::shared_file("vectors/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json");
  const auto edwards = test::shared_file("vectors/wycheproof/ed25519_test.json");
  if (!secp || !p256 || !edwards) return;
  CHECK(run_wycheproof(*secp, SignatureAlgorithm::kEcdsaSecp256k1) > 100);
  CHECK(run_wycheproof(*p256, SignatureAlgorithm::kEcdsaP256) > 100);
  CHECK(run_wycheproof(*edwards, SignatureAlgorithm::kEd25519) > 100);
}

TEST_CASE(
    "the coordinates of a point are those of its compressed form, and only ECDSA keys have them") {
  for (auto algorithm : {SignatureAlgorithm::kEcdsaP256, SignatureAlgorithm::kEcdsaSecp256k1}) {
    const SecretKey key = SecretKey::generate(algorithm);
    const auto coordinates = point_coordinates(key.public_key());
    REQUIRE(coordinates.has_value());
    CHECK(coordinates->size() == 64);
    Bytes uncompressed{4};
    uncompressed.insert(uncompressed.end(), coordinates->begin(), coordinates->end());
    CHECK(compress(uncompressed) == key.public_key().bytes);
    CHECK_FALSE(point_coordinates(PublicKey{algorithm, Bytes(33, 0xff)}));
  }
  CHECK_FALSE(point_coordinates(SecretKey::generate(SignatureAlgorithm::kEd25519).public_key()));
}

TEST_CASE("key ids and possession messages are pinned") {
  const auto key = SecretKey::from_bytes(SignatureAlgorithm::kBip340, Bytes(32, 1));
  InstitutionId institution;
  institution.bytes.fill(2);
  CHECK(key_id(KeyPurpose::kIssue, key->public_key()).hex() == "4f67ccdb060c044d1d6db335fc8ed2b7");
  CHECK(possession_message(ChainId{}, institution, KeyPurpose::kIssue, key->public_key()).hex() ==
        "4177998e1c1e4d9f5859b98779ed2b37c98601fb0298e8f7f2f100d24e158596");
  CHECK(to_text(key_id(KeyPurpose::kIssue, key->public_key())).starts_with("tmk1"));
}

}  // namespace testamur
