// The four algorithms behind one interface: libsecp256k1 for both algorithms of its curve,
// openssl_keys for the other two. Invariants: a SecretKey holds a valid scalar or seed until it is
// moved from, so that a failure to sign is a bug; every copy of a secret that this file makes is
// wiped.
#include "common/keys.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/check.h"
#include "common/openssl_keys.h"

namespace testamur::inline common {
namespace {

struct ContextDeleter {
  void operator()(secp256k1_context* context) const { secp256k1_context_destroy(context); }
};

// One context for the process, blinded once with fresh randomness and never changed after:
// libsecp256k1 allows any number of threads to use it then.
const secp256k1_context* secp() {
  static const std::unique_ptr<secp256k1_context, ContextDeleter> context = [] {
    std::unique_ptr<secp256k1_context, ContextDeleter> fresh{
        secp256k1_context_create(SECP256K1_CONTEXT_NONE)};
    std::array<std::uint8_t, 32> seed;
    fill_random(seed);
    TM_CHECK(secp256k1_context_randomize(fresh.get(), seed.data()) == 1);
    wipe(seed);
    return fresh;
  }();
  return context.get();
}

bool is_valid_secp256k1(const PublicKey& key) {
  secp256k1_pubkey point;
  return key.bytes.size() == 33 &&
         secp256k1_ec_pubkey_parse(secp(), &point, key.bytes.data(), key.bytes.size()) == 1;
}

bool is_valid_bip340(ByteView key) {
  secp256k1_xonly_pubkey point;
  return key.size() == 32 && secp256k1_xonly_pubkey_parse(secp(), &point, key.data()) == 1;
}

bool verify_secp256k1_ecdsa(const PublicKey& key, ByteView message, const Signature& signature,
                            EcdsaS rule) {
  secp256k1_pubkey point;
  secp256k1_ecdsa_signature parsed;
  if (key.bytes.size() != 33 ||
      secp256k1_ec_pubkey_parse(secp(), &point, key.bytes.data(), 33) != 1)
    return false;
  if (secp256k1_ecdsa_signature_parse_compact(secp(), &parsed, signature.bytes.data()) != 1)
    return false;
  const bool was_high = secp256k1_ecdsa_signature_normalize(secp(), &parsed, &parsed) == 1;
  if (was_high && rule == EcdsaS::kLowOnly) return false;
  const Hash256 digest = sha256(message);
  return secp256k1_ecdsa_verify(secp(), &parsed, digest.bytes.data(), &point) == 1;
}

Result<PublicKey> public_key_of(SignatureAlgorithm algorithm, ByteView secret) {
  PublicKey key{algorithm, {}};
  if (algorithm == SignatureAlgorithm::kBip340 ||
      algorithm == SignatureAlgorithm::kEcdsaSecp256k1) {
    secp256k1_pubkey point;
    if (secp256k1_ec_pubkey_create(secp(), &point, secret.data()) != 1)
      return error("the secret key is not a valid scalar");

    std::array<std::uint8_t, 33> compressed;
    std::size_t size = compressed.size();
    secp256k1_ec_pubkey_serialize(secp(), compressed.data(), &size, &point,
                                  SECP256K1_EC_COMPRESSED);

    // BIP-340 keys are x coordinates alone: the first byte of the compressed point tells the parity
    // of y and goes.
    const ByteView all{compressed};
    key.bytes = to_bytes(algorithm == SignatureAlgorithm::kBip340 ? all.subspan(1) : all);
    return key;
  }

  auto bytes = algorithm == SignatureAlgorithm::kEcdsaP256
                   ? openssl_keys::p256_public_key(secret)
                   : openssl_keys::ed25519_public_key(secret);
  if (!bytes) return error("the secret key is not valid for its curve");
  key.bytes = std::move(*bytes);
  return key;
}

Signature sign_bip340(ByteView secret, ByteView message) {
  secp256k1_keypair pair;
  TM_CHECK(secp256k1_keypair_create(secp(), &pair, secret.data()) == 1);
  std::array<std::uint8_t, 32> auxiliary;
  fill_random(auxiliary);
  secp256k1_schnorrsig_extraparams parameters = SECP256K1_SCHNORRSIG_EXTRAPARAMS_INIT;
  parameters.ndata = auxiliary.data();
  Signature signature;
  const int made = secp256k1_schnorrsig_sign_custom(secp(), signature.bytes.data(), message.data(),
                                                    message.size(), &pair, &parameters);
  OPENSSL_cleanse(&pair, sizeof pair);
  TM_CHECK(made == 1);
  return signature;
}

Signature sign_secp256k1_ecdsa(ByteView secret, ByteView message) {
  std::array<std::uint8_t, 32> extra;
  fill_random(extra);
  const Hash256 digest = sha256(message);
  secp256k1_ecdsa_signature parsed;
  TM_CHECK(secp256k1_ecdsa_sign(secp(), &parsed, digest.bytes.data(), secret.data(), nullptr,
                                extra.data()) == 1);
  Signature signature;
  secp256k1_ecdsa_signature_serialize_compact(secp(), signature.bytes.data(), &parsed);
  return signature;
}

}  // namespace

std::string_view to_text(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kBip340: return "bip340";
    case SignatureAlgorithm::kEcdsaP256: return "es256";
    case SignatureAlgorithm::kEcdsaSecp256k1: return "es256k";
    case SignatureAlgorithm::kEd25519: return "ed25519";
  }
  return "unknown";
}

