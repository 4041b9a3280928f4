// SLIP-10 for P-256, secp256k1 and Ed25519. The same seed and path give the same key on every
// machine and in every version, or a wallet that is restored from its words has lost its
// credentials; golden values stand in docs/formats/wallet.md.
#include "wallet/keystore/slip10.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "common/check.h"
#include "wallet/keystore/primitives.h"

namespace testamur::wallet {
namespace {

using Scalar = std::array<std::uint8_t, 32>;

constexpr std::uint32_t kWalletPurpose = 7369;
constexpr std::uint32_t kP256Branch = 0;
constexpr std::uint32_t kSecp256k1Branch = 1;
constexpr std::size_t kChildInputBytes = 37;  // a mark or a sign, 32 bytes, the child's number

constexpr Scalar kP256Order = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                               0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                               0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
constexpr Scalar kSecp256k1Order = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};

bool is_edwards(SignatureAlgorithm algorithm) { return algorithm == SignatureAlgorithm::kEd25519; }

std::string_view curve_name(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEcdsaP256: return "Nist256p1 seed";
    case SignatureAlgorithm::kEcdsaSecp256k1: return "Bitcoin seed";
    case SignatureAlgorithm::kEd25519: return "ed25519 seed";
    case SignatureAlgorithm::kBip340: break;
  }
  TM_CHECK(false, "no SLIP-10 curve for", to_text(algorithm));
  return {};
}

// a + b mod order for a, b < order, without branches on the values.
SecretBytes add_modulo(ByteView a, ByteView b, const Scalar& order) {
  SecretBytes sum{32};
  SecretBytes reduced{32};
  unsigned carry = 0;
  for (std::size_t i = 32; i-- > 0;) {
    carry += static_cast<unsigned>(a[i]) + b[i];
    sum.writable()[i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  unsigned borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const unsigned difference = 256u + sum.view()[i] - order[i] - borrow;
    reduced.writable()[i] = static_cast<std::uint8_t>(difference);
    borrow = 1u - (difference >> 8);
  }
  // The sum is at least the order when it carried out or the subtraction did not borrow.
  const auto take_reduced = static_cast<std::uint8_t>(0u - (carry | (1u - borrow)));
  for (std::size_t i = 0; i < 32; ++i) {
    auto& byte = sum.writable()[i];
    byte = static_cast<std::uint8_t>((reduced.view()[i] & take_reduced) |
                                     (byte & static_cast<std::uint8_t>(~take_reduced)));
  }
  return sum;
}

struct Halves {
  SecretBytes left;
  SecretBytes right;
};
Halves split_hmac(ByteView key, ByteView message) {
  const SecretBytes digest = primitives::hmac_sha512(key, message);
  return {SecretBytes::copy_of(digest.view().first(32)),
          SecretBytes::copy_of(digest.view().last(32))};
}

// The key is not zero and below the order.
bool is_scalar(SignatureAlgorithm algorithm, ByteView secret) {
  return SecretKey::from_bytes(algorithm, secret).ok();
}

ExtendedKey master_key(SignatureAlgorithm algorithm, ByteView seed) {
  const std::string_view name = curve_name(algorithm);
  Halves halves = split_hmac(as_bytes(name), seed);

  // Buffers of secrets have their whole size at once, here and below: one that grows leaves its old
  // place unwiped.
  while (!is_edwards(algorithm) && !is_scalar(algorithm, halves.left.view())) {
    SecretBytes again{64};
    std::ranges::copy(halves.left.view(), again.writable().begin());
    std::ranges::copy(halves.right.view(), again.writable().begin() + 32);
    halves = split_hmac(as_bytes(name), again.view());
  }
  return {std::move(halves.left), std::move(halves.right)};
}

SecretBytes child_input(SignatureAlgorithm algorithm, const ExtendedKey& parent,
                        std::uint32_t number) {
  Bytes input;
  input.reserve(kChildInputBytes);

  // Hardened children come from the secret, so that a child key and the parent's public key do not
  // give the parent away.
  if (number >= kHardened) {
    input.push_back(0);
    input.insert(input.end(), parent.secret.view().begin(), parent.secret.view().end());
  } else {
    const auto key = SecretKey::from_bytes(algorithm, parent.secret.view());
    TM_CHECK(key.ok(), key.message());
    const auto point = key->public_key().bytes;
    input.insert(input.end(), point.begin(), point.end());
  }

  for (int shift = 24; shift >= 0; shift -= 8)
    input.push_back(static_cast<std::uint8_t>(number >> shift));

  return SecretBytes{std::move(input)};
}

ExtendedKey child_key(SignatureAlgorithm algorithm, const ExtendedKey& parent,
                      std::uint32_t number) {
  SecretBytes input = child_input(algorithm, parent, number);
  while (true) {
    Halves halves = split_hmac(parent.chain_code.view(), input.view());
    if (is_edwards(algorithm)) return {std::move(halves.left), std::move(halves.right)};
    const Scalar& order =
        algorithm == SignatureAlgorithm::kEcdsaP256 ? kP256Order : kSecp256k1Order;
    if (is_scalar(algorithm, halves.left.view())) {
      SecretBytes secret = add_modulo(halves.left.view(), parent.secret.view(), order);
      if (is_scalar(algorithm, secret.view())) return {std::move(secret), std::move(halves.right)};
    }
    // SLIP-10: the right half takes the place of the key, with the same number behind it.
    Bytes again;
    again.reserve(kChildInputBytes);
    again.push_back(1);
    again.insert(again.end(), halves.right.view().begin(), halves.right.view().end());
    for (int shift = 24; shift >= 0; shift -= 8)
      again.push_back(static_cast<std::uint8_t>(number >> shift));
    input = SecretBytes{std::move(again)};
  }
}

}  // namespace

