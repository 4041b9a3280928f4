// P-256 and Ed25519. Invariants: which encodings of keys and signatures are allowed is decided
// here, before OpenSSL sees them; and signatures cross this boundary as 64 bytes, DER stays inside.
#include "common/openssl_keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include <algorithm>

#include "common/check.h"
#include "common/openssl_owned.h"

namespace testamur::inline common::openssl_keys {
namespace {

using Bignum = openssl::Owned<BIGNUM, BN_clear_free>;
using Group = openssl::Owned<EC_GROUP, EC_GROUP_free>;
using Point = openssl::Owned<EC_POINT, EC_POINT_clear_free>;
using Key = openssl::Owned<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = openssl::Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using DigestContext = openssl::Owned<EVP_MD_CTX, EVP_MD_CTX_free>;
using EcdsaSignature = openssl::Owned<ECDSA_SIG, ECDSA_SIG_free>;
using ParameterBuilder = openssl::Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Parameters = openssl::Owned<OSSL_PARAM, OSSL_PARAM_free>;

const EC_GROUP* p256() {
  static const Group group{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
  return group.get();
}

Bignum to_bignum(ByteView bytes) {
  return Bignum{BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)};
}

// A secret number is marked secure: OSSL_PARAM_BLD_to_param copies such a number into a block that
// OSSL_PARAM_free wipes, and any other into one that is freed as it is. That needs no secure heap.
Bignum to_secret_bignum(ByteView bytes) {
  Bignum number{BN_secure_new()};
  TM_CHECK(number != nullptr &&
           BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), number.get()) != nullptr);
  return number;
}

// Big-endian comparison of byte strings of one length.
bool less(ByteView a, ByteView b) { return std::ranges::lexicographical_compare(a, b); }

constexpr std::array<std::uint8_t, 32> kP256Order{
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
// (order - 1) / 2: the largest low s.
constexpr std::array<std::uint8_t, 32> kP256HalfOrder{
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8};

bool is_zero(ByteView bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

bool is_scalar(ByteView bytes32) {
  return bytes32.size() == 32 && !is_zero(bytes32) && less(bytes32, kP256Order);
}

Point p256_point(ByteView compressed33) {
  if (compressed33.size() != 33 || (compressed33[0] != 2 && compressed33[0] != 3)) return nullptr;
  Point point{EC_POINT_new(p256())};
  if (EC_POINT_oct2point(p256(), point.get(), compressed33.data(), compressed33.size(), nullptr) !=
      1)
    return nullptr;
  return point;
}

Bytes serialize(const EC_POINT* point, point_conversion_form_t form) {
  Bytes out(form == POINT_CONVERSION_COMPRESSED ? 33 : 65);
  TM_CHECK(EC_POINT_point2oct(p256(), point, form, out.data(), out.size(), nullptr) == out.size());
  return out;
}

Point p256_point_of_secret(ByteView secret32) {
  const Bignum scalar = to_secret_bignum(secret32);
  Point point{EC_POINT_new(p256())};
  TM_CHECK(EC_POINT_mul(p256(), point.get(), scalar.get(), nullptr, nullptr, nullptr) == 1);
  return point;
}

Key p256_key(const EC_POINT* point, const BIGNUM* secret) {
  const ParameterBuilder builder{OSSL_PARAM_BLD_new()};
  const Bytes encoded = serialize(point, POINT_CONVERSION_UNCOMPRESSED);
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(),
                                   encoded.size());

  if (secret != nullptr) OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, secret);

  const Parameters parameters{OSSL_PARAM_BLD_to_param(builder.get())};
  const KeyContext context{EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};

  EVP_PKEY* key = nullptr;
  const int selection = secret != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
  if (EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, selection, parameters.get()) != 1) return nullptr;

  return Key{key};
}

// The group order of Ed25519, little-endian as in RFC 8032.
constexpr std::array<std::uint8_t, 32> kEd25519Order{
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10};
// 2^255 - 19, little-endian.
constexpr std::array<std::uint8_t, 32> kEd25519Field = [] {
  std::array<std::uint8_t, 32> p{};
  p.fill(0xff);
  p[0] = 0xed;
  p[31] = 0x7f;
  return p;
}();
// The canonical y coordinates of the points of order 1, 2, 4 and 8 (the sign bit is masked before
// comparing).
constexpr std::array<std::uint8_t, 32> kOrder8A{
    0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
    0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a};
constexpr std::array<std::uint8_t, 32> kOrder8B{
    0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
    0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05};

bool less_little_endian(ByteView a, ByteView b) {
  return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
}

bool is_small_order(ByteView y) {
  std::array<std::uint8_t, 32> minus_one = kEd25519Field;
  minus_one[0] -= 1;
  const bool zero_or_one = is_zero(y.subspan(1)) && y[0] <= 1;
  return zero_or_one || equal(y, minus_one) || equal(y, kOrder8A) || equal(y, kOrder8B);
}

}  // namespace

bool p256_is_valid(ByteView compressed33) { return p256_point(compressed33) != nullptr; }

