#include "wallet/keystore/slip10.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/shared.h"
#include "wallet/keystore/bip39.h"

namespace testamur::wallet {
namespace {

std::vector<std::uint32_t> parse_path(const std::string& text) {
  std::vector<std::uint32_t> path;
  std::istringstream parts(text);
  std::string part;
  std::getline(parts, part, '/');
  while (std::getline(parts, part, '/')) {
    const bool hardened = part.back() == '\'' || part.back() == 'H';
    if (hardened) part.pop_back();
    path.push_back(static_cast<std::uint32_t>(std::stoul(part)) | (hardened ? kHardened : 0));
  }
  return path;
}

SignatureAlgorithm algorithm_of(const std::string& curve) {
  if (curve == "secp256k1") return SignatureAlgorithm::kEcdsaSecp256k1;
  if (curve == "nist256p1") return SignatureAlgorithm::kEcdsaP256;
  REQUIRE(curve == "ed25519");
  return SignatureAlgorithm::kEd25519;
}

}  // namespace

TEST_CASE("the SLIP-10 vectors pass") {
  const auto path = test::shared_file("vectors/slip10/vectors.json");
  if (!path) return;

  std::size_t count = 0;
  for (const auto& vector : nlohmann::json::parse(test::read_file(*path))) {
    const auto curve = vector.at("curve").get<std::string>();
    if (curve == "curve25519") continue;  // X25519 keys are not derived this way here
    const auto algorithm = algorithm_of(curve);
    const Bytes seed = *from_hex(vector.at("seed").get<std::string>());

    for (const auto& chain : vector.at("chains")) {
      INFO(vector.at("name") << " " << vector.at("curve") << " " << chain.at("path"));
      const auto key =
          derive_slip10(algorithm, seed, parse_path(chain.at("path").get<std::string>()));
      REQUIRE(key.ok());
      CHECK(to_hex(key->secret.view()) == chain.at("private").get<std::string>());
      CHECK(to_hex(key->chain_code.view()) == chain.at("chain_code").get<std::string>());

      // The vectors write an Ed25519 key with a zero byte before it, as long as a compressed point.
      const auto secret = SecretKey::from_bytes(algorithm, key->secret.view());
      const std::string leading = algorithm == SignatureAlgorithm::kEd25519 ? "00" : "";
      CHECK(leading + to_hex(secret.value().public_key().bytes) ==
            chain.at("public").get<std::string>());
      ++count;
    }
  }

  CHECK(count >= 30);
}

TEST_CASE("ed25519 has no children that are not hardened, and a seed has its bounds") {
  const Bytes seed(32, 1);
  const std::array<std::uint32_t, 1> plain = {0};
  CHECK_FALSE(derive_slip10(SignatureAlgorithm::kEd25519, seed, plain).ok());
  CHECK(derive_slip10(SignatureAlgorithm::kEcdsaP256, seed, plain).ok());
  CHECK_FALSE(derive_slip10(SignatureAlgorithm::kEcdsaP256, Bytes(15, 1), plain).ok());
  CHECK_FALSE(derive_slip10(SignatureAlgorithm::kEcdsaP256, Bytes(65, 1), plain).ok());
}

// The wallet's own paths: what the words must give back for ever. The values were computed by an
// independent implementation (docs/formats/wallet.md has the recipe).
TEST_CASE("holder keys and identities of known words are pinned") {
  const auto seed = seed_from_entropy(Bytes(32, 0));
  CHECK(to_hex(seed.view()).substr(0, 16) == "408b285c12383600");
  const auto p256 = derive_holder_key(SignatureAlgorithm::kEcdsaP256, seed.view(), 5).value();
  CHECK(to_hex(p256.secret_bytes()) ==
        "0c9a27cefef26a6109dc358f85c9574cff7a7d2213ab038f1ce19f0c2841ef2e");
  const auto secp = derive_holder_key(SignatureAlgorithm::kEcdsaSecp256k1, seed.view(), 5).value();
  CHECK(to_hex(secp.secret_bytes()) ==
        "51200033832ecfd33d48f0c3d061351137afc56f70548ccbe25d92fcce0cf28f");
  CHECK(to_hex(derive_backup_identity(seed.view()).secret_bytes()) ==
        "ec3ecc36256069596dd5aa1a4463173f4447c636d656c1e83d46b95c776167c9");
  CHECK(to_hex(derive_delivery_identity(p256).secret_bytes()) ==
        "6af373d6aee8424ec7217c1fe7e0aceb49a11fce29dfad27b12d66c80d897165");
}

}  // namespace testamur::wallet
