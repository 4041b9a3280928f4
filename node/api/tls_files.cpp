#include "node/api/tls_files.h"

#include <ctime>

#include "common/address.h"
#include "node/api/pem.h"
#include "node/config/party_file.h"

namespace testamur::node {
namespace {

std::uint64_t to_ms(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return 0;
  const auto seconds = ::timegm(&fields);
  return seconds < 0 ? 0 : static_cast<std::uint64_t>(seconds) * 1000;
}

std::string day_of(std::uint64_t ms) {
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm fields{};
  ::gmtime_r(&seconds, &fields);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &fields));
  return text;
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

  const auto from_ms = to_ms(X509_get0_notBefore(certificate.get()));
  files.valid_until_ms = to_ms(X509_get0_notAfter(certificate.get()));
  if (now_ms >= files.valid_until_ms) {
    return error("api.certificate " + config.certificate.string() + " expired on " +
                 day_of(files.valid_until_ms) + ": nobody would connect. Renew it");
  }
  if (now_ms < from_ms) {
    return error("api.certificate " + config.certificate.string() + " is valid only from " +
                 day_of(from_ms) + " on: wait, or set this machine's clock right");
  }
  return std::optional<TlsFiles>(std::move(files));
}

}  // namespace testamur::node