std::optional<Bytes> p256_coordinates(ByteView compressed33) {
  const Point point = p256_point(compressed33);
  if (point == nullptr) return std::nullopt;
  const Bytes encoded = serialize(point.get(), POINT_CONVERSION_UNCOMPRESSED);
  return Bytes(encoded.begin() + 1, encoded.end());
}

std::optional<Bytes> p256_public_key(ByteView secret32) {
  if (!is_scalar(secret32)) return std::nullopt;
  return serialize(p256_point_of_secret(secret32).get(), POINT_CONVERSION_COMPRESSED);
}

bool p256_verify(ByteView compressed33, ByteView message, ByteView signature64, bool low_s_only) {
  const ByteView r = signature64.first(32);
  const ByteView s = signature64.subspan(32);

  if (!is_scalar(r) || !is_scalar(s)) return false;
  if (low_s_only && less(kP256HalfOrder, s)) return false;

  const Point point = p256_point(compressed33);
  if (!point) return false;
  const Key key = p256_key(point.get(), nullptr);
  if (!key) return false;

  // OpenSSL reads signatures as DER only. ECDSA_SIG_set0 takes both numbers over, hence release().
  const EcdsaSignature parsed{ECDSA_SIG_new()};
  ECDSA_SIG_set0(parsed.get(), to_bignum(r).release(), to_bignum(s).release());
  std::array<std::uint8_t, 80> der;
  std::uint8_t* end = der.data();
  const int size = i2d_ECDSA_SIG(parsed.get(), &end);

  const Hash256 digest = sha256(message);
  const KeyContext context{EVP_PKEY_CTX_new(key.get(), nullptr)};
  if (size <= 0 || EVP_PKEY_verify_init(context.get()) != 1) return false;
  return EVP_PKEY_verify(context.get(), der.data(), static_cast<std::size_t>(size),
                         digest.bytes.data(), digest.kSize) == 1;
}

Signature p256_sign(ByteView secret32, ByteView message) {
  const Bignum secret = to_secret_bignum(secret32);
  const Key key = p256_key(p256_point_of_secret(secret32).get(), secret.get());
  TM_CHECK(key != nullptr);

  const Hash256 digest = sha256(message);
  const KeyContext context{EVP_PKEY_CTX_new(key.get(), nullptr)};
  std::array<std::uint8_t, 80> der;
  std::size_t size = der.size();
  TM_CHECK(EVP_PKEY_sign_init(context.get()) == 1);
  TM_CHECK(EVP_PKEY_sign(context.get(), der.data(), &size, digest.bytes.data(), digest.kSize) == 1);

  // DER leaves out leading zeros; here each number has its 32 bytes.
  const std::uint8_t* start = der.data();
  const EcdsaSignature parsed{d2i_ECDSA_SIG(nullptr, &start, static_cast<long>(size))};
  TM_CHECK(parsed != nullptr);

  Signature signature;
  BN_bn2binpad(ECDSA_SIG_get0_r(parsed.get()), signature.bytes.data(), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(parsed.get()), signature.bytes.data() + 32, 32);

  // OpenSSL gives either of s and order - s, which both verify. Verifiers here take the lower one
  // only.
  if (less(kP256HalfOrder, signature.view().subspan(32))) {
    const Bignum order = to_bignum(kP256Order);
    const Bignum low{BN_new()};
    BN_sub(low.get(), order.get(), ECDSA_SIG_get0_s(parsed.get()));
    BN_bn2binpad(low.get(), signature.bytes.data() + 32, 32);
  }
  return signature;
}

bool ed25519_is_valid(ByteView public_key32) {
  if (public_key32.size() != 32) return false;
  std::array<std::uint8_t, 32> y;
  std::ranges::copy(public_key32, y.begin());
  y[31] &= 0x7f;
  return less_little_endian(y, kEd25519Field) && !is_small_order(y);
}

std::optional<Bytes> ed25519_public_key(ByteView seed32) {
  const Key key{
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed32.data(), seed32.size())};
  if (!key) return std::nullopt;
  Bytes out(32);
  std::size_t size = out.size();
  if (EVP_PKEY_get_raw_public_key(key.get(), out.data(), &size) != 1) return std::nullopt;
  return out;
}

bool ed25519_verify(ByteView public_key32, ByteView message, ByteView signature64) {
  if (!ed25519_is_valid(public_key32)) return false;
  if (!less_little_endian(signature64.subspan(32), kEd25519Order)) return false;
  const Key key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key32.data(),
                                            public_key32.size())};
  if (!key) return false;
  const DigestContext context{EVP_MD_CTX_new()};
  if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1) return false;
  return EVP_DigestVerify(context.get(), signature64.data(), 64, message.data(), message.size()) ==
         1;
}

Signature ed25519_sign(ByteView seed32, ByteView message) {
  const Key key{
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed32.data(), seed32.size())};
  TM_CHECK(key != nullptr);
  const DigestContext context{EVP_MD_CTX_new()};
  Signature signature;
  std::size_t size = 64;
  TM_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  TM_CHECK(EVP_DigestSign(context.get(), signature.bytes.data(), &size, message.data(),
                          message.size()) == 1);
  return signature;
}

}  // namespace testamur::inline common::openssl_keys
