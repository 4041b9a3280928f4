// TLS 1.3 with pinned Ed25519 keys (docs/formats/peer.md). A certificate only carries the key: its
// name and dates mean nothing and no authority is asked. Who is on the other side is decided by
// verify_certificate() alone; that it holds the key is proven by TLS itself, in both directions.
#include "node/net/tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <memory>

#include "common/check.h"
#include "common/openssl_owned.h"

namespace testamur::node::net {
namespace {

using KeyPtr = openssl::Owned<EVP_PKEY, EVP_PKEY_free>;
using CertificatePtr = openssl::Owned<X509, X509_free>;

// SubjectPublicKeyInfo of an Ed25519 key (RFC 8410): these bytes, then the 32 of the key.
constexpr std::array<std::uint8_t, 12> kEd25519Prefix = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                                         0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
constexpr std::size_t kEd25519SpkiBytes = kEd25519Prefix.size() + 32;
constexpr long kMaxCertificateBytes = 4096;

Pin pin_of_spki(ByteView spki) { return Pin::prefix_of(sha256(spki).view()); }

// Nothing unless the certificate's key is Ed25519 in its one encoding.
std::optional<Pin> pin_of_certificate(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return std::nullopt;
  const Bytes spki(der, der + size);
  OPENSSL_free(der);
  if (spki.size() != kEd25519SpkiBytes ||
      !std::equal(kEd25519Prefix.begin(), kEd25519Prefix.end(), spki.begin())) {
    return std::nullopt;
  }
  return pin_of_spki(spki);
}

int check_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// Replaces the whole chain validation of OpenSSL. The proof of possession comes after it and is
// OpenSSL's.
int verify_certificate(X509_STORE_CTX* store, void*) {
  auto* connection =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* check =
      connection ? static_cast<PinCheck*>(SSL_get_ex_data(connection, check_index())) : nullptr;

  X509* certificate = X509_STORE_CTX_get0_cert(store);
  const auto pin = certificate ? pin_of_certificate(certificate) : std::nullopt;

  if (check != nullptr && pin) {
    check->shown = pin;
    check->refusal = check->refuse(*pin);
    if (check->refusal.empty()) return 1;
  } else if (check != nullptr) {
    check->refusal = "its certificate holds no Ed25519 key";
  }

  // Goes out as the alert bad_certificate, or unknown_ca: who is refused must not take the one,
  // that its key is not the one that was looked for, for the other, that nobody admits it.
  const bool is_other = check != nullptr && check->expected && pin && *pin != *check->expected;
  X509_STORE_CTX_set_error(
      store, is_other ? X509_V_ERR_HOSTNAME_MISMATCH : X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
  return 0;
}

CertificatePtr make_certificate(EVP_PKEY* key) {
  CertificatePtr certificate(X509_new());
  if (!certificate) return nullptr;

  // The fields must be there and must fail no check at any time: only the key is looked at.
  auto* name = X509_get_subject_name(certificate.get());
  const auto* common_name = reinterpret_cast<const unsigned char*>("testamur");
  const bool made =
      X509_set_version(certificate.get(), 2) == 1 &&
      ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1) == 1 &&
      ASN1_TIME_set_string(X509_getm_notBefore(certificate.get()), "19700101000000Z") == 1 &&
      ASN1_TIME_set_string(X509_getm_notAfter(certificate.get()), "99991231235959Z") == 1 &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1 &&
      X509_set_issuer_name(certificate.get(), name) == 1 &&
      X509_set_pubkey(certificate.get(), key) == 1 &&
      X509_sign(certificate.get(), key, nullptr) > 0;

  return made ? std::move(certificate) : nullptr;
}

bool configure(SSL_CTX* context, X509* certificate, EVP_PKEY* key) {
  // No session is resumed: each connection shows its key again, and a retired one is noticed.
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);

  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify_certificate, nullptr);
  SSL_CTX_set_max_cert_list(context, kMaxCertificateBytes);

  // One version and one kind of signature: nothing is negotiated that somebody could talk down.
  return SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
         SSL_CTX_set_num_tickets(context, 0) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1 &&
         SSL_CTX_set_recv_max_early_data(context, 0) == 1 &&
         SSL_CTX_set_ciphersuites(
             context,
             "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384") == 1 &&
         SSL_CTX_set1_groups_list(context, "X25519:P-256") == 1 &&
         SSL_CTX_set1_sigalgs_list(context, "ed25519") == 1 &&
         SSL_CTX_set1_client_sigalgs_list(context, "ed25519") == 1 &&
         SSL_CTX_use_certificate(context, certificate) == 1 &&
         SSL_CTX_use_PrivateKey(context, key) == 1;
}

}  // namespace

Pin pin_of(const PublicKey& transport_key) {
  TM_CHECK(transport_key.algorithm == SignatureAlgorithm::kEd25519 &&
           transport_key.bytes.size() == 32);
  Encoder spki;
  spki.raw(kEd25519Prefix).raw(transport_key.bytes);
  return pin_of_spki(spki.bytes());
}

Result<boost::asio::ssl::context> make_tls_context(const SecretKey& transport_key) {
  if (transport_key.algorithm() != SignatureAlgorithm::kEd25519)
    return error("the transport key is not an Ed25519 key");
  const auto secret = transport_key.secret_bytes();
  const KeyPtr key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), secret.size()));
  const auto certificate = key ? make_certificate(key.get()) : nullptr;
  boost::asio::ssl::context context(boost::asio::ssl::context::tls);
  if (!certificate || !configure(context.native_handle(), certificate.get(), key.get())) {
    char text[256];
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    return error(std::string("TLS cannot be set up: ") + text);
  }
  return context;
}

void attach(SSL* connection, PinCheck& check) {
  TM_CHECK(SSL_set_ex_data(connection, check_index(), &check) == 1);
}

std::string describe(const boost::system::error_code& failure) {
  if (failure == boost::asio::error::eof || failure == boost::asio::ssl::error::stream_truncated) {
    return "the other side closed the connection";
  }

  if (failure.category() != boost::asio::error::get_ssl_category()) return failure.message();

  // Told apart as far as an operator can do something about it.
  switch (ERR_GET_REASON(static_cast<unsigned long>(failure.value()))) {
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return "the other side does not admit our transport key: is it registered, and is the other "
             "side up to date?";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
      return "the other side looks for another transport key at this address";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return "it shows no certificate";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION: return "it does not speak TLS 1.3";
    case SSL_R_HTTP_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER: return "it does not speak TLS";
    default: return "TLS: " + failure.message();
  }
}

}  // namespace testamur::node::net