Result<ExtendedKey> derive_slip10(SignatureAlgorithm algorithm, ByteView seed,
                                  std::span<const std::uint32_t> path) {
  if (seed.size() < 16 || seed.size() > 64)
    return error("a seed has 16 to 64 bytes, this one has " + std::to_string(seed.size()));
  ExtendedKey key = master_key(algorithm, seed);
  for (const std::uint32_t number : path) {
    if (is_edwards(algorithm) && number < kHardened)
      return error("ed25519 has hardened children only");
    key = child_key(algorithm, key, number);
  }
  return key;
}

std::optional<SignatureAlgorithm> holder_algorithm(std::string_view name) {
  for (const auto algorithm :
       {SignatureAlgorithm::kEcdsaP256, SignatureAlgorithm::kEcdsaSecp256k1}) {
    if (name == to_text(algorithm)) return algorithm;
  }
  return std::nullopt;
}

Result<SecretKey> derive_holder_key(SignatureAlgorithm algorithm, ByteView seed,
                                    std::uint32_t index) {
  TM_CHECK(algorithm == SignatureAlgorithm::kEcdsaP256 ||
               algorithm == SignatureAlgorithm::kEcdsaSecp256k1,
           to_text(algorithm));
  TM_CHECK(index < kHardened, index);
  const std::uint32_t branch =
      algorithm == SignatureAlgorithm::kEcdsaP256 ? kP256Branch : kSecp256k1Branch;
  const std::array<std::uint32_t, 3> path = {kWalletPurpose | kHardened, branch | kHardened,
                                             index | kHardened};
  TM_TRY(const auto key, derive_slip10(algorithm, seed, path));
  return SecretKey::from_bytes(algorithm, key.secret.view());
}

age::Identity derive_backup_identity(ByteView seed) {
  const SecretBytes scalar = primitives::hkdf_sha256(seed, {}, "testamur/backup/1");
  return age::Identity::from_bytes(scalar.view());
}

age::Identity derive_delivery_identity(const SecretKey& holder_key) {
  const SecretBytes scalar =
      primitives::hkdf_sha256(holder_key.secret_bytes(), {}, "testamur/delivery/1");
  return age::Identity::from_bytes(scalar.view());
}

}  // namespace testamur::wallet
