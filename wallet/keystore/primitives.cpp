// The only calls of OpenSSL for age, BIP-39 and SLIP-10. What no outside input can cause ends the
// program (TM_CHECK); what one can cause is a return value.
#include "wallet/keystore/primitives.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "common/check.h"
#include "common/openssl_owned.h"

namespace testamur::wallet::primitives {
namespace {

using CipherContext = openssl::Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using Key = openssl::Owned<EVP_PKEY, EVP_PKEY_free>;
using KeyContext = openssl::Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

int size_of(ByteView view) { return static_cast<int>(view.size()); }

// OpenSSL reads from a pointer even where the length is zero.
const std::uint8_t* data_of(ByteView view) {
  static constexpr std::uint8_t kNothing = 0;
  return view.empty() ? &kNothing : view.data();
}

Key private_key(ByteView scalar32) {
  TM_CHECK(scalar32.size() == 32, scalar32.size());
  Key key{EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, scalar32.data(), 32)};
  TM_CHECK(key != nullptr);
  return key;
}

}  // namespace

Hash256 hmac_sha256(ByteView key, ByteView message) {
  Hash256 out;
  unsigned size = 0;
  TM_CHECK(HMAC(EVP_sha256(), data_of(key), size_of(key), data_of(message), message.size(),
                out.bytes.data(), &size) != nullptr);
  return out;
}

SecretBytes hmac_sha512(ByteView key, ByteView message) {
  SecretBytes out{64};
  unsigned size = 0;
  TM_CHECK(HMAC(EVP_sha512(), data_of(key), size_of(key), data_of(message), message.size(),
                out.writable().data(), &size) != nullptr);
  return out;
}

SecretBytes hkdf_sha256(ByteView secret, ByteView salt, std::string_view info, std::size_t size) {
  // Extract with the salt (empty: zeros), then expand. OpenSSL's own HKDF refuses an empty salt in
  // some versions.
  const Hash256 zeros{};
  Hash256 pseudo_random = hmac_sha256(salt.empty() ? zeros.view() : salt, secret);
  SecretBytes out{size};
  SecretBytes block;
  std::size_t done = 0;
  for (std::uint8_t counter = 1; done < size; ++counter) {
    Bytes input = to_bytes(block.view());
    input.insert(input.end(), info.begin(), info.end());
    input.push_back(counter);
    Hash256 digest = hmac_sha256(pseudo_random.view(), input);
    wipe(input);
    block = SecretBytes::copy_of(digest.view());
    wipe(digest.bytes);
    for (std::size_t i = 0; i < block.size() && done < size; ++i)
      out.writable()[done++] = block.view()[i];
  }
  wipe(pseudo_random.bytes);
  return out;
}

SecretBytes pbkdf2_sha512(ByteView password, ByteView salt, int rounds, std::size_t size) {
  SecretBytes out{size};
  const int made = PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(data_of(password)),
                                     size_of(password), data_of(salt), size_of(salt), rounds,
                                     EVP_sha512(), static_cast<int>(size), out.writable().data());
  TM_CHECK(made == 1);
  return out;
}

std::optional<SecretBytes> scrypt(std::string_view passphrase, ByteView salt, int work_log2) {
  constexpr std::uint64_t kBlockSize = 8;
  const std::uint64_t n = std::uint64_t{1} << work_log2;
  const std::uint64_t max_memory = 128 * kBlockSize * n + (std::uint64_t{1} << 20);
  SecretBytes out{32};
  const int made = EVP_PBE_scrypt(reinterpret_cast<const char*>(data_of(as_bytes(passphrase))),
                                  passphrase.size(), data_of(salt), salt.size(), n, kBlockSize, 1,
                                  max_memory, out.writable().data(), 32);
  if (made != 1) return std::nullopt;
  return out;
}

std::optional<SecretBytes> x25519(ByteView scalar32, ByteView point32) {
  const Key own = private_key(scalar32);
  const Key peer{
      EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, point32.data(), point32.size())};
  TM_CHECK(peer != nullptr, point32.size());

  const KeyContext context{EVP_PKEY_CTX_new(own.get(), nullptr)};
  TM_CHECK(context != nullptr && EVP_PKEY_derive_init(context.get()) == 1);

  SecretBytes out{32};
  std::size_t size = 32;

  if (EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1) return std::nullopt;
  if (EVP_PKEY_derive(context.get(), out.writable().data(), &size) != 1) return std::nullopt;

  // RFC 7748, section 6.1: a point of small order gives zeros, a secret that everybody knows.
  const Hash256 zeros{};
  if (equal_in_constant_time(out.view(), zeros.view())) return std::nullopt;

  return out;
}

std::array<std::uint8_t, 32> x25519_public(ByteView scalar32) {
  const Key key = private_key(scalar32);
  std::array<std::uint8_t, 32> point{};
  std::size_t size = point.size();
  TM_CHECK(EVP_PKEY_get_raw_public_key(key.get(), point.data(), &size) == 1);
  return point;
}

void chacha20_poly1305_seal(ByteView key32, ByteView nonce12, ByteView plaintext,
                            Bytes& append_to) {
  const CipherContext context{EVP_CIPHER_CTX_new()};

  const std::size_t at = append_to.size();
  append_to.resize(at + plaintext.size() + kTagBytes);
  std::uint8_t* out = append_to.data() + at;

  int written = 0;
  int rest = 0;

  TM_CHECK(EVP_EncryptInit_ex(context.get(), EVP_chacha20_poly1305(), nullptr, key32.data(),
                              nonce12.data()) == 1);
  TM_CHECK(
      EVP_EncryptUpdate(context.get(), out, &written, data_of(plaintext), size_of(plaintext)) == 1);
  TM_CHECK(EVP_EncryptFinal_ex(context.get(), out + written, &rest) == 1);
  TM_CHECK(static_cast<std::size_t>(written + rest) == plaintext.size());

  // age wants the tag behind the ciphertext.
  TM_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes,
                               out + plaintext.size()) == 1);
}

bool chacha20_poly1305_open(ByteView key32, ByteView nonce12, ByteView ciphertext,
                            std::uint8_t* out) {
  if (ciphertext.size() < kTagBytes) return false;
  const ByteView body = ciphertext.first(ciphertext.size() - kTagBytes);
  Bytes tag = to_bytes(ciphertext.last(kTagBytes));

  const CipherContext context{EVP_CIPHER_CTX_new()};

  // OpenSSL takes a null pointer for additional data, also when there is nothing to decrypt.
  std::uint8_t nowhere = 0;
  if (body.empty()) out = &nowhere;

  int written = 0;
  int rest = 0;
  TM_CHECK(EVP_DecryptInit_ex(context.get(), EVP_chacha20_poly1305(), nullptr, key32.data(),
                              nonce12.data()) == 1);

  TM_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1);
  TM_CHECK(EVP_DecryptUpdate(context.get(), out, &written, data_of(body), size_of(body)) == 1);

  // What was decrypted counts only when the tag fits.
  return EVP_DecryptFinal_ex(context.get(), out + written, &rest) == 1;
}

}  // namespace testamur::wallet::primitives