std::string_view to_text(KeyPurpose purpose) {
  switch (purpose) {
    case KeyPurpose::kRoot: return "root";
    case KeyPurpose::kIssue: return "issue";
    case KeyPurpose::kGovern: return "govern";
    case KeyPurpose::kConsensus: return "consensus";
    case KeyPurpose::kTransport: return "transport";
    case KeyPurpose::kCredential: return "credential";
    case KeyPurpose::kCosign: return "cosign";
  }
  return "unknown";
}

std::optional<SignatureAlgorithm> algorithm_from(std::uint8_t value) {
  if (value < 1 || value > 4) return std::nullopt;
  return static_cast<SignatureAlgorithm>(value);
}

std::optional<KeyPurpose> purpose_from(std::uint8_t value) {
  if (value < 1 || value > 7) return std::nullopt;
  return static_cast<KeyPurpose>(value);
}

std::optional<SignatureAlgorithm> algorithm_named(std::string_view name) {
  for (std::uint8_t value = 1; const auto algorithm = algorithm_from(value); ++value)
    if (to_text(*algorithm) == name) return algorithm;
  return std::nullopt;
}

std::optional<KeyPurpose> purpose_named(std::string_view name) {
  for (std::uint8_t value = 1; const auto purpose = purpose_from(value); ++value)
    if (to_text(*purpose) == name) return purpose;
  return std::nullopt;
}

bool allowed(KeyPurpose purpose, SignatureAlgorithm algorithm) {
  switch (purpose) {
    case KeyPurpose::kRoot:
    case KeyPurpose::kIssue:
    case KeyPurpose::kGovern:
    case KeyPurpose::kConsensus: return algorithm == SignatureAlgorithm::kBip340;
    case KeyPurpose::kTransport:
    case KeyPurpose::kCosign: return algorithm == SignatureAlgorithm::kEd25519;
    case KeyPurpose::kCredential: return algorithm != SignatureAlgorithm::kBip340;
  }
  return false;
}

bool may_be_compromised(KeyPurpose purpose) {
  return purpose != KeyPurpose::kConsensus && purpose != KeyPurpose::kTransport &&
         purpose != KeyPurpose::kCosign;
}

std::optional<Bytes> point_coordinates(const PublicKey& key) {
  if (key.algorithm == SignatureAlgorithm::kEcdsaP256)
    return openssl_keys::p256_coordinates(key.bytes);
  secp256k1_pubkey point;
  if (key.algorithm != SignatureAlgorithm::kEcdsaSecp256k1 || !is_valid_secp256k1(key))
    return std::nullopt;
  TM_CHECK(secp256k1_ec_pubkey_parse(secp(), &point, key.bytes.data(), key.bytes.size()) == 1);
  std::array<std::uint8_t, 65> encoded{};
  std::size_t size = encoded.size();
  secp256k1_ec_pubkey_serialize(secp(), encoded.data(), &size, &point, SECP256K1_EC_UNCOMPRESSED);
  return Bytes(encoded.begin() + 1, encoded.end());
}

bool is_valid(const PublicKey& key) {
  switch (key.algorithm) {
    case SignatureAlgorithm::kBip340: return is_valid_bip340(key.bytes);
    case SignatureAlgorithm::kEcdsaSecp256k1: return is_valid_secp256k1(key);
    case SignatureAlgorithm::kEcdsaP256: return openssl_keys::p256_is_valid(key.bytes);
    case SignatureAlgorithm::kEd25519: return openssl_keys::ed25519_is_valid(key.bytes);
  }
  return false;
}

namespace {

// The points of the keys that this thread verified with last. A key is an x coordinate: finding its
// y takes a square root, an eighth of the time of a verification, and a ledger's transactions and
// votes come from few keys. Public keys only, so that which of them are here may be seen by timing.
class RecentPoints {
 public:
  // nullptr: the bytes are no key. Valid until the next call.
  const secp256k1_xonly_pubkey* of(ByteView key32) {
    // Whoever chooses keys that meet in one place pays what everybody paid without it.
    auto& place = places_[key32[0] % places_.size()];
    if (place.is_filled && std::ranges::equal(place.key, key32)) return &place.point;
    place.is_filled = false;
    if (secp256k1_xonly_pubkey_parse(secp(), &place.point, key32.data()) != 1) return nullptr;
    std::ranges::copy(key32, place.key.begin());
    place.is_filled = true;
    return &place.point;
  }

