#include "node/api/tls_files.h"

#include <sys/stat.h>

#include <ctime>

#include "common/address.h"
#include "files/durable_file.h"
#include "node/api/pem.h"
#include "node/config/minute_text.h"

namespace testamur::node {
namespace {

std::uint64_t to_ms(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return 0;
  const auto seconds = ::timegm(&fields);
  return seconds < 0 ? 0 : static_cast<std::uint64_t>(seconds) * 1000;
}

// What TLS 1.3 signs with and what every client knows: OpenSSL takes other keys without a word, and
// then no handshake succeeds, or refuses them in words of its own.
Status check_key_kind(const EVP_PKEY* key, const std::string& file) {
  const auto refuse = [&file](const std::string& what) {
    return error("api.certificate " + file + " holds " + what +
                 ": no caller could connect. Have it issued for a key of P-256, or RSA with 2048 "
                 "bits or more");
  };
  const int kind = EVP_PKEY_get_base_id(key);
  if (kind == EVP_PKEY_RSA) {
    const int bits = EVP_PKEY_get_bits(key);
    return bits >= 2048 ? Status{}
                        : refuse("an RSA key of " + std::to_string(bits) + " bits, too short");
  }
  if (kind == EVP_PKEY_ED25519) return {};
  if (kind != EVP_PKEY_EC) return refuse("a key of a kind that TLS 1.3 does not use");

  std::string curve(64, '\0');
  std::size_t length = 0;
  if (EVP_PKEY_get_group_name(key, curve.data(), curve.size(), &length) != 1)
    return refuse("a key of an unknown curve");
  curve.resize(length);
  for (const char* known : {"prime256v1", "P-256", "secp384r1", "P-384", "secp521r1", "P-521"}) {
    if (curve == known) return {};
  }
  return refuse("a key of the curve " + curve + ", which TLS does not use");
}

// Whoever can read it can answer callers in the node's name. A group may, as the keys of
// certificates are often kept (root:ssl-cert, 0640).
Status check_secret(const std::filesystem::path& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) return {};
  if ((facts.st_mode & 07) == 0) return {};
  return error("api.private_key " + file.string() +
               " is open to every user of this machine: chmod 640 it, with the group of the user "
               "as whom the node runs");
}

}  // namespace

Result<std::optional<TlsFiles>> read_tls_files(const ApiConfig& config, std::uint64_t now_ms) {
  const bool tls =
      config.tls == TlsMode::kOn || (config.tls == TlsMode::kAuto && !is_loopback(config.listen));
  if (!tls) return std::optional<TlsFiles>{};
  if (config.certificate.empty() || config.private_key.empty()) {
    return error("api.listen " + config.listen +
                 " is not a loopback address: give api.certificate and api.private_key, or set "
                 "api.tls = \"off\"");
  }
  TlsFiles files;
  TM_TRY(files.certificate, read_text(config.certificate));
  TM_TRY(files.private_key, read_text(config.private_key));

  const pem::CertificatePtr certificate(PEM_read_bio_X509(pem::memory_of(files.certificate).get(),
                                                          nullptr, pem::no_passphrase, nullptr));
  if (!certificate)
    return error("api.certificate " + config.certificate.string() +
                 " holds no certificate in PEM form");
  const auto key = pem::private_key(files.private_key);
  if (!key) {
    return error("api.private_key " + config.private_key.string() +
                 " holds no private key in PEM form without a passphrase");
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return error("api.private_key " + config.private_key.string() +
                 " is not the key of the certificate " + config.certificate.string() +
                 ": give the pair that was issued together");
  }

  TM_TRY_STATUS(check_key_kind(key.get(), config.certificate.string()));
  // Of a file that is this key: two that were exchanged are told as that.
  TM_TRY_STATUS(check_secret(config.private_key));

  const auto from_ms = to_ms(X509_get0_notBefore(certificate.get()));
  files.valid_until_ms = to_ms(X509_get0_notAfter(certificate.get()));
  if (now_ms >= files.valid_until_ms) {
    return error("api.certificate " + config.certificate.string() + " expired on " +
                 minute_text(files.valid_until_ms) + ": nobody would connect. Renew it");
  }
  if (now_ms < from_ms) {
    return error("api.certificate " + config.certificate.string() + " is valid only from " +
                 minute_text(from_ms) + " on: wait, or set this machine's clock right");
  }
  return std::optional<TlsFiles>(std::move(files));
}

ServedTls::ServedTls(const ApiConfig& config, const TlsFiles& files)
    : served_{{{"api.certificate", config.certificate, sha256(as_bytes(files.certificate))},
               {"api.private_key", config.private_key, sha256(as_bytes(files.private_key))}}} {}

std::string ServedTls::changed_files() const {
  std::string keys;
  for (const auto& [key, file, digest] : served_) {
    const auto now = read_text(file);
    if (now.ok() && sha256(as_bytes(*now)) == digest) continue;
    keys += (keys.empty() ? "" : ", ") + std::string(key);
  }
  return keys;
}

}  // namespace testamur::node
