// The certificate and key of the API's TLS, looked at before anything is served with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/result.h"
#include "node/config/config.h"

namespace testamur::node {

// How long before its end a certificate is spoken of.
inline constexpr std::uint64_t kCertificateNoticeMs = 21ull * 86'400'000;

struct TlsFiles {
  std::string certificate;  // PEM, the server's own first
  std::string private_key;
  std::uint64_t valid_until_ms = 0;
};
// Nothing when the configuration serves plain text. Fails, naming the file, when one cannot be
// read, is no PEM, when they do not belong together, when the key is open to every user, or
// when the certificate is not valid at `now_ms`.
Result<std::optional<TlsFiles>> read_tls_files(const ApiConfig& config, std::uint64_t now_ms);

}  // namespace testamur::node