 private:
  struct Place {
    std::array<std::uint8_t, 32> key;
    secp256k1_xonly_pubkey point;
    bool is_filled = false;
  };
  std::array<Place, 64> places_{};
};

}  // namespace

bool verify_bip340(ByteView public_key32, ByteView message, const Signature& signature) {
  thread_local RecentPoints points;
  if (public_key32.size() != 32) return false;
  const auto* point = points.of(public_key32);
  if (point == nullptr) return false;
  return secp256k1_schnorrsig_verify(secp(), signature.bytes.data(), message.data(), message.size(),
                                     point) == 1;
}

bool verify(const PublicKey& key, ByteView message, const Signature& signature, EcdsaS rule) {
  switch (key.algorithm) {
    case SignatureAlgorithm::kBip340: return verify_bip340(key.bytes, message, signature);
    case SignatureAlgorithm::kEcdsaSecp256k1:
      return verify_secp256k1_ecdsa(key, message, signature, rule);
    case SignatureAlgorithm::kEcdsaP256:
      return openssl_keys::p256_verify(key.bytes, message, signature.view(),
                                       rule == EcdsaS::kLowOnly);
    case SignatureAlgorithm::kEd25519:
      return openssl_keys::ed25519_verify(key.bytes, message, signature.view());
  }
  return false;
}

SecretKey SecretKey::generate(SignatureAlgorithm algorithm) {
  while (true) {
    std::array<std::uint8_t, kSize> secret;
    fill_random(secret);
    auto key = from_bytes(algorithm, secret);
    wipe(secret);
    if (key.ok()) return std::move(key).value();
  }
}

namespace {

// The page on which a secret lies is not swapped out from here on. Where the system refuses
// (RLIMIT_MEMLOCK) everything works as before: docs/operating.md says what to do then.
void keep_in_memory(std::span<const std::uint8_t> secret) {
  (void)::mlock(secret.data(), secret.size());
}

}  // namespace

Result<SecretKey> SecretKey::from_bytes(SignatureAlgorithm algorithm, ByteView secret) {
  if (secret.size() != kSize)
    return error("a secret key has 32 bytes, not " + std::to_string(secret.size()));
  SecretKey key;
  TM_TRY(key.public_key_, public_key_of(algorithm, secret));
  keep_in_memory(key.secret_);
  std::memcpy(key.secret_.data(), secret.data(), kSize);
  return key;
}

SecretKey::SecretKey(SecretKey&& other) noexcept : public_key_(std::move(other.public_key_)) {
  keep_in_memory(secret_);
  secret_ = other.secret_;
  wipe(other.secret_);
}

SecretKey& SecretKey::operator=(SecretKey&& other) noexcept {
  if (this != &other) {
    keep_in_memory(secret_);
    secret_ = other.secret_;
    public_key_ = std::move(other.public_key_);
    wipe(other.secret_);
  }
  return *this;
}

SecretKey::~SecretKey() { wipe(secret_); }

Signature SecretKey::sign(ByteView message) const {
  switch (algorithm()) {
    case SignatureAlgorithm::kBip340: return sign_bip340(secret_, message);
    case SignatureAlgorithm::kEcdsaSecp256k1: return sign_secp256k1_ecdsa(secret_, message);
    case SignatureAlgorithm::kEcdsaP256: return openssl_keys::p256_sign(secret_, message);
    case SignatureAlgorithm::kEd25519: return openssl_keys::ed25519_sign(secret_, message);
  }
  TM_CHECK(false, "algorithm", static_cast<int>(algorithm()));
}

KeyId key_id(KeyPurpose purpose, const PublicKey& key) {
  Encoder record;
  record.u8(static_cast<std::uint8_t>(purpose))
      .u8(static_cast<std::uint8_t>(key.algorithm))
      .raw(key.bytes);
  return KeyId::prefix_of(tags::kKeyId(record.bytes()).view());
}

Hash256 possession_message(const ChainId& chain, const InstitutionId& institution,
                           KeyPurpose purpose, const PublicKey& key) {
  Encoder record;
  record.fixed(chain).fixed(institution).u8(static_cast<std::uint8_t>(purpose));
  record.u8(static_cast<std::uint8_t>(key.algorithm)).raw(key.bytes);
  return tags::kPossession(record.bytes());
}

void fill_random(std::span<std::uint8_t> out) {
  TM_CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1,
           "the operating system gives no random bytes");
}

void wipe(std::span<std::uint8_t> memory) { OPENSSL_cleanse(memory.data(), memory.size()); }

bool equal_in_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace testamur::inline common
